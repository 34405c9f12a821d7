"""A batch of drawn rows as a CSV file that people fill in, and what they filled in.

Beside ``batch-1.csv`` stands ``batch-1.jsonl`` with the same rows as they were drawn: by it the filled-in file is known
to be about the same rows. People sort rows, and spreadsheets write numbers and line breaks in their own way: that
changes nothing. Anything else is refused.
"""

import codecs
import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from runner.core.csv_cells import harmless
from runner.core.errors import DataError
from runner.core.files import atomic_write
from runner.core.surrogates import question_marks
from runner.core.terminal import printable
from runner.runs.bounded import MEGABYTE, bytes_in
from runner.runs.json_records import to_json
from runner.runs.run_files import lines_of

COLUMNS = ("number", "id", "text", "labels", "right", "corrected_labels", "note")
_OURS = COLUMNS[:4]
_FILLED = COLUMNS[4:]
_LONGEST = 30_000  # characters of a cell: spreadsheets cut off, or part, what has more than 32,767
_RIGHT = frozenset({"yes", "y", "true", "t", "1", "right", "correct", "ok", "✓", "✔"})
_WRONG = frozenset({"no", "n", "false", "f", "0", "wrong", "incorrect", "not right", "not correct", "✗", "✘"})
_NUMBER = re.compile(r"[+-]?[\d.,]+(?:e[+-]?\d+)?", re.IGNORECASE)
_LARGEST = 1024 * MEGABYTE
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # marks that turn the order of what is read


@dataclass(frozen=True)
class DrawnRow:
    """A row that was drawn.

    Attributes:
        number: in the order of drawing, from 1. place: among the rows of the claim, from 0.
        labels: as they were given.
    """

    number: int
    place: int
    id: str
    text: str
    labels: Any


@dataclass(frozen=True)
class Answer:
    """What a person said of a drawn row.

    Attributes:
        right: whether its labels are right; None: nothing was said yet.
        corrected: the right labels as they were typed; empty where nobody typed any.
    """

    number: int
    right: bool | None
    corrected: str
    note: str


def name_of(batch: int) -> str:
    """The file that people fill in."""
    return f"batch-{batch}.csv"


def write_batch(directory: Path, batch: int, rows: Sequence[DrawnRow]) -> Path:
    """Write both files; returns the one to fill in. Raises RunDirectoryError: the disk refuses."""
    path = directory / name_of(batch)
    lines = (json.dumps(to_json(row), ensure_ascii=True, default=str) for row in rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([*_cells(row), "", "", ""] for row in rows)
    atomic_write(path, question_marks(out.getvalue()).encode("utf-8-sig"))  # by this mark Excel knows UTF-8
    atomic_write(_drawn_in(directory, batch), "".join(f"{line}\n" for line in lines))  # last: now the batch is there
    return path


def batches_in(directory: Path) -> list[int]:
    """The batches that were written, in order."""
    found = [re.fullmatch(r"batch-(\d{1,9})\.jsonl", path.name) for path in directory.glob("batch-*.jsonl")]
    return sorted(int(name[1]) for name in found if name)


def rows_in(directory: Path, batch: int) -> list[DrawnRow]:
    """The rows of a batch as they were drawn. Raises DataError: they cannot be read."""
    return lines_of(directory, _drawn_in(directory, batch).name, DrawnRow)


def answers_in(directory: Path, batch: int) -> list[Answer]:
    """What people filled in, a row of the batch each, in the order of drawing.

    Raises:
        DataError: the file is not there, its rows are not those that were drawn, or a cell cannot be read.
    """
    path = directory / name_of(batch)
    drawn = {row.number: row for row in rows_in(directory, batch)}
    found: dict[int, Answer] = {}
    for line, row in _rows(path):
        number = _number_of(row, path, line)
        if number not in drawn:
            raise _changed(path, line, f"number {number} is not in this batch")
        if number in found:
            raise _changed(path, line, f"number {number} stands in it twice")
        _refuse_changed(drawn[number], row, path, line)
        found[number] = _answer(drawn[number], row, path, line)
    if lacking := sorted(drawn.keys() - found.keys()):
        raise DataError(
            f"{path}: number {lacking[0]} (id {_short(drawn[lacking[0]].id)}) is not in it any more, and of a sample "
            "no row may be left out: put it back, with an empty cell if nobody has checked it",
            code="rows-changed",
            key=str(path),
        )
    return [found[number] for number in sorted(drawn)]


def shown(labels: Any) -> str:
    """Labels for people: names with a bar between them, [] where none applies, other values as JSON."""
    if isinstance(labels, str):
        return labels
    names = isinstance(labels, list) and bool(labels) and all(isinstance(name, str) for name in labels)
    return " | ".join(labels) if names else json.dumps(labels, ensure_ascii=False, default=str)


def _drawn_in(directory: Path, batch: int) -> Path:
    return directory / f"batch-{batch}.jsonl"


def _cells(row: DrawnRow) -> tuple[str, str, str, str]:
    return str(row.number), _cell(row.id), _cell(row.text), _cell(shown(row.labels))


def _cell(text: str) -> str:
    """A text that a spreadsheet shows as it is, and does not run."""
    plain = "".join("�" if _is_unseen(mark) else mark for mark in question_marks(text))
    if len(plain) > _LONGEST:
        left = len(plain) - _LONGEST
        plain = f"{plain[:_LONGEST]} [... {left:,} more characters, which a spreadsheet cannot hold]"
    return str(harmless(plain, numbers=True))


def _is_unseen(mark: str) -> bool:
    return mark in _TURNS or (unicodedata.category(mark) == "Cc" and mark not in "\t\r\n")


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows below the header with the numbers that a spreadsheet shows; blank ones are left out."""
    text = _text_of(path)
    head = next((line for line in text.splitlines() if line.strip()), "")
    mark = max(",;\t", key=head.count)  # spreadsheets of many countries write semicolons
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    header: Sequence[str] = ()
    for line in count(1):
        try:
            cells = next(rows, None)
        except csv.Error as error:
            told = f"{path}, row {line}: its quotes are odd ({error}): close each, and double those within"
            raise DataError(told, code="quotes-odd", key=str(path)) from error
        if cells is None:
            break
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = [cell.strip().casefold() for cell in cells]
            if missing := [column for column in COLUMNS[:5] if header.count(column) != 1]:
                told = f"{path}: the column {missing[0]!r} is not in it once: it must have {', '.join(COLUMNS)}"
                raise DataError(told, code="column-missing", key=missing[0])
            continue
        yield line, dict(zip(header, [*cells, *[""] * len(header)], strict=False))


def _text_of(path: Path) -> str:
    """The text of a file as spreadsheets save it: UTF-8, or the UTF-16 that Excel calls Unicode."""
    try:
        content = bytes_in(path, _LARGEST)
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if wide else "utf-8-sig")
    except FileNotFoundError as error:
        told = f"{path} is not there any more: put it back, filled in or not"
        raise DataError(told, code="file-missing", key=str(path)) from error
    except UnicodeDecodeError as error:
        told = f"{path} is not UTF-8 (byte {error.start}): save it as CSV UTF-8"
        raise DataError(told, code="not-utf8", key=str(path)) from error
    except OSError as error:
        told = f"{path} cannot be read ({error.strerror or error})"
        raise DataError(told, code="unreadable", key=str(path)) from error


def _number_of(row: Mapping[str, Any], path: Path, line: int) -> int:
    text = str(row["number"] or "").strip()
    number = re.fullmatch(r"(\d{1,12})(?:[.,]0+)?", text)
    if number is None:
        raise _changed(path, line, f"its number is {_short(text)}")
    return int(number[1])


def _refuse_changed(drawn: DrawnRow, row: Mapping[str, Any], path: Path, line: int) -> None:
    for column, was in zip(_OURS[1:], _cells(drawn)[1:], strict=True):
        now = str(row[column] or "")
        if not _same(was, now):
            raise _changed(path, line, f"{column} is {_around(now, was)}, and {_around(was, now)} was drawn")


def _changed(path: Path, line: int, what: str) -> DataError:
    return DataError(
        f"{path}, row {line}: {what}. Fill in {', '.join(_FILLED)} only, and leave the other columns as they were",
        code="rows-changed",
        key=str(path),
    )


def _same(was: str, now: str) -> bool:
    """Whether a cell is the same but for what spreadsheets do to it: blanks, line breaks, marks, numbers."""
    one, other = _form(was), _form(now)
    return one == other or (_NUMBER.fullmatch(one) is not None and _is_near(one, other))


def _form(cell: str) -> str:
    text = unicodedata.normalize("NFC", cell.replace("\ufeff", ""))
    return " ".join(text.split()).removeprefix("'").strip()


def _is_near(one: str, other: str) -> bool:
    """Whether two texts are the same number: 00123 comes back as 123, and 1234567890123456 as 1.23457E+15."""
    try:
        first, second = float(one.replace(",", ".")), float(other.replace(",", "."))
    except ValueError:
        return False
    return abs(first - second) <= 1e-5 * abs(first)


def _answer(drawn: DrawnRow, row: Mapping[str, Any], path: Path, line: int) -> Answer:
    corrected, note = (str(row.get(column) or "").strip() for column in _FILLED[1:])
    cell = str(row["right"] or "")
    right = _said(cell, path, line)
    differs = bool(corrected) and not _same(_cell(shown(drawn.labels)), corrected)
    if right is None and corrected:
        told = (
            f"{path}, row {line}: right is empty, and corrected_labels is {_short(corrected)}: write yes or no in right"
        )
        raise DataError(told, code="answer-unreadable", key=str(path))
    if right and differs:
        raise DataError(
            f"{path}, row {line}: right is {_short(cell.strip())}, and corrected_labels is {_short(corrected)}, which "
            f"is not {_short(shown(drawn.labels))}: which is meant?",
            code="answer-unreadable",
            key=str(path),
        )
    return Answer(drawn.number, right, corrected, note)


def _said(cell: str, path: Path, line: int) -> bool | None:
    word = " ".join(cell.split()).casefold().rstrip(".!")
    word = re.sub(r"^([01])[.,]0+$", r"\1", word)
    if not word:
        return None
    if word in _RIGHT or word in _WRONG:
        return word in _RIGHT
    raise DataError(
        f"{path}, row {line}: right is {_short(cell.strip())}: write yes or no (no, where nobody can tell), or leave "
        "it empty if nobody has checked the row yet",
        code="answer-unreadable",
        key=str(path),
    )


def _short(text: str) -> str:
    return f"{printable(text)!r:.60}"


def _around(text: str, other: str) -> str:
    """A piece of a text from where it differs from another on."""
    one, two = _form(text), _form(other)
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    start = max(0, start - 10)
    return f"{'...' if start else ''}{_short(one[start : start + 40])}"
