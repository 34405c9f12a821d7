"""sink=file: labels as JSONL, CSV or Parquet, converted from the record a batch at a time."""

import csv
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from runner.core.errors import ConfigError
from runner.core.files import atomic_write, disk_errors
from runner.labelling.sinks.answer_columns import AnswerColumns, Kind, as_text
from runner.labelling.sinks.cells import cell_of, flat, whole
from runner.labelling.sinks.input_columns import Asked, InputColumns

Format = Literal["jsonl", "csv", "parquet"]
_ENDINGS: dict[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_BATCH = 2_000  # rows
_MINE = "delivered.txt"  # beside the record: the file that this run made, and may write anew
_COLUMNS = ("score", "failure", "model_version")  # behind the id and the answer
_CERTAINTY = ("certainty", "certainty_kind", "review", "reviewed")  # behind the score, where rows have them
_OF_OURS: Mapping[str, Kind] = {"score": "number", "certainty": "number", "review": "flag", "reviewed": "flag"}


class FileSink:
    """A file of labels, written whole.

    Args:
        path: where; null for the record itself (``labels.jsonl`` in the run directory).
        format: jsonl, csv or parquet, where the ending of ``path`` does not tell.
        reply: with what the model wrote (needs reply=true).
        overwrite: in place of a file that is there.
        columns: the columns of the file that was labelled which go before ours: their names, or ``all``.
        excel: CSV with the mark (a BOM) by which Excel knows UTF-8.
    """

    def __init__(
        self,
        path: str | None = None,
        format: Format | None = None,
        reply: bool = False,
        overwrite: bool = False,
        columns: Asked | None = None,
        excel: bool = False,
    ) -> None:
        self._path = Path(path).expanduser() if path else None
        if isinstance(columns, str) and columns != "all":
            raise ConfigError(
                f"sink.columns={columns}: give all, or names in brackets, '[{columns}]'",
                code="bad-value",
                key="sink.columns",
            )
        if columns and self._path is None:
            raise ConfigError(
                "sink.columns needs a file: give sink.path=labels.csv", code="needs-file", key="sink.columns"
            )
        self._asked = columns
        self._beside: InputColumns | None = None
        self._columns = (*_COLUMNS, "reply") if reply else _COLUMNS
        self._overwrite = overwrite
        if self._path is None and format not in {None, "jsonl"}:
            raise ConfigError(
                f"sink.format={format} needs a file: give sink.path=labels.{format}",
                code="needs-file",
                key="sink.format",
            )
        kind = format or (_ENDINGS.get(self._path.suffix.lower()) if self._path else "jsonl")
        if kind is None:
            raise ConfigError(
                f"sink.path={path} ends in none of {', '.join(_ENDINGS)}: give sink.format",
                code="file-of-no-kind",
                key=str(path),
            )
        if excel and kind != "csv":
            raise ConfigError(
                "sink.excel=true is for CSV: give sink.path=labels.csv, or leave it out",
                code="needs-csv",
                key="sink.excel",
            )
        self._kind = "excel" if excel else kind

    def beside(self, source: object) -> None:
        """Take the columns that are asked for from ``source``, the dataset that is labelled.

        Raises:
            ConfigError: it does not have them.
        """
        self._beside = InputColumns(self._asked, source) if self._asked else None

    def begin(self, directory: Path) -> None:
        """Raise DataError if the columns that are asked for stood in another file when the run in there began."""
        if self._beside:
            self._beside.refuse_changed(directory)

    def check(self) -> None:
        """Raise ConfigError if the file is there already, or its folder is not: before anything is paid for."""
        if self._path is None:
            return
        if self._path.exists() and not self._overwrite:
            raise ConfigError(
                f"sink.path: {self._path} is there already: give another, or sink.overwrite=true",
                code="file-exists",
                key=str(self._path),
            )
        if not self._path.absolute().parent.is_dir():
            raise ConfigError(
                f"sink.path: there is no folder {self._path.absolute().parent}",
                code="folder-missing",
                key=str(self._path.absolute().parent),
            )

    def deliver(self, record: Path, version: str, prompt: str) -> str:
        """Write the file; returns its path.

        Raises:
            ConfigError: a file is there that another run, or somebody else, made in the meantime.
            DataError: columns of the texts are asked for, and they are others by now.
        """
        if self._path is None:
            return str(record)
        mine = record.with_name(_MINE)
        known = mine.read_text("utf-8") if mine.is_file() else None
        if self._path.exists() and not self._overwrite and known != str(self._path.absolute()):
            raise ConfigError(
                f"sink.path: {self._path} is there, and this run did not make it: move it away, or sink.overwrite=true",
                code="file-exists",
                key=str(self._path),
            )
        atomic_write(mine, str(self._path.absolute()))
        unfinished = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with disk_errors(self._path.parent):
            try:
                self.begin(record.parent)
                columns = _with_certainty(record, self._columns)
                answers = AnswerColumns.of(_read(record), ("id", *columns))
                ours = ("id", *answers.kinds, *columns)
                own = self._beside.names(_read(record), ours) if self._beside else {}
                kinds: dict[str, Kind | None] = {**dict.fromkeys([*own.values(), *ours]), **answers.kinds}
                _WRITERS[self._kind](unfinished, self._rows(record, own, answers, columns), kinds)
                unfinished.replace(self._path)
            finally:
                unfinished.unlink(missing_ok=True)
        return str(self._path)

    def _rows(
        self, record: Path, own: Mapping[str, str], answers: AnswerColumns, columns: Sequence[str]
    ) -> Iterator[dict[str, Any]]:
        """Column -> value; of the columns of the texts a text, where the format is not JSON."""
        plain = flat if self._kind != "jsonl" else whole
        read = _read(record)
        for row, fields in self._beside.rows(read) if self._beside else ((row, {}) for row in read):
            before = {column: plain(fields.get(field)) for field, column in own.items()}
            rest = {name: whole(row.get(name)) for name in columns}
            yield {**before, "id": whole(row.get("id")), **answers.values(row), **rest}


def delivered(directory: Path) -> Path | None:
    """The file that the label run in a directory made, if it is there: the same command again is refused for it."""
    mine = directory / _MINE
    made = Path(mine.read_text("utf-8")) if mine.is_file() else None
    return made if made is not None and made.exists() else None


def _read(record: Path) -> Iterator[dict[str, Any]]:
    with record.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _with_certainty(record: Path, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns, with those of the certainty if the rows have one; all have it, or none."""
    first = next(_read(record), {})
    score, *rest = columns
    return (score, *(name for name in _CERTAINTY if name in first), *rest)


def _jsonl(path: Path, rows: Iterator[Mapping[str, Any]], columns: Mapping[str, Kind | None]) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(whole(json.dumps(row, ensure_ascii=False, default=str)) + "\n" for row in rows)


def _csv(
    path: Path, rows: Iterator[Mapping[str, Any]], columns: Mapping[str, Kind | None], *, encoding: str = "utf-8"
) -> None:
    """Labels stand between bars; ``[]`` says that none applies, as dataset=file reads it."""
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out)
        writer.writerow([cell_of(name) for name in columns])
        for row in rows:
            writer.writerow([cell_of(row[name], kind) for name, kind in columns.items()])


def _parquet(path: Path, rows: Iterator[Mapping[str, Any]], columns: Mapping[str, Kind | None]) -> None:
    import pyarrow
    import pyarrow.parquet

    kinds = {"names": pyarrow.list_(pyarrow.string()), "number": pyarrow.float64(), "flag": pyarrow.bool_()}
    known = {name: _OF_OURS.get(name, kind) for name, kind in columns.items()}
    schema = pyarrow.schema([(name, kinds.get(str(kind), pyarrow.string())) for name, kind in known.items()])
    texts = [name for name, kind in known.items() if kind == "value"]
    plain = ({**row, **{name: _text_of(row[name]) for name in texts}} for row in rows)
    with pyarrow.parquet.ParquetWriter(path, schema) as out:
        while batch := list(islice(plain, _BATCH)):
            out.write_table(pyarrow.Table.from_pylist(batch, schema=schema))


def _text_of(value: Any) -> str | None:
    return None if value is None else str(whole(str(as_text(value))))


_WRITERS: dict[str, Callable[[Path, Iterator[Mapping[str, Any]], Mapping[str, Kind | None]], None]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "excel": partial(_csv, encoding="utf-8-sig"),
    "parquet": _parquet,
}
