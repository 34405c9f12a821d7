"""One budget over everything a run asks for: labeller, rewriter and retries together; in a sweep, over all its jobs."""

import json
import time
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from runner.core.calls import Call, Reply
from runner.core.errors import BudgetSpent, LimitName
from runner.core.protocols import ChatClient
from runner.providers.middleware.shared_state import SharedLedger

_SEVERAL = 5  # answers


class Limits(BaseModel):
    """What may be spent at most; None is without limit.

    Attributes:
        usd: US dollars. calls: requests begun, retries too. tokens: in and out together. seconds: by the clock.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: Annotated[float, Field(gt=0)] | None = None
    calls: Annotated[int, Field(ge=1)] | None = None
    tokens: Annotated[int, Field(ge=1)] | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(limit is not None for limit in (self.usd, self.calls, self.tokens, self.seconds))


class Budget:
    """Counts what was spent, and refuses to begin a call when a limit is reached.

    It is never exceeded by more than the calls that were in flight when it was reached, and ``calls`` never at all.
    A part can be set aside for the sealed test; without that a search would leave nothing to prove its result with.

    Args:
        ledger: where a run counts, or the jobs of a sweep together, in processes of their own or one after the other.
            What was spent before an interruption stands there too; of ``seconds``, those in which a job was running.
    """

    def __init__(
        self, limits: Limits, clock: Callable[[], float] = time.monotonic, ledger: SharedLedger | None = None
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._started = clock()
        self._started_at = time.time()  # for other processes, whose monotonic clocks may be another machine's
        self._ledger = ledger
        self._elapsed = 0.0  # seconds of all jobs
        self._others_aside = 0
        self._aside: tuple[int, ...] = (0,)
        self._refused: BudgetSpent | None = None
        self.begun = 0
        self._ended = 0
        self._tokens = 0
        self._usd = 0.0

    def reserve(self, *calls: int) -> None:
        """Keep so many calls, and what they will take by the average so far, for later. 0 frees them.

        Args:
            calls: of several the first that may be kept.
        """
        self._aside, self._refused = calls, None
        if self._ledger:
            self._ledger.reservations.keep(calls[0])

    async def ask(self) -> None:
        """``begin``, with all jobs of the sweep, and with what an interruption left."""
        if self._ledger is None:
            return self.begin()
        async with self._ledger.counters.turn() as spent:
            self._read(spent)
            self._others_aside = self._ledger.reservations.others()
            self.begin()
            self._write(spent)

    async def settle(self, reply: Reply) -> None:
        """``end``, with all jobs of the sweep, and with what an interruption left."""
        if self._ledger is None:
            return self.end(reply)
        async with self._ledger.counters.turn() as spent:
            self._read(spent)
            self.end(reply)
            self._write(spent)

    def begin(self) -> None:
        """Count a call as begun.

        Once it has refused it lets nothing in until ``reserve``, though what is kept aside, by the average of a call,
        may shrink: what comes behind the first refusal is chance.

        Raises:
            BudgetSpent: a limit is reached, or cannot be kept because no answer says what it took; names it.
        """
        if self._refused:
            raise BudgetSpent(*self._refused.args)
        for name, limit, spent, each in self._accounts():
            if limit is not None and name in {"tokens", "usd"} and self._untold:
                self._refused = BudgetSpent(name, limit, "unmeasurable")
                raise self._refused
            if limit is not None and spent >= limit - self._kept(limit, each):
                self._refused = BudgetSpent(name, limit)
                raise self._refused
        self.begun += 1

    def end(self, reply: Reply) -> None:
        """Count what a call took; one whose answer does not say took the average."""
        took, before = reply.input_tokens + reply.output_tokens, max(1, self._ended)
        self._tokens += took or self._tokens // before
        self._usd += self._usd / before if reply.cost_usd is None else reply.cost_usd
        self._ended += 1

    @property
    def _untold(self) -> bool:
        """Whether none of several answers said what it took."""
        return self._ended >= _SEVERAL and not self._tokens and not self._usd

    def spent_before(self, *, calls: int, tokens: int, usd: float, seconds: float = 0.0) -> None:
        """Count what a run spent before it was interrupted."""
        self._started -= seconds
        self.begun += calls
        self._ended += calls
        self._tokens += tokens
        self._usd += usd

    def close(self) -> None:
        """Keep nothing aside any more."""
        if self._ledger:
            self._ledger.close()

    def _kept(self, limit: float, each: float) -> float:
        """How much is aside: for all jobs, for this one, or for none, whichever first is at most half the limit."""
        for calls in (self._aside[0] + self._others_aside, *self._aside):
            if may_set_aside(calls * each, limit):
                return calls * each
        return 0.0

    def _read(self, spent: Mapping[str, float]) -> None:
        self.begun, self._ended = int(spent.get("calls", 0)), int(spent.get("ended", 0))
        self._tokens, self._usd = int(spent.get("tokens", 0)), spent.get("usd", 0.0)
        now = time.time()
        running = max(0.0, min(now - spent.get("seen", now), now - self._started_at))
        self._elapsed = spent.get("seconds", 0.0) + running

    def _write(self, spent: MutableMapping[str, float]) -> None:
        spent.update(calls=self.begun, ended=self._ended, tokens=self._tokens, usd=self._usd)
        spent.update(seconds=self._elapsed, seen=time.time())

    def _accounts(self) -> list[tuple[LimitName, float | None, float, float]]:
        """(name, limit, spent, average of a call) of each limit; the average of calls is exactly 1."""
        ended = max(1, self._ended)
        seconds = self._elapsed if self._ledger else self._clock() - self._started
        return [
            ("calls", self._limits.calls, self.begun, 1.0),
            ("tokens", self._limits.tokens, self._tokens, self._tokens / ended),
            ("usd", self._limits.usd, self._usd, self._usd / ended),
            ("seconds", self._limits.seconds, seconds, seconds / ended if self._ended else 0.0),
        ]


def may_set_aside(amount: float, limit: float) -> bool:
    """Whether so much of a limit may be kept for the sealed test: at most half, or nothing is left to search with."""
    return amount <= limit / 2


def budget_in(directory: Path, limits: Limits, before: Callable[[], Mapping[str, float]] = dict) -> Budget:
    """The budget of what is done in a directory, in however many parts and processes; a killed one forgets nothing.

    Args:
        before: asked for the calls, tokens, usd and seconds of earlier parts that had no budget.
    """
    if not limits.any:
        return Budget(limits)
    folder = directory / ".budget"
    if not (folder / "spent.json").exists() and (spent := before()).get("calls"):
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError), (folder / "spent.json").open("x") as file:  # another job was first
            json.dump({**spent, "ended": spent["calls"]}, file)
    return Budget(limits, ledger=SharedLedger(folder))


class BudgetedClient:
    """A provider that asks the budget before each call, and tells it what the call took."""

    def __init__(self, provider: ChatClient, budget: Budget) -> None:
        self._provider = provider
        self._budget = budget
        self.model = provider.model
        self.rate_limits = provider.rate_limits

    async def complete(self, call: Call) -> Reply:
        await self._budget.ask()
        reply = await self._provider.complete(call)
        await self._budget.settle(reply)
        return reply

    async def close(self) -> None:
        await self._provider.close()
