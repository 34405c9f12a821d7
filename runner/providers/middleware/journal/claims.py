"""Who is asking what right now, so that processes that need the same call pay it once.

A claim is a row beside the journal. Its owner is a process that holds a lock on a file of its own; the system lets go
of the lock when the process dies, however it dies, and then its claims may be taken over.
"""

import os
import sqlite3
import uuid
from contextlib import suppress
from pathlib import Path

from runner.core.file_lock import is_held, lock


class Claims:
    """The claims of this process, and what it may know of others'. Used by one thread."""

    def __init__(self, journal: Path) -> None:
        self._folder = journal.with_name(f"{journal.name}.owners")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._me = f"{os.getpid()}-{uuid.uuid4().hex}"
        self._lock = (self._folder / self._me).open("w")
        lock(self._lock)
        self._rows = sqlite3.connect(self._folder / "claims.sqlite", timeout=60, isolation_level=None)
        # Claims need not outlive a crash of the machine: nobody is asking then.
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=OFF")
        self._rows.execute("CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, owner TEXT) WITHOUT ROWID")

    def take(self, key: str) -> bool:
        """Claim ``key``; False if a living process has it."""
        self.begin()
        added = self._rows.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (key, self._me)).rowcount
        if added:
            return True
        row = self._rows.execute("SELECT owner FROM claims WHERE key = ?", (key,)).fetchone()
        if row is None or row[0] == self._me:
            return row is not None
        if self._lives(row[0]):
            return False
        change = "UPDATE claims SET owner = ? WHERE key = ? AND owner = ?"
        return bool(self._rows.execute(change, (self._me, key, row[0])).rowcount)

    def begin(self) -> None:
        """What follows is one change to the file, until ``commit``."""
        if not self._rows.in_transaction:
            self._rows.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        if self._rows.in_transaction:
            self._rows.execute("COMMIT")

    def release(self, key: str) -> None:
        self.begin()
        self._rows.execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, self._me))

    def rollback(self) -> None:
        if self._rows.in_transaction:
            self._rows.execute("ROLLBACK")

    def close(self) -> None:
        with suppress(sqlite3.Error):  # on a full disk the claims stay; without their owner's lock they bind nobody
            self._rows.execute("DELETE FROM claims WHERE owner = ?", (self._me,))
            self.commit()
        self._rows.close()
        self._lock.close()
        (self._folder / self._me).unlink(missing_ok=True)

    def _lives(self, owner: str) -> bool:
        """Whether the owner's process still holds its lock; the file of a dead one is taken away."""
        path = self._folder / owner
        if is_held(path):
            return True
        path.unlink(missing_ok=True)
        return False
