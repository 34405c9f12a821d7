"""Which sweep a run is a job of, and which jobs a sweep has. Their folders may lie as deep in it as the sweep says."""

import json
import os
from pathlib import Path

from runner.core.files import atomic_write
from runner.runs.reader import in_order

_NOTE = Path(".hydra") / "sweep.json"


def note_sweep(directory: Path, sweep: Path | None) -> None:
    """Write into a run directory how many folders up its sweep is; null for a run of its own."""
    path = directory / _NOTE
    if not path.exists():
        up = None if sweep is None else len(_whole(directory).parts) - len(_whole(sweep).parts)
        atomic_write(path, json.dumps({"up": up}) + "\n")


def sweep_of(directory: Path) -> Path | None:
    """The directory of the sweep that the run in ``directory`` is a job of; None of a run of its own."""
    up, folders = _up(directory), [_whole(directory), *_whole(directory).parents]
    if up is None or up >= len(folders) or not (folders[up] / "multirun.yaml").is_file():
        return None
    return folders[up] if directory.is_absolute() else Path(os.path.relpath(folders[up]))


def jobs_in(sweep: Path) -> list[Path]:
    """The directories of a sweep's jobs, of those too that failed before their run began, in order."""
    logs = {path.parent for path in sweep.rglob("goldloop.log")}
    begun = {path.parent.parent for path in sweep.rglob(".hydra/config.yaml")}
    waiting = {path for path in logs - begun if path != sweep}
    return in_order(waiting | {path for path in begun if _is_job_of(path, sweep)})


def job_name(directory: Path, sweep: Path) -> str:
    """A job's name within its sweep: where it lies there."""
    return _whole(directory).relative_to(_whole(sweep)).as_posix()


def _is_job_of(directory: Path, sweep: Path) -> bool:
    found = sweep_of(directory)
    return found is not None and _whole(found) == _whole(sweep)


def _whole(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  # without following links


def _up(directory: Path) -> int | None:
    """How many folders up the sweep is; 1 where an older goldloop wrote nothing down."""
    try:
        up = json.loads((directory / _NOTE).read_text("utf-8"))["up"]
    except FileNotFoundError:
        return 1
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return up if isinstance(up, int) and up >= 0 else None
