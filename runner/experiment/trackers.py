"""Stands between the loop and its trackers: a tracker that raises is logged and left out, and the run goes on."""

import logging
from collections.abc import Callable, Sequence

from runner.core.calls import Usage
from runner.core.errors import GoldloopError
from runner.core.evaluation import Progress, RunInfo
from runner.core.prompt import Prompt
from runner.core.protocols import Tracker
from runner.core.run_result import RunResult
from runner.core.run_rows import EpochRecord, PredictionRow

_log = logging.getLogger(__name__)


class IsolatedTrackers:
    """Trackers as one; none of them can hurt the run."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = list(trackers)

    def start(self, run: RunInfo) -> None:
        self._tell("start", lambda tracker: tracker.start(run))

    def progress(self, progress: Progress, usage: Usage) -> None:
        self._tell("progress", lambda tracker: tracker.progress(progress, usage))

    def epoch(self, record: EpochRecord) -> None:
        self._tell("epoch", lambda tracker: tracker.epoch(record))

    def finish(self, result: RunResult, predictions: Sequence[PredictionRow], prompts: Sequence[Prompt]) -> None:
        self._tell("finish", lambda tracker: tracker.finish(result, predictions, prompts))

    def close(self) -> None:
        self._tell("close", lambda tracker: tracker.close())

    def _tell(self, what: str, tell: Callable[[Tracker], None]) -> None:
        for tracker in list(self._trackers):
            try:
                tell(tracker)
            except GoldloopError as error:  # a full disk, say
                _log.error("%s failed at %s and is left out; the run goes on (%s)", type(tracker).__name__, what, error)
                self._trackers.remove(tracker)
            except Exception:  # noqa: BLE001 - whatever a tracker raises is its own; the disk is the record
                _log.exception("%s failed at %s and is left out; the run goes on", type(tracker).__name__, what)
                self._trackers.remove(tracker)
