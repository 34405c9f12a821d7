"""Reads CSV as spreadsheets write it: parted by commas, semicolons or tabs, with blank rows anywhere."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path

from runner.core.errors import DataError
from runner.datasets.row_problem import RowProblem

_LONGEST_CELL = 2**31 - 1  # Python's own limit of 131,072 is below a long document
_MARKS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_ASIDE = re.compile(r'"[^"]*(?:"|$)|\([^()]*+\)')  # what a header has in quotes or brackets parts nothing
_SAID = re.compile(r'"?sep=([,;\t])"?', re.IGNORECASE)  # for Excel, which shows no such line
_NOTHING = f" {''.join(_MARKS)}\r\n"

CsvRow = tuple[int, dict[str, str | None] | RowProblem]


def csv_rows(path: Path) -> Iterator[CsvRow]:
    """The rows below the header, or what is wrong with one, with the numbers that a spreadsheet shows.

    The header is row 1 where no blank rows stand above it, and a row whose cells hold line breaks is one row. Rows
    whose cells are all blank are left out, and counted. What parts the columns is the one of comma, semicolon and tab
    that the header has most of, outside quotes and brackets, unless a first line ``sep=;`` says it, which is no row.

    Raises:
        DataError: the header cannot be read, or has a name twice.
    """
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        above, first = 0, lines.readline()
        said = _SAID.fullmatch(first.strip("\r\n"))
        first = lines.readline() if said else first
        before = 1 if said else 0  # lines before the header's
        while first and not first.strip(_NOTHING):
            above, first = above + 1, lines.readline()
        mark = said[1] if said else _mark_in(first, path)
        # strict: else a quote that opens and never closes makes one cell of all the rows that follow
        reader = csv.reader(chain([first], lines), delimiter=mark, strict=True)
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise DataError(
                f"dataset.path: {path}, line {1 + before}: the header's quotes are odd ({error})",
                code="quotes-odd",
                key=str(path),
            ) from error
        if twice := [name for name, times in Counter(header).items() if name and times > 1]:
            raise DataError(
                f"dataset.path: {path}: the header has {twice[0]!r} twice: rename one",
                code="column-repeated",
                key=twice[0],
            )
        for number in count(above + 2):
            line = above + before + reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                words = f"its quotes are odd (line {line}: {error}): close each, and double those within"
                yield number, RowProblem(words, code="quotes-odd")
                continue
            if cells is None:
                return
            if not _blank(cells):
                yield number, _row(header, cells, mark)


def _mark_in(header: str, path: Path) -> str:
    bare = _ASIDE.sub("", header)
    return "\t" if path.suffix.lower() == ".tsv" and "\t" in bare else max(_MARKS, key=bare.count)


def _row(header: Sequence[str], cells: Sequence[str], mark: str) -> dict[str, str | None] | RowProblem:
    if not _blank(cells[len(header) :]):
        words = f"more cells than the header has ({len(header)}): quote texts that hold {_MARKS[mark]}"
        return RowProblem(words, code="cells-too-many")
    return dict(zip(header, [*cells, *[None] * len(header)], strict=False))


def _blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)
