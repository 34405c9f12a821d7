"""Labels a stream: as many rows at once as the model takes, written down in their order, in constant memory."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice, takewhile

from runner.core.errors import BudgetSpent, DataError, ProviderError, TooManyFailed
from runner.core.items import BadRow, Item
from runner.core.stop import Stop
from runner.labelling.counts import CALL_FAILURES, RowCounts
from runner.labelling.labeller import Labeller, Row
from runner.labelling.labels_file import LabelsFile
from runner.providers.meaning.silence import refuse_silent

_READ = 256  # rows read at a time, at most
_CHARACTERS = 4_000_000  # of texts read at a time, and of texts in work, about: long documents are not held by hundreds
_WINDOW = 64  # rows in work for each call at once: so far may the fast ones run ahead of one that hangs
_FEWEST_AT_ONCE = 64  # rows that are looked up at once, at least: the journal answers many together
_RECENT = 1000  # calls whose failures are counted together
_FEWEST_FAILED = 5
_FEWEST_CALLS = 20  # a share is one of so many at least, or which calls ended first would decide at the start
_SILENT = 20  # rows; if none of them has a word in its reply, the others will not either


async def label(
    rows: Iterator[Item | BadRow], labeller: Labeller, record: LabelsFile, on_rows: Callable[[], None]
) -> Stop | None:
    """Label ``rows``, from the one after the record's last; returns what stopped it early, None if nothing did.

    Raises:
        DataError: the rows are not those the record began with. ProviderError, TooManyFailed: no use going on.
        Whatever is raised, every row that was done before is in the record, and what was paid for is in the journal.
    """
    window = _Window(labeller, record)
    await asyncio.to_thread(_skip, rows, record)
    try:
        while chunk := await asyncio.to_thread(_some, rows):
            for item in chunk:
                window.add(item)
                while window.full:
                    await window.advance()
                    on_rows()
        while window.rows:
            await window.advance()
            on_rows()
        refuse_silence(record.tally)
        if not record.tally.labelled and not record.tally.paid:
            await labeller.client.refuse_dead()  # nobody ever answered: that is worse than failed rows
    except BudgetSpent as spent:
        await labeller.client.refuse_dead()
        return Stop.of_budget(spent)
    except (ProviderError, TooManyFailed):
        await window.close()
        record.drop_lost()
        raise
    finally:
        await window.close()
    return None


class _Window:
    """Rows in work, in their order. Those at its head that are done are written down."""

    def __init__(self, labeller: Labeller, record: LabelsFile) -> None:
        self._labeller, self._record = labeller, record
        at_once = labeller.client.rate_limits.concurrency
        self._most = _WINDOW * at_once
        self._places = asyncio.Semaphore(max(_FEWEST_AT_ONCE, 2 * at_once))  # the others wait without claims or calls
        self.rows: deque[asyncio.Task[Row]] = deque()
        self._sizes: deque[int] = deque()
        self._characters = 0
        self._recent = _Recent(labeller.max_failed)

    @property
    def full(self) -> bool:
        return len(self.rows) >= self._most or self._characters > _CHARACTERS

    def add(self, item: Item | BadRow) -> None:
        """Begin a row."""
        self.rows.append(asyncio.create_task(self._row(item)))
        self._sizes.append(_size(item))
        self._characters += self._sizes[-1]

    async def _row(self, item: Item | BadRow) -> Row:
        async with self._places:
            return await self._labeller.row(item)

    async def advance(self) -> None:
        """Wait for the first row in work, and write it down with all that are done behind it.

        Raises:
            What it raised; TooManyFailed: of the rows that were written.
        """
        await asyncio.wait([self.rows[0]])
        done = self._write()
        for row in done:
            if row["failure"] != "bad_row":
                self._recent.add(row["failure"])
        self._recent.refuse_too_many()
        refuse_silence(self._record.tally, _SILENT)
        if not done:
            self.rows[0].result()

    async def close(self) -> None:
        """Begin nothing more, and write down what still comes, up to the first row of which nothing came."""
        if self.rows:
            await self._labeller.client.close()
            await asyncio.gather(*self.rows, return_exceptions=True)
            self._write()
            self.rows.clear()

    def _write(self) -> list[Row]:
        ready = takewhile(lambda task: task.done() and not task.cancelled() and not task.exception(), self.rows)
        done = [task.result() for task in ready]
        self._record.add(done)  # before they are let go of: the record has no gaps, whatever is raised here
        for _ in done:
            self.rows.popleft()
            self._characters -= self._sizes.popleft()
        return done


class _Recent:
    """The failures among the last calls."""

    def __init__(self, max_failed: float) -> None:
        self._share = max_failed
        self._calls: deque[str | None] = deque(maxlen=_RECENT)
        self._failed = 0

    def add(self, failure: str | None) -> None:
        """Count a call; a reply that could not be used is an answer."""
        if len(self._calls) == _RECENT:
            self._failed -= self._calls[0] is not None
        kept = failure if failure in CALL_FAILURES else None
        self._calls.append(kept)
        self._failed += kept is not None

    def refuse_too_many(self) -> None:
        """Raise TooManyFailed if more failed than the share allows; a few always may, unless the share is 0."""
        if self._failed <= max(
            self._share * max(len(self._calls), _FEWEST_CALLS), _FEWEST_FAILED if self._share else 0
        ):
            return
        kinds = [kind for kind in self._calls if kind]
        names = ", ".join(f"{name} {kinds.count(name)}" for name in dict.fromkeys(kinds))
        raise TooManyFailed(
            f"{self._failed} of the last {len(self._calls)} calls failed for good ({names}), more than "
            f"max_failed={self._share:g} allows: mend what they say, or raise max_failed",
            code="too-many-failed",
            key=names,
        )


def refuse_silence(tally: RowCounts, least: int = 1) -> None:
    """Raise ProviderError if ``least`` rows or more were answered, and all with an empty reply."""
    empty = tally.failures["empty"]
    if empty >= least and not tally.labelled and empty == tally.paid + tally.hits:
        refuse_silent(empty, empty)


def _some(rows: Iterator[Item | BadRow]) -> list[Item | BadRow]:
    """The next rows, not too many and not too long together."""
    chunk: list[Item | BadRow] = []
    characters = 0
    for item in rows:
        chunk.append(item)
        characters += _size(item)
        if len(chunk) == _READ or characters > _CHARACTERS:
            break
    return chunk


def _size(item: Item | BadRow) -> int:
    return len(item.text) if isinstance(item, Item) else 0


def _skip(rows: Iterator[Item | BadRow], record: LabelsFile) -> None:
    """Pass over what the record has."""
    there, found = 0, None
    for item in islice(rows, record.tally.rows):
        there, found = there + 1, item.id
    if there < record.tally.rows or found != record.tally.last:
        words = f"the source's is {found!r}" if there == record.tally.rows else f"the source has only {there}"
        raise DataError(
            f"the rows are not those that {record.path} began with: its row {record.tally.rows} is "
            f"{record.tally.last!r}, {words}. Start anew; the journal answers what was asked before",
            code="rows-changed",
            key=str(record.tally.last),
        )
