"""One process at a time works in a directory of ``outputs/``. The system releases it when that process dies."""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from runner.core.errors import RunDirectoryError
from runner.core.file_lock import Held, hold, is_held
from runner.core.files import disk_errors

_NAME = ".running"


@contextmanager
def owned(directory: Path) -> Iterator[None]:
    """Hold a directory, which is made if it is not there, and taken away again if nothing came into it.

    Raises:
        RunDirectoryError: another process has it, or it cannot be written.
    """
    path = directory / _NAME
    with disk_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        try:
            file = _held(path)
        except Held as held:
            raise _in_use(directory, held.note) from None
    with file:
        try:
            with disk_errors(directory):
                file.write(f"{os.getpid()} {socket.gethostname()}")
                file.flush()
            yield
        finally:
            path.unlink(missing_ok=True)  # while it is held: who has opened it by now looks again
            with suppress(OSError):
                directory.rmdir()


def is_owned(directory: Path) -> bool:
    """Whether a living process holds a directory."""
    return is_held(directory / _NAME)


def refuse_owned(directories: Iterable[Path]) -> None:
    """Raise RunDirectoryError for the first directory that a living process holds."""
    for directory in directories:
        if is_owned(directory):
            with suppress(OSError):
                raise _in_use(directory, (directory / _NAME).read_text("utf-8", "replace"))


def _held(path: Path) -> IO[str]:
    """The locked file; never one that its last owner has taken away in the meantime."""
    while True:
        file = hold(path)
        with suppress(FileNotFoundError):
            if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                return file
        file.close()


def _in_use(directory: Path, note: str) -> RunDirectoryError:
    """``note``: the number of the process, and its machine."""
    number, _, machine = note.partition(" ")
    whom = f"process {number}" if number.isdigit() else "another process"
    where = f" on {machine}" if machine and machine != socket.gethostname() else ""
    return RunDirectoryError(
        f"{directory} is being run by {whom}{where}: wait for it, or stop it", code="in-use", key=str(directory)
    )
