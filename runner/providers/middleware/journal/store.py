"""The shared journal: one SQLite file for all runs of a project, safe for many processes.

A thread owns the connection. It takes what has queued up, commits it together, and only then are the answers handed
on: a call that was answered is on disk before anything uses the answer, and the event loop never waits for the disk.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.core.errors import JournalError
from runner.core.file_lock import locked
from runner.providers.middleware.journal.claims import Claims

_VERSION = 2  # 1 knew less of a reply; what it wrote is read
_PATIENCE = 0.01  # seconds; nothing beside the call that was just waited for
_BATCH = 512  # operations committed together, at most


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[["Session"], Any]
    future: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop


class Store:
    """Replies by key, in a file.

    Args:
        path: the file; made if it is not there.

    Raises:
        JournalError: the file is no journal, is damaged, or is of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._closed = False
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._opened: queue.SimpleQueue[JournalError | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="journal", daemon=True)
        self._thread.start()
        problem = self._opened.get()
        if problem:
            raise problem

    async def get(self, key: str) -> str | None:
        """The packed reply of ``key``, if it was ever answered."""
        found: str | None = await self._ask(lambda session: session.get(key))
        return found

    async def take(self, key: str) -> tuple[str | None, bool]:
        """(the packed reply, False), or (None, True) if the caller may ask now, or (None, False) to wait."""
        answer: tuple[str | None, bool] = await self._ask(lambda session: session.take(key))
        return answer

    async def put(self, key: str, reply: str) -> None:
        """Write down a reply, in place of one that is there, and give up the claim. On disk when this returns."""
        await self._ask(lambda session: session.put(key, reply))

    async def fill(self, replies: Mapping[str, str]) -> None:
        """Write down what is not there yet."""
        await self._ask(lambda session: session.fill(replies))

    async def release(self, key: str) -> None:
        """Give up a claim without an answer."""
        await self._ask(lambda session: session.claims.release(key))

    def close(self) -> None:
        """Finish what is queued and close the file. Whoever asks later is refused."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()

    def _ask(self, work: Callable[["Session"], Any]) -> "asyncio.Future[Any]":
        if self._closed:
            raise JournalError(f"the journal {self._path} is closed", code="closed", key=str(self._path))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._jobs.put(_Job(work, future, loop))
        return future

    def _serve(self) -> None:
        try:
            session = Session(self._path)
        except (sqlite3.Error, OSError, JournalError) as error:
            self._opened.put(error if isinstance(error, JournalError) else _explained(self._path, error))
            return
        self._opened.put(None)
        going = True
        while going:
            batch = [self._jobs.get()]
            if session.wrote:  # calls are being paid: a little patience makes few large commits of many small ones
                time.sleep(_PATIENCE)
            while len(batch) < _BATCH and not self._jobs.empty():
                batch.append(self._jobs.get())
            going = None not in batch
            self._work([job for job in batch if job], session)
        session.close()

    def _work(self, batch: list[_Job], session: "Session") -> None:
        answers: list[Any] = []
        try:
            answers = [job.work(session) for job in batch]
            session.commit()
        except (sqlite3.Error, OSError) as error:
            session.rollback()
            answers = [_explained(self._path, error)] * len(batch)
        except Exception as error:  # noqa: BLE001 - a bug: it goes to those who wait, or they would wait for ever
            session.rollback()  # or the file would stay locked for every other process
            answers = [error] * len(batch)
        for loop in {job.loop for job in batch}:
            pairs = [(job.future, answer) for job, answer in zip(batch, answers, strict=True) if job.loop is loop]
            if not loop.is_closed():
                loop.call_soon_threadsafe(_hand_on, pairs)


class Session:
    """The open file, in one transaction at a time. It lives in the store's thread, which alone may use it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes that make the same file at once would lock one another out.
        with locked(path.with_name(f"{path.name}.lock")):
            self._open(path)
            self.claims = Claims(path)
        self._claimed: list[str] = []
        self.wrote = False
        self._writing = False

    def _open(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, timeout=60, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=FULL")
        version = self._rows.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise JournalError(
                f"the journal {path} was written by a newer goldloop (version {version}, this one knows {_VERSION}): "
                "update goldloop, or give another journal.path",
                code="newer-version",
                key=str(path),
            )
        table = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL) WITHOUT ROWID"
        self._rows.execute(table)
        self._rows.execute(f"PRAGMA user_version={_VERSION}")

    def get(self, key: str) -> str | None:
        row = self._rows.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def take(self, key: str) -> tuple[str | None, bool]:
        reply = self.get(key)
        if reply is not None:
            return reply, False
        if not self.claims.take(key):
            return None, False
        reply = self.get(key)  # it may have been answered between the look and the claim
        if reply is not None:
            self.claims.release(key)
        return reply, reply is None

    def put(self, key: str, reply: str) -> None:
        if not self._writing:
            self.claims.commit()  # two files: whoever holds one and waits for the other may wait for who does the same
            self._rows.execute("BEGIN IMMEDIATE")
            self._writing = True
        self._rows.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, reply))
        self._claimed.append(key)

    def fill(self, replies: Mapping[str, str]) -> None:
        for key, reply in replies.items():
            if self.get(key) is None:
                self.put(key, reply)

    def commit(self) -> None:
        self.wrote = self._writing
        if self._writing:
            self._rows.execute("COMMIT")
            self._writing = False
        for key in self._claimed:  # only now can others find the answer instead of the claim
            self.claims.release(key)
        self._claimed.clear()
        self.claims.commit()

    def rollback(self) -> None:
        self._claimed.clear()
        self._writing = False
        with suppress(sqlite3.Error):  # the disk may be full for this too; SQLite rolls back by itself then
            self.claims.commit()
        with suppress(sqlite3.Error):
            self.claims.rollback()
        with suppress(sqlite3.Error):
            if self._rows.in_transaction:
                self._rows.execute("ROLLBACK")

    def close(self) -> None:
        self.claims.close()
        self._rows.close()


def _hand_on(pairs: list[tuple["asyncio.Future[Any]", Any]]) -> None:
    for future, answer in pairs:
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def _explained(path: Path, error: Exception) -> JournalError:
    words = str(error)
    if "full" in words or "No space" in words:
        return JournalError(
            f"the disk is full: {path} cannot grow. All that was answered before is kept: free some space",
            code="disk-full",
            key=str(path),
        )
    if "not a database" in words or "malformed" in words:
        return JournalError(
            f"{path} is damaged or no journal ({words}): move it away, or give another journal.path",
            code="damaged-file",
            key=str(path),
        )
    return JournalError(
        f"the journal {path} cannot be used ({words}): check the directory, or give another journal.path",
        code="unreadable",
        key=str(path),
    )
