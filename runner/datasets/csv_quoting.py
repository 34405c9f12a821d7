"""What the quotes of a CSV file mean: by its dialect a cell, or nothing (as in many TSV), or ``\\"`` within a cell.

Read as the dialect says, an unquoted file loses rows without a word: a text that begins with a quote goes on to the
next text that ends with one, and takes in all rows between.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Record = tuple[list[str], list[str] | csv.Error]
"""The lines of a record, and its cells or what is wrong with its quotes."""

_QUOTE = "\ufdd0"  # a code point that no text holds; it stands for \" while a file is read
_ESCAPED = re.compile(r'(?<!\\)(\\++)"')
_ALIKE = 0.8  # share of the values of a column that must be those of other rows too
_MOST_VALUES = 10_000  # that are remembered of a column


@dataclass(frozen=True)
class Quoting:
    """How the records of a file are read.

    Attributes:
        way: ``cells``, by the dialect; ``lines``, where each line is a row and odd quotes are themselves; or
            ``backslashes``, where a cell has ``\\"`` for a quote.
        known: of each column, how often a value is in the rows that have a line of their own.
        bare: whether such a row has quotes that mean nothing.
    """

    mark: str
    columns: int
    way: Literal["cells", "lines", "backslashes"] = "cells"
    known: Sequence[Counter[str]] = field(default=(), repr=False)
    bare: bool = False

    def records(self, lines: Iterable[str]) -> Iterator[Record]:
        """The records in ``lines``, in their order."""
        if self.way == "lines":
            return (([line], _of_line(line, self.mark, self.columns)) for line in lines)
        return _unescaped(lines, self.mark) if self.way == "backslashes" else records(lines, self.mark)

    def takes_rows(self, lines: Sequence[str], cells: Sequence[str]) -> bool:
        """Whether a record looks as if its quotes took in the rows that follow it."""
        if not _like_rows(lines, self.mark, self.columns):
            return False
        if self.columns == 1:
            return self.bare
        tabbed = self.mark == "\t" and len(lines) > 2  # texts of several lines with a tab in each are rare
        return tabbed or self._ends_as_others_do(lines, cells)

    def _ends_as_others_do(self, lines: Sequence[str], cells: Sequence[str]) -> bool:
        """Whether what stands on its lines beside the text are values of the other columns, on both sides of it."""
        opened = next((place for place, cell in enumerate(cells) if "\n" in cell or "\r" in cell), 0)
        parts = [[part.strip(' \t\r\n"') for part in line.split(self.mark)] for line in lines if line.strip()]
        before = [self._alike(c, [row[c] for row in parts[1:] if c < len(row)], cells[c]) for c in range(opened)]
        after = [
            self._alike(c, [row[c - self.columns] for row in parts[:-1] if len(row) >= self.columns], "")
            for c in range(opened + 1, self.columns)
        ]
        return all(any(side) for side in (before, after) if side)

    def _alike(self, column: int, values: Sequence[str], own: str) -> bool:
        """Whether the values of a column repeat others of it, or go on from its ``own`` as numbers and dates do."""
        if not values or not all(values):
            return False
        known, among = self.known[column], Counter(values)
        repeated = sum(known[value] + among[value] > 1 for value in values) >= _ALIKE * len(values)
        return repeated or all(_goes_on(own, value, steps) for steps, value in enumerate(values, 1))


def quoting_of(lines: Callable[[], Iterable[str]], mark: str, columns: int) -> Quoting:
    """How a file is to be read.

    Args:
        lines: gives the lines below the header, anew each time. columns: how many the header has.
    """
    plain = Quoting(mark, columns)
    if not any(_doubtful(record, mark, columns) for record in records(lines(), mark)):
        return plain
    plain = _with_known(plain, lines())
    if not any(_troubled(plain, record) for record in plain.records(lines())):
        return plain
    if mark == "\t" and all(_fits(line, mark, columns) for line in lines()):
        return Quoting(mark, columns, "lines")
    escaped = Quoting(mark, columns, "backslashes", plain.known, plain.bare)
    has_escapes = any('\\"' in line for line in lines()) and not any(_QUOTE in line for line in lines())
    cured = has_escapes and not any(_troubled(escaped, record) for record in escaped.records(lines()))
    return escaped if cured else plain


def records(lines: Iterable[str], mark: str) -> Iterator[Record]:
    """The records in ``lines`` as the dialect has them."""
    held: list[str] = []

    def fed() -> Iterator[str]:
        for line in lines:
            held.append(line)
            yield line

    # strict: else a quote that opens and never closes makes one cell of all the rows that follow
    reader = csv.reader(fed(), delimiter=mark, strict=True)
    while True:
        held.clear()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield held.copy(), error
            continue
        if cells is None:
            return
        yield held.copy(), cells


def _unescaped(lines: Iterable[str], mark: str) -> Iterator[Record]:
    """The same, where ``\\"`` within a cell is a quote and ``\\\\"`` a backslash at its end."""

    def marked(found: re.Match[str]) -> str:
        count = len(found[1])
        return "\\" * (count // 2) + (_QUOTE if count % 2 else '"')

    for raw, cells in records((_ESCAPED.sub(marked, line) for line in lines), mark):
        yield raw, cells if isinstance(cells, csv.Error) else [cell.replace(_QUOTE, '"') for cell in cells]


def _of_line(line: str, mark: str, columns: int) -> list[str]:
    """The cells of a line; its quotes are themselves where they do not make so many cells as there are columns."""
    found = next(records([line], mark), ([], []))[1]
    return found if not isinstance(found, csv.Error) and len(found) == columns else line.rstrip("\r\n").split(mark)


def _fits(line: str, mark: str, columns: int) -> bool:
    """Whether a line is a whole row, or blank."""
    cells = _of_line(line, mark, columns)
    blank = not any(cell.strip() for cell in cells)
    return blank or (len(cells) >= columns and not any(cell.strip() for cell in cells[columns:]))


def _doubtful(record: Record, mark: str, columns: int) -> bool:
    lines, cells = record
    return isinstance(cells, csv.Error) or _like_rows(lines, mark, columns)


def _troubled(quoting: Quoting, record: Record) -> bool:
    lines, cells = record
    if isinstance(cells, csv.Error):
        return True
    too_many = quoting.way != "cells" and any(cell.strip() for cell in cells[quoting.columns :])
    return too_many or quoting.takes_rows(lines, cells)


def _like_rows(lines: Sequence[str], mark: str, columns: int) -> bool:
    """Whether each of several lines has as many cells as a row."""
    if len(lines) < 2:
        return False
    counts = [line.count(mark) + 1 for line in lines]
    within = [count for count, line in zip(counts[1:-1], lines[1:-1], strict=True) if line.strip()]
    return min(counts[0], counts[-1]) >= columns and 2 * sum(count == columns for count in within) >= len(within)


def _with_known(plain: Quoting, lines: Iterable[str]) -> Quoting:
    known = [Counter[str]() for _ in range(plain.columns)]
    bare = False
    for raw, cells in records(lines, plain.mark):
        if len(raw) > 1 or isinstance(cells, csv.Error):
            continue
        quotes = sum(cell.count('"') for cell in cells)
        bare = bare or 0 < quotes == raw[0].count('"')
        for values, cell in zip(known, cells, strict=False):
            if len(values) < _MOST_VALUES or cell.strip() in values:
                values[cell.strip()] += 1
    return Quoting(plain.mark, plain.columns, "cells", known, bare)


def _goes_on(own: str, value: str, steps: int) -> bool:
    """Whether ``value`` can be the id or the date of a row so many rows below the one with ``own``."""
    if own.isdecimal() and value.isdecimal():
        return int(value[:18]) == int(own[:18]) + steps or len(own) == len(value) > 3
    return any(mark.isdigit() for mark in own) and _shape(own) == _shape(value)


def _shape(text: str) -> str:
    return "".join("9" if mark.isdigit() else "a" if mark.isalpha() else mark for mark in text.casefold())
