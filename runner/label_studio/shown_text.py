"""The objects of a labelling interface that show a text, and goldloop's text of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.datasets.dialogues import as_text
from runner.datasets.fields import at
from runner.datasets.row_problem import RowProblem
from runner.label_studio.html_text import text_in


@dataclass(frozen=True)
class TextObject:
    """An object that shows a text.

    Attributes:
        field: the task's. speaker, words: those of a dialogue's turn.
        before, after: what the interface itself writes around the text.
        inline: whether its HTML stands in the page itself, and not in a page of its own.
    """

    name: str
    tag: str
    field: str
    speaker: str = "author"
    words: str = "text"
    before: str = ""
    after: str = ""
    inline: bool = False

    def value_in(self, data: Mapping[str, Any]) -> Any:
        """What stands in the task's field, with the words around it; turns under the names that are read.

        Raises:
            RowProblem: nothing stands there.
        """
        value = at(data, self.field)
        if value is None or value == "":
            there = ", ".join(repr(key) for key in data) or "none"
            raise RowProblem(f"no text in {self.field!r} (there is {there})", code="text-missing")
        if isinstance(value, str):
            return f"{self.before}{value}{self.after}"
        return [self._turn(turn) for turn in value] if isinstance(value, list) else value

    def text_of(self, value: Any) -> str:
        """goldloop's text of what ``value_in`` found. Raises RowProblem: it is blank, or no text and no dialogue."""
        if isinstance(value, str) and self.tag == "HyperText":
            value = text_in(value).strip()
        return as_text(value, self.field)

    def _turn(self, turn: Any) -> Any:
        """A turn of a dialogue with its speaker and words under the names that are read."""
        if not isinstance(turn, Mapping) or self.words not in turn:
            return turn
        return {"author": turn.get(self.speaker), "text": turn[self.words]}


def joined(parts: Sequence[tuple[str, str]]) -> str:
    """One text, or of several each under its field's name."""
    return parts[0][1] if len(parts) == 1 else "\n\n".join(f"{field}:\n{text}" for field, text in parts)
