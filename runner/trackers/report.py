"""The report: ``report.html`` beside the figures, once they are on the disk, however the run ended."""

from collections.abc import Sequence
from pathlib import Path

from runner.core.calls import Usage
from runner.core.evaluation import Progress, RunInfo
from runner.core.prompt import Prompt
from runner.core.run_result import RunResult
from runner.core.run_rows import EpochRecord, PredictionRow


class Report:
    """Writes the run's page when the run has come to its end. What draws it is loaded only then."""

    def __init__(self) -> None:
        self._directory: Path | None = None

    def start(self, run: RunInfo) -> None:
        self._directory = run.directory

    def progress(self, progress: Progress, usage: Usage) -> None: ...

    def epoch(self, record: EpochRecord) -> None: ...

    def finish(self, result: RunResult, predictions: Sequence[PredictionRow], prompts: Sequence[Prompt]) -> None:
        self._write()

    def close(self) -> None:
        """The page of a run that failed or was stopped; one that came to its end has it already."""
        self._write()

    def _write(self) -> None:
        from runner.runs.html.report import write_report

        directory, self._directory = self._directory, None
        if directory is not None and (directory / "result.json").exists():
            write_report(directory)
