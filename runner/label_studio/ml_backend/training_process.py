"""A training's process: it outlives a server that is killed, and is known again by the lock that it holds.

The number of a process may be another's by then; the lock, inherited with an open file, goes away with its holder,
however that ends.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from runner.core.file_lock import hold, is_held

OUTPUT = "output.txt"
_LOCK = "running"


def start(words: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
    """Start goldloop with ``words``; what it prints goes to ``output.txt`` in ``folder``."""
    with hold(folder / _LOCK) as lock, (folder / OUTPUT).open("wb") as output:
        # A session of its own: a Ctrl-C at the terminal is the server's to hand on.
        return subprocess.Popen(
            [sys.executable, "-m", "runner", *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )


def alive(folder: Path) -> bool:
    """Whether the process that was started last in ``folder``, by whichever server, still runs."""
    return is_held(folder / _LOCK)


def interrupt(number: int, folder: Path, *, kill: bool = False) -> None:
    """Ask the process to stop in good order, as Ctrl-C does; with ``kill`` end it."""
    if number > 0 and alive(folder):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL if kill else signal.SIGINT)


def last_words(folder: Path) -> str:
    """The last line that it printed; empty if there is none."""
    try:
        lines = (folder / OUTPUT).read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].removeprefix("goldloop: error: ").strip() if lines else ""
