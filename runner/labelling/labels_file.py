"""labels.jsonl: what came of each row, a line each, in the order of the source. What is in it is never asked again."""

import errno
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.core.errors import CallFailed, DataError
from runner.core.file_lock import try_lock
from runner.core.files import disk_errors
from runner.labelling.counts import CALL_FAILURES, RowCounts
from runner.labelling.watched_file import changed, identity
from runner.runs.bounded import LINE, too_large

NAME = "labels.jsonl"
_SYNCED = 1.0  # seconds between syncs to the disk, at most
_CHUNK = 1 << 20  # bytes


class LabelsFile:
    """The record while rows are added to it. One process at a time has it.

    Attributes:
        tally: what is in it, counted.

    Raises:
        DataError: another process has it, a line in it is damaged, or it is no file of its own (a link, a pipe).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tally = RowCounts()
        self._size = self._sure = 0  # bytes: of whole lines, and up to the last row that is not to be asked again
        self._digest = hashlib.blake2b()  # of the whole lines
        self._synced = time.monotonic()
        if path.exists() and not path.is_file():
            raise DataError(f"{path} is no file: move it away", code="unreadable", key=str(path))
        if path.is_symlink():
            # What it points to might be cut off.
            raise DataError(f"{path} is a link: copy the file itself", code="is-a-link", key=str(path))
        with disk_errors(path.parent):
            # Unbuffered: what a full disk refuses is refused here, and not again when the file is closed.
            self._file = path.open("ab", buffering=0)
        try:
            self._lock()
            self._read()
        except BaseException:
            self._file.close()
            raise

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows down; they are the system's when this returns, and on disk a second later."""
        if not rows:
            return
        lines = [_line(row) for row in rows]
        content = b"".join(lines)
        with disk_errors(self.path.parent):
            try:
                if self._file.write(content) != len(content):
                    raise OSError(errno.ENOSPC, "the disk is full")
            except OSError:
                self._file.truncate(self._size)  # no half of a line stays
                raise
        for row, line in zip(rows, lines, strict=True):
            self._count(row, line)

        if time.monotonic() - self._synced >= _SYNCED:
            self._refuse_another()
            with disk_errors(self.path.parent):
                self._sync()

    def drop_lost(self) -> None:
        """Take back the last rows, as far as they failed in a way that may pass: what an outage took is asked again."""
        if self._sure < self._size:
            with disk_errors(self.path.parent):
                self._file.truncate(self._sure)
            self._read()

    def refuse_changed(self) -> None:
        """Raise DataError if the file is not, byte for byte, what was written: what it lacks would be missed later."""
        self._refuse_another()
        digest = hashlib.blake2b()
        with disk_errors(self.path.parent), self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        if digest.digest() != self._digest.digest():
            raise self._changed()

    def _refuse_another(self) -> None:
        """Raise DataError if another file stands at the path, or it has more or fewer bytes than were written."""
        own = os.fstat(self._file.fileno())
        if identity(self.path) != (own.st_dev, own.st_ino) or own.st_size != self._size:
            raise self._changed()

    def _changed(self) -> DataError:
        return changed(self.path, f"it does not hold the {self.tally.rows:,} rows that were done")

    def close(self) -> None:
        with disk_errors(self.path.parent), self._file:
            self._sync()

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def _lock(self) -> None:
        if not try_lock(self._file):
            raise DataError(
                f"{self.path} is being written by another process: wait for it, or stop it",
                code="file-in-use",
                key=str(self.path),
            )

    def _read(self) -> None:
        """Count what is there; a last line that a crash cut off is dropped."""
        self.tally, self._size, self._sure = RowCounts(), 0, 0
        self._digest = hashlib.blake2b()
        with self.path.open("rb") as lines:
            for number, line in enumerate(iter(lambda: lines.readline(LINE + 1), b""), 1):
                if len(line) > LINE:
                    raise too_large(Path(f"{self.path}, line {number}"), len(line), LINE)
                if not line.endswith(b"\n"):
                    break
                try:
                    self._count(json.loads(line), line)
                except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                    raise DataError(
                        f"{self.path}, line {number}: damaged ({error}): cut the file off there",
                        code="damaged-file",
                        key=str(self.path),
                    ) from error
        with disk_errors(self.path.parent):
            self._file.truncate(self._size)

    def _count(self, row: Mapping[str, Any], line: bytes) -> None:
        self.tally.add(row)
        self._digest.update(line)
        self._size += len(line)
        failure = row["failure"]
        if failure not in CALL_FAILURES or not CallFailed(failure).transient:
            self._sure = self._size


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half of a character, which no UTF-8 file can hold but as an escape
        return json.dumps(row).encode() + b"\n"
