"""Fakes for speed: a provider that answers from a function, and items whose right answer is in their text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.core.calls import Call, RateLimits, Reply
from runner.core.errors import CallFailed
from runner.core.items import Item

Answer = Callable[[Call], "str | Reply | Exception"]


@dataclass
class FakeProvider:
    """Answers each call by a function of it; an exception it returns is raised."""

    answer: Answer
    model: str = "fake"
    concurrency: int = 4
    timeout: float = 60.0
    calls: list[Call] = field(default_factory=list)
    closed: bool = False

    @property
    def rate_limits(self) -> RateLimits:
        return RateLimits(self.concurrency, self.timeout)

    def describe(self, call: Call) -> dict[str, Any]:
        return {"model": self.model, "messages": list(call.messages), "sample": call.sample, "t": call.temperature}

    def cost_at_most(self, call: Call) -> float | None:
        return 0.001

    async def complete(self, call: Call) -> Reply:
        self.calls.append(call)
        given = self.answer(call)
        if isinstance(given, Exception):
            raise given
        return given if isinstance(given, Reply) else Reply(given, "stop", 10, 2, 0.001, 0.01)

    async def close(self) -> None:
        self.closed = True


LABELS = ("red", "green", "blue")


def items(count: int = 30) -> list[Item]:
    """Items that say which colours they are about; each has one or two labels."""
    made = []
    for number in range(count):
        gold = (LABELS[number % 3],) if number % 2 else (LABELS[number % 3], LABELS[(number + 1) % 3])
        made.append(Item(f"i{number:02d}", f"item {number} is {' and '.join(gold)} at place {number * 7}", gold))
    return made


def knows(*learnt: str) -> Answer:
    """A labeller that sees only the colours its prompt speaks of, beside those it knows."""

    def answer(call: Call) -> str:
        system, text = call.messages[0]["content"], call.messages[-1]["content"]
        seen = [name for name in LABELS if name in text and (name in learnt or f"look for {name}" in system)]
        return ", ".join(seen) or "none"

    return answer


def failing(kind: str, every: int) -> Answer:
    """A labeller whose every nth call fails for good."""
    count = 0

    def answer(call: Call) -> "str | Exception":
        nonlocal count
        count += 1
        return CallFailed(kind) if count % every == 0 else knows(*LABELS)(call)  # type: ignore[arg-type]

    return answer


def said(calls: Sequence[Call]) -> list[str]:
    """What the user's side of each call says."""
    return [call.messages[-1]["content"] for call in calls]
