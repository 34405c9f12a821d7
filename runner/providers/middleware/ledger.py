"""What a run, or all the jobs of a sweep, have spent: a file in ``.budget/`` that a crash or damage cannot set to 0.

Every process writes it twice, one copy after the other, while it holds its lock: a crash can tear only one of them.
Where neither can be read, the figures are counted again from what every run writes down of its own calls.
"""

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from runner.core.errors import JournalError
from runner.core.file_lock import lock, try_lock, unlock
from runner.providers.middleware.shared_state import Reservations

FOLDER = ".budget"
"""Of a run directory, a label run's, or a sweep's."""
_TRY_AGAIN = 0.002  # seconds, about
_BLOCK = 512  # bytes; the file grows by these, and one write replaces all of it
_LARGEST = 4_000_000  # bytes; a file of ours with 10,000 jobs has one
JobState = Literal["waiting", "running", "ended"]


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent: calls begun, retries too; calls that were answered; their tokens, in and out; US dollars."""

    calls: int = 0
    ended: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(*(a + b for a, b in zip(self._figures(), other._figures(), strict=True)))

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(*(a - b for a, b in zip(self._figures(), other._figures(), strict=True)))

    def at_least(self, other: "Spent") -> "Spent":
        """The higher of each two figures."""
        return Spent(*(max(a, b) for a, b in zip(self._figures(), other._figures(), strict=True)))

    def _figures(self) -> tuple[Any, ...]:
        return self.calls, self.ended, self.tokens, self.usd


@dataclass
class Book:
    """What the file holds.

    Attributes:
        total: of everything together. seconds: in which a job was running; ``seen``: the time up to which they are
            counted. jobs: job -> its part of ``total``, and how far it is. of: how many jobs there are; 0 if unknown.
    """

    total: Spent = Spent()
    seconds: float = 0.0
    seen: float = 0.0
    of: int = 0
    jobs: dict[str, tuple[Spent, JobState]] = field(default_factory=dict)

    def spent_by(self, job: str | None) -> Spent:
        """What a job has spent, or all together."""
        return self.total if job is None else self.jobs.get(job, (Spent(), "waiting"))[0]

    def raise_to(self, job: str | None, least: Spent) -> None:
        """Count at least so much, of a job or of the whole: what a run wrote down of its calls was spent."""
        if job is None:
            self.total = self.total.at_least(least)
            return
        before, state = self.jobs.get(job, (Spent(), "waiting"))
        after = before.at_least(least)
        self.jobs[job] = after, state
        self.total += after - before

    def set_state(self, job: str, state: JobState) -> None:
        self.jobs[job] = self.jobs.get(job, (Spent(), state))[0], state

    def number(self, state: JobState) -> int:
        return sum(each == state for _, each in self.jobs.values())

    @property
    def gone(self) -> Spent:
        """What no job that may still ask has spent: what is left of a budget is left for the others."""
        going = (spent for spent, state in self.jobs.values() if state != "ended")
        return self.total - sum(going, Spent())


class Ledger:
    """The book of a run or of a sweep, in a folder; opened when it is first needed.

    Args:
        counted: the book as far as it follows from other records; asked, where the file is missing, with False, and
            where it cannot be read, with True: then it counts what may have been under way when a process died, too.

    Attributes:
        reservations: what living processes keep aside for their sealed tests, where they have no shares.
    """

    def __init__(self, folder: Path, counted: Callable[[bool], Book] = lambda damaged: Book()) -> None:
        self._path = folder / "spent.json"
        self._counted = counted
        self._handles: list[int] = []
        self.reservations = Reservations(folder / "kept")

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Book]:
        """Wait for the book, and hold it; what was changed is written unless an exception is raised.

        The body must not wait for anything: everybody else does.

        Raises:
            JournalError: the file cannot be used.
        """
        main = self._opened()[0]
        while not try_lock(main):  # noqa: ASYNC110  # no event comes from another process
            await asyncio.sleep(random.uniform(0.5, 1.5) * _TRY_AGAIN)
        with self._locked() as book:
            yield book

    @contextmanager
    def held(self) -> Iterator[Book]:
        """The same, where there is no event loop."""
        lock(self._opened()[0])
        with self._locked() as book:
            yield book

    def close(self) -> None:
        for handle in self._handles:
            os.close(handle)
        self._handles.clear()
        self.reservations.close()

    @contextmanager
    def _locked(self) -> Iterator[Book]:
        try:
            book = self._read()
            yield book
            self._write(book)
        finally:
            unlock(self._handles[0])

    def _opened(self) -> list[int]:
        if not self._handles:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                for path in (self._path, self._path.with_name("spent.copy.json")):
                    self._handles.append(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644))
            except OSError as error:
                raise self._unusable(error) from error
        return self._handles

    def _read(self) -> Book:
        contents = [os.pread(handle, _LARGEST, 0) for handle in self._handles]
        for content in contents:
            if book := _book_in(content):
                return book
        damaged = any(contents)
        book = self._counted(damaged)
        if damaged and not book.total.calls:
            raise JournalError(
                f"{self._path} is damaged, and no journal says what was spent: delete the folder {self._path.parent} "
                "if nothing was, else start a new run",
                code="damaged-file",
                key=str(self._path),
            )
        return book

    def _write(self, book: Book) -> None:
        content = {**asdict(book.total), "seconds": book.seconds, "seen": book.seen}
        if book.of or book.jobs:
            jobs = {name: {**asdict(spent), "state": state} for name, (spent, state) in book.jobs.items()}
            content |= {"of": book.of, "jobs": jobs}
        line = json.dumps(content).encode()
        try:
            for handle in reversed(self._handles):  # the copy first: it never has less than was spent
                room = max(-(-(len(line) + 1) // _BLOCK) * _BLOCK, os.fstat(handle).st_size)
                os.pwrite(handle, line.ljust(room - 1) + b"\n", 0)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> JournalError:
        return JournalError(
            f"{self._path} cannot be written ({error.strerror}): what was spent of the budget is kept there",
            code="unwritable",
            key=str(self._path),
        )


def known_spent(figures: Mapping[str, float]) -> Spent:
    """What a record says of itself: ``calls``, ``tokens`` and ``usd``; each of its calls was answered."""
    calls, tokens = (int(figures.get(name, 0)) for name in ("calls", "tokens"))
    return Spent(calls, calls, tokens, float(figures.get("usd", 0.0)))


def _book_in(content: bytes) -> Book | None:
    """The book as it was written; None where it is not there, or is no book."""
    try:
        found = json.loads(content)
        jobs = {str(name): (_spent(one), _state(one["state"])) for name, one in found.get("jobs", {}).items()}
        seconds, seen, of = (_figure(found.get(name, 0)) for name in ("seconds", "seen", "of"))
        return Book(_spent(found), seconds, seen, int(of), jobs)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _spent(found: Mapping[str, Any]) -> Spent:
    calls = _whole(found["calls"])
    ended, tokens = _whole(found.get("ended", calls)), _whole(found.get("tokens", 0))
    return Spent(calls, ended, tokens, _figure(found.get("usd", 0.0)))


def _figure(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is no figure")
    return value


def _whole(value: object) -> int:
    figure = _figure(value)
    if figure != int(figure):
        raise ValueError(f"{value!r} is no whole number")
    return int(figure)


def _state(value: object) -> JobState:
    for state in ("waiting", "running", "ended"):
        if value == state:
            return state
    raise ValueError(f"{value!r} is no state")
