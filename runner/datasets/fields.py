"""Finds id, text and gold labels in a row: plain rows, dialogues, and tasks exported from Label Studio."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from runner.core.items import Part
from runner.datasets.annotations import Controls, add_controls, box_in, chosen_in, differ, is_correction
from runner.datasets.dialogues import CHAT_FIELDS, LeftOut, as_text
from runner.datasets.exported_answers import Exported, is_minimal, is_task, minimal_choices
from runner.datasets.gold_cells import delimiters_in, is_missing, names_in, value_in
from runner.datasets.row_problem import RowProblem
from runner.datasets.row_readers import Row
from verifiers.label_set import LabelSet
from verifiers.verifier import Cell, Cells

_PARTS: dict[str, Part] = {
    "reflect": "reflect", "train": "reflect", "training": "reflect",
    "select": "select", "dev": "select", "val": "select", "valid": "select", "validation": "select",
    "test": "test",
}  # fmt: skip
_TEXT_FIELDS = ("text", *CHAT_FIELDS)
_OF_A_MODEL = ({"labels", "model_version", "score"}, {"labels", "model_version", "failure"})
"""Columns of a file that ``goldloop label`` wrote, of which somebody may have taken out some."""


@dataclass(frozen=True)
class Fields:
    """Which fields of a row are what; None finds them by their usual names. A path may be dotted.

    Of a whole file, as ``of_file`` finds them: ``within`` are marks that stand in its labels and might have been its
    delimiter, ``cut`` is how many cells are divided at a delimiter that was guessed, ``controls`` are those of a
    labelling interface, ``checked`` the one that people tick who have checked the labels. ``cells`` says what a cell of
    gold holds: a ``name`` is not divided, unless a delimiter is given. ``columns`` are those of the fields of an
    answer, ``delimiters`` what stands between names in those of them that hold several. ``exported`` is what the tasks
    of Label Studio among the rows have, where gold is more than names.
    """

    text: str | Sequence[str] | None = None
    labels: str | None = None
    id: str | None = None
    delimiter: str | None = None
    part: str | None = None
    cells: Cells = "names"
    within: tuple[str, ...] = ()
    cut: int = 0
    controls: Controls = field(default_factory=dict)
    checked: str | None = None
    columns: Mapping[str, str] | None = None
    delimiters: Mapping[str, str] = field(default_factory=dict)
    exported: Exported = field(default_factory=Exported)

    @property
    def has_values(self) -> bool:
        """Whether gold is given as it stands, and not as names of labels."""
        return self.columns is not None or not isinstance(self.cells, str) or self.cells == "value"

    @property
    def gold_words(self) -> str:
        """Where gold is looked for."""
        return ", ".join(map(repr, self.columns.values())) if self.columns else repr(self.labels or "labels")

    def id_of(self, row: Mapping[str, Any], number: int) -> str:
        value = at(row, self.id or "id")
        value = None if is_missing(value) else value
        if value in (None, "") and self.id:
            raise RowProblem(f"no id in field {self.id!r}", code="id-missing")
        return str(number if value in (None, "") else value)

    def part_of(self, row: Mapping[str, Any]) -> Part | None:
        """The part of the split that the row says it belongs to; None where no field is named for that."""
        if self.part is None:
            return None
        value = at(row, self.part)
        if value is None and isinstance(row.get("data"), Mapping):
            value = at(row["data"], self.part)
        if value in (None, ""):
            raise RowProblem(
                f"no part in {self.part!r} (train, dev or test; dataset.split_field=NAME)", code="part-missing"
            )
        part = _PARTS.get(str(value).strip().lower())
        if part is None:
            raise RowProblem(f"its part is {value!r} in {self.part!r}, and not train, dev or test", code="part-unknown")
        return part

    def text_of(self, row: Mapping[str, Any], left_out: LeftOut | None = None) -> str:
        """The text; a dialogue becomes ``Author: text`` lines. Of an exported task it is in its ``data``.

        Args:
            left_out: parts of dialogues that are no text are counted in here.
        """
        if self.text is not None and not isinstance(self.text, str):
            each = {name: replace(self, text=name).text_of(row, left_out) for name in self.text}
            return "\n\n".join(f"{name}:\n{text}" for name, text in each.items())
        value, name = self._text_in(row)
        if value is None and isinstance(row.get("data"), Mapping):
            value, name = self._text_in(row["data"])
        if is_missing(value) or value == "":
            fields = row["data"] if isinstance(row.get("data"), Mapping) else row
            there = ", ".join(repr(key) for key in fields) or "none"
            where = self.text or "text, dialogue or messages"
            raise RowProblem(f"no text in {where!r} (there is {there}; dataset.text_field=NAME)", code="text-missing")
        return as_text(value, name, left_out)

    def _text_in(self, row: Mapping[str, Any]) -> tuple[Any, str]:
        if isinstance(self.text, str) and self.text:
            return at(row, self.text), self.text
        name = next((field for field in _TEXT_FIELDS if row.get(field) and not is_missing(row[field])), "")
        return row.get(name), name

    def labels_of(self, row: Mapping[str, Any], listed: LabelSet | None = None) -> list[str] | None:
        """The gold labels as written; [] says that no label applies, None that nobody verified the row.

        Args:
            listed: the label list, if there is one: a text that is one of its names is not parted.
        """
        if is_task(row):
            return chosen_in(row["annotations"], self.labels, self.controls, self.checked)
        value = at(row, self.labels or "labels")
        if is_minimal(row):
            value = minimal_choices(value)
        return names_in(value, self.delimiter, listed, divided=self.cells == "names")

    def value_of(self, row: Mapping[str, Any]) -> Any:
        """The gold as it stands in the row, or as the JSON in its text says; None that nobody verified the row.

        Of several columns those that nobody filled in are left out. Of an exported task, or an annotation of JSON_MIN,
        it is what the controls say. Places are those in ``text_of``.

        Raises:
            RowProblem: gold or the text cannot be used.
        """
        text = self.text_of(row)
        if self.columns is None:
            return self._cell(row, self.labels or "labels", "", text)
        each = {name: self._cell(row, column, name, text) for name, column in self.columns.items()}
        return {name: value for name, value in each.items() if value is not None} or None

    def _cell(self, row: Mapping[str, Any], column: str, name: str, text: str) -> Any:
        kind: Cell = self._kind(name)
        if is_task(row):
            return self.exported.answer(row["annotations"], column, text, kind)
        value = at(row, column)
        if is_minimal(row):
            value = self.exported.minimal(value, column, text, kind)
        if kind == "value":
            return value_in(value)
        return names_in(value, self.delimiter or self.delimiters.get(name), divided=kind == "names")

    def _kind(self, name: str) -> Cell:
        return self.cells.get(name, "value") if isinstance(self.cells, Mapping) else "value"

    def _of_values(self, rows: Iterable[Row]) -> "Fields":
        """``of_file``, where gold is more than names: what parts the names in each column that has several, controls.

        Raises:
            RowProblem: the tasks of an export do not have the controls that are named, or several that may be meant.
        """
        several = {name: column for name, column in (self.columns or {}).items() if self._kind(name) == "names"}
        cells: dict[str, list[Any]] = {name: [] for name in several}
        exported = Exported()
        for row in (row for _, row in rows if isinstance(row, Mapping)):
            exported.add(row)
            for name, column in several.items():
                cells[name].append(at(row, column))
        delimiters = {name: next(iter(delimiters_in(found, None))) for name, found in cells.items()}
        known = replace(self, delimiters=delimiters, exported=exported, checked=exported.checked)
        return known._of_controls() if exported.kinds else known

    def _of_controls(self) -> "Fields":
        """Whose gold is that of an export's controls: of an answer with fields, a control for each, by its name."""
        columns = self.columns
        if columns is None and isinstance(self.cells, Mapping) and self.labels is None:
            columns = {name: name for name in self.cells}
        if not self.exported.of_tasks:
            return replace(self, columns=columns)
        if columns is None:
            return replace(self, labels=self.exported.control(self.labels))
        return replace(self, columns={name: self.exported.control(column) for name, column in columns.items()})

    def annotators_differ(self, row: Mapping[str, Any]) -> bool:
        """Whether the annotators of an exported task gave different gold, and nobody said which is right."""
        if not is_task(row):
            return False
        if self.has_values:
            named = list(self.columns.values()) if self.columns else [self.labels or "labels"]
            return self.exported.differ(row["annotations"], named, self.text_of(row))
        return differ(row["annotations"], self.labels, self.controls, self.checked)

    def is_correction(self, row: Mapping[str, Any]) -> bool:
        """Whether an exported task has only annotations that say where a model was wrong, which are no gold."""
        return is_task(row) and is_correction(row["annotations"], self.checked)

    def by_a_model(self, row: Mapping[str, Any]) -> bool:
        """Whether the labels of a row are those that ``goldloop label`` wrote."""
        own = self.labels in (None, "labels") and not is_task(row)
        return own and any(row.keys() >= columns for columns in _OF_A_MODEL)

    def of_file(self, rows: Iterable[Row], listed: LabelSet | None = None) -> "Fields":
        """These fields with what only all rows of a file tell: the delimiter is one for all of them.

        Else names that hold a mark would be parted in one row, and not in another.
        """
        if self.has_values:
            return self._of_values(rows)
        controls: dict[str, set[str]] = {}
        chosen: dict[str, set[str]] = {}
        marks = delimiters_in(self._cells(rows, controls, chosen), listed)
        known = replace(self, controls=controls, checked=box_in(controls, chosen, self.labels))
        if self.delimiter:
            return known
        if self.cells == "name":
            return replace(known, within=tuple(mark for mark, count in marks.items() if count))
        first, *others = marks
        return replace(known, delimiter=first, within=tuple(others), cut=marks[first])

    def _cells(self, rows: Iterable[Row], controls: dict[str, set[str]], chosen: dict[str, set[str]]) -> Iterator[Any]:
        """The label cells of plain rows; the controls of exported tasks, and what was chosen, are added to the two."""
        for _, row in rows:
            if isinstance(row, Mapping):
                if is_task(row):
                    add_controls(row["annotations"], controls, chosen)
                else:
                    yield at(row, self.labels or "labels")


def at(row: Mapping[str, Any], path: str) -> Any:
    """What stands in a field; of a name with dots that no field has, in a field of a field. None if nothing does."""
    if path in row:
        return row[path]
    value: Any = row
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _is_annotated(row: Mapping[str, Any]) -> bool:
    return "data" in row and "annotations" in row
