"""Labels a stream: as many rows at once as the model takes, written down in their order, in constant memory."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, get_args

from runner.door import Door
from runner.errors import BudgetSpent, CallFailed, CallFailure, DataError, TooManyFailed
from runner.labelling.record import Record
from runner.prompt import Prompt
from runner.types import BadRow, Call, Item, Reply
from verifiers.label_set import LabelSet
from verifiers.verdict import Verifier

_READ = 256  # rows read at a time
_WINDOW = 8  # rows in work for each call at once: so far may the fast ones run ahead of a slow one
_RECENT = 1000  # calls whose failures are counted together
_FEWEST_FAILED = 5
_CALL_FAILURES = frozenset(get_args(CallFailure))  # the others are bad replies: data

Row = dict[str, Any]


@dataclass(frozen=True)
class Labeller:
    """How a row is labelled.

    Attributes:
        score_of: the score of some labels; None where nobody measured any.
        version: the model version that each row carries.
        reply: whether rows keep what the model wrote.
        max_failed: the share of the last 1,000 calls that may fail for good.
    """

    door: Door
    prompt: Prompt
    labels: LabelSet
    verifier: Verifier
    score_of: Callable[[Sequence[str]], float | None]
    version: str
    reply: bool
    max_failed: float

    async def row(self, item: Item | BadRow) -> Row:
        """What came of a row: labels, or the name of why there are none.

        Raises:
            BudgetSpent, ProviderError: nothing came of it, nor will of others.
        """
        if isinstance(item, BadRow):
            return self._failed(item.id, "bad_row", item.problem)
        schema = self.verifier.reply_schema(self.labels)
        try:
            reply = await self.door.complete(Call(self.prompt.messages(item.text), schema=schema))
        except CallFailed as failure:
            return self._failed(item.id, failure.kind, failure.detail)
        return self._judged(item.id, reply)

    def _judged(self, name: str, reply: Reply) -> Row:
        verdict = self.verifier.judge(reply.text, gold=(), labels=self.labels, finish=reply.finish)
        # Names that are on no list and nothing else: that is no statement that no label applies.
        strange = "out_of_list" if verdict.out_of_list and not verdict.predicted else None
        failure = verdict.bad_reply or strange
        labels = None if failure else list(verdict.predicted)
        row: Row = {
            "id": name,
            "labels": labels,
            "score": None if labels is None else self.score_of(labels),
            "failure": failure,
            "model_version": self.version,
        }
        if verdict.out_of_list:
            row["out_of_list"] = list(verdict.out_of_list)
        if self.reply:
            row["reply"] = reply.text
        if not reply.from_journal:
            row |= {
                "paid": True,
                "input_tokens": reply.input_tokens,
                "output_tokens": reply.output_tokens,
                "cost_usd": reply.cost_usd,
            }
        return row

    def _failed(self, name: str, kind: str, detail: str) -> Row:
        row = {"id": name, "labels": None, "score": None, "failure": kind, "model_version": self.version}
        return {**row, "detail": detail} if detail else row


async def label(
    rows: Iterator[Item | BadRow], labeller: Labeller, record: Record, on_rows: Callable[[], None]
) -> str | None:
    """Label ``rows``, from the one after the record's last; returns why it stopped early, None if it did not.

    Raises:
        DataError: the rows are not those the record began with. ProviderError, TooManyFailed: no use going on.
        Whatever is raised, every row that was done before is in the record, and what was paid for is in the journal.
    """
    work: deque[asyncio.Task[Row]] = deque()
    recent: deque[bool] = deque(maxlen=_RECENT)
    window = _WINDOW * labeller.door.pace.concurrency
    await asyncio.to_thread(_skip, rows, record)
    try:
        while chunk := await asyncio.to_thread(lambda: list(islice(rows, _READ))):
            for item in chunk:
                work.append(asyncio.create_task(labeller.row(item)))
                if len(work) >= window:
                    await _write(work, record, recent, labeller.max_failed)
                    on_rows()
        while work:
            await _write(work, record, recent, labeller.max_failed)
            on_rows()
    except BudgetSpent as spent:
        await labeller.door.refuse_dead()
        return str(spent)
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        record.add([task.result() for task in _whole(work)])
    return None


async def _write(work: "deque[asyncio.Task[Row]]", record: Record, recent: "deque[bool]", max_failed: float) -> None:
    """Wait for the first row in work, and write it down with all that are done behind it."""
    await asyncio.wait([work[0]])
    done = []
    while work and work[0].done():
        if work[0].cancelled() or work[0].exception():
            break
        done.append(work.popleft().result())
    record.add(done)
    for row in done:
        if row["failure"] != "bad_row":
            recent.append(row["failure"] in _CALL_FAILURES)
    failed = sum(recent)
    if failed > max(_FEWEST_FAILED, max_failed * len(recent)):
        names = ", ".join(f"{name} {count}" for name, count in record.failures.most_common(3))
        raise TooManyFailed(
            f"{failed} of the last {len(recent)} calls failed for good ({names}), more than max_failed={max_failed:g} "
            "allows: mend what they say, or raise max_failed"
        )
    if not done:
        work.popleft().result()  # raises


def _whole(work: "deque[asyncio.Task[Row]]") -> Iterator["asyncio.Task[Row]"]:
    """The rows that are done, up to the first that is not: the record has no gaps."""
    for task in work:
        if task.cancelled() or task.exception():
            return
        yield task


def _skip(rows: Iterator[Item | BadRow], record: Record) -> None:
    """Pass over what the record has."""
    [*last] = deque(islice(rows, record.rows), maxlen=1)
    found = last[0].id if last else None
    if record.rows and found != record.last:
        raise DataError(
            f"the rows are not those that {record.path} began with: its row {record.rows} is {record.last!r}, the "
            f"source's is {found!r}. Start anew; the journal answers what was asked before"
        )
