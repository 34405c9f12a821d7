"""A project's labelling interface: which text is shown, which labels there are, where a prompt is typed. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from runner.datasets.fields import as_text
from runner.datasets.rows import RowProblem
from runner.errors import DataError
from runner.studio.html import text_in
from verifiers.label_set import LabelSet

Region = Mapping[str, Any]
"""One entry of an annotation's or a prediction's ``result``."""

_SHOWN = frozenset({"Text", "HyperText", "Paragraphs", "Chat"})


@dataclass(frozen=True)
class Area:
    """A control of the interface: its own name, and that of the object it belongs to."""

    name: str
    to_name: str


@dataclass(frozen=True)
class Shown:
    """An object that shows a text. ``field`` is the task's, ``speaker`` and ``words`` those of a dialogue's turn."""

    name: str
    tag: str
    field: str
    speaker: str = "author"
    words: str = "text"


@dataclass(frozen=True)
class Interface:
    """What the XML of a labelling interface says.

    Attributes:
        choices: the control whose choices are the labels.
        multiple: whether a task may have any number of them.
        labels: their names as results hold them (the alias, where a choice has one), with their hints.
        shown: the texts an annotator sees, in order.
        prompt, response: the text areas for a prompt and for a model's reply, where there are any.
    """

    choices: Area
    multiple: bool
    labels: LabelSet
    shown: Sequence[Shown]
    prompt: Area | None = None
    response: Area | None = None

    def text_of(self, data: Mapping[str, Any]) -> str:
        """What an annotator reads of a task's ``data``; of several texts each under its field's name.

        Raises:
            RowProblem: a field is not there, is blank, or is neither a text nor a dialogue.
        """
        parts = []
        for shown in self.shown:
            value = data.get(shown.field)
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
        names = [str(name) for chosen in lists if isinstance(chosen, list) for name in chosen]
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
            made.append(_region(self.choices, "choices", {"choices": list(labels)}))
        for area, text in ((self.prompt, prompt), (self.response, response)):
            if area is not None and text:
                made.append(_region(area, "textarea", {"text": [text]}))
        return made

    def answer(self, labels: Sequence[str], response: str) -> list[dict[str, Any]]:
        """The result that answers a person who typed a prompt: every control, so that nothing of an older answer stays.

        A control that the answer leaves out keeps what it shows; no choices at all untick them.
        """
        made = [_region(self.choices, "choices", {"choices": list(labels)})]
        return made + ([_region(self.response, "textarea", {"text": [response]})] if self.response else [])


def read_interface(xml: str, control: str | None = None, fields: Sequence[str] | None = None) -> Interface:
    """Read the XML of a labelling interface.

    Args:
        control: the name of the Choices control; needed where there are several.
        fields: the task fields to read as the text; None takes every text that is shown.

    Raises:
        DataError: it is no XML, or has no choices or no text that a language model could read; says what it has.
    """
    root = _parsed(xml)
    choices = _chosen([tag for tag in _tags(root) if tag.tag == "Choices" and tag.get("name")], control)
    names = {_label(tag): _meaning(tag) for tag in choices.iter("Choice") if _label(tag)}
    if not names:
        how = "its choices come from the tasks" if choices.get("value") else "it has no Choice"
        raise DataError(f"the labelling interface: {choices.get('name')} names no labels ({how}): list them as Choice")
    try:
        labels = LabelSet(names)
    except ValueError as error:
        raise DataError(f"the labelling interface: {choices.get('name')}: {error}") from error
    areas = [tag for tag in _tags(root) if tag.tag == "TextArea" and tag.get("name") and tag.get("toName")]
    prompt = next((tag for tag in areas if tag.get("name", "").startswith("prompt")), None)
    response = next((tag for tag in areas if tag is not prompt), None)
    return Interface(
        choices=Area(choices.get("name", ""), choices.get("toName", "").split(",")[0]),
        multiple=choices.get("choice", "single").startswith("multiple"),
        labels=labels,
        shown=_shown(root, fields),
        prompt=_area(prompt),
        response=_area(response),
    )


def _parsed(xml: str) -> etree._Element:
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise DataError("the labelling interface has a DOCTYPE, which Label Studio's never has: leave it out")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(xml.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DataError(f"the labelling interface is no XML ({' '.join(str(error).split())[:160]})") from error


def _tags(root: etree._Element) -> Iterator[etree._Element]:
    return (tag for tag in root.iter() if isinstance(tag.tag, str))


def _chosen(controls: Sequence[etree._Element], wanted: str | None) -> etree._Element:
    names = ", ".join(str(control.get("name")) for control in controls)
    if wanted is not None:
        found = next((control for control in controls if control.get("name") == wanted), None)
        if found is None:
            raise DataError(f"the labelling interface has no Choices named {wanted!r} (there is {names or 'none'})")
        return found
    if not controls:
        raise DataError("the labelling interface has no Choices: goldloop labels whole tasks with choices")
    if len(controls) > 1:
        raise DataError(f"the labelling interface has several Choices ({names}): say which, dataset.control=NAME")
    return controls[0]


def _shown(root: etree._Element, fields: Sequence[str] | None) -> list[Shown]:
    found = []
    for tag in _tags(root):
        value = (tag.get("value") or "").strip()
        if tag.tag in _SHOWN and tag.get("name") and value.startswith("$"):
            speaker, words = ("role", "content") if tag.tag == "Chat" else ("author", "text")
            shown = Shown(
                tag.get("name", ""), str(tag.tag), value[1:], tag.get("nameKey", speaker), tag.get("textKey", words)
            )
            found.append(shown)
    kept = found if fields is None else [shown for shown in found if shown.field in fields]
    if fields is not None and {shown.field for shown in kept} != set(fields):
        lost = next(field for field in fields if field not in {shown.field for shown in kept})
        there = ", ".join(shown.field for shown in found) or "none"
        raise DataError(f"the labelling interface shows no text from the field {lost!r} (there is {there})")
    if not kept:
        raise DataError(f"the labelling interface shows no text ({', '.join(sorted(_SHOWN))} with value=$FIELD)")
    return list({shown.field: shown for shown in kept}.values())


def _text(value: Any, shown: Shown) -> str:
    if isinstance(value, str) and shown.tag == "HyperText":
        value = text_in(value)
    if isinstance(value, list):
        value = [_turn(turn, shown) for turn in value]
    return as_text(value, shown.field)


def _turn(turn: Any, shown: Shown) -> Any:
    """A turn of a dialogue with its speaker and words under the names that are read."""
    if not isinstance(turn, Mapping) or shown.words not in turn:
        return turn
    return {"author": turn.get(shown.speaker), "text": turn[shown.words]}


def _label(tag: etree._Element) -> str:
    return (tag.get("alias") or tag.get("value") or "").strip()


def _meaning(tag: etree._Element) -> str:
    """The hint of a choice; of one with an alias, the words that people see."""
    return (tag.get("hint") or (tag.get("value") if tag.get("alias") else "") or "").strip()


def _area(tag: etree._Element | None) -> Area | None:
    return None if tag is None else Area(tag.get("name", ""), tag.get("toName", "").split(",")[0])


def _region(area: Area, kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {"from_name": area.name, "to_name": area.to_name, "type": kind, "value": dict(value)}


def _value(region: Region) -> Mapping[str, Any]:
    value = region.get("value")
    return value if isinstance(value, Mapping) else {}
