"""tracker=none: nobody is told; the run directory is the record."""

from collections.abc import Sequence

from runner.core.calls import Usage
from runner.core.evaluation import Progress, RunInfo
from runner.core.prompt import Prompt
from runner.core.run_result import RunResult
from runner.core.run_rows import EpochRecord, PredictionRow


class NoTracker:
    """Says nothing to anyone."""

    def start(self, run: RunInfo) -> None: ...

    def progress(self, progress: Progress, usage: Usage) -> None: ...

    def epoch(self, record: EpochRecord) -> None: ...

    def finish(self, result: RunResult, predictions: Sequence[PredictionRow], prompts: Sequence[Prompt]) -> None: ...

    def close(self) -> None: ...
