"""tracker=tutorial: the tutorial's lines at the terminal, and its ``optimized_prompt.txt``."""

from collections.abc import Sequence
from pathlib import Path

from runner.core.calls import Usage
from runner.core.evaluation import Progress, RunInfo
from runner.core.files import atomic_write
from runner.core.prompt import Prompt
from runner.core.run_result import RunResult
from runner.core.run_rows import BestRecord, CandidateRecord, EpochRecord, PredictionRow


class TutorialLines:
    """Prints coverage, precision and F1 of each epoch's prompt, and saves the last prompt as the tutorial does."""

    def __init__(self) -> None:
        self._directory = Path()
        self._text = ""
        self._last: BestRecord | CandidateRecord | None = None

    def start(self, run: RunInfo) -> None:
        self._directory = run.directory
        self._text = run.plan["initial"]

    def progress(self, progress: Progress, usage: Usage) -> None: ...

    def epoch(self, record: EpochRecord) -> None:
        if record.epoch == 0:
            return self._measured("Initial prompt", record.best)
        if not record.candidates:
            print(f"Epoch {record.epoch}: the rewriter proposed nothing; the prompt stays as it is")
        for candidate in record.candidates:
            self._text = candidate.text
            self._measured(f"Epoch {record.epoch}", candidate)

    def finish(self, result: RunResult, predictions: Sequence[PredictionRow], prompts: Sequence[Prompt]) -> None:
        last, best = self._last, result.best
        if last is None or best.select is None:  # stopped before anything was measured
            return
        path = self._directory / "optimized_prompt.txt"
        atomic_write(path, self._text + "\n")
        print(f"Optimized prompt saved to {path} (the last one, F1 {last.f1:.2f})")
        if best.select > last.select:
            print(f"Epoch {best.epoch} measured better (reward {best.select:.2f}): it is in best_prompt.txt")

    def _measured(self, name: str, figures: BestRecord | CandidateRecord) -> None:
        self._last = figures
        print(f"{name}: coverage {figures.recall:.2f}, precision {figures.precision:.2f}, F1 {figures.f1:.2f}")

    def close(self) -> None: ...
