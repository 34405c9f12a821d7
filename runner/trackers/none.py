"""tracker=none: nobody is told; the run directory is the record."""

from collections.abc import Mapping, Sequence
from typing import Any

from runner.core.calls import Usage
from runner.core.evaluation import Progress, RunInfo
from runner.core.prompt import Prompt


class NoTracker:
    """Says nothing to anyone."""

    def start(self, run: RunInfo) -> None: ...

    def progress(self, progress: Progress, usage: Usage) -> None: ...

    def epoch(self, record: Mapping[str, Any]) -> None: ...

    def finish(
        self, result: Mapping[str, Any], predictions: Sequence[Mapping[str, Any]], prompts: Sequence[Prompt]
    ) -> None: ...

    def close(self) -> None: ...
