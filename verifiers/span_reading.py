"""Reads which words a reply gives to which label: ``label: "words"`` a line, or JSON. Does not say where they stand."""

import re
from collections.abc import Container, Mapping

from verifiers.label_set import LabelSet
from verifiers.reply_text import answer_text, json_in
from verifiers.span_json import told_by_json, whole_json
from verifiers.span_lines import told_by_lines
from verifiers.span_told import LINE, Said, Told, says_none, unescaped
from verifiers.verdict import BadReply

_JSON = re.compile(r"^[ \t]*+[\[{]\s*+(?:[\"\[{]|\Z)", re.MULTILINE)


def read_spans(reply: str, labels: LabelSet, there: Container[str]) -> Told | BadReply:
    """What a reply gives, or why it cannot be said.

    Args:
        there: whether words stand in the text: what is not in quotes counts only as far as they do.
    """
    plain = _as_shown(reply, labels)
    if plain is not None:
        return plain
    text = answer_text(reply)
    if says_none(text):
        return Told(nothing=True)
    told: Told | BadReply | None
    whole = whole_json(reply)  # as it is: what it quotes may look like a token or a fence
    if whole is not None:
        told = told_by_json(whole, labels, there)
    elif _JSON.search(text):
        value = json_in(text)
        if value is None:
            return "unreadable" if text[-1] in "]}" else "truncated"
        told = told_by_json(value, labels, there)
    else:
        told = told_by_lines(text, labels, there)
        value = json_in(text) if not isinstance(told, str) and not told.readable else None
        told = told_by_json(value, labels, there) if value is not None else told
    if told is None or isinstance(told, str):
        return told or "unreadable"
    if told.contradicts_itself:
        return "ambiguous"
    return told if told.readable else "unreadable"


def _as_shown(reply: str, labels: LabelSet) -> Told | None:
    """What a reply gives that is in our own form to the letter: nothing is taken off, whatever the words look like."""
    names = {name.strip(): name for name in labels}
    longest = max(map(len, names))
    told = Told()
    for line in reply.split("\n"):
        if not line.strip():
            continue
        said = _shown(line.strip(), names, longest)
        if said is None:
            return None
        told.said.append(said)
    return told if told.said else None


def _shown(line: str, names: Mapping[str, str], longest: int) -> Said | None:
    at = line.find(': "')
    while 0 <= at <= longest:
        found = LINE.fullmatch(line, at + 2) if line[:at] in names else None
        quote = unescaped(found[1]) if found else None
        if found and quote is not None:
            return Said(names[line[:at]], quote, int(found[2]) if found[2] else None)
        at = line.find(': "', at + 1)
    return None
