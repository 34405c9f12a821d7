"""How far a training is, and how it ended: read from its run directory, which is all there is after a restart."""

from dataclasses import asdict, dataclass
from pathlib import Path

from runner.core.errors import GoldloopError
from runner.core.run_result import RunResult
from runner.label_studio.ml_backend.projects import Training
from runner.runs.run_files import last_epoch, result_of


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is: what is known of it, the last epoch that is done, and the best reward by then."""

    training: Training
    epoch: int
    best: float | None

    def to_json(self) -> dict[str, object]:
        return {**asdict(self.training), "epoch": self.epoch, "best": self.best}


def progress(training: Training) -> TrainingProgress:
    """How far a training is, for people and for figures."""
    return TrainingProgress(training, *epochs_of(Path(training.run)))


def epochs_of(run: Path) -> tuple[int, float | None]:
    """The last epoch that is written down, and the best reward by then."""
    last = last_epoch(run)
    return (last.epoch, last.best.select) if last else (0, None)


def over(run: Path) -> bool:
    """Whether a run came to an end of its own; one whose result cannot be read did not."""
    try:
        result = result_of(run)
    except GoldloopError:
        return False
    return result is not None and ended(result)


def ended(result: RunResult) -> bool:
    """Whether a run came to an end of its own: one that was interrupted goes on."""
    return result.stop.kind != "interrupted"


def proved(result: RunResult) -> bool:
    """Whether a run ended with another prompt than the one it began with."""
    return ended(result) and result.status != "failed" and bool(result.best.epoch)
