"""A run's own journal: a line for each call that it used, in its directory. Enough to replay the run anywhere."""

import json
from pathlib import Path

from runner.errors import JournalError

_VERSION = 1
Known = dict[str, tuple[str, bool]]
"""Key -> (packed reply, whether the run paid for it)."""


class Notes:
    """Appends a line at a time. A last line that a crash cut off is dropped when the file is opened again.

    Attributes:
        known: the calls so far.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known, whole = _read(path) if path.exists() else ({}, 0)
        # Unbuffered: what a full disk refuses is refused here, and not again when the file is closed.
        self._file = path.open("ab", buffering=0)
        self._full: str | None = None
        self._file.truncate(whole)

    def add(self, key: str, reply: str, *, paid: bool) -> None:
        """Write a call down, unless it is there; it is the system's when this returns."""
        if key in self.known:
            return
        if self._full:
            raise JournalError(self._full)  # a line after half a line would be lost with it
        line = f'{{"v": {_VERSION}, "key": "{key}", "paid": {json.dumps(paid)}, "reply": {reply}}}'
        whole = line.encode() + b"\n"
        try:
            written = self._file.write(whole)
        except OSError as error:
            self._full = f"{self._path} cannot be written ({error.strerror}): free some space"
            raise JournalError(self._full) from error
        if written != len(whole):
            self._full = f"{self._path} cannot be written to the end (the disk is full): free some space"
            raise JournalError(self._full)
        self.known[key] = (reply, paid)

    def close(self) -> None:
        self._file.close()


def known_in(path: Path) -> Known:
    """What a run's journal holds; it may be another run's, and is only read."""
    return _read(path)[0]


def _read(path: Path) -> tuple[Known, int]:
    """What is there, and how many bytes of it are whole lines."""
    known: Known = {}
    whole = 0
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            try:
                entry = json.loads(line)
                version, key, paid, reply = entry["v"], entry["key"], entry["paid"], json.dumps(entry["reply"])
            except (ValueError, KeyError, TypeError):
                break  # what follows a damaged line is asked again
            if version > _VERSION:
                raise JournalError(
                    f"{path} was written by a newer goldloop (version {version}, this one knows {_VERSION}): "
                    "update goldloop"
                )
            known[key] = (reply, bool(paid))
            whole += len(line)
    return known, whole
