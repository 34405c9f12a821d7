"""Gold items are labelled as rows are; a threshold is fixed without a sealed label, and then tested on them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import nan
from pathlib import Path
from typing import Any, Self

from runner.core.calls import Call, RateLimits, Reply
from runner.core.concurrency import gather_or_cancel
from runner.core.errors import JournalError
from runner.core.files import atomic_write
from runner.core.items import Item
from runner.core.protocols import ChatClient
from runner.labelling.counts import CallTally, RowCounts, classes_of
from runner.labelling.guarantee.drift import Drift
from runner.labelling.guarantee.guarantee import Guarantee
from runner.labelling.guarantee.losses import losses
from runner.labelling.guarantee.wish import Wish
from runner.labelling.labeller import Labeller, Row
from runner.runs.bounded import json_in
from runner.runs.json_records import from_json, to_json
from runner.stats.certificate import Plan, certify, plan

NAME = "guarantee.json"
_PLAN = "guarantee_plan.json"


@dataclass(frozen=True)
class CalibrationRow:
    """What came of a gold item, as a file keeps it.

    Attributes:
        certainty: None where the row failed or it is not known. loss: from 0 (right) to 1.
        classes: of the answer; None where the row failed.
    """

    id: str
    certainty: float | None
    failure: str | None
    loss: float
    classes: Sequence[str] | None = None


@dataclass(frozen=True)
class Calibration:
    """A guarantee, and by what it was found: ``guarantee.json`` of a label run.

    Attributes:
        sealed, select: the items behind the certificate, and those that said where its test begins.
        took: the calls that were made for it.
    """

    guarantee: Guarantee
    sealed: Sequence[CalibrationRow]
    select: Sequence[CalibrationRow]
    took: CallTally

    def drift(self, rows: RowCounts) -> Drift:
        """How the rows differ from the sealed items."""
        return Drift.of(
            rows,
            self.guarantee.sealed_accepted if self.guarantee.certified else 0,
            [one.classes for one in self.sealed],
        )

    @classmethod
    def read(cls, directory: Path) -> Self | None:
        """That of a label run; None if it has none yet. Raises DataError: it is not what goldloop writes."""
        path = directory / NAME
        return from_json(cls, json_in(path), str(path)) if path.exists() else None

    def write(self, directory: Path) -> None:
        """Write it into the directory of its label run."""
        atomic_write(directory / NAME, json.dumps(to_json(self), indent=2) + "\n")


@dataclass(frozen=True)
class _RecordedFirst:
    """Answers as the run did, and asks where it did not, or has not the log-probabilities that are wanted."""

    recorded: ChatClient
    client: ChatClient

    @property
    def model(self) -> str:
        return self.client.model

    @property
    def rate_limits(self) -> RateLimits:
        return self.client.rate_limits

    async def complete(self, call: Call) -> Reply:
        try:
            reply = await self.recorded.complete(call)
        except JournalError:
            return await self.client.complete(call)
        return await self.client.complete(call) if call.logprobs and reply.logprobs is None else reply

    async def close(self) -> None:
        await self.client.close()


async def calibrated(wish: Wish, labeller: Labeller, directory: Path) -> Calibration:
    """Label the gold items, fix thresholds by the sealed ones' certainties alone, write the plan down, and test it.

    Raises:
        BudgetSpent, ProviderError: as rows do; what was paid for is in the journal.
    """
    asked = labeller.client if wish.anew else _RecordedFirst(wish.recorded, labeller.client)
    select, rows = [
        await gather_or_cancel(_row(labeller, item, asked) for item in items) for items in (wish.select, wish.sealed)
    ]
    known = losses(wish, labeller.verifier, wish.select, select)
    sure, before = _sure(rows), (_sure(select), known)
    fixed = plan(sure, before, len(rows), wish.target, wish.confidence, wish.choices, wish.loss, own=True)
    _write_plan(fixed, labeller, directory)
    lost = losses(wish, labeller.verifier, wish.sealed, rows)  # the first look at the gold of a sealed item
    found = Guarantee.of(certify(fixed, sure, lost), labeller.certainty.kind, wish.loss, wish.choices)
    took = CallTally()
    for row in [*select, *rows]:
        took.add_calls(row)
    return Calibration(found, _told(rows, lost), _told(select, known), took)


async def _row(labeller: Labeller, item: Item, client: ChatClient) -> Row:
    """The row of an item with its reply; an example of its own text is not shown to the model."""
    prompt = labeller.prompt.without(item.text)
    return await replace(labeller, prompt=prompt, reply=True).row(item, client)


def _sure(rows: Sequence[Row]) -> list[float]:
    """The certainty of each row; NaN where there is none: such a row is never accepted."""
    return [nan if row["failure"] or row["certainty"] is None else row["certainty"] for row in rows]


def _write_plan(fixed: Plan, labeller: Labeller, directory: Path) -> None:
    content: dict[str, Any] = {
        "prompt": labeller.prompt.fingerprint,
        "model_version": labeller.version,
        "certainty": labeller.certainty.kind,
        **asdict(fixed),
    }
    atomic_write(directory / _PLAN, json.dumps(content, indent=2) + "\n")


def _told(rows: Sequence[Row], lost: Sequence[float]) -> list[CalibrationRow]:
    return [
        CalibrationRow(row["id"], row["certainty"], row["failure"], loss, classes_of(row))
        for row, loss in zip(rows, lost, strict=True)
    ]
