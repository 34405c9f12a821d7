"""A project's labelling interface: which text is shown, which labels there are, where a prompt is typed. Pure.

``read_interface`` in interface_xml.py makes it from the XML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.datasets.fields import as_text, at
from runner.datasets.row_problem import RowProblem
from runner.label_studio.html_text import text_in
from verifiers.label_set import LabelSet

Region = Mapping[str, Any]
"""One entry of an annotation's or a prediction's ``result``."""


@dataclass(frozen=True)
class Area:
    """A control of the interface: its own name, and that of the object it belongs to."""

    name: str
    to_name: str


@dataclass(frozen=True)
class TextObject:
    """An object that shows a text.

    Attributes:
        field: the task's. speaker, words: those of a dialogue's turn.
        before, after: what the interface itself writes around the text.
    """

    name: str
    tag: str
    field: str
    speaker: str = "author"
    words: str = "text"
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Interface:
    """What the XML of a labelling interface says.

    Attributes:
        choices: the control whose choices are the labels.
        multiple: whether a task may have any number of them.
        labels: their names (the alias, where a choice has one), with their hints.
        written: the names as results hold them, with the blanks that may stand around them in the XML.
        shown: the texts an annotator sees, in order.
        prompt, response: the text areas for a prompt and for a model's reply, where there are any.
    """

    choices: Area
    multiple: bool
    labels: LabelSet
    shown: Sequence[TextObject]
    prompt: Area | None = None
    response: Area | None = None
    written: Mapping[str, str] = field(default_factory=dict)

    def text_of(self, data: Mapping[str, Any]) -> str:
        """What an annotator reads of a task's ``data``; of several texts each under its field's name.

        Raises:
            RowProblem: a field is not there, is blank, or is neither a text nor a dialogue.
        """
        parts = []
        for shown in self.shown:
            value = at(data, shown.field)
            if value is None or value == "":
                there = ", ".join(repr(key) for key in data) or "none"
                raise RowProblem(f"no text in {shown.field!r} (there is {there})")
            parts.append((shown.field, _text(value, shown)))
        if len(parts) == 1:
            return parts[0][1]
        return "\n\n".join(f"{field}:\n{text}" for field, text in parts)

    def labels_in(self, result: Sequence[Region]) -> list[str] | None:
        """The labels that a result chose, in the interface's order; None if it chose none.

        Raises:
            RowProblem: it names a choice that the interface does not have.
        """
        lists = [_value(region).get("choices") for region in result if region.get("from_name") == self.choices.name]
        names = [str(name).strip() for chosen in lists if isinstance(chosen, list) for name in chosen]
        strangers = [name for name in names if name not in self.labels]
        if strangers:
            raise RowProblem(f"the choice {strangers[0]!r} is not in the labelling interface ({self.choices.name})")
        return [label for label in self.labels if label in names] if names else None

    def prompt_in(self, result: Sequence[Region]) -> str | None:
        """The prompt that was typed into a result's prompt area, the last line of them; None if none was."""
        if self.prompt is None:
            return None
        found = None
        for region in result:
            if region.get("from_name") == self.prompt.name:
                text = _value(region).get("text")
                lines = text if isinstance(text, list) else [text]
                found = next((str(line).strip() for line in reversed(lines) if str(line or "").strip()), found)
        return found

    def regions(
        self, labels: Sequence[str], *, prompt: str | None = None, response: str | None = None
    ) -> list[dict[str, Any]]:
        """The result of a prediction: the choices, and what is shown in the text areas where there are any."""
        made = []
        if labels:
            made.append(self._chosen(labels))
        for area, text in ((self.prompt, prompt), (self.response, response)):
            if area is not None and text:
                made.append(_region(area, "textarea", {"text": [text]}))
        return made

    def answer(self, labels: Sequence[str], response: str) -> list[dict[str, Any]]:
        """The result that answers a person who typed a prompt: every control, so that nothing of an older answer stays.

        A control that the answer leaves out keeps what it shows; no choices at all untick them.
        """
        made = [self._chosen(labels)]
        return made + ([_region(self.response, "textarea", {"text": [response]})] if self.response else [])

    def _chosen(self, labels: Sequence[str]) -> dict[str, Any]:
        return _region(self.choices, "choices", {"choices": [self.written.get(label, label) for label in labels]})


def _text(value: Any, shown: TextObject) -> str:
    if isinstance(value, str):
        value = f"{shown.before}{value}{shown.after}"
    if isinstance(value, str) and shown.tag == "HyperText":
        value = text_in(value)
    if isinstance(value, list):
        value = [_turn(turn, shown) for turn in value]
    return as_text(value, shown.field)


def _turn(turn: Any, shown: TextObject) -> Any:
    """A turn of a dialogue with its speaker and words under the names that are read."""
    if not isinstance(turn, Mapping) or shown.words not in turn:
        return turn
    return {"author": turn.get(shown.speaker), "text": turn[shown.words]}


def _region(area: Area, kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {"from_name": area.name, "to_name": area.to_name, "type": kind, "value": dict(value)}


def _value(region: Region) -> Mapping[str, Any]:
    value = region.get("value")
    return value if isinstance(value, Mapping) else {}
