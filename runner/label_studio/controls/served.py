"""Which tags of a labelling interface goldloop can answer, and why not the others. Pure."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from runner.label_studio.controls import Control
from runner.label_studio.controls.choices import Choices
from runner.label_studio.controls.hypertext_labels import HyperTextLabels
from runner.label_studio.controls.labels import Labels
from runner.label_studio.controls.number import Number
from runner.label_studio.controls.paragraph_labels import ParagraphLabels
from runner.label_studio.controls.rating import Rating
from runner.label_studio.controls.taxonomy import Taxonomy
from runner.label_studio.controls.text_area import TextArea
from verifiers.verifier import Verifier

SERVED: Mapping[str, type[Any]] = {
    tag: kind
    for kind in (Choices, Taxonomy, Labels, HyperTextLabels, ParagraphLabels, Rating, Number, TextArea)
    for tag in kind.tags
}

_WHY_NOT = {
    "Pairwise": "compares two things",
    "Ranker": "puts things in order",
    "Chat": "has people write the messages",
    "Relations": "relates parts to one another",
    "DateTime": "takes a date",
}
_OF_OTHER_DATA = "is not for texts"


def is_control(tag: etree._Element) -> bool:
    """Whether people answer with a tag."""
    return tag.tag in SERVED or tag.tag == "Relations" or bool(tag.get("name") and tag.get("toName"))


def why_not(tag: etree._Element, texts: Mapping[str, str]) -> str | None:
    """Why goldloop cannot answer with a control, in words; None if it can.

    Args:
        texts: the objects that show a text, each with its tag.
    """
    if tag.tag not in SERVED:
        return _WHY_NOT.get(str(tag.tag), _OF_OTHER_DATA)
    if is_true(tag, "perRegion") or is_true(tag, "perItem"):
        return "is for parts of a task (perRegion or perItem)"
    if is_true(tag, "labeling"):
        return "labels parts of a text with paths (labeling)"
    shown_by = getattr(SERVED[str(tag.tag)], "shown_by", None)
    if shown_by is not None:
        names = tag.get("toName", "").split(",")
        if len(names) != 1 or texts.get(names[0]) not in shown_by:
            return f"labels parts of {tag.get('toName', 'nothing')!r}, which is no {shown_by[0]} that shows a field"
    elif tag.tag != "Choices" and not tag.get("toName"):
        return "has no toName"
    return None


def made(tag: etree._Element) -> Control:
    """The control of a tag that can be answered. Raises DataError: what it lists cannot be a list of labels."""
    if tag.tag == "Choices" and is_true(tag, "allowNested"):
        return Taxonomy.of(tag)
    control: Control = SERVED[str(tag.tag)].of(tag)
    return control


def answering(verifier: Verifier, name: str, to_name: str, tag: str) -> Control:
    """The control for the answers that a verifier reads, about the object ``to_name``, which has that tag.

    Raises:
        ValueError: Label Studio has none, or none for all of them; says what to do.
    """
    for kind in SERVED.values():
        if tag in getattr(kind, "shown_by", (tag,)) and (made := kind.answering(verifier, name, to_name)):
            control: Control = made
            return control
    raise ValueError(f"Label Studio has no control for {verifier.words.column}: leave it out here")


def is_true(tag: etree._Element, name: str) -> bool:
    """Whether an attribute is set, however it is spelled: Label Studio does not look at capitals."""
    held = next((value for key, value in tag.attrib.items() if str(key).lower() == name.lower()), "")
    return str(held).strip().lower() == "true"
