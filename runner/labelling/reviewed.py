"""What people answered of a label run's rows: it comes back, completes the labels, and is gold to learn from."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.core.errors import DataError
from runner.core.files import disk_errors
from runner.core.items import Item
from runner.datasets.file import File
from runner.labelling.labels_file import NAME as RECORD
from runner.runs.bounded import LINE, lines_in
from runner.runs.reader import Run
from verifiers.verifier import Verifier, vocabulary_of

NAME = "reviewed.jsonl"
COMPLETED = "completed.jsonl"
GOLD = "gold.jsonl"
_MOST = 4_096 * LINE


@dataclass(frozen=True)
class Reviewed:
    """The rows that people answered, by id.

    Attributes:
        directory: of the label run. column: what an answer is called.
        items: id -> the row, its gold as it was written.
    """

    directory: Path
    verifier: Verifier
    items: Mapping[str, Item]

    @classmethod
    def of(cls, directory: Path, verifier: Verifier) -> "Reviewed":
        """What came back so far. Raises DataError: the file is not what goldloop writes."""
        path = directory / NAME
        found = {item.id: item for item in _kept(path, verifier.words.column)} if path.exists() else {}
        return cls(directory, verifier, found)

    def with_file(self, file: Path) -> "Reviewed":
        """With the answers that a filled-in file holds; a later answer is in the place of an earlier.

        Raises:
            DataError: an answer in it cannot be read, a row is none of the record, or stands there twice.
        """
        answered = _answers(file, self.verifier)
        strangers = {item.id for item in answered} - {str(row["id"]) for row in _rows(self.directory / RECORD)}
        if strangers:
            name, record = min(strangers), self.directory / RECORD
            told = f"review={file}: the id {name!r} is none of {record}: give the file of this label run"
            raise DataError(told, code="not-of-project", key=name)
        return self._with(answered)

    def with_project(self, tasks: Iterable[Item]) -> "Reviewed":
        """With the annotations that people made of rows for people. Raises DataError: one cannot be an answer.

        Args:
            tasks: of the project that was labelled, with what people said of them as gold.
        """
        open_ = {str(row["id"]) for row in _rows(self.directory / RECORD) if row["review"]}
        answered = [item for item in tasks if item.gold is not None and item.id in open_]
        for item in answered:
            try:
                self.verifier.gold(item.gold, item)
            except ValueError as error:
                told = f"review=project: task {item.id}: {error}"
                raise DataError(told, code="gold-unfit", key=item.id) from error
        return self._with(answered)

    def _with(self, answered: Iterable[Item]) -> "Reviewed":
        both = {**self.items, **{item.id: item for item in answered}}
        rows = ({"id": item.id, "text": item.text, self._column: item.gold} for item in both.values())
        _write(self.directory / NAME, rows)
        return Reviewed(self.directory, self.verifier, both)

    def complete(self) -> Path:
        """Write the record with these answers in the place of the model's; returns where."""
        _write(self.directory / COMPLETED, map(self._completed, _rows(self.directory / RECORD)))
        return self.directory / COMPLETED

    def write_gold(self, source: Run) -> Path:
        """Write the run's gold and these rows as one file; returns where.

        Each item of the run stays in its part, so that the same ones are sealed. These rows were chosen because the
        model was not certain of them, so they are to be learned from and never sealed: part ``reflect``.
        """
        parts = {item.id: "select" for item in source.selecting()} | {item.id: "test" for item in source.sealing()}
        items = source.data().items
        known = {item.id for item in items}

        def rows() -> Iterator[dict[str, Any]]:
            for item in items:
                yield self._gold_row(item.id, item, parts.get(item.id, "reflect"))
            for item in self.items.values():
                yield self._gold_row(f"row-{item.id}" if item.id in known else item.id, item, "reflect")

        _write(self.directory / GOLD, rows())
        return self.directory / GOLD

    @property
    def _column(self) -> str:
        return self.verifier.words.column

    def _gold_row(self, name: str, item: Item, part: str) -> dict[str, Any]:
        return {"id": name, "text": item.text, self._column: item.gold, "part": part}

    def _completed(self, row: dict[str, Any]) -> dict[str, Any]:
        item = self.items.get(row["id"])
        if item is None:
            return {**row, "reviewed": False}
        answer = self.verifier.example(self.verifier.gold(item.gold, item))
        row = {name: value for name, value in row.items() if name not in {"detail", "out_of_list", "classes"}}
        told = {self._column: self.verifier.dump(answer), "score": None, "failure": None}
        return {**row, **told, "review": False, "reviewed": True}


def _answers(path: Path, verifier: Verifier) -> list[Item]:
    """The rows whose answer somebody filled in."""
    column = verifier.words.column
    listed = dict(vocabulary_of(verifier).definitions) or None
    file = File(str(path), text_field="text", gold_field=column, id_field="id", labels=listed)
    file.read_cells(verifier.cells)
    found: dict[str, Item] = {}
    for number, item in file.rows():
        if item.gold is None:
            continue
        if item.id in found:
            told = f"review={path}: the id {item.id!r} stands in row {number} and before: answer each row once"
            raise DataError(told, code="id-repeated", key=item.id)
        try:
            verifier.gold(item.gold, item)
        except ValueError as error:
            told = f"review={path}: row {number} (id {item.id!r:.60}): {error}"
            raise DataError(told, code="gold-unfit", key=item.id) from error
        found[item.id] = item
    return list(found.values())


def _kept(path: Path, column: str) -> Iterator[Item]:
    for number, line in lines_in(path, _MOST):
        try:
            row = json.loads(line)
            gold = row[column]
            yield Item(str(row["id"]), str(row["text"]), tuple(gold) if column == "labels" else gold)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            told = f"{path}, line {number}: damaged ({error}): give review=FILE again"
            raise DataError(told, code="damaged-file", key=str(path)) from error


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """A file of rows, whole or not at all."""
    unfinished = path.with_name(f".{path.name}")
    with disk_errors(path.parent):
        try:
            with unfinished.open("w", encoding="utf-8") as out:
                for row in rows:
                    out.write(_line(row))
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def _line(row: Mapping[str, Any]) -> str:
    line = json.dumps(row, ensure_ascii=False)
    return (line if line.isascii() or _encodes(line) else json.dumps(row)) + "\n"


def _encodes(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:  # half of a character, which no UTF-8 file can hold but as an escape
        return False
    return True
