"""Reads the XML of a labelling interface, which may be anybody's. Pure."""

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from runner.core.errors import DataError
from runner.datasets.annotation_origin import checked_control
from runner.label_studio.controls.choices import Choices
from runner.label_studio.controls.text_area import TextArea
from runner.label_studio.interface import Interface, TextObject
from verifiers.label_set import LabelSet

_SHOWN = frozenset({"Text", "HyperText", "Paragraphs", "Chat"})
_FIELDS = re.compile(r"\$([^\W\d]\w*(?:\.\w+)*)(\[?)")  # among other words
_PROMPT = ("prompt",)  # how the name of a text area begins that is for it
_REPLY = ("response", "reply", "answer")  # any other area is the annotators' own: notes, a correction


def read_interface(xml: str, control: str | None = None, fields: Sequence[str] | None = None) -> Interface:
    """Read the XML of a labelling interface.

    Args:
        control: the name of the Choices control; needed where there are several.
        fields: the task fields to read as the text; None takes every text that is shown.

    Raises:
        DataError: it is no XML, or has no choices or no text that a language model could read; says what it has.
    """
    root = _parsed(xml)
    every = [tag for tag in _tags(root) if tag.tag == "Choices" and tag.get("name")]
    checked = _checked(every, control)
    choices = _chosen([tag for tag in every if tag.get("name") != checked], control)
    listed = {_label(tag).strip(): tag for tag in choices.iter("Choice") if _label(tag).strip()}
    names = {name: _meaning(tag) for name, tag in listed.items()}
    if not names:
        how = "its choices come from the tasks" if choices.get("value") else "it has no Choice"
        raise DataError(
            f"the labelling interface: {choices.get('name')} names no labels ({how}): list them as Choice",
            code="labels-in-tasks" if choices.get("value") else "labels-missing",
            key=choices.get("name", ""),
        )
    try:
        labels = LabelSet(names)
    except ValueError as error:
        raise DataError(
            f"the labelling interface: {choices.get('name')}: {error}",
            code="bad-label-list",
            key=choices.get("name", ""),
        ) from error
    areas = [tag for tag in _tags(root) if tag.tag == "TextArea" and tag.get("name") and tag.get("toName")]
    return Interface(
        choices=Choices(
            *_names(choices),
            multiple=choices.get("choice", "single").startswith("multiple"),
            labels=labels,
            written={name: _label(tag) for name, tag in listed.items()},
        ),
        shown=_shown(root, fields),
        prompt=_area(areas, _PROMPT),
        response=_area(areas, _REPLY),
        controls=frozenset(tag.get("name", "") for tag in _tags(root) if tag.get("name") and tag.get("toName")),
        checked=checked,
    )


def _parsed(xml: str) -> etree._Element:
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise DataError(
            "the labelling interface has a DOCTYPE, which Label Studio's never has: leave it out", code="has-doctype"
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(xml.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DataError(
            f"the labelling interface is no XML ({' '.join(str(error).split())[:160]})", code="not-xml"
        ) from error


def same_interface(one: str, other: str) -> bool:
    """Whether two are the same XML, however it is indented and in whatever order the attributes stand.

    Raises:
        DataError: one of them is no XML.
    """
    first, second = (
        etree.tostring(_parsed(xml), method="c14n2", strip_text=True, with_comments=False) for xml in (one, other)
    )
    return first == second


def _tags(root: etree._Element) -> Iterator[etree._Element]:
    return (tag for tag in root.iter() if isinstance(tag.tag, str))


def _checked(controls: Sequence[etree._Element], wanted: str | None) -> str | None:
    """The name of the control with one choice that says that somebody checked the labels."""
    found = checked_control([str(tag.get("name")) for tag in controls])
    boxes = [tag for tag in controls if tag.get("name") == found and len(list(tag.iter("Choice"))) == 1]
    return found if boxes and found != wanted else None


def _chosen(controls: Sequence[etree._Element], wanted: str | None) -> etree._Element:
    names = ", ".join(str(control.get("name")) for control in controls)
    found = [control for control in controls if wanted in (None, control.get("name"))]
    if wanted is not None and not found:
        raise DataError(
            f"the labelling interface has no Choices named {wanted!r} (there is {names or 'none'})",
            code="control-unknown",
            key=wanted,
        )
    parts = [control.get("name") for control in found if _of_a_part(control)]
    whole = [control for control in found if not _of_a_part(control)]
    if not whole:
        more = f"; {parts[0]} chooses for parts of a task (perRegion or perItem)" if parts else ""
        raise DataError(
            f"the labelling interface has no Choices: goldloop labels whole tasks with choices{more}",
            code="control-missing",
            key=parts[0] or "" if parts else "",
        )
    if len(whole) > 1:
        raise DataError(
            f"the labelling interface has several Choices ({names}): say which, studio.control=NAME",
            code="control-ambiguous",
            key="studio.control",
        )
    if _is_true(whole[0], "allowNested"):
        raise DataError(
            f"the labelling interface: {whole[0].get('name')} has choices within choices (allowNested), and goldloop "
            "reads plain ones: leave allowNested out, or list them all as Choice",
            code="choices-nested",
            key=whole[0].get("name", ""),
        )
    return whole[0]


def _of_a_part(control: etree._Element) -> bool:
    """Whether people choose for each region, or each text of a list, and not for the task."""
    return _is_true(control, "perRegion") or _is_true(control, "perItem")


def _is_true(tag: etree._Element, name: str) -> bool:
    return tag.get(name, "").strip().lower() == "true"


def _shown(root: etree._Element, fields: Sequence[str] | None) -> list[TextObject]:
    """The texts to read, each field once. What stands behind an address is not read."""
    found = [tag for tag in _tags(root) if tag.tag in _SHOWN and tag.get("name") and _field(tag)]
    wanted = [tag for tag in found if fields is None or _field(tag) in fields]
    odd = next((str(tag.get("value")) for tag in wanted if not _is_plain(str(tag.get("value")).strip())), None)
    if odd is not None:
        raise DataError(
            f"the labelling interface shows several fields, or a part of a list, in one text ({odd!r}): show each with "
            "a tag of its own",
            code="fields-mixed",
            key=odd,
        )
    addresses = [_field(tag) for tag in found if tag.get("valueType", "").strip().lower() == "url"]
    texts = {_field(tag): _text(tag) for tag in found if _field(tag) not in addresses}
    lost = next((field for field in fields or () if field not in texts), None)
    behind = lost if lost in addresses else addresses[0] if addresses and not texts else None
    if behind is not None:
        raise DataError(
            f'the labelling interface shows what stands at the address in the field {behind!r} (valueType="url"), '
            "which goldloop does not fetch: put the text itself into the tasks",
            code="text-at-address",
            key=behind,
        )
    if lost is not None:
        raise DataError(
            f"the labelling interface shows no text from the field {lost!r} (there is {', '.join(texts) or 'none'})",
            code="field-unknown",
            key=lost,
        )
    kept = [shown for field, shown in texts.items() if fields is None or field in fields]
    if not kept:
        raise DataError(
            f"the labelling interface shows no text ({', '.join(sorted(_SHOWN))} with value=$FIELD)",
            code="text-missing",
        )
    return kept


def _field(tag: etree._Element) -> str:
    """The task field that a tag shows; empty if it shows words of its own."""
    value = (tag.get("value") or "").strip()
    if value.startswith("$") and value.count("$") == 1 and " " not in value:
        return value[1:]
    named = _FIELDS.search(value)
    return named[1] if named else ""


def _is_plain(value: str) -> bool:
    """Whether it is a field, or words with one field among them."""
    named = _FIELDS.findall(value)
    return len(named) < 2 and not any(bracket for _, bracket in named)


def _text(tag: etree._Element) -> TextObject:
    speaker, words = ("role", "content") if tag.tag == "Chat" else ("author", "text")
    value, field = (tag.get("value") or "").strip(), _field(tag)
    before, _, after = value.partition(f"${field}")
    return TextObject(
        tag.get("name", ""), str(tag.tag), field, tag.get("nameKey", speaker), tag.get("textKey", words), before, after
    )


def _label(tag: etree._Element) -> str:
    return tag.get("alias") or tag.get("value") or ""


def _meaning(tag: etree._Element) -> str:
    """The hint of a choice; of one with an alias, the words that people see."""
    return (tag.get("hint") or (tag.get("value") if tag.get("alias") else "") or "").strip()


def _area(areas: Sequence[etree._Element], begins: tuple[str, ...]) -> TextArea | None:
    """The first text area whose name begins so."""
    tag = next((tag for tag in areas if tag.get("name", "").lower().startswith(begins)), None)
    return None if tag is None else TextArea(*_names(tag))


def _names(tag: etree._Element) -> tuple[str, str]:
    """The name of a control, and that of the first object it belongs to."""
    return tag.get("name", ""), tag.get("toName", "").split(",")[0]
