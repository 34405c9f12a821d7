"""Reads rows from JSON, JSONL, CSV and Parquet files. A row is a mapping; its number is the one people see."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from runner.errors import DataError

Format = Literal["json", "jsonl", "csv", "parquet"]
Row = tuple[int, Mapping[str, Any]]
_SUFFIXES: dict[str, Format] = {
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet",
}  # fmt: skip


def read_rows(path: Path, kind: Format | None = None) -> Iterator[Row]:
    """The rows of a file with their numbers: lines for JSONL and CSV (a header is line 1), else 1, 2, 3 ...

    Raises:
        DataError: the file is missing, is not UTF-8, or is not of its kind; says where.
    """
    if not path.is_file():
        raise DataError(f"dataset.path: no file {path} (looked in {Path.cwd()})")
    kind = kind or _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise DataError(f"dataset.path: {path} ends in none of {', '.join(_SUFFIXES)}: give dataset.format")
    try:
        yield from _READERS[kind](path)
    except UnicodeDecodeError as error:
        raise DataError(f"dataset.path: {path} is not UTF-8 (byte {error.start}): save it as UTF-8") from error


def _json(path: Path) -> Iterator[Row]:
    try:
        value = json.loads(path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise DataError(f"dataset.path: {path}, line {error.lineno}: not JSON ({error.msg})") from error
    if not isinstance(value, list):
        raise DataError(f"dataset.path: {path} holds a JSON {type(value).__name__}, expected a list of objects")
    for number, row in enumerate(value, 1):
        yield number, _mapping(row, path, number)


def _jsonl(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(f"dataset.path: {path}, line {number}: not JSON ({error.msg})") from error
            yield number, _mapping(row, path, number)


def _csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        try:
            for row in reader:
                yield reader.line_num, {key: value for key, value in row.items() if key is not None}
        except csv.Error as error:
            raise DataError(f"dataset.path: {path}, line {reader.line_num}: not CSV ({error})") from error


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as table:
            number = 0
            for batch in table.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"dataset.path: {path} is not Parquet ({str(error).splitlines()[0]})") from error


def _mapping(row: object, path: Path, number: int) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise DataError(f"dataset.path: {path}, row {number}: expected an object, found {type(row).__name__}")
    return row


_READERS = {"json": _json, "jsonl": _jsonl, "csv": _csv, "parquet": _parquet}
