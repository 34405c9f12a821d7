"""What a sweep came to: a line in the terminal, and what a tracker makes of it. Read from the disk."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from runner.core.errors import DataError
from runner.core.protocols import SummarizesSweeps
from runner.core.secrets import redact
from runner.runs.reader import Run, read_run
from runner.runs.sweep_jobs import jobs_in

_log = logging.getLogger(__name__)


@contextmanager
def summed_up(
    directory: Path, tracker_of: Callable[[], SummarizesSweeps | None], words: Sequence[str]
) -> Iterator[None]:
    """Write the summary of the sweep that runs inside, also if jobs of it failed; not after Ctrl-C.

    Whatever goes wrong with it is logged and stays here.

    Args:
        directory: the sweep's. words: its options.
        tracker_of: makes the tracker that is told of the sweep as a whole, if there is one.
    """
    try:
        yield
    except OSError:  # a directory that cannot be made: there is nothing to sum up
        raise
    except Exception:
        _sum_up(directory, tracker_of, words)
        raise
    _sum_up(directory, tracker_of, words)


def _sum_up(directory: Path, tracker_of: Callable[[], SummarizesSweeps | None], words: Sequence[str]) -> None:
    with _isolated("its tracker has"):
        if tracker := tracker_of():
            tracker.sweep(directory, words)
    with _isolated("there is"):
        if line := came_to(directory):
            print(line, flush=True)


@contextmanager
def _isolated(where: str) -> Iterator[None]:
    """The disk is the record; no summary may hurt a sweep."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        told = redact(" ".join(f"{type(error).__name__}: {error}".split()))
        _log.warning("%s no summary of this sweep, the run directories have everything (%s)", where, told)


def came_to(sweep: Path) -> str:
    """The directory of a sweep, how many of its jobs finished, and what ranks them; empty if no job began."""
    shown = os.path.relpath(sweep)
    results = [read_job(path) for path in job_directories(sweep)]
    done = sum(job is not None and job.result.status == "finished" for job in results)
    ranks = f"; goldloop compare {shown} ranks them" if done > 1 else ""
    return f"{shown}/: {done} of {len(results)} jobs finished{ranks}" if results else ""


def job_directories(sweep: Path) -> list[Path]:
    """The directories of all jobs, those that failed before their run began too."""
    return jobs_in(sweep)


def read_job(path: Path) -> Run | None:
    """A job's run directory; None where it has no result that can be read."""
    try:
        run = read_run(path)
        run.result  # noqa: B018  # read now, since it may be damaged
    except DataError:
        return None
    return run
