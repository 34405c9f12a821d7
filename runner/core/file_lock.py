"""Locks on files, for processes. The system releases a lock when its holder closes the file or dies, however it dies.

A lock belongs to the open file: a child that inherits the file holds the lock too, and closing it releases the lock.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol


class HasFileno(Protocol):
    """An open file."""

    def fileno(self) -> int: ...


class Held(BlockingIOError):
    """Another open file has the lock; ``note`` is what its holder wrote into the file."""

    def __init__(self, note: str) -> None:
        super().__init__(note)
        self.note = note


def lock(file: int | HasFileno) -> None:
    """Wait until ``file`` can be locked, and lock it."""
    fcntl.flock(file, fcntl.LOCK_EX)


def try_lock(file: int | HasFileno) -> bool:
    """Lock ``file`` if no other open file has the lock; whether it did."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(file: int | HasFileno) -> None:
    """Release the lock without closing the file."""
    fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for the lock of the file ``path``, and hold it; the file is made if it is not there."""
    with path.open("w") as file:
        lock(file)
        yield


def hold(path: Path) -> IO[str]:
    """The file ``path``, locked and empty; close it to release the lock. It is made if it is not there.

    Raises:
        Held: another open file has the lock.
    """
    file = path.open("a+")
    if not try_lock(file):
        with file:
            file.seek(0)
            raise Held(file.read())
    file.truncate(0)
    return file


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock of ``path``; False if there is no such file."""
    try:
        file = path.open("r+")
    except FileNotFoundError:
        return False
    with file:
        return not try_lock(file)
