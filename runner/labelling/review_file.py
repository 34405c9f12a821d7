"""review.csv of a label run: the rows for people, least certain first, to be filled in and given back."""

import csv
import hashlib
import json
import sqlite3
from collections.abc import Container, Iterator
from contextlib import closing
from pathlib import Path

from runner.core.files import atomic_write, disk_errors
from runner.core.items import BadRow, Item
from runner.labelling.labels_file import NAME as RECORD
from runner.labelling.sinks.answer_columns import Kind
from runner.labelling.sinks.cells import cell_of, whole
from verifiers.verdict import LABELS

NAME = "review.csv"
PROPOSED = "proposed"
_NOTE = "review.sha256"  # the last that was written, and its digest: whether somebody has written into it
_SORTED = ".review.sqlite"


def write_review(
    directory: Path, texts: Iterator[Item | BadRow], column: str, answered: Container[str] = ()
) -> tuple[Path, int]:
    """Write the rows of the record that are for people and have a text; returns where, and how many.

    They are sorted on the disk, so that memory does not grow with them. A file that somebody has written into since is
    left as it is, and another begun.

    Args:
        texts: the rows that were labelled, from the first on.
        column: what the answer is called; a person fills it in.
        answered: ids of rows that people answered already.
    """
    path, between = _untouched(directory), directory / _SORTED
    unfinished = path.with_name(f".{NAME}")
    kind: Kind | None = "names" if column == LABELS else None
    with disk_errors(directory):
        try:
            between.unlink(missing_ok=True)
            with closing(sqlite3.connect(between, isolation_level=None)) as table:
                table.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN")
                table.execute("CREATE TABLE rows (certainty REAL, id TEXT, text TEXT, answer TEXT)")
                table.executemany(
                    "INSERT INTO rows VALUES (?, ?, ?, ?)", _for_people(directory, texts, column, answered)
                )
                # Where no answer is certain at all, a person knows most: NULL comes first.
                found = table.execute("SELECT id, text, answer, certainty FROM rows ORDER BY certainty, rowid")
                with unfinished.open("w", encoding="utf-8-sig", newline="") as out:  # with the mark that Excel knows
                    writer = csv.writer(out)
                    writer.writerow(["id", "text", PROPOSED, "certainty", column])
                    count = 0
                    for name, text, answer, certainty in found:
                        writer.writerow([*map(cell_of, (name, text)), cell_of(json.loads(answer), kind), certainty, ""])
                        count += 1
            if count:
                atomic_write(directory / _NOTE, _note(unfinished, path.name))  # before it is there to be written into
                unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
            between.unlink(missing_ok=True)
    return path, count


def _untouched(directory: Path) -> Path:
    """The last review file if it is as it was written, else the next one."""
    note = (directory / _NOTE).read_text("utf-8") if (directory / _NOTE).exists() else ""
    number, path = 1, directory / NAME
    while path.exists() and _note(path, path.name) != note:
        number += 1
        path = directory / f"{Path(NAME).stem}-{number}{Path(NAME).suffix}"
    return path


def _note(path: Path, name: str) -> str:
    with path.open("rb") as content:
        return f"{name} {hashlib.file_digest(content, 'sha256').hexdigest()}"


def _for_people(
    directory: Path, texts: Iterator[Item | BadRow], column: str, answered: Container[str]
) -> Iterator[tuple[float | None, str, str, str]]:
    item = next(texts, None)
    with (directory / RECORD).open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if item is None or item.id != row["id"]:
                continue  # its text is gone: a task that was deleted, or that somebody labelled meanwhile
            if row["review"] and isinstance(item, Item) and item.id not in answered:
                yield row["certainty"], whole(item.id), whole(item.text), json.dumps(row[column])
            item = next(texts, None)
