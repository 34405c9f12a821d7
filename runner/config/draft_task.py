"""``goldloop new task DATA``: a task file drafted from the columns and values of a file, for a person to look over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from runner.config.shipped import CONF
from runner.config.task_file import types
from runner.core.errors import DataError
from runner.datasets.dialogues import CHAT_FIELDS
from runner.datasets.gold_cells import is_missing, value_in
from runner.datasets.row_problem import RowProblem
from runner.datasets.row_readers import read_rows
from verifiers.drafts import Draft
from verifiers.verifier import Drafts

_LOOKED_AT = 2_000  # rows
_IDS = ("id", "_id", "uuid", "key")
_LEAST = 0.3  # certainty; what is only some text or other is no answer
_LONG = 15  # characters that texts have on average, at least


@dataclass(frozen=True)
class TaskDraft:
    """A drafted file: its ``text``, and the columns of ``answers`` with their types; ``left`` are the others."""

    text: str
    answers: Mapping[str, str]
    left: Sequence[str]


def draft_task(path: Path) -> TaskDraft:
    """Draft a task file from the first rows of a file.

    Raises:
        DataError: it cannot be read, or has no column of texts.
    """
    columns = _columns(path)
    text = _text_column(columns)
    if text is None:
        raise DataError(
            f"{path} has no column of texts (there is {', '.join(map(repr, columns)) or 'none'})",
            code="text-missing",
            key=str(path),
        )
    found: dict[str, tuple[str, Draft]] = {}
    left = []
    for name, values in columns.items():
        best = None if name == text or name.casefold() in _IDS else _best(values)
        if best is not None and best[1].certainty >= _LEAST:
            found[name] = best
        elif name != text:
            left.append(name)
    answers = {name: kind for name, (kind, _) in found.items()}
    return TaskDraft(_written(path, text, found, left), answers, left)


def _columns(path: Path) -> dict[str, list[Any]]:
    """Column -> its values that are not empty."""
    columns: dict[str, list[Any]] = {}
    for _, row in islice(read_rows(path), _LOOKED_AT):
        if isinstance(row, RowProblem):
            continue
        for name, value in row.items():
            values = columns.setdefault(str(name), [])
            if not is_missing(value) and (plain := value_in(value)) is not None:
                values.append(plain)
    return columns


def _text_column(columns: Mapping[str, Sequence[Any]]) -> str | None:
    """The usual name of texts, else the column whose texts are longest and differ."""
    for name in ("text", *CHAT_FIELDS):
        if columns.get(name):
            return name
    lengths = {
        name: sum(map(len, values)) / len(values)
        for name, values in columns.items()
        if values and all(isinstance(value, str) for value in values) and 2 * len(set(values)) > len(values)
    }
    longest = max(lengths, key=lambda name: lengths[name], default=None)
    return longest if longest is not None and lengths[longest] >= _LONG else None


def _best(values: Sequence[Any]) -> tuple[str, Draft] | None:
    """The type that could hold the values most surely."""
    drafts = [(kind, draft) for kind in types() if values and (draft := _drafted(kind, values)) is not None]
    return max(drafts, key=lambda one: one[1].certainty, default=None)


def _drafted(kind: str, values: Sequence[Any]) -> Draft | None:
    target = yaml.safe_load((CONF / "verifier" / f"{kind}.yaml").read_text("utf-8"))["_target_"]
    module, _, name = target.rpartition(".")
    made = getattr(import_module(module), name)
    return made.drafted(values) if isinstance(made, Drafts) else None


def _written(path: Path, text: str, found: Mapping[str, tuple[str, Draft]], left: Sequence[str]) -> str:
    answers = {
        name: {"type": kind, "column": name, **{key: _labels(key, value) for key, value in draft.options.items()}}
        for name, (kind, draft) in found.items()
    }
    lines = [f"# Drafted from {path.name}: look at each type, say what labels mean, take out what nobody verified."]
    if left:
        lines.append(f"# Columns that were left out: {', '.join(left)}")
    content = {"text": text, "answer": next(iter(answers.values())) if len(answers) == 1 else answers}
    return "\n".join([*lines, yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)])


def _labels(key: str, value: Any) -> Any:
    """Labels each with a place for what it means."""
    return dict.fromkeys(value, "") if key == "labels" else value
