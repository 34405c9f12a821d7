"""A file that others may delete or replace while goldloop writes to it: it is noticed, and never taken for written."""

import os
import time
from pathlib import Path

from runner.core.errors import DataError

_EVERY = 1.0  # seconds
Identity = tuple[int, int]
"""Device and number: another where a file of that name is another file."""


def identity(path: Path) -> Identity | None:
    """Which file stands at a path now; None where none does."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class WatchedFile:
    """The journal, as it was when it was first there."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._known = identity(self._path)
        self._looked = time.monotonic()

    def now_and_then(self) -> None:
        """Look at it, if the last time is some time ago. Raises as ``refuse_changed`` does."""
        if time.monotonic() - self._looked >= _EVERY:
            self.refuse_changed()

    def refuse_changed(self, *, written: bool = False) -> None:
        """Raise DataError if it is gone, or another file.

        Args:
            written: whether it must be there by now.
        """
        self._looked = time.monotonic()
        now = identity(self._path)
        self._known = self._known or now
        if now != self._known or (written and now is None):
            raise changed(self._path, "the answers that were paid for since then are not in it")


def changed(path: Path, what: str) -> DataError:
    """The error for a file that is not what goldloop wrote."""
    told = f"{path} was deleted, replaced or changed by another program while goldloop wrote to it: {what}"
    return DataError(told, code="file-changed", key=str(path))
