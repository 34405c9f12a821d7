"""One budget over everything a run asks for: labeller, rewriter and retries together; in a sweep, over all its jobs."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.core.calls import Call, Reply
from runner.core.errors import BudgetSpent, JournalError, LimitName
from runner.core.protocols import ChatClient
from runner.providers.middleware.ledger import FOLDER, Book, Ledger, Spent, known_spent
from runner.providers.middleware.limits import Limits
from runner.providers.middleware.shares import shares

_SEVERAL = 5  # answers


@dataclass(frozen=True, slots=True)
class _Account:
    """What is known of one limit.

    Attributes:
        spent: by all jobs. each: the average of a call; of calls exactly 1.
        own: by this job. share: how much it may spend; None where the limit is not shared out.
    """

    name: LimitName
    limit: float
    spent: float
    each: float
    own: float
    share: float | None


class Budget:
    """Counts what was spent, and refuses to begin a call when a limit is reached.

    It is never exceeded by more than the calls that were in flight when it was reached, and ``calls`` never at all.
    A part can be set aside for the sealed test; without that a search would leave nothing to prove its result with.

    The jobs of a sweep have equal shares of what those that ended left: a share grows when a job ends early, and never
    shrinks. Where nobody knows how many jobs there will be, who comes first is served first.

    Args:
        ledger: where a run counts, or the jobs of a sweep together, in processes of their own or one after the other.
            What was spent before an interruption stands there too; of ``seconds``, those in which a job was running.
        job: the name of this job in the ledger of its sweep. before: what it has spent at least, by its own record.
        note_lost: told once how many calls more the ledger has, so that the record can have them too.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        ledger: Ledger | None = None,
        job: str | None = None,
        before: Callable[[], Spent] = Spent,
        note_lost: Callable[[int], None] = lambda calls: None,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._started = clock()
        self._started_at = time.time()  # for other processes, whose monotonic clocks may be another machine's
        self._ledger = ledger
        self._job = job
        self._before: Callable[[], Spent] | None = before
        self._note_lost = note_lost
        self._spent = self._own = Spent()
        self._elapsed = 0.0  # seconds of all jobs
        self._began_at: float | None = None  # seconds of all jobs when this one began
        self._shares: Mapping[LimitName, float] | None = None
        self._others_aside = 0
        self._aside: tuple[int, ...] = (0,)
        self._refused: BudgetSpent | None = None

    @property
    def begun(self) -> int:
        """Calls begun, those of other jobs and of earlier parts too."""
        return self._spent.calls

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
        async with self._ledger.turn() as book:
            self._read(book)
            if self._shares is None:
                self._others_aside = self._ledger.reservations.others()
            self.begin()
            self._write(book)

    async def settle(self, reply: Reply) -> None:
        """``end``, with all jobs of the sweep, and with what an interruption left."""
        if self._ledger is None:
            return self.end(reply)
        async with self._ledger.turn() as book:
            self._read(book)
            self.end(reply)
            self._write(book)

    def begin(self) -> None:
        """Count a call as begun.

        Once it has refused it lets nothing in until ``reserve``, though what is kept aside, by the average of a call,
        may shrink: what comes behind the first refusal is chance.

        Raises:
            BudgetSpent: a limit is reached, or cannot be kept because no answer says what it took; names it.
        """
        if self._refused:
            raise BudgetSpent(*self._refused.args)
        for account in self._accounts():
            if refused := self._refusal(account):
                self._refused = refused
                raise BudgetSpent(*refused.args)
        self._add(Spent(calls=1))

    def end(self, reply: Reply) -> None:
        """Count what a call took; one whose answer does not say took the average."""
        before = max(1, self._spent.ended)
        tokens = reply.input_tokens + reply.output_tokens or self._spent.tokens // before
        usd = self._spent.usd / before if reply.cost_usd is None else reply.cost_usd
        self._add(Spent(ended=1, tokens=tokens, usd=usd))

    def spent_before(self, *, calls: int, tokens: int, usd: float, seconds: float = 0.0) -> None:
        """Count what a run spent before it was interrupted."""
        self._started -= seconds
        self._add(Spent(calls, calls, tokens, usd))

    def close(self) -> None:
        """Keep nothing aside any more."""
        if self._ledger:
            self._ledger.close()

    def _add(self, more: Spent) -> None:
        self._spent += more
        self._own += more

    def _refusal(self, account: _Account) -> BudgetSpent | None:
        """Why no call may begin, by one limit; None if one may."""
        name, limit = account.name, account.limit
        if name in {"tokens", "usd"} and self._untold:
            return BudgetSpent(name, limit, "unmeasurable")
        if account.spent >= limit:
            return BudgetSpent(name, limit)
        if account.share is None:
            aside = (self._aside[0] + self._others_aside, *self._aside)
            return BudgetSpent(name, limit) if account.spent >= limit - _kept(aside, limit, account.each) else None
        if account.own < account.share - _kept(self._aside, account.share, account.each):
            return None
        return BudgetSpent(name, limit, share=account.share if account.share < limit else None)

    @property
    def _untold(self) -> bool:
        """Whether none of several answers said what it took."""
        return self._spent.ended >= _SEVERAL and not self._spent.tokens and not self._spent.usd

    def _read(self, book: Book) -> None:
        if self._before:  # once: what a record says of itself was spent, whatever the book says
            own, self._before = self._before(), None
            lost = book.spent_by(self._job).calls - own.calls
            if lost > 0:
                self._note_lost(lost)
            book.raise_to(self._job, own)
        self._spent = book.total
        now = time.time()
        running = max(0.0, min(now - book.seen, now - self._started_at)) if book.seen else 0.0
        self._elapsed = book.seconds + running
        if self._job is None:
            return
        book.set_state(self._job, "running")
        self._own = book.jobs[self._job][0]
        if self._began_at is None:
            self._began_at = self._elapsed
        if book.of:
            self._shares = shares(book, self._limits, self._began_at, self._shares or {})

    def _write(self, book: Book) -> None:
        book.total, book.seconds, book.seen = self._spent, self._elapsed, time.time()
        if self._job is not None:
            book.jobs[self._job] = self._own, "running"

    def _accounts(self) -> Iterator[_Account]:
        """The limits that there are."""
        spent, own, answered = self._spent, self._own, max(1, self._spent.ended)
        seconds = self._elapsed if self._ledger else self._clock() - self._started
        of_job = self._elapsed - (self._began_at or 0.0)
        figures: list[tuple[LimitName, float | None, float, float, float]] = [
            ("calls", self._limits.calls, spent.calls, 1.0, own.calls),
            ("tokens", self._limits.tokens, spent.tokens, spent.tokens / answered, own.tokens),
            ("usd", self._limits.usd, spent.usd, spent.usd / answered, own.usd),
            ("seconds", self._limits.seconds, seconds, seconds / answered if spent.ended else 0.0, of_job),
        ]
        for name, limit, all_, each, mine in figures:
            if limit is not None:
                yield _Account(name, limit, all_, each, mine, self._shares[name] if self._shares else None)


def may_set_aside(amount: float, limit: float) -> bool:
    """Whether so much of a limit may be kept for the sealed test: at most half, or nothing is left to search with."""
    return amount <= limit / 2


def _kept(aside: Sequence[int], limit: float, each: float) -> float:
    """How much is aside: of so many calls the first that take at most half the limit, or nothing."""
    return next((calls * each for calls in aside if may_set_aside(calls * each, limit)), 0.0)


def budget_in(
    directory: Path, limits: Limits, before: Callable[[], Mapping[str, float]] = dict, at_once: int = 0
) -> Budget:
    """The budget of what is done in a directory, in however many parts and processes; a killed one forgets nothing.

    Args:
        before: asked for the calls, tokens, usd and seconds of earlier parts, as the record of what was done has them.
        at_once: how many calls may be under way when a process dies, and are in no record then.
    """
    if not limits.any:
        return Budget(limits)

    def counted(damaged: bool) -> Book:
        spent = known_spent(before()) + Spent(calls=at_once if damaged else 0)
        return Book(spent, seconds=before().get("seconds", 0.0))

    return Budget(limits, ledger=Ledger(directory / FOLDER, counted), before=lambda: known_spent(before()))


class BudgetedClient:
    """A provider that asks the budget before each call, and tells it what the call took."""

    def __init__(self, provider: ChatClient, budget: Budget) -> None:
        self._provider = provider
        self._budget = budget
        self._uncounted: JournalError | None = None
        self.model = provider.model
        self.rate_limits = provider.rate_limits

    async def complete(self, call: Call) -> Reply:
        if self._uncounted:
            raise self._uncounted
        await self._budget.ask()
        reply = await self._provider.complete(call)
        try:
            await self._budget.settle(reply)
        except JournalError as error:  # the answer is paid for, and goes on to be written down; no other is asked for
            self._uncounted = error
        return reply

    async def close(self) -> None:
        await self._provider.close()
