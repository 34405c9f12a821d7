"""Reads CSV as spreadsheets write it: parted by commas, semicolons or tabs, with blank rows anywhere."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path

from runner.core.errors import DataError
from runner.datasets.csv_quoting import quoting_of, records
from runner.datasets.row_problem import RowProblem

_LONGEST_CELL = 2**31 - 1  # Python's own limit of 131,072 is below a long document
_MARKS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_ASIDE = re.compile(r'"[^"]*(?:"|$)|\([^()]*+\)')  # what a header has in quotes or brackets parts nothing
_SAID = re.compile(r'"?sep=([,;\t])"?', re.IGNORECASE)  # for Excel, which shows no such line
_NOTHING = f" {''.join(_MARKS)}\r\n"

CsvRow = tuple[int, dict[str, str | None] | RowProblem]


@dataclass(frozen=True)
class _Table:
    """A file with a header.

    Attributes:
        header: the names of the columns. mark: what parts them.
        above: blank rows above the header. lines: how many the file has to the end of the header.
    """

    path: Path
    header: Sequence[str]
    mark: str
    above: int
    lines: int

    def below(self) -> Iterator[str]:
        """The lines below the header."""
        with self.path.open(encoding="utf-8-sig", newline="") as lines:
            yield from islice(lines, self.lines, None)


def csv_rows(path: Path) -> Iterator[CsvRow]:
    """The rows below the header, or what is wrong with one, with the numbers that a spreadsheet shows.

    The header is row 1 where no blank rows stand above it, and a row whose cells hold line breaks is one row. Rows
    whose cells are all blank are left out, and counted. What parts the columns is the one of comma, semicolon and tab
    that the header has most of, outside quotes and brackets, unless a first line ``sep=;`` says it, which is no row.

    Raises:
        DataError: the header cannot be read, or has a name twice.
    """
    csv.field_size_limit(_LONGEST_CELL)
    table = _table(path)
    quoting = quoting_of(table.below, table.mark, len(table.header))
    line = table.lines + 1
    for number, (raw, cells) in zip(count(table.above + 2), quoting.records(table.below()), strict=False):
        first, line = line, line + len(raw)
        if isinstance(cells, csv.Error):
            words = f"its quotes are odd (line {first}: {cells}): close each, and double those within"
            yield number, RowProblem(words, code="quotes-odd")
        elif quoting.takes_rows(raw, cells):
            yield number, _taken_in(first, line - 1)
        elif not _blank(cells):
            yield number, _row(table.header, cells, table.mark, raw)


def _taken_in(first: int, last: int) -> RowProblem:
    return RowProblem(
        f"a quote opens in line {first} and closes in line {last}, and the lines to there look like rows of their own: "
        "close the quote where its text ends, or double the quotes that belong to the text",
        code="quotes-odd",
    )


def _table(path: Path) -> _Table:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        above, first = 0, lines.readline()
        said = _SAID.fullmatch(first.strip("\r\n"))
        first = lines.readline() if said else first
        before = 1 if said else 0  # lines before the header's
        while first and not first.strip(_NOTHING):
            above, first = above + 1, lines.readline()
        mark = said[1] if said else _mark_in(first, path)
        raw, header = next(records(chain([first], lines), mark), ([], []))
    if isinstance(header, csv.Error):
        raise DataError(
            f"dataset.path: {path}, line {1 + before}: the header's quotes are odd ({header})",
            code="quotes-odd",
            key=str(path),
        ) from header
    if twice := [name for name, times in Counter(header).items() if name and times > 1]:
        raise DataError(
            f"dataset.path: {path}: the header has {twice[0]!r} twice: rename one",
            code="column-repeated",
            key=twice[0],
        )
    return _Table(path, header, mark, above, before + above + len(raw))


def _mark_in(header: str, path: Path) -> str:
    bare = _ASIDE.sub("", header)
    return "\t" if path.suffix.lower() == ".tsv" and "\t" in bare else max(_MARKS, key=bare.count)


def _row(
    header: Sequence[str], cells: Sequence[str], mark: str, raw: Sequence[str]
) -> dict[str, str | None] | RowProblem:
    if not _blank(cells[len(header) :]):
        words = f"more cells than the header has ({len(header)}): quote texts that hold {_MARKS[mark]}"
        return RowProblem(words, code="cells-too-many")
    if mark != "\t" and any(_opens_late(cell, raw) for cell in cells):
        words = "a quote that opens after a blank and does not close in its cell: leave out blanks before quotes"
        return RowProblem(words, code="quotes-odd")
    return dict(zip(header, [*cells, *[None] * len(header)], strict=False))


def _opens_late(cell: str, raw: Sequence[str]) -> bool:
    """Whether a cell begins with blanks and a quote, which means nothing there, and is cut off at a mark.

    Not one that is quoted itself: it holds the quote.
    """
    if not (cell[:1].isspace() and cell.lstrip().startswith('"') and cell.count('"') % 2 == 1):
        return False
    line = "".join(raw)
    return not any('"' + cell.replace('"', quote) + '"' in line for quote in ('""', '\\"'))


def _blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)
