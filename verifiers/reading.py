"""Reads labels in what a model wrote: one a line, commas, bullets, JSON, or within a sentence."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from verifiers.json_reading import json_pieces, says_yes
from verifiers.label_set import LabelSet
from verifiers.spelling import UNSPACED, normalise, readable

_THOUGHT = re.compile(
    r"<(think|thinking|reasoning)>.*?(?:</\1>|$)|^.*</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE
)
_BLANKS = re.compile(r"[^\S\n]+")
_FENCED = re.compile(r"```(?:(\w*+)\n)?+(.*?)```", re.DOTALL)
_BULLET = re.compile(r"^\s*+(?:[-*•·–+>]|\(?\d{1,3}[.):]|#++)\s++")
_BOX = re.compile(r"^[^\S\n]*+(?:[-*]\s++)?\[([ xX✓✔])\]\s++(.*)$", re.MULTILINE)
_NOUN = r"(?:labels?|intents?|categor(?:y|ies)|class(?:es)?|tags?|answers?|topics?|predictions?|output|result)"
_LEAD_IN = re.compile(
    rf"^\W*+(?:(?:the|final|my|predicted|correct|applicable|chosen)\s++)*+{_NOUN}"
    r"(?:[:=：]|\W*+$|[^\w:=：]*+[:=：]|\W*+(?<=\s)(?:is|are)\b\s*+(?:[:=：]|\W*+$))",
    re.IGNORECASE,
)
_COMMA = re.compile(r"[,;|，、；]")
_BRACKET = re.compile(r"[()]")
_AND = re.compile(r"\s(?:and|&)\s", re.IGNORECASE)
_EXPLAINED = re.compile(r"\s?(?::|：|\s[-–—]\s|\(|—|->|=>)")
_NEGATED = re.compile(r"(?:\b(?:not|no|nor|never|without|rather than|instead of)|n['’]t)(?:\s(?:an?|the|any))?\s\W?$")
_DENIED = re.compile(r"\W?\s?(?:do(?:es)?(?: not|n['’]t) (?:apply|fit|match)|(?:is|are)(?: not|n['’]t)\b)")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_CHATTY = re.compile(r"^(?:sure|ok|okay|certainly|of course|here|yes|thanks?|hope|let me|i|note)\b", re.IGNORECASE)
_REFUSAL = re.compile(
    r"\b(?:i(?:['’]m| am) (?:sorry|unable|not able)|i (?:can(?:no|['’])t|can not|won['’]t|must decline)|as an ai\b)",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"(?:none|nothing|null|n a|na|empty|not applicable|none appl(?:y|ies)|none of (?:the|these|those)"
    rf"(?: \w+)?(?: (?:above|{_NOUN}))?(?: appl(?:y|ies))?"
    rf"|(?:there (?:is|are) )?no (?:applicable )?{_NOUN}(?: (?:that )?appl(?:y|ies))?)"
)
_REASON = re.compile(
    r"(?:because|since|as|due to)\s.+"
    r"|(?:it|this|that|he|she|they|there|the [a-z]+)\s(?:is|are|was|were|has|have|had|wants|asks|says|mentions)\s.+"
)
_HOW_SURE = re.compile(r"(?:confidence\W+)?(?:[01]?[.]\d+|\d+(?:[.]\d+)?\s?%)", re.IGNORECASE)
_CLAUSE = re.compile(r"[,.;:(]|\sbecause\s|\ssince\s")
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

    JSON is read as such. Otherwise the text after the last "Answer:" or "Labels:" counts, else all of it, line by
    line. A piece of a list-like line that is not on the list is kept as out of list; sentences are only searched
    for labels, and only if no line was list-like.
    """
    text = _BLANKS.sub(" ", _THOUGHT.sub("", reply)).strip()
    boxes = _BOX.findall(text)
    if boxes:
        return _reading((name for mark, name in boxes if mark.strip()), labels)
    pieces = json_pieces(text, labels)
    if pieces is not None:
        return _reading(pieces, labels)
    return _read_text(_answer_in(_unfenced(text, labels), labels), labels)


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
        elif normalise(piece) and not _says_none(piece, labels):
            strangers.setdefault(normalise(piece), piece.strip(" \t\"'`*."))
    return Reading(tuple(found), tuple(strangers.values()))


def _says_none(words: str, labels: LabelSet) -> bool:
    """Whether the words say that no label applies; not if a label on the list is called so."""
    says = words.strip() in {"[]", "{}", "-"} or _NONE.fullmatch(normalise(words))
    return bool(says) and not labels.find(words)


def _unfenced(text: str, labels: LabelSet) -> str:
    """The inside of the first code fence, if there is one; its language is not part of it, a label is."""
    fenced = _FENCED.search(text)
    if not fenced:
        return text
    language = fenced.group(1) or ""
    return f"{language}\n{fenced.group(2)}" if labels.find(language) else fenced.group(2)


def _answer_in(text: str, labels: LabelSet) -> str:
    """The text after the last line that opens with "Labels:" or the like; reasoning stands before it."""
    lines = text.splitlines()
    leads = [None if not line.strip() or labels.find(line) else _LEAD_IN.match(line) for line in lines]
    last = max((number for number, lead in enumerate(leads) if lead), default=None)
    if last is None:
        return text
    first = last
    while first and leads[first - 1]:  # "Label: a" on each of several lines
        first -= 1
    rests = [line[lead.end() :] if lead else line for line, lead in zip(lines[first:], leads[first:], strict=True)]
    return "\n".join(rests).strip() or text


def _read_text(text: str, labels: LabelSet) -> Reading | None:
    lines = [_unbroken(line, labels) for line in text.splitlines() if line.strip()]
    bare = _is_bare_list(lines)
    bulleted = any(_BULLET.match(line) for line in lines)
    pieces: list[str] = []
    none = False
    for line in lines:
        if _says_none(_BULLET.sub("", line), labels) or _says_none(_CLAUSE.split(line)[0], labels):
            none = True
            continue
        listed = bool(_BULLET.match(line)) or (bare and not bulleted) or len(lines) == 1
        pieces.extend(_list_pieces(_BULLET.sub("", line).strip(" |"), labels, listed=listed))
    reading = _reading(pieces, labels)
    if reading.found or none or (reading.out_of_list and not _REFUSAL.search(text)):
        return reading
    denied = {label for line in lines for label in _denied(line, labels)}
    mentioned = [label for label in _mentions(text, labels) if label not in denied]
    return Reading(tuple(mentioned), ()) if mentioned or denied else None


def _unbroken(line: str, labels: LabelSet) -> str:
    """A line of which only the whole is a label, as ``> 64``, as that label; what looks like its bullet is a sign."""
    rest = _BULLET.sub("", line)
    return line if rest == line or labels.find(rest) else labels.find(line) or line


def _denied(line: str, labels: LabelSet) -> Iterator[str]:
    """The labels of which a line says that they do not apply."""
    row = _BULLET.sub("", line).strip(" |")
    pairs = [row.split("|")] if "|" in row else [_EXPLAINED.split(part, maxsplit=1) for part in _parts(row)]
    for pair in pairs:
        if len(pair) > 1 and (label := labels.find(pair[0])) and says_yes(pair[1]) is False:
            yield label


def _is_bare_list(lines: list[str]) -> bool:
    """Whether the whole text is a list: no line is longer than a label or ends as a sentence does."""
    rows = [_BULLET.sub("", line).strip() for line in lines]
    return all(len(row.split()) <= _LONGEST_LABEL and row[-1:] not in set(".!?:") for row in rows)


def _list_pieces(line: str, labels: LabelSet, *, listed: bool) -> Iterator[str]:
    """The pieces of a line that stand as labels; none for a sentence.

    Args:
        listed: whether the line's place makes it a list; else it is one only if a label stands in it by itself.
    """
    if labels.find(line):
        yield line
        return
    if (cells := [cell.strip() for cell in line.split("|")]) and len(cells) > 1:  # a row of a table
        holds = says_yes(cells[1])
        if labels.find(cells[0]) and holds is not None:
            yield from cells[:1] if holds else []
            return
        if re.fullmatch(_NOUN, normalise(cells[0])):  # its head
            return
    pieces = [part for whole in _parts(line) for part in _parted(whole, labels)]
    strangers = [piece for piece, known in pieces if not known]
    if any(_is_prose(piece, labels) for piece in strangers):
        return
    if (listed and line.rstrip()[-1:] not in set("!?:")) or len(strangers) < len(pieces):
        yield from (piece for piece, _ in _unreasoned(pieces))


def _parts(line: str) -> list[str]:
    """What stands between commas, but for those that a bracket closes behind."""
    parts: list[str] = []
    brackets = [(found.start(), found[0]) for found in _BRACKET.finditer(line)]
    start = following = 0
    for comma in _COMMA.finditer(line):
        place = comma.start()
        while following < len(brackets) and brackets[following][0] < place:
            following += 1
        if following < len(brackets) and brackets[following][1] == ")":
            continue
        end = place - line[max(start, place - 1) : place].isspace()
        parts.append(line[start:end])
        start = place + 1 + line[place + 1 : place + 2].isspace()
    return [*parts, line[start:]]


def _parted(whole: str, labels: LabelSet) -> Iterator[tuple[str, bool]]:
    """The labels that one piece between commas names, and whether each is on the list."""
    if labels.find(whole):
        yield whole, True
        return
    head, *tail = _EXPLAINED.split(whole, maxsplit=1)
    if labels.find(head):
        if not tail or says_yes(tail[0]) is not False:
            yield head, True
        return
    if tail and _UNSPACED.search(head) and labels.find(tail[0]):  # "label: refund" in such a script
        yield tail[0], True
        return
    parts = _AND.split(whole)
    if len(parts) > 1 and any(labels.find(part) for part in parts):
        yield from ((part, labels.find(part) is not None) for part in parts)
    elif normalise(whole) and not re.fullmatch(_NOUN, normalise(whole)):
        yield whole, False


def _unreasoned(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Without why and how sure, behind a label: "refund, it was broken" and "refund, 0.9" are the one label."""
    if pieces and pieces[0][1]:
        pieces = [piece for piece in pieces if piece[1] or not _HOW_SURE.fullmatch(piece[0].strip())]
    first = next((number for number, (_, known) in enumerate(pieces) if not known), 0)
    return pieces[:first] if first and _REASON.fullmatch(pieces[first][0].strip()) else pieces


def _is_prose(piece: str, labels: LabelSet) -> bool:
    """Whether a piece that is on no list is no label either: too long, a courtesy, or a label in a phrase."""
    words = normalise(piece).split()
    if len(words) > _LONGEST_LABEL or re.search(r"[:?!]", piece) or _CHATTY.match(piece):
        return not _says_none(piece, labels)
    return bool(" " in piece.strip() or _UNSPACED.search(piece)) and bool(_mentions(piece, labels))


def _mentions(text: str, labels: LabelSet) -> list[str]:
    """Labels named within sentences, in order, the longest name first where one stands in another.

    If some are spelt with the capitals of the list, those without are mere words.
    """
    text = readable(text)
    spots: dict[str, tuple[int, bool]] = {}
    taken = bytearray(len(text))
    for mention in labels.index.mentions(text):
        name, start, end = mention.name, mention.start, mention.end
        inside = taken[start]
        taken[start:end] = b"\1" * (end - start)
        if inside or name in spots:
            continue
        before, after = text[max(0, start - 24) : start].casefold(), text[end : end + 24].casefold()
        if not _NEGATED.search(before) and not _DENIED.match(after):
            spots[name] = start, name != name.casefold() and text[start] == name[:1]
    exact = any(capitals for _, capitals in spots.values())
    return sorted((name for name, (_, capitals) in spots.items() if capitals or not exact), key=lambda n: spots[n])
