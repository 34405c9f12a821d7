"""Reads rows from JSON, JSONL, CSV, Parquet and CoNLL files. A row is a mapping; its number is the one people see."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from runner.core.errors import DataError
from runner.core.json_stream import JsonStream
from runner.datasets.conll_reader import conll_rows
from runner.datasets.csv_reader import csv_rows
from runner.datasets.parquet_reader import parquet_rows
from runner.datasets.row_problem import RowProblem

Format = Literal["json", "jsonl", "csv", "parquet", "conll"]
_SUFFIXES: dict[str, Format] = {
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet",
    ".conll": "conll", ".iob": "conll", ".iob2": "conll", ".bio": "conll",
}  # fmt: skip


Row = tuple[int, Mapping[str, Any] | RowProblem]


def read_rows(path: Path, kind: Format | None = None) -> Iterator[Row]:
    """The rows of a file, or what is wrong with a row, with their numbers.

    The number is the line for JSONL and CoNLL (that of a sentence's first token, or of the bad one), the row that a
    spreadsheet shows for CSV (the header is row 1), else 1, 2, 3 ...

    Raises:
        DataError: the file is missing, is not UTF-8, or is not of its kind as a whole; says where.
    """
    if not path.is_file():
        raise DataError(f"dataset.path: no file {path} (looked in {Path.cwd()})", code="file-missing", key=str(path))
    kind = kind or kind_of(path)
    if kind is None:
        raise DataError(
            f"dataset.path: {path} ends in none of {', '.join(_SUFFIXES)}: give dataset.format",
            code="file-of-no-kind",
            key=str(path),
        )
    try:
        yield from _READERS[kind](path)
    except UnicodeDecodeError as error:
        raise DataError(
            f"dataset.path: {path} is not UTF-8 (byte {_bad_byte(path)}): save it as UTF-8",
            code="not-utf8",
            key=str(path),
        ) from error


def kind_of(path: Path) -> Format | None:
    """The format that the ending of a file's name says; None if it says none."""
    return _SUFFIXES.get(path.suffix.lower())


def _json(path: Path) -> Iterator[Row]:
    """The objects of a list, one after the other: a large file is not held in memory."""
    with path.open(encoding="utf-8-sig") as file:
        once = _KeysOnce()
        stream = JsonStream(read=file.read, decoder=json.JSONDecoder(object_pairs_hook=once))
        try:
            stream.expect("[")
            for number, _ in enumerate(stream.entries("]"), 1):
                yield number, once.row(stream.value())
            if stream.peek():
                raise stream.wrong("something follows the list")
        except UnicodeDecodeError:
            raise
        except (ValueError, RecursionError):
            raise _no_list(path) from None


def _no_list(path: Path) -> DataError:
    """Why a file is no list of objects."""
    try:
        value = json.loads(path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        return DataError(
            f"dataset.path: {path}, line {error.lineno}: not JSON ({error.msg})", code="not-json", key=str(path)
        )
    except (ValueError, RecursionError) as error:
        return DataError(f"dataset.path: {path}: not JSON ({error})", code="not-json", key=str(path))
    return DataError(
        f"dataset.path: {path} holds a JSON {type(value).__name__}, expected a list of objects",
        code="wrong-shape",
        key=str(path),
    )


def _jsonl(path: Path) -> Iterator[Row]:
    once = _KeysOnce()
    decode = json.JSONDecoder(object_pairs_hook=once).decode
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield number, once.row(decode(line))
            except (ValueError, RecursionError) as error:
                yield number, RowProblem(f"not JSON ({getattr(error, 'msg', error)})", code="not-json")


class _KeysOnce:
    """Makes objects of JSON, and tells a row in which one has a key twice with two values: which is meant?"""

    def __init__(self) -> None:
        self._twice: dict[str, None] = {}

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            self._twice.update((key, None) for key, value in pairs if made[key] != value)
        return made

    def row(self, value: object) -> Mapping[str, Any] | RowProblem:
        """The row that was made last."""
        twice, self._twice = self._twice, {}
        if twice:
            return RowProblem(
                f"the key {next(iter(twice))!r:.80} stands twice, with two values", code="column-repeated"
            )
        return _mapping(value)


def _mapping(row: object) -> Mapping[str, Any] | RowProblem:
    return row if isinstance(row, Mapping) else RowProblem(f"expected an object, found {row!r:.60}", code="wrong-shape")


def _bad_byte(path: Path) -> int:
    """Where in the file the first byte stands that is not UTF-8."""
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


_READERS = {"json": _json, "jsonl": _jsonl, "csv": csv_rows, "parquet": parquet_rows, "conll": conll_rows}
