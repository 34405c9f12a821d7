"""tracker=tutorial: the tutorial's lines at the terminal, and its ``optimized_prompt.txt``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.core.calls import Usage
from runner.core.evaluation import Progress, RunInfo
from runner.core.files import atomic_write
from runner.core.prompt import Prompt


class TutorialLines:
    """Prints coverage, precision and F1 of each epoch's prompt, and saves the last prompt as the tutorial does."""

    def __init__(self) -> None:
        self._directory = Path()
        self._last: dict[str, Any] = {}

    def start(self, run: RunInfo) -> None:
        self._directory = run.directory
        self._last = {"text": run.plan["initial"]}

    def progress(self, progress: Progress, usage: Usage) -> None: ...

    def epoch(self, record: Mapping[str, Any]) -> None:
        if record["epoch"] and not record["candidates"]:
            print(f"Epoch {record['epoch']}: the rewriter proposed nothing; the prompt stays as it is")
        for measured in record["candidates"] if record["epoch"] else [record["best"]]:
            self._last = {**self._last, **measured}
            name = f"Epoch {record['epoch']}" if record["epoch"] else "Initial prompt"
            print(
                f"{name}: coverage {measured['recall']:.2f}, precision {measured['precision']:.2f}, "
                f"F1 {measured['f1']:.2f}"
            )

    def finish(
        self, result: Mapping[str, Any], predictions: Sequence[Mapping[str, Any]], prompts: Sequence[Prompt]
    ) -> None:
        if "f1" not in self._last:  # stopped before anything was measured
            return
        path = self._directory / "optimized_prompt.txt"
        atomic_write(path, self._last["text"] + "\n")
        print(f"Optimized prompt saved to {path} (the last one, F1 {self._last['f1']:.2f})")
        if result["best"]["select"] > self._last["select"]:
            best = result["best"]
            print(f"Epoch {best['epoch']} measured better (reward {best['select']:.2f}): it is in best_prompt.txt")

    def close(self) -> None: ...
