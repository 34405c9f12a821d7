"""One budget over everything a run asks for: labeller, rewriter and retries together."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from runner.errors import BudgetSpent
from runner.types import Call, Provider, Reply


@dataclass(frozen=True)
class Limits:
    """What may be spent at most; None is without limit.

    Attributes:
        usd: US dollars. calls: requests begun, retries too. tokens: in and out together. seconds: by the clock.
    """

    usd: float | None = None
    calls: int | None = None
    tokens: int | None = None
    seconds: float | None = None


class Budget:
    """Counts what was spent, and refuses to begin a call when a limit is reached.

    It is never exceeded by more than the calls that were in flight when it was reached, and ``calls`` never at all.
    A part can be set aside for the sealed test; without that a search would leave nothing to prove its result with.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._started = clock()
        self._aside = 0
        self.begun = 0
        self._ended = 0
        self._tokens = 0
        self._usd = 0.0

    def set_aside(self, calls: int) -> None:
        """Keep so many calls, and what they will take by the average so far, for later. 0 frees them."""
        self._aside = calls

    def begin(self) -> None:
        """Count a call as begun.

        Raises:
            BudgetSpent: a limit is reached; names it.
        """
        for name, limit, spent, each in self._accounts():
            kept = self._aside * each
            if limit is not None and spent >= limit - (kept if kept <= limit / 2 else 0):
                raise BudgetSpent(f"budget.{name}={limit:g} is spent")
        self.begun += 1

    def end(self, reply: Reply) -> None:
        """Count what a call took."""
        self._ended += 1
        self._tokens += reply.input_tokens + reply.output_tokens
        self._usd += reply.cost_usd or 0.0

    def paid_before(self, reply: Reply) -> None:
        """Count a call that this run paid for before it was interrupted."""
        self.begun += 1
        self.end(reply)

    def _accounts(self) -> list[tuple[str, float | None, float, float]]:
        """(name, limit, spent, average of a call) of each limit; the average of calls is exactly 1."""
        ended = max(1, self._ended)
        seconds = self._clock() - self._started
        return [
            ("calls", self._limits.calls, self.begun, 1.0),
            ("tokens", self._limits.tokens, self._tokens, self._tokens / ended),
            ("usd", self._limits.usd, self._usd, self._usd / ended),
            ("seconds", self._limits.seconds, seconds, seconds / ended if self._ended else 0.0),
        ]


class Budgeted:
    """A provider that asks the budget before each call, and tells it what the call took."""

    def __init__(self, provider: Provider, budget: Budget) -> None:
        self._provider = provider
        self._budget = budget
        self.model = provider.model
        self.pace = provider.pace

    async def complete(self, call: Call) -> Reply:
        self._budget.begin()
        reply = await self._provider.complete(call)
        self._budget.end(reply)
        return reply

    async def close(self) -> None:
        await self._provider.close()
