"""Reads spans that a reply writes as lines: a label, and words of the text, in any quotes or in none."""

import re
from collections.abc import Container, Iterator

from verifiers.label_set import LabelSet
from verifiers.reply_text import json_in
from verifiers.span_told import LINE, Said, Told, says_none, unescaped
from verifiers.spelling import normalise
from verifiers.verdict import BadReply

_LONGEST_LABEL = 5  # words of a name that is on no list
_QUOTED = re.compile(
    r'(?:"(?P<json>(?:[^"\\]|\\.)*+)"|“(?P<high>[^“”]*+)”|„(?P<low>[^„“”]*+)[“”]|«(?P<angle>[^«»]*+)»'
    r"|‘(?P<one>[^‘]*?)’(?!\w)|「(?P<corner>[^「」]*+)」|`(?P<tick>[^`]*+)`)(?:\s?#(?P<number>\d{1,9}+))?+"
)
_BETWEEN = re.compile(r"\s*+(?:[,;|、，]\s*+(?:and\s)?+|(?:and|und|et|y)\s)\s*+")
_COMMA = re.compile(r"[,;、，]")
_TAIL = re.compile(r"\s*+(?:[.,;|*]*+\s*+\Z|\(|[-–—]\s|//|→|->)")
_PARTED = re.compile(r"[:：=→|]|\s[-–—]\s|->")
_MOST_PARTS = 6  # signs in a line that are tried as the end of a label
_BULLET = re.compile(r"\s*+(?:[-*•>|]\s++|\d{1,3}+[.)]\s++)*+")
_PAIRS = {'"': '"', "“": "”", "„": "“”", "‘": "’", "'": "'", "«": "»", "`": "`"}
_NUMBER = re.compile(r"\s#(\d{1,9}+)\Z")
_DENIAL = re.compile(r"(?:no|none|not|nothing|there (?:is|are) (?:no|none|nothing))\b")


def told_by_lines(text: str, labels: LabelSet, there: Container[str]) -> Told | BadReply:
    """What the lines give; those without a label are passed over. A last one that ends within its quotes is cut off."""
    told = Told()
    lines = [line for line in text.split("\n") if line.strip()]
    for place, line in enumerate(lines):
        parts = _BULLET.sub("", line, count=1).strip()
        if says_none(parts):
            told.nothing = told.alone = True
            continue
        label, value, name = _labelled(parts, labels)
        if label is None:
            if name and (given := _quoted(value)) and any(quote in there for quote, _ in given):
                told.unfit.append(("out_of_list", name))
            continue
        if place == len(lines) - 1 and value[:1] == '"' and not LINE.match(value) and value not in there:
            return "truncated"
        words = list(_words(value, there))
        told.said += [Said(label, quote, number) for quote, number in words]
        told.nothing |= not words
    return told


def _labelled(line: str, labels: LabelSet) -> tuple[str | None, str, str]:
    """(label on the list, what stands behind it, a short name that is on no list)."""
    if len(labels) == 1 and _quoted(line):
        return labels.names[0], line, ""
    unlisted = "", ""
    for tried, sign in enumerate(_PARTED.finditer(line)):
        if tried >= _MOST_PARTS:
            break
        name, value = line[: sign.start()].strip(" \t*_`"), line[sign.end() :].strip(" \t*_|")
        if label := labels.find(name):
            return label, value, ""
        quoted = _quoted(name)
        if quoted and (label := labels.find(value)):
            return label, name, ""
        if not tried and 0 < len(normalise(name).split()) <= _LONGEST_LABEL and not quoted:
            unlisted = value, name
    return None, *unlisted


def _words(value: str, there: Container[str]) -> Iterator[tuple[str, int | None]]:
    """(words, number) of what stands behind a label; nothing where it says that there is none."""
    if not value or says_none(value) or value in {'""', "''"}:
        return
    given = _quoted(value)
    if given and all(quote in there for quote, _ in given):
        yield from given
        return
    listed = json_in(value) if value[0] == "[" else None
    if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
        yield from ((one, None) for one in listed)
        return
    number = _NUMBER.search(value)
    bare = value[: number.start()] if number else value
    inner = bare[1:-1] if len(bare) > 1 and bare[-1] in _PAIRS.get(bare[0], "") else None
    for quote, which in ((inner, number), (value, None), (bare, number), (value.rstrip(".,;"), None)):
        if quote is not None and quote in there:
            yield quote, int(which[1]) if which else None
            return
    pieces = [piece.strip() for piece in _COMMA.split(value)]
    head = value.partition(" (")[0].rstrip()
    if len(pieces) > 1 and all(piece in there for piece in pieces):
        yield from ((piece, None) for piece in pieces)
    elif given:
        yield from given
    elif head in there:
        yield head, None
    elif not _DENIAL.match(value.casefold()):
        yield (inner if inner is not None else bare), int(number[1]) if number else None


def _quoted(value: str) -> list[tuple[str, int | None]] | None:
    """The quotes that a text is made of, with their numbers; an explanation behind them may follow."""
    found: list[tuple[str, int | None]] = []
    at = 0
    while quote := _QUOTED.match(value, at):
        kind, words = next((kind, words) for kind, words in quote.groupdict().items() if words is not None)
        told = unescaped(words) if kind == "json" else words
        found.append((words if told is None else told, int(quote["number"]) if quote["number"] else None))
        at = quote.end()
        between = _BETWEEN.match(value, at)
        if not between or not _QUOTED.match(value, between.end()):
            return found if _TAIL.match(value, at) else None
        at = between.end()
    return None
