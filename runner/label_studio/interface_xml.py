"""Reads the XML of a labelling interface, which may be anybody's. Pure."""

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from runner.core.errors import DataError
from runner.label_studio.controls.served import is_true
from runner.label_studio.interface import Interface
from runner.label_studio.interface_controls import Named, chosen_controls
from runner.label_studio.shown_text import TextObject

_SHOWN = frozenset({"Text", "HyperText", "Paragraphs", "Chat"})
_FIELDS = re.compile(r"\$([^\W\d]\w*(?:\.\w+)*)(\[?)")  # among other words


def read_interface(xml: str, control: Named = None, fields: Sequence[str] | None = None) -> Interface:
    """Read the XML of a labelling interface.

    Args:
        control: the control that holds the answer, or several; None takes all that can be served.
        fields: the task fields to read as the text; None takes every text that is shown.

    Raises:
        DataError: it is no XML, or has nothing to answer or no text that a language model could read; says what it has.
    """
    root = _parsed(xml)
    tags = list(_tags(root))
    chosen = chosen_controls(tags, control, {tag.get("name", ""): str(tag.tag) for tag in tags if _shows_a_field(tag)})
    shown = _shown(root, fields)
    unread = [one for one in chosen.controls if hasattr(one, "shown_by")]
    if lost := next((one for one in unread if one.to_name not in {text.name for text in shown}), None):
        raise DataError(
            f"the labelling interface: {lost.name} labels parts of {lost.to_name!r}, a text that is not read: name its "
            "field in dataset.text_fields too, or leave that out",
            code="text-missing",
            key=lost.name,
        )
    interface = Interface(
        answered=chosen.controls,
        shown=shown,
        prompt=chosen.prompt,
        response=chosen.response,
        controls=frozenset(tag.get("name", "") for tag in tags if tag.get("name") and tag.get("toName")),
        checked=chosen.checked,
        left_out=chosen.left_out,
    )
    try:
        interface.verifier  # noqa: B018 - made once, and here it can be refused
    except ValueError as error:
        named = ", ".join(interface.names)
        words = f"the labelling interface: {named} cannot hold an answer: {error}"
        raise DataError(words, code="bad-value", key=named) from error
    return interface


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


def _shown(root: etree._Element, fields: Sequence[str] | None) -> list[TextObject]:
    """The texts to read, each field once. What stands behind an address is not read."""
    found = [tag for tag in _tags(root) if _shows_a_field(tag)]
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


def _shows_a_field(tag: etree._Element) -> bool:
    return tag.tag in _SHOWN and bool(tag.get("name")) and bool(_field(tag))


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
    keys = tag.get("nameKey", speaker), tag.get("textKey", words)
    return TextObject(tag.get("name", ""), str(tag.tag), field, *keys, before, after, inline=is_true(tag, "inline"))
