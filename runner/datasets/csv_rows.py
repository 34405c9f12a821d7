"""Reads CSV as spreadsheets write it: parted by commas, semicolons or tabs, with blank rows anywhere."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path

from runner.errors import DataError

_LONGEST_CELL = 2**31 - 1  # Python's own limit of 131,072 is below a long document
_MARKS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_QUOTED = re.compile(r'"[^"]*(?:"|$)')

CsvRow = tuple[int, dict[str, str | None] | str]


def csv_rows(path: Path) -> Iterator[CsvRow]:
    """The rows below the header, or in words what is wrong with one, with the numbers that a spreadsheet shows.

    The header is row 1, and a row whose cells hold line breaks is one row. Rows whose cells are all blank are left
    out, and counted. What parts the columns is the one of comma, semicolon and tab that the header has most of.

    Raises:
        DataError: the header cannot be read, or has a name twice.
    """
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        first = lines.readline()
        mark = _mark_in(first, path)
        # strict: else a quote that opens and never closes makes one cell of all the rows that follow
        reader = csv.reader(chain([first], lines), delimiter=mark, strict=True)
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise DataError(f"dataset.path: {path}, line 1: the header's quotes are odd ({error})") from error
        if twice := [name for name, times in Counter(header).items() if name and times > 1]:
            raise DataError(f"dataset.path: {path}: the header has {twice[0]!r} twice: rename one")
        for number in count(2):
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield number, f"its quotes are odd (line {line}: {error}): close each, and double those within"
                continue
            if cells is None:
                return
            if not _blank(cells):
                yield number, _row(header, cells, mark)


def _mark_in(header: str, path: Path) -> str:
    own = "\t" if path.suffix.lower() == ".tsv" else ","
    return max((own, *_MARKS), key=_QUOTED.sub("", header).count)


def _row(header: Sequence[str], cells: Sequence[str], mark: str) -> dict[str, str | None] | str:
    if not _blank(cells[len(header) :]):
        return f"more cells than the header has ({len(header)}): quote texts that hold {_MARKS[mark]}"
    return dict(zip(header, [*cells, *[None] * len(header)], strict=False))


def _blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)
