"""The columns of a file that hold the answers: ``labels``, ``answer``, or one for each field of an answer."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from verifiers.verdict import LABELS, Words

ANSWER = Words().column
Row = Mapping[str, Any]
Kind = Literal["names", "number", "flag", "value"]


@dataclass(frozen=True)
class AnswerColumns:
    """What is found in the rows of a record.

    Attributes:
        kinds: column -> what its values are; ``names`` are labels, ``value`` is anything that JSON can hold.
        fields: column -> the field of an answer; empty where a column holds the whole answer.
    """

    kinds: Mapping[str, Kind]
    fields: Mapping[str, str]

    @classmethod
    def of(cls, record: Iterable[Row], ours: Sequence[str]) -> Self:
        """From the whole record, in one pass. A field that is called as one of ``ours`` is ``answer.NAME``."""
        numbers: dict[str, bool] = {}
        objects, others = False, False
        for row in record:
            if LABELS in row:
                return cls({LABELS: "names"}, {})
            answer = row.get(ANSWER)
            if answer is None:
                continue
            objects, others = objects or isinstance(answer, dict), others or not isinstance(answer, dict)
            each = answer.items() if isinstance(answer, dict) else [("", answer)]
            for name, value in each:
                is_number = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
                numbers[name] = numbers.get(name, True) and is_number
        if others or not objects:
            return cls({ANSWER: "number" if others and numbers.get("", False) else "value"}, {})
        columns = {f"{ANSWER}.{name}" if name in ours else name: name for name in numbers}
        return cls({column: "number" if numbers[name] else "value" for column, name in columns.items()}, columns)

    def values(self, row: Row) -> dict[str, Any]:
        """Column -> what the row has there."""
        if not self.fields:
            return {column: row.get(column) for column in self.kinds}
        answer = row.get(ANSWER)
        return {column: answer.get(name) if isinstance(answer, dict) else None for column, name in self.fields.items()}


def as_text(value: Any) -> Any:
    """A value as a cell: texts and numbers as they are, lists and objects as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict | bool) else value
