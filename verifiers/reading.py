"""Reads labels in what a model wrote: one a line, commas, bullets, JSON, or within a sentence."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from verifiers.label_set import LabelSet, normalise

_THINKING = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[a-z]*\n?(.*?)```", re.DOTALL | re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•·–+>]|\(?\d{1,3}[.):]|#+)\s+|^\s*\[[ x]\]\s+", re.IGNORECASE)
_NOUN = r"(?:labels?|intents?|categor(?:y|ies)|class(?:es)?|tags?|answers?|topics?|predictions?|output|result)"
_LEAD_IN = re.compile(
    rf"^\W*(?:(?:the|final|my|predicted|correct|applicable|chosen)\s+)*{_NOUN}\W*(?:(?:is|are)\s*)?[:=]", re.IGNORECASE
)
_SPLIT = re.compile(r"\s*[,;|\n]\s*|\s+(?:and|&)\s+", re.IGNORECASE)
_EXPLAINED = re.compile(r"\s*(?::|\s[-–—]\s|\(|—|->|=>)")
_NEGATED = re.compile(r"\b(?:not|no|nor|isn t|without|rather than|instead of)(?: an?| the| any)?$")
_REFUSAL = re.compile(
    r"\b(?:i(?:['’]m| am) (?:sorry|unable|not able)|i (?:can(?:no|['’])t|can not|won['’]t|must decline)|as an ai\b)",
    re.IGNORECASE,
)
_NONE = frozenset(
    normalise(words)
    for words in (
        "none", "no label", "no labels", "no intent", "no intents", "no label applies", "no labels apply",
        "none of the above", "none of the labels", "none of the labels apply", "none apply", "none applies",
        "nothing", "n/a", "na", "null", "empty", "no category", "not applicable", "no applicable labels", "-", "[]",
    )
)  # fmt: skip
_LABEL_KEYS = frozenset(
    name + ending
    for name in ("label", "intent", "class", "tag", "topic", "answer", "prediction", "output", "result", "category")
    for ending in ("", "s", "es")
) | {"categories"}
_LONGEST_LABEL = 5  # words; a longer piece that is on no list is prose, not a label


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says: labels on the list and not on it, each once, in reply order.

    Both empty means that the reply says, in words or as an empty list, that no label applies.
    """

    found: tuple[str, ...]
    out_of_list: tuple[str, ...]


def read_labels(reply: str, labels: LabelSet) -> Reading | None:
    """Read ``reply``; None when nothing in it reads as an answer.

    A JSON list or object is read as such. Otherwise the text after the last "Answer:" or "Labels:"
    counts, else all of it, line by line. A piece of a list-like line that is not on the list is kept
    as out of list; sentences are only searched for labels, and only if no line was list-like.
    """
    text = _THINKING.sub("", reply).strip()
    if not text:
        return None
    value = _json_in(text)
    if value is not None:
        named = list(_json_labels(value, labels))
        return _reading(named, labels)
    fenced = _FENCE.search(text)
    text = _after_lead_in(fenced.group(1) if fenced else text)
    if _says_none(text, labels):
        return Reading((), ())
    pieces = [piece for line in text.splitlines() for piece in _list_pieces(line, labels, lines=text)]
    reading = _reading(pieces, labels)
    if reading.found or (reading.out_of_list and not _REFUSAL.search(text)):
        return reading
    mentioned = _mentions(text, labels)
    return Reading(tuple(mentioned), ()) if mentioned else None


def is_refusal(reply: str) -> bool:
    """Whether a reply in which no labels were found declines to answer."""
    return bool(_REFUSAL.search(reply[:200]))


def _reading(pieces: Iterable[str], labels: LabelSet) -> Reading:
    found: dict[str, None] = {}
    strangers: dict[str, str] = {}
    for piece in pieces:
        label = labels.find(piece)
        if label:
            found[label] = None
        elif normalise(piece) and normalise(piece) not in _NONE:
            strangers.setdefault(normalise(piece), piece.strip(" \t\"'`*."))
    return Reading(tuple(found), tuple(strangers.values()))


def _says_none(text: str, labels: LabelSet) -> bool:
    form = normalise(text)
    return (form in _NONE or text.strip() in {"[]", "{}", "-"}) and labels.find(text) is None


def _after_lead_in(text: str) -> str:
    """The text after the last line that opens with "Labels:" or the like; reasoning stands before it."""
    lines = text.splitlines()
    for number in range(len(lines) - 1, -1, -1):
        opening = _LEAD_IN.match(lines[number])
        if opening:
            rest = "\n".join([lines[number][opening.end() :], *lines[number + 1 :]]).strip()
            if rest:
                return rest
    return text


def _list_pieces(line: str, labels: LabelSet, *, lines: str) -> Iterator[str]:
    """The pieces of a line that stand as labels; none for a sentence."""
    bare = _BULLET.sub("", line).strip()
    bulleted = bare != line.strip()
    if not bare:
        return
    if labels.find(bare):
        yield bare
        return
    head = _EXPLAINED.split(bare, maxsplit=1)[0]
    if head != bare and labels.find(head):
        yield head
        return
    if bare.endswith(":"):
        return
    parts = [part for part in _SPLIT.split(bare) if normalise(part)]
    heads = [_EXPLAINED.split(part, maxsplit=1)[0] for part in parts]
    pieces = [head if labels.find(head) else part for head, part in zip(heads, parts, strict=True)]
    strangers = [piece for piece in pieces if not labels.find(piece)]
    if any(_reads_as_prose(piece, labels) for piece in strangers):
        return
    alone = len(lines.splitlines()) == 1 and not re.search(r"[.!?]\s*$", bare)
    if len(strangers) < len(pieces) or bulleted or alone or _every_line_short(lines):
        yield from pieces


def _reads_as_prose(piece: str, labels: LabelSet) -> bool:
    """Whether a piece that is on no list is too long for a label, explains, or holds a label in a phrase."""
    return len(normalise(piece).split()) > _LONGEST_LABEL or ":" in piece or bool(_mentions(piece, labels))


def _every_line_short(text: str) -> bool:
    """Whether the whole text is a bare list: no line is longer than a label or ends as a sentence does."""
    rows = [_BULLET.sub("", row).strip() for row in text.splitlines() if row.strip()]
    return all(len(row.split()) <= _LONGEST_LABEL and not re.search(r"[.!?:]$", row) for row in rows)


def _mentions(text: str, labels: LabelSet) -> list[str]:
    """Labels named within sentences, in order; those spelt exactly as listed rule out mere words."""
    exact = _positions(text, {name: name for name in labels})
    if exact:
        return exact
    return _positions(normalise(text), {normalise(name): name for name in labels})


def _positions(text: str, names: Mapping[str, str]) -> list[str]:
    spots: dict[str, int] = {}
    taken: list[tuple[int, int]] = []
    for form in sorted(names, key=len, reverse=True):
        for match in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", text):
            inside = any(start <= match.start() < end for start, end in taken)
            before = normalise(text[max(0, match.start() - 24) : match.start()].replace("'", " ").replace("’", " "))
            if not inside and not _NEGATED.search(before):
                spots.setdefault(names[form], match.start())
            taken.append(match.span())
    return sorted(spots, key=spots.__getitem__)


def _json_in(text: str) -> object:
    """The JSON list or object that the text is or holds; None if there is none."""
    for candidate in (text, *(match.group(1) for match in _FENCE.finditer(text))):
        try:
            value = json.loads(candidate)
        except ValueError:
            continue
        return value if isinstance(value, list | dict | str) else None
    decoder = json.JSONDecoder()
    for start in (match.start() for match in re.finditer(r"[\[{]", text)):
        try:
            value, _ = decoder.raw_decode(text, start)
        except ValueError:
            continue
        if isinstance(value, dict) or (isinstance(value, list) and all(isinstance(part, str | dict) for part in value)):
            return value
    return None


def _json_labels(value: object, labels: LabelSet) -> Iterator[str]:
    """The labels that a JSON value names."""
    if isinstance(value, str):
        yield from [value] if labels.find(value) else _SPLIT.split(value)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _json_labels(part, labels)
    elif isinstance(value, Mapping):
        keyed = [key for key in value if str(key).casefold() in _LABEL_KEYS or str(key).casefold() == "name"]
        if not keyed and value and all(labels.find(str(key)) for key in value):
            yield from (str(key) for key, held in value.items() if _holds(held))
            return
        for key in keyed or (list(value) if len(value) == 1 else []):
            yield from _json_labels(value[key], labels)


def _holds(value: object) -> bool:
    """Whether the value beside a label says that it applies: true, "yes", or at least one half."""
    if isinstance(value, bool | int | float):
        return float(value) >= 0.5
    return str(value).strip().casefold() in {"true", "yes", "y", "1"}
