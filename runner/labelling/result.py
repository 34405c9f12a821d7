"""result.json of a label run: written when it begins, every few seconds, and at its end."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.core.errors import CallFailed
from runner.core.files import atomic_write
from runner.core.secrets import redact
from runner.core.terminal import dollars
from runner.labelling.counts import CALL_FAILURES, RowCounts
from runner.labelling.labels_file import LabelsFile
from runner.labelling.sinks.file import delivered
from runner.runs.provenance import versions
from verifiers.label_set import LabelSet

NAME = "result.json"
_EVERY = 10.0  # seconds


class LabelResult:
    """What a label run came to, over all its parts.

    Args:
        labels: the label list. said: what is known from the start: the run, the prompt, the model.

    Attributes:
        seconds, retries: what earlier parts took, beside what stands in the record.
        complete: whether the record has every row of the source, so that all that is left is to hand it on.
    """

    def __init__(self, directory: Path, record: LabelsFile, labels: LabelSet, said: Mapping[str, Any]) -> None:
        self._path = directory / NAME
        self._record, self._labels = record, labels
        self._said = said
        self._versions = versions()
        self.seconds, self.retries, rows = _before(self._path)
        self.complete = rows is not None and rows == record.tally.rows  # after a power cut it may lack some
        self._started = self._written = time.monotonic()
        self._retried: Callable[[], int] = lambda: 0

    def watch(self, retries: Callable[[], int]) -> None:
        """Have the retries of this part counted."""
        self._retried = retries

    def keep_up(self) -> None:
        """Write it again if the last time is some seconds ago."""
        if time.monotonic() - self._written >= _EVERY:
            self.write("running")

    def write(self, status: str, reason: str | None = None) -> None:
        """Write it. ``running`` is also what a run that was killed leaves behind."""
        self._written = time.monotonic()
        content = self._content(status, reason and redact(reason))
        atomic_write(self._path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def summary(self) -> str:
        """The figures in a line for people."""
        tally = self._record.tally
        failed = ", ".join(f"{name} {count:,}" for name, count in tally.failures.most_common())
        lost = f"; {tally.rows - tally.labelled:,} not ({failed})" if failed else ""
        strange = f"; {tally.out_of_list:,} replies named labels that are not on the list" if tally.out_of_list else ""
        hits = f" ({tally.hits:,} more from the journal)" if tally.hits else ""
        tokens = f"{tally.input_tokens:,} tokens in, {tally.output_tokens:,} out"
        took = f"{tally.paid:,} calls paid{hits}, {tokens}, {dollars(tally.cost_usd)}"
        other = ", with sink.overwrite=true or another sink.path," if delivered(self._path.parent) else ""
        again = f" (the same command again{other} asks only for what failed)" if _may_pass(tally) else ""
        seen = f"{tally.rows:,} rows" if self.complete else f"the first {tally.rows:,} rows"
        return f"{tally.labelled:,} of {seen} labelled{lost}{again}{strange}; {took}"

    def _content(self, status: str, reason: str | None) -> dict[str, Any]:
        tally, now = self._record.tally, round(time.monotonic() - self._started, 3)
        return {
            "status": status,
            "stop_reason": reason,
            "complete": self.complete,
            **self._said,
            "rows": {"total": tally.rows, "labelled": tally.labelled, "failed": tally.rows - tally.labelled},
            "failures": dict(tally.failures),
            "out_of_list": tally.out_of_list,
            "labels": {name: tally.labels[name] for name in self._labels},
            "calls": {
                "total": tally.paid + tally.hits + tally.failed,
                "provider": tally.paid,
                "journal": tally.hits,
                "failed": tally.failed,
                "retries": self.retries + self._retried(),
            },
            "tokens": {"input": tally.input_tokens, "output": tally.output_tokens},
            "cost_usd": tally.cost_usd,
            "seconds": round(self.seconds + now, 3),
            "session_seconds": now,
            "versions": self._versions,
        }


def _may_pass(tally: RowCounts) -> bool:
    return any(name in CALL_FAILURES and CallFailed(name).transient for name in tally.failures)  # type: ignore[arg-type]


def _before(path: Path) -> tuple[float, int, int | None]:
    """Seconds and retries of earlier parts, and how many rows there are if they are all; none of one not to be read."""
    try:
        content = json.loads(path.read_text("utf-8"))
        complete = content.get("complete", content["status"] == "finished")
        rows = int(content["rows"]["total"]) if complete else None
        return float(content["seconds"]), int(content["calls"]["retries"]), rows
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return 0.0, 0, None
