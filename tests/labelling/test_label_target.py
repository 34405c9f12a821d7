"""goldloop label target=...: what is certified on the sealed items, the rows that are accepted, the rest for people."""

import csv
import json
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint import Body, Endpoint, Running, tokens_of
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


@pytest.fixture(scope="module")
def up() -> Iterator[Endpoint]:
    with Running(Knowing(logprobs=logprobs, any_model=True)) as running:
        yield running


@pytest.fixture(scope="module")
def finished(up: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run with 100 sealed items, of which a quarter is wrong, and the model knows which."""
    place = Goldloop(tmp_path_factory.mktemp("finished"))
    rows = [{"id": f"g{number}", "text": f"text {number}", "labels": [colour(number)]} for number in range(1, GOLD + 1)]
    (place.directory / "gold.json").write_text(json.dumps(rows))
    model = ["provider=openai", f"provider.base_url={up.url}", "provider.model=fake-model"]
    data = ["dataset=file", "dataset.path=gold.json", "verifier=choice"]
    parts = ["split.reflect=20", "split.select=60", "split.test=100"]
    done = place(*model, *data, *parts, "epochs=1", "tracker=none", "study=done", "optimizer=none")
    assert done.returncode == 0, done.stderr
    return place.directory / done.stdout.splitlines()[-1]


@pytest.fixture
def endpoint(up: Endpoint) -> Endpoint:
    """The endpoint as new."""
    up.requests.clear()
    up.fault, up.delay, up.logprobs = None, 0.0, logprobs
    return up


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> str:
    shutil.copytree(finished, tmp_path / "outputs/done/1")
    return "outputs/done/1"


@pytest.fixture
def source(tmp_path: Path) -> str:
    rows = [{"id": f"r{number}", "text": f"row {number}"} for number in range(1, ROWS + 1)]
    (tmp_path / "rest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return "dataset.path=rest.jsonl"


def labelled(folder: Path, study: str = "label") -> tuple[Path, list[dict[str, Any]], dict[str, Any]]:
    """The directory, rows and result of a label run."""
    directory = next(folder.glob(f"outputs/{study}/*/labels.jsonl")).parent
    rows = [json.loads(line) for line in (directory / "labels.jsonl").read_text().splitlines()]
    return directory, rows, json.loads((directory / "result.json").read_text())


def sheet(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


def test_rows_above_the_certified_threshold_are_accepted_and_the_rest_is_for_people(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    done = goldloop("label", run, source, "target=0.95", "confidence=0.95", "sink.path=out.csv")
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) == ROWS  # the sealed replies are the run's own
    directory, rows, result = labelled(tmp_path)
    guarantee = result["guarantee"]
    assert guarantee["certified"] and guarantee["kind"] == "logprobs" and guarantee["items"] == 100
    assert (guarantee["target"], guarantee["confidence"]) == (0.95, 0.95)
    assert (guarantee["accepted"], guarantee["review"]) == (30, 10)
    assert [row["review"] for row in rows] == [doubtful(f"row {n}") for n in range(1, ROWS + 1)]
    assert all((row["certainty"] >= guarantee["threshold"]) != row["review"] for row in rows)
    people = sheet(directory / "review.csv")
    assert [row["id"] for row in people] == [f"r{n}" for n in range(ROWS, 0, -4)]  # the least certain first
    assert list(people[0]) == ["id", "text", "proposed", "certainty", "labels"]
    assert {row["labels"] for row in people} == {""} and people[0]["proposed"] == said("row 40")[0]
    out = sheet(tmp_path / "out.csv")
    assert [row["review"] for row in out] == [json.dumps(row["review"]) for row in rows]
    plan = json.loads((directory / "guarantee_plan.json").read_text())
    assert guarantee["threshold"] in plan["thresholds"] and plan["certainty"] == "logprobs"


def test_what_cannot_be_certified_is_said_before_it_is_paid_and_every_row_is_for_people(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    done = goldloop("label", run, source, "target=0.99")
    assert done.returncode == 0, done.stderr
    assert "WARNING: target=0.99 cannot be certified: 100 sealed items certify 0.970 at best" in done.stdout
    _, rows, result = labelled(tmp_path)
    assert result["guarantee"]["certified"] is False and result["guarantee"]["threshold"] is None
    assert result["guarantee"]["more_items"] > 100 and 0.9 < result["guarantee"]["reached"] < 0.97
    assert all(row["review"] for row in rows) and result["guarantee"]["review"] == ROWS


def test_a_certainty_that_tells_nothing_certifies_nothing(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    """Every answer is as certain as every other: all rows stand or fall together, and a quarter is wrong."""
    endpoint.logprobs = lambda body, reply: tokens_of(reply, -0.1)
    done = goldloop("label", run, source, "target=0.9", "certainty=logprobs", "journal.mode=refresh")
    assert done.returncode == 0, done.stderr
    _, rows, result = labelled(tmp_path)
    assert not result["guarantee"]["certified"] and all(row["review"] for row in rows)


def test_a_failed_row_is_never_accepted(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    endpoint.fault = lambda body, number: (
        (400, {"error": {"message": "content policy", "code": "content_filter"}}, {})
        if body["messages"][-1]["content"] == "row 5"
        else None
    )
    done = goldloop("label", run, source, "target=0.95")
    assert done.returncode == 0, done.stderr
    directory, rows, result = labelled(tmp_path)
    assert rows[4]["failure"] == "content_filter" and rows[4]["review"] is True
    assert result["guarantee"]["accepted"] == 29
    assert sheet(directory / "review.csv")[0]["id"] == "r5"  # nothing is known of it, so it comes first


def test_another_model_is_asked_about_the_gold_items_once(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    words = [run, source, "provider.model=other-model", "certainty=logprobs", "target=0.95"]
    done = goldloop("label", *words)
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) == ROWS + 160
    _, _, result = labelled(tmp_path)
    assert result["guarantee"]["certified"] and result["calls"]["provider"] == ROWS + 160
    again = goldloop("label", *words, "study=again")
    assert again.returncode == 0 and len(endpoint.requests) == ROWS + 160
    assert labelled(tmp_path, "again")[2]["calls"]["journal"] == ROWS + 160


def test_a_killed_run_goes_on_with_the_same_guarantee(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    endpoint.delay = 0.2
    process = goldloop.start("label", run, source, "target=0.95", "provider.concurrency=2")
    deadline = time.monotonic() + 60
    while len(endpoint.requests) < 12 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    endpoint.delay = 0.0
    directory = next(tmp_path.glob("outputs/label/*"))
    before = (directory / "guarantee.json").read_bytes()
    done = goldloop("label", f"resume={directory}")
    assert done.returncode == 0, done.stderr
    assert (directory / "guarantee.json").read_bytes() == before
    _, rows, result = labelled(tmp_path)
    assert len(rows) == ROWS and result["guarantee"]["accepted"] == 30
    once_more = goldloop("label", f"resume={directory}")  # all is done: only handed on again
    assert once_more.returncode == 0 and labelled(tmp_path)[2]["guarantee"] == result["guarantee"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["target=1.5"], "target: "),
        (["target=0.9", "confidence=0"], "confidence: "),
        (["target=0.9", "certainty=none"], "target needs a certainty"),
        (["target=0.9", "loss=half"], "loss: "),
    ],
)
def test_what_makes_no_sense_is_one_line(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, words: list[str], code: str
) -> None:
    done = goldloop("label", run, source, *words)
    assert done.returncode == 2 and code in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert endpoint.requests == []


def test_a_run_without_sealed_items_certifies_nothing(
    goldloop: Goldloop, endpoint: Endpoint, tmp_path: Path, source: str
) -> None:
    rows = [{"id": f"g{number}", "text": f"text {number}", "labels": [colour(number)]} for number in range(1, 21)]
    (tmp_path / "gold.json").write_text(json.dumps(rows))
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "optimizer=none"]
    data = ["dataset=file", "dataset.path=gold.json", "verifier=choice", "split=none", "tracker=none", "study=open"]
    done = goldloop(*model, *data)
    assert done.returncode == 0, done.stderr
    refused = goldloop("label", done.stdout.splitlines()[-1], source, "target=0.9")
    assert refused.returncode == 2 and "has no sealed items" in refused.stderr
