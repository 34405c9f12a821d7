"""Finds id, text and gold labels in a row: plain rows, dialogues, and tasks exported from Label Studio."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_TEXT_FIELDS = ("text", "dialogue", "dialog", "conversation", "messages", "content")
_LABEL_FIELDS = ("labels", "label", "intents", "intent", "gold", "ground_truth")
_AUTHOR_FIELDS = ("author", "role", "speaker", "name")
_DELIMITERS = ("|", ";", ",", "\n")


class RowProblem(Exception):
    """Why one row cannot be used, in words."""


@dataclass(frozen=True)
class Fields:
    """Which fields of a row are what; None finds them by their usual names. A path may be dotted."""

    text: str | None = None
    labels: str | None = None
    id: str | None = None
    delimiter: str | None = None

    def id_of(self, row: Mapping[str, Any], number: int) -> str:
        value = _at(row, self.id or "id")
        if value is None and self.id:
            raise RowProblem(f"no id in field {self.id!r}")
        return str(number if value is None else value)

    def text_of(self, row: Mapping[str, Any]) -> str:
        """The text; a dialogue becomes ``Author: text`` lines."""
        row = _task_data(row)
        if self.text:
            value = _at(row, self.text)
            name = self.text
        else:
            name = next((field for field in _TEXT_FIELDS if row.get(field)), "")
            value = row.get(name)
        if value is None or value == "":
            there = ", ".join(str(key) for key in row) or "none"
            raise RowProblem(f"no text in {self.text or ' or '.join(_TEXT_FIELDS[:2])!r} (fields there: {there})")
        text = _render(value, name).strip()
        if not text:
            raise RowProblem(f"the text in {name!r} is blank")
        return text

    def labels_of(self, row: Mapping[str, Any]) -> list[str] | None:
        """The gold labels as written; [] says that no label applies, None that nobody verified the row."""
        if "data" in row and "annotations" in row:
            return _annotated(row["annotations"])
        if self.labels:
            value = _at(row, self.labels)
        else:
            value = next((row[field] for field in _LABEL_FIELDS if row.get(field) is not None), None)
        if value is None:
            return None
        if isinstance(value, str):
            return self._parted(value)
        if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
            return list(dict.fromkeys(part.strip() for part in value))
        raise RowProblem(f"gold labels must be a list of names or a text, found {value!r}")

    def _parted(self, text: str) -> list[str] | None:
        text = text.strip()
        if not text:
            return None
        if text.startswith("["):
            try:
                value = json.loads(text)
            except ValueError:
                value = None
            if isinstance(value, list) and all(isinstance(part, str) for part in value):
                return list(dict.fromkeys(value))
        delimiter = self.delimiter or next((mark for mark in _DELIMITERS if mark in text), None)
        parts = text.split(delimiter) if delimiter else [text]
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _at(row: Mapping[str, Any], path: str) -> Any:
    if path in row:
        return row[path]
    value: Any = row
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _task_data(row: Mapping[str, Any]) -> Mapping[str, Any]:
    data = row.get("data")
    return data if isinstance(data, Mapping) else row


def _render(value: Any, name: str) -> str:
    if isinstance(value, str):
        turns = _dialogue_in(value)
        return _dialogue(turns, name) if turns else value
    if isinstance(value, Sequence):
        return _dialogue(value, name)
    if isinstance(value, int | float):
        return str(value)
    raise RowProblem(f"{name!r} must be a text or a dialogue, found {type(value).__name__}")


def _dialogue_in(text: str) -> Sequence[Any] | None:
    """The turns of a dialogue that stands as JSON in a text cell (CSV has no other way to hold one)."""
    if not re.match(r"\s*\[\s*\{", text):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if all(isinstance(turn, Mapping) and "text" in turn for turn in value) else None


def _dialogue(turns: Sequence[Any], name: str) -> str:
    lines = []
    for place, turn in enumerate(turns, 1):
        if not isinstance(turn, Mapping):
            raise RowProblem(f"turn {place} of {name!r} must be an object with author and text, found {turn!r}")
        words = turn.get("text", turn.get("content"))
        if not isinstance(words, str):
            raise RowProblem(f"turn {place} of {name!r} has no text")
        author = next((turn[field] for field in _AUTHOR_FIELDS if turn.get(field)), None)
        lines.append(f"{author}: {words}" if author else words)
    return "\n".join(lines)


def _annotated(annotations: Any) -> list[str] | None:
    """The choices of an exported task: of its ground truth if one is marked, else of its first annotation."""
    kept = [entry for entry in annotations or [] if isinstance(entry, Mapping) and not entry.get("was_cancelled")]
    kept.sort(key=lambda entry: not entry.get("ground_truth"))
    if not kept:
        return None
    choices: dict[str, None] = {}
    for region in kept[0].get("result") or []:
        value = region.get("value", {}) if isinstance(region, Mapping) else {}
        choices.update(dict.fromkeys(value.get("choices") or value.get("labels") or []))
    return list(choices)
