"""Texts with a colour each: the model is wrong about every fourth, and says that it is not certain there."""

import json
from pathlib import Path
from typing import Any

from endpoint import Body, Endpoint, tokens_of
from goldloop_process import Goldloop

COLOURS = ["red", "green", "blue"]
GOLD, ROWS = 180, 40


def colour(number: int) -> str:
    return COLOURS[number % 3]


def doubtful(text: str) -> bool:
    """Every fourth text: the model is wrong there, and says that it is not certain."""
    return int(text.rsplit(maxsplit=1)[-1]) % 4 == 0


def said(text: str) -> list[str]:
    number = int(text.rsplit(maxsplit=1)[-1])
    return [colour(number + doubtful(text))]


def logprobs(body: Body, reply: str) -> Any:
    user = body["messages"][-1]["content"]
    number = int(user.split()[-1])
    return tokens_of(reply, size=8, logprob=(-1.5 if number % 4 == 0 else -0.01) - number * 1e-5)


class Knowing(Endpoint):
    """An endpoint whose answers are not spoiled."""

    def reply(self, body: Body) -> str:
        return said(body["messages"][-1]["content"])[0]


def finished_run(place: Goldloop, url: str) -> Path:
    """The directory of a run with 100 sealed items, of which a quarter is wrong, and the model knows which."""
    rows = [{"id": f"g{number}", "text": f"text {number}", "labels": [colour(number)]} for number in range(1, GOLD + 1)]
    (place.directory / "gold.json").write_text(json.dumps(rows))
    model = ["provider=openai", f"provider.base_url={url}", "provider.model=fake-model"]
    data = ["dataset=file", "dataset.path=gold.json", "verifier=choice"]
    parts = ["split.reflect=20", "split.select=60", "split.test=100"]
    done = place(*model, *data, *parts, "epochs=1", "tracker=none", "study=done", "optimizer=none")
    assert done.returncode == 0, done.stderr
    return place.directory / done.stdout.splitlines()[-1]
