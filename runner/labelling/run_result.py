"""``result.json`` of a label run, typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from runner.core.errors import DataError
from runner.core.run_result import CallCounts, TokenCounts
from runner.core.stop import Stop
from runner.labelling.certainty.choice import CertaintyChoice
from runner.labelling.guarantee.drift import Drift
from runner.labelling.guarantee.guarantee import Guarantee
from runner.runs.bounded import json_in
from runner.runs.json_records import from_json
from runner.runs.run_files import refuse_newer

NAME = "result.json"
LabelStatus = Literal["running", "stopped", "failed", "finished"]


@dataclass(frozen=True)
class RowTotals:
    """Rows in the record: all, those with labels, and those of which nothing came."""

    total: int
    labelled: int
    failed: int


@dataclass(frozen=True)
class CertaintyTotals:
    """The certainty of the rows: its kind, labelled rows whose certainty is not known, and by what it was chosen."""

    kind: str
    unknown: int
    choice: CertaintyChoice | None = None


@dataclass(frozen=True, kw_only=True)
class LabelRunResult:
    """What a label run came to, over all its parts.

    Attributes:
        stop: what ended it early; None while it runs, and where it came to its end.
        complete: whether the record has every row of the source; None where an older goldloop did not say.
        run, which, prompt, fingerprint: the run whose prompt labelled, which of its prompts, its text and short hash.
        failures, labels: name -> rows. out_of_list: rows whose reply named something that is not on the list.
        certainty: None where rows have none.
        guarantee, drift: None where no target was set. reviewed: rows that people answered since.
        seconds: of all parts. session_seconds: of the last.
    """

    version: int = 0
    status: LabelStatus
    stop_reason: str | None
    stop: Stop | None = None
    complete: bool | None = None
    run: str
    which: str
    prompt: str
    fingerprint: str
    model: str
    model_version: str
    rows: RowTotals
    failures: Mapping[str, int]
    out_of_list: int
    labels: Mapping[str, int]
    calls: CallCounts
    tokens: TokenCounts
    cost_usd: float | None
    certainty: CertaintyTotals | None = None
    guarantee: Guarantee | None = None
    drift: Drift | None = None
    reviewed: int = 0
    seconds: float
    session_seconds: float
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether every row of the source is in the record."""
        return self.status == "finished" if self.complete is None else self.complete


def label_result_of(directory: Path) -> LabelRunResult | None:
    """What a label run's directory says; None if there is nothing yet.

    Raises:
        DataError: it is no label run's, or cannot be read.
    """
    path = directory / NAME
    try:
        content = json_in(path)
        refuse_newer(content.get("version") if isinstance(content, dict) else None, str(path))
        return from_json(LabelRunResult, content, str(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error})", code="damaged-file", key=str(path)) from error
