"""Finds id, text and gold labels in a row: plain rows, dialogues, and tasks exported from Label Studio."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runner.core.items import Part
from runner.datasets.gold_cells import delimiters_in, distinct, names_in, whole
from runner.datasets.row_problem import RowProblem
from runner.datasets.row_readers import Row
from verifiers.label_set import LabelSet

_PARTS: dict[str, Part] = {
    "reflect": "reflect", "train": "reflect", "training": "reflect",
    "select": "select", "dev": "select", "val": "select", "valid": "select", "validation": "select",
    "test": "test",
}  # fmt: skip
_TEXT_FIELDS = ("text", "dialogue")
_AUTHOR_FIELDS = ("author", "role", "speaker", "name")


@dataclass(frozen=True)
class Fields:
    """Which fields of a row are what; None finds them by their usual names. A path may be dotted.

    ``within`` are marks that stand in the labels of a file and might have been its delimiter.
    """

    text: str | None = None
    labels: str | None = None
    id: str | None = None
    delimiter: str | None = None
    part: str | None = None
    within: tuple[str, ...] = ()

    def id_of(self, row: Mapping[str, Any], number: int) -> str:
        value = at(row, self.id or "id")
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

    def text_of(self, row: Mapping[str, Any]) -> str:
        """The text; a dialogue becomes ``Author: text`` lines. Of an exported task it is in its ``data``."""
        value, name = self._text_in(row)
        if value is None and isinstance(row.get("data"), Mapping):
            value, name = self._text_in(row["data"])
        if value is None or value == "":
            fields = row["data"] if isinstance(row.get("data"), Mapping) else row
            there = ", ".join(repr(key) for key in fields) or "none"
            where = self.text or " or ".join(_TEXT_FIELDS)
            raise RowProblem(f"no text in {where!r} (there is {there}; dataset.text_field=NAME)", code="text-missing")
        return as_text(value, name)

    def _text_in(self, row: Mapping[str, Any]) -> tuple[Any, str]:
        if self.text:
            return at(row, self.text), self.text
        name = next((field for field in _TEXT_FIELDS if row.get(field)), "")
        return row.get(name), name

    def labels_of(self, row: Mapping[str, Any], listed: LabelSet | None = None) -> list[str] | None:
        """The gold labels as written; [] says that no label applies, None that nobody verified the row.

        Args:
            listed: the label list, if there is one: a text that is one of its names is not parted.
        """
        if _is_annotated(row):
            return _annotated(row["annotations"], self.labels)
        return names_in(at(row, self.labels or "labels"), self.delimiter, listed)

    def of_file(self, rows: Iterable[Row], listed: LabelSet | None = None) -> "Fields":
        """These fields with the delimiter of a file: one for all its rows, for names may hold what parts others."""
        if self.delimiter:
            return self
        plain = (row for _, row in rows if isinstance(row, Mapping) and not _is_annotated(row))
        first, *others = delimiters_in((at(row, self.labels or "labels") for row in plain), listed)
        return replace(self, delimiter=first, within=tuple(others))


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


def as_text(value: Any, name: str) -> str:
    """The text of a field; a dialogue becomes ``Author: text`` lines.

    Raises:
        RowProblem: it is neither, or blank.
    """
    text = _render(value, name).strip()
    if not text:
        raise RowProblem(f"the text in {name!r} is blank", code="text-blank")
    return whole(text)


def _render(value: Any, name: str) -> str:
    if isinstance(value, str):
        turns = _dialogue_in(value)
        return _dialogue(turns, name) if turns else value
    if isinstance(value, Sequence):
        return _dialogue(value, name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise RowProblem(f"{name!r} must be a text or a dialogue, found {type(value).__name__}", code="wrong-shape")


def _dialogue_in(text: str) -> Sequence[Any] | None:
    """The turns of a dialogue that stands as JSON in a text cell (CSV has no other way to hold one)."""
    if not re.match(r"\s*\[\s*\{", text):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if all(isinstance(turn, Mapping) and {"text", "content"} & set(turn) for turn in value) else None


def _dialogue(turns: Sequence[Any], name: str) -> str:
    lines = []
    for place, turn in enumerate(turns, 1):
        if not isinstance(turn, Mapping):
            raise RowProblem(
                f"turn {place} of {name!r} must be an object with author and text, found {turn!r}", code="wrong-shape"
            )
        words = turn.get("text", turn.get("content"))
        if not isinstance(words, str):
            raise RowProblem(f"turn {place} of {name!r} has no text", code="text-missing")
        author = next((turn[field] for field in _AUTHOR_FIELDS if turn.get(field)), None)
        lines.append(f"{author}: {words}" if author else words)
    return "\n".join(lines)


def _annotated(annotations: Any, control: str | None) -> list[str] | None:
    """The choices of an exported task: of its ground truth if one is marked, else of its first annotation.

    Args:
        control: the name of the labelling control; needed where an annotation has choices of several.
    """
    annotations = annotations or []
    if not isinstance(annotations, list) or not all(isinstance(entry, Mapping) for entry in annotations):
        raise RowProblem(f"annotations must be a list of objects, found {annotations!r:.60}", code="wrong-shape")
    kept = sorted((e for e in annotations if not e.get("was_cancelled")), key=lambda e: not e.get("ground_truth"))
    if not kept:
        return None
    regions = kept[0].get("result") or []
    if not isinstance(regions, list):
        raise RowProblem(f"the result of an annotation must be a list, found {regions!r:.60}", code="wrong-shape")
    chosen: dict[str, list[Any]] = {}
    for region in regions:
        value = region.get("value") if isinstance(region, Mapping) else None
        names = (value.get("choices") or value.get("labels")) if isinstance(value, Mapping) else None
        if names:
            chosen.setdefault(str(region.get("from_name")), []).append(names)
    if control is None and len(chosen) > 1:
        raise RowProblem(
            f"choices of several controls ({', '.join(chosen)}): say which, dataset.labels_field=NAME",
            code="choices-ambiguous",
        )
    lists = chosen.get(control, []) if control else [names for lists in chosen.values() for names in lists]
    if any(not isinstance(names, list) or any(not isinstance(name, str) for name in names) for names in lists):
        raise RowProblem(
            f"the choices of an annotation must be a list of names, found {lists!r:.60}", code="wrong-shape"
        )
    return distinct(name for names in lists for name in names)
