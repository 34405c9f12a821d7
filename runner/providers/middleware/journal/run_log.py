"""A run's own journal: a line for each call that it used, in its directory. Enough to replay the run anywhere.

A call that failed for good has one too: a run that goes on asks it again, a replay fails in the same way.
"""

import json
from pathlib import Path

from runner.core.errors import CallFailure, JournalError
from runner.core.secrets import redact

_VERSION = 1
Known = dict[str, tuple[str, bool]]
"""Key -> (packed reply, whether the run paid for it)."""
Failed = dict[str, tuple[CallFailure, str]]
"""Key -> (why, in the provider's words), of calls that failed for good."""


class RunCallLog:
    """Appends a line at a time. A last line that a crash cut off is dropped when the file is opened again.

    Attributes:
        known: the calls so far. failed: those that failed for good, and may be among ``known`` since.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known, self.failed, whole = _read(path) if path.exists() else ({}, {}, 0)
        # Unbuffered: what a full disk refuses is refused here, and not again when the file is closed.
        self._file = path.open("ab", buffering=0)
        self._full: str | None = None
        self._file.truncate(whole)

    def add(self, key: str, reply: str, *, paid: bool) -> None:
        """Write a call down, unless it is there; it is the system's when this returns."""
        if key not in self.known:
            self._write(key, f'"paid": {json.dumps(paid)}, "reply": {reply}')
            self.known[key] = (reply, paid)

    def add_failed(self, key: str, kind: CallFailure, detail: str) -> None:
        """Write down that a call failed for good, unless that is there; of several ways the last one counts."""
        if key not in self.failed or self.failed[key][0] != kind:
            self._write(key, f'"failure": {json.dumps([kind, redact(detail)])}')
            self.failed[key] = (kind, detail)

    def _write(self, key: str, content: str) -> None:
        if self._full:
            raise self._unwritable()  # a line after half a line would be lost with it
        line = f'{{"v": {_VERSION}, "key": "{key}", {content}}}'
        whole = line.encode() + b"\n"
        try:
            written = self._file.write(whole)
        except OSError as error:
            self._full = f"({error.strerror})"
            raise self._unwritable() from error
        if written != len(whole):
            self._full = "to the end (the disk is full)"
            raise self._unwritable()

    def _unwritable(self) -> JournalError:
        return JournalError(
            f"{self._path} cannot be written {self._full}: free some space", code="unwritable", key=str(self._path)
        )

    def close(self) -> None:
        self._file.close()


def known_in(path: Path) -> Known:
    """What a run's journal holds; it may be another run's, and is only read."""
    return _read(path)[0]


def failed_in(path: Path) -> Failed:
    """The calls that failed for good, of a run's journal, which is only read."""
    return _read(path)[1]


def _read(path: Path) -> tuple[Known, Failed, int]:
    """What is there, and how many bytes of it are whole lines."""
    known: Known = {}
    failed: Failed = {}
    whole = 0
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            try:
                entry = json.loads(line)
                version, key = entry["v"], entry["key"]
                if "failure" in entry:
                    kind, detail = entry["failure"]
                    failed[key] = (kind, str(detail))
                else:
                    known[key] = (json.dumps(entry["reply"]), bool(entry["paid"]))
            except (ValueError, KeyError, TypeError):
                break  # what follows a damaged line is asked again
            if version > _VERSION:
                raise JournalError(
                    f"{path} was written by a newer goldloop (version {version}, this one knows {_VERSION}): "
                    "update goldloop",
                    code="newer-version",
                    key=str(path),
                )
            whole += len(line)
    return known, failed, whole
