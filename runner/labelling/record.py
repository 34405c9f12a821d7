"""labels.jsonl: what came of each row, a line each, in the order of the source. What is in it is never asked again."""

import errno
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.errors import DataError
from runner.run_directory import told

NAME = "labels.jsonl"


class Record:
    """The record while rows are added to it.

    Attributes:
        rows: how many there are. last: the id of the last one.
        labelled, failures, labels, out_of_list: what came of them, counted.
        calls, input_tokens, output_tokens, cost_usd: what was paid for them, journal hits not counted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self.last: str | None = None
        self.labelled = 0
        self.out_of_list = 0
        self.failures: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        self.calls = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.cost_usd: float | None = 0.0
        whole = self._read() if path.exists() else 0
        with told(path.parent):
            self._file = path.open("ab", buffering=0)
            self._file.truncate(whole)  # a last line that a crash cut off

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows down; they are the system's when this returns, and on disk when the record is closed.

        What a power cut takes from it the journal still has.
        """
        if not rows:
            return
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        with told(self.path.parent):
            end = self._file.tell()
            content = lines.encode("utf-8", "surrogatepass")
            if self._file.write(content) != len(content):
                self._file.truncate(end)
                raise OSError(errno.ENOSPC, "the disk is full")
        for row in rows:
            self._count(row)

    def close(self) -> None:
        with told(self.path.parent), self._file:
            os.fsync(self._file.fileno())

    def _count(self, row: Mapping[str, Any]) -> None:
        self.rows += 1
        self.last = str(row["id"])
        if row["failure"]:
            self.failures[row["failure"]] += 1
        else:
            self.labelled += 1
            self.labels.update(row["labels"])
        self.out_of_list += bool(row.get("out_of_list"))
        if row.get("paid"):
            self.calls += 1
            self.input_tokens += row["input_tokens"]
            self.output_tokens += row["output_tokens"]
            known = self.cost_usd is not None and row["cost_usd"] is not None
            self.cost_usd = self.cost_usd + row["cost_usd"] if known else None

    def _read(self) -> int:
        """Count what is there; returns how many bytes of it are whole lines."""
        whole = 0
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    self._count(json.loads(line.decode("utf-8", "surrogatepass")))
                except (ValueError, LookupError, TypeError) as error:
                    raise DataError(f"{self.path}, line {number}: damaged ({error}): cut the file off there") from error
                whole += len(line)
        return whole
