"""The rows that an audit is about: those of a file, or of a label run, that have labels."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from runner.core.errors import DataError
from runner.core.items import BadRow, Item
from runner.core.protocols import Source
from runner.core.surrogates import to_bytes
from runner.datasets.collect import unusable
from runner.datasets.fields import Fields, at
from runner.datasets.gold_cells import value_in
from runner.datasets.row_problem import RowProblem
from runner.datasets.row_readers import Format, read_rows
from runner.runs.bounded import lines_in, parsed

RECORD = "labels.jsonl"
_MOST = 1 << 40  # bytes of a record: it is read line by line
_TRUE = (True, "true", "True", "TRUE", "1", 1)


@dataclass(frozen=True)
class LabelledRow:
    """A row with the labels that somebody gave it.

    Attributes:
        labels: as they are given; a value that JSON can hold. None: the row has none, and nothing is claimed of it.
        review: whether the row was left to people, so that nothing is claimed of its labels.
    """

    id: str
    text: str
    labels: Any
    review: bool = False


class Labelled(Protocol):
    """Labels that are to be audited."""

    @property
    def place(self) -> str:
        """Where they are, for messages."""

    def rows(self) -> Iterator[LabelledRow | BadRow]:
        """All rows, always in the same order."""


@dataclass(frozen=True)
class LabelledFile:
    """A file of rows. ``fields``: what is what in it."""

    path: Path
    fields: Fields
    kind: Format | None = None

    @property
    def place(self) -> str:
        return str(self.path)

    def rows(self) -> Iterator[LabelledRow | BadRow]:
        fields: Fields | None = None
        for number, row in read_rows(self.path, self.kind):
            try:
                if isinstance(row, RowProblem):
                    raise row
                if fields is None and "annotations" in row:
                    fields = self.fields.of_file(read_rows(self.path, self.kind))  # what the controls are called
                yield self._row(fields or self.fields, row, number)
            except RowProblem as problem:
                yield BadRow(f"row {number}", str(problem), problem.code)

    def columns(self) -> str:
        """The columns of the first row, for a message."""
        row = next((row for _, row in read_rows(self.path, self.kind) if isinstance(row, Mapping)), {})
        return ", ".join(map(repr, row)) or "none"

    def _row(self, fields: Fields, row: Mapping[str, Any], number: int) -> LabelledRow:
        labels = _labels_in(fields, row)
        if labels is None:
            return LabelledRow("", "", None)
        review = fields.by_a_model(row) and row.get("review") in _TRUE
        return LabelledRow(fields.id_of(row, number), fields.text_of(row), labels, review)


@dataclass(frozen=True)
class LabelRun:
    """The directory of a label run. ``texts``: the data set that it labelled."""

    path: Path
    texts: Source

    @property
    def place(self) -> str:
        return str(self.path)

    def rows(self) -> Iterator[LabelledRow | BadRow]:
        texts = iter(self.texts.stream())
        for number, record in _records(self.path / RECORD):
            labels = record.get("labels", record.get("answer"))
            item = next(texts, None)
            if item is None or item.id != str(record.get("id")):
                raise self._others(number)
            if labels is None or record.get("failure") is not None:
                yield LabelledRow(item.id, "", None)
            elif isinstance(item, Item):
                yield LabelledRow(item.id, item.text, labels, record.get("review") is True)
            else:
                raise self._others(number)

    def _others(self, number: int) -> DataError:
        return DataError(
            f"{self.path}: the texts are not those that were labelled (they differ at line {number} of {RECORD}): put "
            "back the file, or name a file that has texts and labels",
            code="rows-changed",
            key=str(self.path),
        )


@dataclass(frozen=True)
class Claim:
    """What an audit is about.

    Attributes:
        rows: how many rows with labels. digest: the SHA-256 of their ids, texts and labels, in their order.
        without_labels: rows that have none. left_to_people: rows that were marked for review.
    """

    rows: int
    digest: str
    without_labels: int
    left_to_people: int


def claim_of(labelled: Labelled, wanted: Collection[int] = ()) -> tuple[Claim, dict[int, LabelledRow]]:
    """What an audit of these labels is about, and the rows at the places ``wanted``, counted from 0.

    Raises:
        DataError: rows with labels cannot be read, or there are none.
    """
    content, rows, without, review = hashlib.sha256(), 0, 0, 0
    found: dict[int, LabelledRow] = {}
    bad: list[BadRow] = []
    for row in labelled.rows():
        if isinstance(row, BadRow):
            bad.append(row)
        elif row.labels is None:
            without += 1
        elif row.review:
            review += 1
        else:
            content.update(to_bytes(json.dumps([row.id, row.text, row.labels], ensure_ascii=False, default=str)))
            content.update(b"\n")
            if rows in wanted:
                found[rows] = row
            rows += 1
    if bad:
        raise unusable(labelled.place, bad)
    if not rows:
        raise _nothing(labelled, without, review)
    return Claim(rows, content.hexdigest(), without, review), found


def _nothing(labelled: Labelled, without: int, review: int) -> DataError:
    if isinstance(labelled, LabelledFile) and not review:
        where = labelled.fields.gold_words
        told = (
            f"{labelled.place}: no row has labels in {where} (there is {labelled.columns()}; dataset.gold_field=NAME)"
        )
        return DataError(told, code="labels-missing", key=labelled.place)
    told = f"{labelled.place}: no row has labels to check ({without:,} failed, {review:,} are left to people)"
    return DataError(told, code="labels-missing", key=labelled.place)


def _labels_in(fields: Fields, row: Mapping[str, Any]) -> Any:
    """The labels as they stand in a row; None where it has none."""
    if "annotations" in row:
        return fields.labels_of(row)
    if fields.columns:
        each = {name: value_in(at(row, column)) for name, column in fields.columns.items()}
        return None if all(value is None for value in each.values()) else each
    value = at(row, fields.labels or "labels")
    if value is None and fields.labels is None and "labels" not in row:
        value = row.get("answer")
    return value_in(value)


def _records(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in lines_in(path, _MOST):
        where = f"{path}, line {number}"
        try:
            record = parsed(line.decode("utf-8"), where)
        except ValueError as error:
            raise DataError(f"{where}: damaged ({error})", code="damaged-file", key=str(path)) from error
        if not isinstance(record, Mapping):
            raise DataError(f"{where}: not a JSON object", code="wrong-shape", key=str(path))
        yield number, record
