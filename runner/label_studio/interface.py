"""A project's labelling interface: which text is shown, which controls hold the answer, where a prompt is typed. Pure.

``read_interface`` in interface_xml.py makes it from the XML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from runner.core.errors import StudioError
from runner.core.items import Data
from runner.label_studio.controls import Control, Region
from runner.label_studio.controls.several import verifier_of
from runner.label_studio.controls.text_area import TextArea
from runner.label_studio.shown_text import TextObject, joined
from runner.label_studio.text_places import Places, places_of
from verifiers.label_set import LabelSet
from verifiers.verdict import LABELS
from verifiers.verifier import Json, Verifier, vocabulary_of

_NOWHERE = Places("")


@dataclass(frozen=True)
class Interface:
    """What the XML of a labelling interface says.

    Attributes:
        answered: the controls that hold the answer: one, or several that are the fields of one.
        shown: the texts an annotator sees, in order.
        prompt, response: the text areas for a prompt and for a model's reply, where there are any.
        controls: the names of all controls, those too that are not read.
        checked: the control that people tick who have checked the labels, where there is one.
        left_out: the controls that goldloop does not answer, and why.
    """

    answered: Sequence[Control]
    shown: Sequence[TextObject]
    prompt: TextArea | None = None
    response: TextArea | None = None
    controls: frozenset[str] = frozenset()
    checked: str | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def choices(self) -> Any:
        """The control that holds the answer; the first where there are several."""
        return self.answered[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the controls that hold the answer."""
        return tuple(control.name for control in self.answered)

    @property
    def named(self) -> str:
        """What the answer is in annotations, in words: ``choices of 'intent'``."""
        return ", ".join(f"{control.kind} of {control.name!r}" for control in self.answered)

    @cached_property
    def verifier(self) -> Verifier:
        """How answers are read and compared: the control's own way, or as fields by the controls' names."""
        return verifier_of(self.answered)

    @property
    def has_labels(self) -> bool:
        """Whether an answer is nothing but labels."""
        return self.verifier.words.column == LABELS

    @property
    def labels(self) -> LabelSet:
        """The names that answers are made of, where one control has a list of them."""
        return vocabulary_of(self.verifier)

    @property
    def multiple(self) -> bool:
        """Whether an answer may be empty, as one of any number of labels."""
        return self.blank is not None

    def described(self) -> Data:
        """What a project of this interface says of answers, without any item."""
        labels = self.has_labels
        return Data(
            [],
            self.labels,
            "",
            multiple=self.multiple if labels else None,
            verifier=None if labels else self.verifier,
        )

    def text_of(self, data: Mapping[str, Any]) -> str:
        """What an annotator reads of a task's ``data``; of several texts each under its field's name.

        Raises:
            RowProblem: a field is not there, is blank, or is neither a text nor a dialogue.
        """
        return joined([(shown.field, shown.text_of(shown.value_in(data))) for shown in self.shown])

    @property
    def needs_text(self) -> bool:
        """Whether an answer has places in the text, so that a task's data are needed to read or write one."""
        return any(hasattr(control, "shown_by") for control in self.answered)

    def places(self, data: Mapping[str, Any] | None) -> Places:
        """The text of a task, and where it stands in Label Studio; nothing where no answer needs it."""
        return places_of(self.shown, data or {}) if self.needs_text else _NOWHERE

    def refuse_unsendable(self) -> None:
        """Raise StudioError where Label Studio takes no predictions for a control of the answer."""
        for control in self.answered:
            if why := getattr(control, "unsendable", None):
                raise StudioError(
                    f"the labelling interface: {control.name} {why}", code="prediction-unfit", key=control.name
                )

    def refuse_unplaced(self, data: Mapping[str, Any]) -> None:
        """Raise RowProblem where an answer has places in the text, and nothing tells where those are."""
        if self.needs_text:
            places = self.places(data)
            for control in self.answered:
                if hasattr(control, "shown_by"):
                    places.of(control.to_name)

    def given(self, result: Sequence[Region], data: Mapping[str, Any] | None = None) -> Json | None:
        """What a result says, as raw gold, of several controls by their names; None if it says nothing of any.

        Raises:
            RowProblem: a value that its control cannot hold, or a region without a place in the text.
        """
        return self.given_at(result, self.places(data) if result else _NOWHERE)

    def given_at(self, result: Sequence[Region], places: Places) -> Json | None:
        """``given``, with the ``places`` of the task's data."""
        held = {control.name: control.read(result, places) for control in self.answered}
        if len(held) == 1:
            return held[self.answered[0].name]
        return {name: value for name, value in held.items() if value is not None} or None

    @property
    def blank(self) -> Json | None:
        """What an annotation says in which nobody filled in anything, as raw gold; None: nothing."""
        blank = {control.name: control.nothing for control in self.answered if control.nothing is not None}
        return blank.get(self.answered[0].name) if len(self.answered) == 1 else blank or None

    def filled(self, given: Json | None) -> Json | None:
        """What an annotation says that was gone through: where a control may be left empty, that there is nothing."""
        if len(self.answered) == 1 or given is None:
            return self.blank if given is None else given
        return {**(self.blank or {}), **given}

    def labels_in(self, result: Sequence[Region]) -> Json | None:
        """``given``, where no answer has places in the text."""
        return self.given(result)

    def prompt_in(self, result: Sequence[Region]) -> str | None:
        """The prompt that was typed into a result's prompt area, the last line of them; None if none was."""
        return None if self.prompt is None else self.prompt.last(result)

    def regions(
        self,
        answer: Json,
        data: Mapping[str, Any] | None = None,
        *,
        prompt: str | None = None,
        response: str | None = None,
    ) -> list[dict[str, Any]]:
        """The result of a prediction: the answer as data, and what is shown in the text areas where there are any."""
        places = self.places(data)
        held = [(control, self._of(control, answer)) for control in self.answered]
        made = [one for control, value in held if not _is_nothing(value) for one in control.write(value, places)]
        return [*made, *_shown(self.prompt, prompt), *_shown(self.response, response)]

    def answer(self, answer: Json | None, response: str, data: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The result that answers a person who typed a prompt: every control, so that nothing of an older answer stays.

        A control that the answer leaves out keeps what it shows; no choices at all untick them.

        Args:
            answer: as data; None where there is none.
        """
        places = _NOWHERE if answer is None else self.places(data)
        made = [one for control in self.answered for one in control.write(self._of(control, answer), places)]
        return [*made, *([self.response.shown(response)] if self.response else [])]

    def _of(self, control: Control, answer: Json | None) -> Json | None:
        """What an answer has for a control."""
        if len(self.answered) == 1:
            return answer
        return answer.get(control.name) if isinstance(answer, Mapping) else None


def _shown(area: TextArea | None, words: str | None) -> list[dict[str, Any]]:
    """The region of a text area, where there is one and something to show in it."""
    return [area.shown(words)] if area is not None and words else []


def _is_nothing(value: Json) -> bool:
    return value is None or (isinstance(value, Sequence) and not value)
