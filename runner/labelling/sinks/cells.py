"""Cells of a CSV file: labels between bars, anything else as a text that no spreadsheet runs."""

import json
from collections.abc import Sequence
from typing import Any

from runner.core.csv_cells import harmless
from runner.core.surrogates import question_marks
from runner.datasets.gold_cells import names_in
from runner.datasets.row_problem import RowProblem
from runner.labelling.sinks.answer_columns import Kind, as_text

_PARTING = "|;,\n"  # between labels in a cell, as dataset=file reads it


def cell_of(value: Any, kind: Kind | None = None) -> Any:
    """A value as a cell; of kind ``names`` as dataset=file reads labels back."""
    return _names(value) if kind == "names" else harmless(whole(as_text(value)), numbers=True)


def flat(value: Any) -> str | None:
    """What stands in a field, as a text."""
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else value
    return None if text is None else str(whole(str(text)))


def whole(value: Any) -> Any:
    """A text without halves of characters, which a file cannot hold; JSON has escapes for them."""
    return question_marks(value) if isinstance(value, str) and not value.isascii() else value


def _names(labels: Sequence[str] | None) -> str:
    """Labels between bars; as a JSON list where dataset=file, or a spreadsheet, would read something else in them."""
    if labels is None:
        return ""
    cell = "|".join(labels)
    plain = not any(mark in name for name in labels for mark in _PARTING) and _reads_back(cell, labels)
    return cell if plain and harmless(cell, numbers=True) == cell else json.dumps(labels, ensure_ascii=False)


def _reads_back(cell: str, labels: Sequence[str]) -> bool:
    try:
        return names_in(cell, None) == list(labels)
    except RowProblem:
        return False
