"""result.json of a label run: written when it begins, every few seconds, and at its end."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from runner.core.errors import CallFailed, DataError
from runner.core.files import atomic_write
from runner.core.run_result import VERSION, CallCounts, TokenCounts
from runner.core.secrets import redact
from runner.core.stop import Stop
from runner.core.terminal import dollars
from runner.labelling.certainty.choice import CertaintyChoice
from runner.labelling.counts import CALL_FAILURES, RowCounts
from runner.labelling.guarantee.calibration import Calibration
from runner.labelling.guarantee.drift import Drift
from runner.labelling.guarantee.guarantee import Guarantee
from runner.labelling.labels_file import LabelsFile
from runner.labelling.run_result import NAME, CertaintyTotals, LabelRunResult, LabelStatus, RowTotals, label_result_of
from runner.labelling.sinks.file import delivered
from runner.runs.json_records import to_json
from runner.runs.provenance import versions
from verifiers.label_set import LabelSet

_EVERY = 10.0  # seconds
_WHY_WITHOUT = (
    " (the endpoint gave no log-probabilities that fit, or the journal has the replies without: "
    "journal.mode=refresh asks again)"
)


@dataclass(frozen=True)
class LabelledWith:
    """What is known of a label run from its start: the run, the prompt, the model; as ``LabelRunResult`` has it.

    Attributes:
        certainty: its kind. choice: by what that was chosen, if it was not named.
    """

    run: str
    which: str
    prompt: str
    fingerprint: str
    model: str
    model_version: str
    certainty: str = "none"
    choice: CertaintyChoice | None = None

    @property
    def names(self) -> dict[str, str]:
        """What stands in the result as it is."""
        apart = {"certainty", "choice"}
        return {name: value for name, value in vars(self).items() if name not in apart}


class LabelResult:
    """What a label run came to, over all its parts.

    Args:
        labels: the label list. labelled_with: what is known from the start.

    Attributes:
        seconds, retries: what earlier parts took, beside what stands in the record.
        complete: whether the record has every row of the source, so that all that is left is to hand it on.
        guarantee: what is promised of the rows; None where nothing is, or not yet.
        reviewed: how many rows people answered.
    """

    def __init__(self, directory: Path, record: LabelsFile, labels: LabelSet, labelled_with: LabelledWith) -> None:
        self._path = directory / NAME
        self._record, self._labels = record, labels
        self._labelled_with = labelled_with
        self._versions = versions()
        self.seconds, self.retries, rows = _before(directory)
        self.complete = rows is not None and rows == record.tally.rows  # after a power cut it may lack some
        self._started = self._written = time.monotonic()
        self._retried: Callable[[], int] = lambda: 0
        self.guarantee: Guarantee | None = None
        self.reviewed = 0
        self._calibration: Calibration | None = None

    def watch(self, retries: Callable[[], int]) -> None:
        """Have the retries of this part counted."""
        self._retried = retries

    def promise(self, calibration: Calibration) -> None:
        """Have a guarantee in it, and what the calls took by which it was found."""
        self.guarantee, self._calibration = calibration.guarantee, calibration

    @property
    def spent(self) -> RowCounts:
        """The counts of the rows, with the calls of the guarantee."""
        tally = self._record.tally
        return tally.with_calls_of(self._calibration.took) if self._calibration else tally

    @property
    def drift(self) -> Drift | None:
        """How the rows differ from the sealed items; None where none are accepted by a guarantee."""
        return self._calibration.drift(self._record.tally) if self._calibration else None

    def keep_up(self) -> None:
        """Write it again if the last time is some seconds ago."""
        if time.monotonic() - self._written >= _EVERY:
            self.write("running")

    def write(self, status: LabelStatus, stop: Stop | None = None) -> None:
        """Write it. ``running`` is also what a run that was killed leaves behind."""
        self._written = time.monotonic()
        content = to_json(self._content(status, stop and replace(stop, detail=redact(stop.detail))))
        atomic_write(self._path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def summary(self) -> str:
        """The figures in a line for people."""
        tally = self.spent
        failed = ", ".join(f"{name} {count:,}" for name, count in tally.failures.most_common())
        lost = f"; {tally.rows - tally.labelled:,} not ({failed})" if failed else ""
        strange = f"; {tally.out_of_list:,} replies named labels that are not on the list" if tally.out_of_list else ""
        hits = f" ({tally.hits:,} more from the journal)" if tally.hits else ""
        tokens = f"{tally.input_tokens:,} tokens in, {tally.output_tokens:,} out"
        took = f"{tally.paid:,} calls paid{hits}, {tokens}, {dollars(tally.cost_usd)}"
        other = ", with sink.overwrite=true or another sink.path," if delivered(self._path.parent) else ""
        again = f" (the same command again{other} asks only for what failed)" if _may_pass(tally) else ""
        seen = f"{tally.rows:,} rows" if self.complete else f"the first {tally.rows:,} rows"
        trusted = f"{self._without_certainty()}{self._for_people()}"
        return f"{tally.labelled:,} of {seen} labelled{lost}{again}{strange}{trusted}; {took}"

    def _for_people(self) -> str:
        """How many rows are accepted, and how many are not."""
        if self.guarantee is None:
            return ""
        tally = self._record.tally
        return f"; {tally.rows - tally.review:,} accepted, {tally.review:,} for people"

    def _without_certainty(self) -> str:
        tally, kind = self._record.tally, self._labelled_with.certainty
        if not tally.uncertain:
            return ""
        why = _WHY_WITHOUT if kind == "logprobs" else ""
        return f"; {tally.uncertain:,} have no certainty{why}"

    def _certainty(self) -> CertaintyTotals | None:
        told = self._labelled_with
        if told.certainty == "none":
            return None
        return CertaintyTotals(told.certainty, self._record.tally.uncertain, told.choice)

    def _content(self, status: LabelStatus, stop: Stop | None) -> LabelRunResult:
        tally, now = self.spent, round(time.monotonic() - self._started, 3)
        return LabelRunResult(
            version=VERSION,
            status=status,
            stop_reason=stop.reason if stop else None,
            stop=stop,
            complete=self.complete,
            **self._labelled_with.names,
            certainty=self._certainty(),
            guarantee=self.guarantee and self.guarantee.counted(tally.rows, tally.review),
            drift=self.drift,
            reviewed=self.reviewed,
            rows=RowTotals(total=tally.rows, labelled=tally.labelled, failed=tally.rows - tally.labelled),
            failures=dict(tally.failures),
            out_of_list=tally.out_of_list,
            labels={name: tally.labels[name] for name in self._labels},
            calls=CallCounts(
                total=tally.paid + tally.hits + tally.failed,
                provider=tally.paid,
                journal=tally.hits,
                failed=tally.failed,
                retries=self.retries + self._retried(),
            ),
            tokens=TokenCounts(
                input=tally.input_tokens,
                output=tally.output_tokens,
                reasoning=tally.reasoning_tokens,
                cached=tally.cached_tokens,
            ),
            cost_usd=tally.cost_usd,
            seconds=round(self.seconds + now, 3),
            session_seconds=now,
            versions=self._versions,
        )


def _may_pass(tally: RowCounts) -> bool:
    return any(name in CALL_FAILURES and CallFailed(name).transient for name in tally.failures)  # type: ignore[arg-type]


def _before(directory: Path) -> tuple[float, int, int | None]:
    """Seconds and retries of earlier parts, and how many rows there are if they are all; none of one not to be read."""
    try:
        before = label_result_of(directory)
    except DataError as error:
        if error.code == "newer-version":
            raise
        before = None
    if before is None:
        return 0.0, 0, None
    return before.seconds, before.calls.retries, before.rows.total if before.whole else None
