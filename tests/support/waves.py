"""A provider that takes a second a call, in simulated time, and counts the waves of calls."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builders import experiment
from fakes import FakeProvider
from simulated_time import simulated

from runner.core.calls import Call, Reply
from runner.core.items import Data, Item
from runner.core.prompt import default_prompt
from runner.core.run_result import RunResult
from runner.datasets.split import split
from runner.experiment.loop import Loop
from verifiers.label_set import LabelSet
from verifiers.labels import Labels

SIZES = {"reflect": 18, "select": 18, "test": 24}
LABELS = LabelSet({name: f"It is about {name}." for name in ("cards", "loans", "fees", "limits")})


def chance(*parts: object) -> float:
    """From 0 to 1, by what the parts say."""
    return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:8], 16) / 2**32


@dataclass
class Slow(FakeProvider):
    """Takes a second a call, and a little more, so that no two of those asked at once end at once.

    Attributes:
        spread: seconds more, at most; ``order`` decides for which call how many.
        waves: moments at which no call was under way, and then calls began.
        under_way: calls.
        seconds: until the last answer.
    """

    concurrency: int = 64
    spread: float = 0.01
    order: int = 0
    waves: int = 0
    under_way: int = 0
    seconds: float = 0.0

    async def complete(self, call: Call) -> Reply:
        clock = asyncio.get_running_loop()
        self.waves += self.under_way == 0
        self.under_way += 1
        try:
            await asyncio.sleep(1 + self.spread * chance(self.order, call.messages, call.sample))
            return await super().complete(call)
        finally:
            self.under_way -= 1
            self.seconds = clock.time()


def model(call: Call) -> str:
    """Labels and rewrites; it errs less with a longer prompt, and each of its proposals has words of its own."""
    system, user = call.messages[0]["content"], call.messages[-1]["content"]
    if user.startswith("Number "):
        [gold] = [label for label in LABELS if f" {label} " in user]
        right = chance(user) < 0.4 + 0.3 * min(1, len(str(call.messages)) / 4000) + 0.2 * chance(system)
        return gold if right else sorted(LABELS)[int(4 * chance(user, "other"))]
    words = " ".join(f"hint{int(1e6 * chance(user, call.sample, n))}" for n in range(12))
    lines = {
        "summary": words,
        "prompt": f"Label the text. {words}",
        "rules": f"- {words}",
        "definitions": "\n".join(f"- {label}: {words}" for label in LABELS),
        "task": f"Label the text. {words}",
        "rule": words,
        "definition": words,
        "answer": words,
        "reason": words,
    }
    tag = next((tag for tag in lines if f"</{tag}>" in user.rpartition("Answer with")[2]), None)
    if tag is None:  # the whole reply is to be the prompt
        return "\n".join(["```", f"Label the text. {words}", "Labels:", *(f"- {label}" for label in LABELS), "```"])
    return "".join(f"<{tag}>{lines[tag]} {n}</{tag}>" for n in range(3 if tag == "reason" else 1))


def items(count: int = sum(SIZES.values())) -> list[Item]:
    """Texts that name their label."""
    names = list(LABELS)
    texts = (
        (f"Number {n}: {'please ' * (n % 5)}help me with my {names[n % 4]} today", names[n % 4]) for n in range(count)
    )
    return [Item(f"i{n}", text, (label,)) for n, (text, label) in enumerate(texts)]


def searched(strategy: Any, directory: Path, asked: Slow | None = None, **changes: Any) -> tuple[RunResult, Slow]:
    """A whole run of three epochs, and the provider that it asked for everything."""
    made, asked = items(), asked or Slow(model)
    run = experiment(
        directory,
        data=Data(made, LABELS, "0" * 64),
        split=split(made, SIZES, 1),
        initial=default_prompt(Labels(LABELS).instructions()),
        labeller=asked,
        rewriter=asked,
        strategy=strategy,
        controls=True,
        journal_mode="off",
        journal_path=None,
        **changes,
    )
    return simulated(Loop(run).run()), asked
