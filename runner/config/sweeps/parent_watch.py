"""Ends a worker process whose parent is gone, so that a killed sweep does not go on behind the back of its resume.

A launcher's worker watches. The parent of joblib's workers is the process of the sweep. Ray and SLURM end their workers
themselves: the parents of these belong to them and outlive the jobs, so watching them changes nothing.
"""

import os
import threading
import time

_LOOK = 0.5  # seconds
_watching: list[threading.Thread] = []


def end_with_parent() -> None:
    """From now on this process ends soon after its parent does. What its job has written down is kept."""
    if not _watching:
        _watching.append(threading.Thread(target=_watch, args=(os.getppid(),), name="orphan", daemon=True))
        _watching[0].start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
