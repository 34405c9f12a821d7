"""A project's labelling interface: which text is shown, which labels there are, where a prompt is typed. Pure.

``read_interface`` in interface_xml.py makes it from the XML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.datasets.dialogues import as_text
from runner.datasets.fields import at
from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Control, Region, ValueT
from runner.label_studio.controls.choices import Choices
from runner.label_studio.controls.text_area import TextArea
from runner.label_studio.html_text import text_in
from verifiers.label_set import LabelSet


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
        shown: the texts an annotator sees, in order.
        prompt, response: the text areas for a prompt and for a model's reply, where there are any.
        controls: the names of all controls, those too that are not read.
        checked: the control that people tick who have checked the labels, where there is one.
    """

    choices: Choices
    shown: Sequence[TextObject]
    prompt: TextArea | None = None
    response: TextArea | None = None
    controls: frozenset[str] = frozenset()
    checked: str | None = None

    @property
    def labels(self) -> LabelSet:
        """The labels that a task may have."""
        return self.choices.labels

    @property
    def multiple(self) -> bool:
        """Whether a task may have any number of them."""
        return self.choices.multiple

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
                raise RowProblem(f"no text in {shown.field!r} (there is {there})", code="text-missing")
            parts.append((shown.field, _text(value, shown)))
        if len(parts) == 1:
            return parts[0][1]
        return "\n\n".join(f"{field}:\n{text}" for field, text in parts)

    def labels_in(self, result: Sequence[Region]) -> list[str] | None:
        """The labels that a result chose, in the interface's order; None if it chose none.

        Raises:
            RowProblem: it names a choice that the interface does not have.
        """
        return self.choices.read(result)

    def prompt_in(self, result: Sequence[Region]) -> str | None:
        """The prompt that was typed into a result's prompt area, the last line of them; None if none was."""
        return None if self.prompt is None else self.prompt.read(result)

    def regions(
        self, labels: Sequence[str], *, prompt: str | None = None, response: str | None = None
    ) -> list[dict[str, Any]]:
        """The result of a prediction: the choices, and what is shown in the text areas where there are any."""
        return [*_filled(self.choices, labels), *_filled(self.prompt, prompt), *_filled(self.response, response)]

    def answer(self, labels: Sequence[str], response: str) -> list[dict[str, Any]]:
        """The result that answers a person who typed a prompt: every control, so that nothing of an older answer stays.

        A control that the answer leaves out keeps what it shows; no choices at all untick them.
        """
        return [self.choices.write(labels), *([self.response.write(response)] if self.response else [])]


def _filled(control: Control[ValueT] | None, value: ValueT | None) -> list[dict[str, Any]]:
    """The region of a control, where there is one and something to fill it with."""
    return [control.write(value)] if control is not None and value else []


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
