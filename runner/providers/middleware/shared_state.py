"""Numbers that all goldloop processes of a machine share, so that a limit holds over them together.

Counters are a file of one line, read and written while its lock is held. The lock is held for microseconds and never
across an ``await``; the system releases it when the process dies, however it dies, so a killed process keeps nothing
back. Nothing is opened before it is needed: a run without such a limit never touches a file.
"""

import asyncio
import hashlib
import json
import os
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from math import isfinite
from pathlib import Path

from runner.core.errors import JournalError
from runner.core.file_lock import lock, try_lock, unlock

_TRY_AGAIN = 0.002  # seconds, about
_WIDTH = 512  # bytes; one write replaces all of it


class SharedCounters:
    """Named numbers in a file; one that was never written is 0."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[dict[str, float]]:
        """Wait for the file, and hold it; what was changed is written unless an exception is raised.

        The body must not wait for anything: everybody else does.

        Raises:
            JournalError: the file cannot be used.
        """
        handle = self._opened()
        while not try_lock(handle):  # noqa: ASYNC110  # no event comes from another process
            await asyncio.sleep(random.uniform(0.5, 1.5) * _TRY_AGAIN)
        try:
            numbers = self._read(handle)
            yield numbers
            self._write(handle, numbers)
        finally:
            unlock(handle)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _opened(self) -> int:
        if self._handle is None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise self._unusable(error) from error
        return self._handle

    def _read(self, handle: int) -> dict[str, float]:
        try:
            found = json.loads(os.pread(handle, _WIDTH, 0) or b"{}")
        except (ValueError, RecursionError):  # a machine that went down in the middle of a write: begin anew
            found = {}
        numbers = found if isinstance(found, dict) else {}
        usable = {name: value for name, value in numbers.items() if isinstance(value, int | float) and isfinite(value)}
        return {str(name): float(value) for name, value in usable.items()}

    def _write(self, handle: int, numbers: dict[str, float]) -> None:
        try:
            os.pwrite(handle, json.dumps(numbers).ljust(_WIDTH - 1).encode() + b"\n", 0)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> JournalError:
        return JournalError(
            f"{self._path} cannot be written ({error.strerror}): shared limits are kept there",
            code="unwritable",
            key=str(self._path),
        )


class Reservations:
    """How much each living process keeps aside, by file: the lock on it says that its owner lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine = folder / f"{os.getpid()}-{random.SystemRandom().getrandbits(64):016x}"
        self._handle: int | None = None

    def keep(self, amount: int) -> None:
        """Keep so much; 0 keeps nothing, and is what a process that dies keeps."""
        if self._handle is None:
            if not amount:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            unseen = self._mine.with_name(f".{self._mine.name}")  # until it is locked
            self._handle = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            lock(self._handle)
            unseen.rename(self._mine)
        os.pwrite(self._handle, f"{amount:20d}".encode(), 0)

    def others(self) -> int:
        """What the other living processes keep together."""
        return sum(self._kept()) if self._folder.is_dir() else 0

    def close(self) -> None:
        if self._handle is not None:
            self._mine.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None

    def _kept(self) -> Iterator[int]:
        for path in self._folder.iterdir():
            if path == self._mine or path.name.startswith("."):
                continue
            with suppress(FileNotFoundError, ValueError), path.open("r+b") as file:
                if try_lock(file.fileno()):
                    path.unlink(missing_ok=True)  # nobody's
                else:
                    yield int(file.read() or b"0")


def rate_limit_file(journal: Path, endpoint: object, what: str) -> Path:
    """The counters for a rate limit of one endpoint and model, beside the journal of those who share it."""
    name = hashlib.sha256(json.dumps(endpoint, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return journal.with_name(f"{journal.name}.limits") / f"{name}.{what}"
