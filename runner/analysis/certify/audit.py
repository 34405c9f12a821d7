"""One audit: where it stands by the answers that were read, and the next batch.

The test needs the rows in the order in which they were drawn. So an answer counts once all rows before it are answered:
a person who leaves out the hard rows would make the labels look better than they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from runner.analysis.certify.answers import save_answers
from runner.analysis.certify.batch_file import (
    Answer,
    DrawnRow,
    answers_in,
    batches_in,
    rows_in,
    write_batch,
)
from runner.analysis.certify.claimed_rows import Claim, Labelled, claim_of
from runner.analysis.certify.plan import AuditPlan
from runner.core.errors import DataError
from runner.stats.batched_audit import BatchedAudit, batched_audit


@dataclass(frozen=True)
class Batch:
    """What was known after a batch. ``audited`` and ``wrong`` are of all batches so far; ``most_wrong`` of all rows."""

    number: int
    audited: int
    wrong: int
    most_wrong: int


@dataclass(frozen=True)
class Checked:
    """A drawn row with its answer."""

    row: DrawnRow
    answer: Answer


@dataclass(frozen=True)
class Standing:
    """Where an audit stands.

    Attributes:
        found: what the test says of the answers that count.
        counted: the rows whose answers count, in the order of drawing.
        gap: the first row without an answer; None if all that were drawn have one. batch: the last batch.
        beyond: answers behind the gap, which do not count yet.
        changed: verdicts that were changed after they had been read.
        batches: what was known after each.
    """

    found: BatchedAudit
    counted: Sequence[Checked]
    gap: DrawnRow | None
    batch: int
    beyond: int
    changed: int
    batches: Sequence[Batch]

    @property
    def flags(self) -> list[bool]:
        """Whether each row that counts is wrong."""
        return _flags(self.counted)


def standing(plan: AuditPlan, directory: Path) -> Standing:
    """Read what people filled in, and judge it.

    Raises:
        DataError: a batch was changed, or has a cell that cannot be read. RunDirectoryError: the disk refuses.
    """
    numbers = batches_in(directory)
    checked, last = list[Checked](), dict[int, int]()
    for number in numbers:
        rows = rows_in(directory, number)
        checked += map(Checked, rows, answers_in(directory, number))
        last[number] = len(checked)
    changed = save_answers(directory, (one.answer for one in checked))
    counted = list(takewhile(lambda one: one.answer.right is not None, checked))
    gap = checked[len(counted)].row if len(counted) < len(checked) else None
    answered = sum(one.answer.right is not None for one in checked)
    ends = sorted({min(end, len(counted)) for end in last.values()} - {0})
    batches = []
    for number, end in enumerate(ends, 1):
        then = batched_audit(plan.rows, _flags(counted[:end]), plan.target, plan.delta)
        batches.append(Batch(number, end, then.wrong, then.most_wrong))
    return Standing(
        found=batched_audit(plan.rows, _flags(counted), plan.target, plan.delta),
        counted=counted,
        gap=gap,
        batch=numbers[-1] if numbers else 0,
        beyond=answered - len(counted),
        changed=changed,
        batches=batches,
    )


def next_batch(plan: AuditPlan, directory: Path, labelled: Labelled) -> Path:
    """Draw the next batch; returns the file to fill in.

    Raises:
        DataError: the rows are not those that the audit is about.
    """
    numbers = batches_in(directory)
    before = sum(len(rows_in(directory, number)) for number in numbers)
    places = plan.drawn(min(plan.rows, before + plan.batch))[before:]
    claim, rows = claim_of(labelled, frozenset(places))
    refuse_other_rows(plan, claim, labelled.place)
    drawn = [
        DrawnRow(number, place, rows[place].id, rows[place].text, rows[place].labels)
        for number, place in enumerate(places, before + 1)
    ]
    return write_batch(directory, len(numbers) + 1, drawn)


def refuse_other_rows(plan: AuditPlan, claim: Claim, place: str) -> None:
    """Raise DataError if these are not the rows that the audit is about."""
    if claim.digest != plan.digest:
        raise DataError(
            f"{place} does not have the {plan.rows:,} rows any more that the audit began with (SHA-256 "
            f"{plan.digest[:12]} then, {claim.digest[:12]} now): put them back, or begin another audit: goldloop "
            f"certify {place}",
            code="rows-changed",
            key=place,
        )


def _flags(checked: Sequence[Checked]) -> list[bool]:
    return [one.answer.right is False for one in checked]
