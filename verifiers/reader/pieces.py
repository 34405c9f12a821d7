"""Reads what stands between the commas of a line: a label, with what is said beside it. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from verifiers.label_set import LabelSet
from verifiers.reader.judgement import CROSSES, TICKS, Held, held
from verifiers.reader.keys import is_heading
from verifiers.reader.names import name_of
from verifiers.reader.prose import hedged_in, names_in
from verifiers.reader.vocabulary import AND, AND_UNSPACED
from verifiers.spelling import UNSPACED, normalise

CHATTY = re.compile(
    r"(?:sure|ok|okay|certainly|of course|here|yes|thanks?|hope|let me|i|note|hi|hello|great|alright|sorry|please"
    r"|understood|got it)\b",
    re.IGNORECASE,
)
"""How a courtesy begins."""
MOST_PIECES = 500  # in a line, beside two for each label of the list
_MOST_JOINED = 6  # pieces between commas that are tried as one name
_MOST_MARKS = 5  # places in a piece at which an explanation may begin
_LONGEST_KEY = 3  # words of a key that says nothing known
_COMMA = re.compile(r"[,;|，、；،]|`\s++(?=`)|[\"”]\s++(?=[\"“])|\*\*\s++(?=\*\*)")
_BRACKET = re.compile(r"[()]")
_AND = re.compile(r"\s(?:and|&|und|et|y|\+)\s", re.IGNORECASE)
_ANY_AND = re.compile(rf"\s(?:{AND}|\+)\s|\s?(?:{AND_UNSPACED})\s?", re.IGNORECASE)
_AND_FIRST = re.compile(r"\s*+(?:and|und|&)\s(?:also\s)?", re.IGNORECASE)
_MARK = re.compile(
    r"\s?(?:\||:|：|\s[-–—]\s|\(|（|\[|—|->|=>|→|=|\t|\?"
    r"|\s(?:because|since|due to|based on|given that|as it|as the)\s)",
    re.IGNORECASE,
)
_TAIL = " \t|:：-–—([（=>→"
_MARKS = TICKS + CROSSES
_UNSPACED = re.compile(f"[{UNSPACED}]")
_LINKS = re.compile(
    r"therefore|thus|hence|so|then|well|overall|finally|in (?:summary|conclusion|short|sum)"
    r"|based on (?:the|this) \w{1,12}|after (?:reviewing|reading|analyzing) the \w{1,12}",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Row:
    """What one line, or a piece of it, gives.

    Attributes:
        names: labels on the list, with what is said beside each.
        strangers: short pieces that are on no list.
        none: whether it says that no label applies.
        keyed: a key that says nothing known, before names: ``Urgency`` of ``Urgency: high``.
        explained: whether what follows in the line may belong to an explanation.
    """

    names: dict[str, Held] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    none: bool = False
    keyed: str = ""
    explained: bool = False


def pieces_of(text: str, labels: LabelSet) -> list[Row | str]:
    """What stands between commas: a row of what is known in it, or the piece itself. Names may have commas."""
    starts, ends = _bounds(text)
    pieces: list[Row | str] = []
    place = 0
    while place < len(starts):
        last = min(len(ends), place + 1 + min(labels.most_commas, _MOST_JOINED))
        joined = ((end, name_of(text[starts[place] : ends[end - 1]], labels)) for end in range(last, place, -1))
        end, name = next(((end, name) for end, name in joined if name), (place + 1, None))
        pieces += [Row({name: None})] if name else _piece(text[starts[place] : ends[place]], labels)
        place = end
    return pieces


def most_pieces(text: str) -> int:
    """No line has more pieces than this."""
    return len(_COMMA.findall(text)) + 1


def _bounds(text: str) -> tuple[list[int], list[int]]:
    """Where the pieces begin and end: at commas, but for those that a bracket closes behind."""
    starts, ends = [0], []
    brackets = [(found.start(), found[0]) for found in _BRACKET.finditer(text)]
    following = 0
    for comma in _COMMA.finditer(text):
        while following < len(brackets) and brackets[following][0] < comma.start():
            following += 1
        if following < len(brackets) and brackets[following][1] == ")":
            continue
        ends.append(comma.start())
        starts.append(comma.end())
    return starts, [*ends, len(text)]


def _piece(text: str, labels: LabelSet) -> Iterator[Row | str]:
    text = text[first.end() :] if (first := _AND_FIRST.match(text)) else text
    parts = _ANY_AND.split(text)
    parts = parts if all(name_of(part, labels) for part in parts) else _AND.split(text)
    names = [name_of(part, labels) for part in parts] if len(parts) > 1 else []
    row = None if names and all(names) else _explained(text, labels) or _sides(text, labels)
    if row:
        yield row
    elif any(names):
        yield from (Row({name: None}) if name else part.strip() for part, name in zip(parts, names, strict=True))
    elif normalise(text) and not is_heading(text) and not _LINKS.fullmatch(text.strip(" .")):
        yield text.strip()


def _sides(text: str, labels: LabelSet) -> Row | None:
    """Labels with slashes between them: any of them may be meant."""
    names = [name_of(side, labels) for side in text.split("/", _MOST_JOINED)]
    return Row({name or "": "doubt" for name in names}) if len(names) > 1 and all(names) else None


def _explained(text: str, labels: LabelSet) -> Row | None:
    """A label with an explanation, a figure or a mark beside it, or behind a key that says nothing known."""
    if name := name_of(text, labels):
        return Row({name: None})
    marks = [mark for mark, _ in zip(_MARK.finditer(text), range(_MOST_MARKS), strict=False)]
    for mark in reversed(marks):
        if name := name_of(text[: mark.start()], labels):
            longer = _longer(name, text, labels)
            return Row({longer: None}) if longer else _with_tail(name, mark[0].strip(), text[mark.start() :], labels)
    keyed = _keyed(text, marks[0], labels) if marks and marks[0][0].strip() in {":", "："} else None
    return _marked(text, labels) or keyed


def _longer(name: str, text: str, labels: LabelSet) -> str | None:
    """The longer name that a text opens with: "Tech (hardware) mostly" is no "Tech"."""
    longer = [other for other in names_in(text, labels)[:1] if len(other) > len(name)]
    return next((other for other in longer if normalise(other).startswith(normalise(name))), None)


def _with_tail(name: str, mark: str, tail: str, labels: LabelSet) -> Row | None:
    """A label with what stands behind it; a legend, as "1 = bad", is none."""
    said = _said(tail, labels)
    if mark == "=" and said is None:
        return None
    return Row({name: said}, explained=not isinstance(said, float) and mark not in {"(", "（", "["})


def _keyed(text: str, mark: "re.Match[str]", labels: LabelSet) -> Row | None:
    """A label behind a short key: ``Urgency: high``, ``I'd say: high``."""
    head = text[: mark.start()]
    short = len(head.split()) <= _LONGEST_KEY or _UNSPACED.search(head) or CHATTY.match(head)
    name = name_of(text[mark.end() :], labels) if head and short else None
    return Row({name: None}, keyed=head.strip()) if name and not names_in(head, labels) else None


def _said(tail: str, labels: LabelSet) -> Held:
    """What stands beside a label says of it; another label there leaves it open."""
    words = tail.strip(_TAIL)
    asked = tail.lstrip()[:1] == "?"
    said = held(words.lstrip("? ")) if words.strip(" .)]|*_?") else None
    if hedged_in(words, labels) or (asked and not isinstance(said, bool)):
        return "doubt"
    return "doubt" if said is None and name_of(words, labels) else said


def _marked(text: str, labels: LabelSet) -> Row | None:
    """A label with a tick, a cross or a share directly before or behind it."""
    text = text.strip(" \t|.*").rstrip("\ufe0f")
    sides = [text.rsplit(maxsplit=1), text.split(maxsplit=1)[::-1]]
    if text and text[0] in _MARKS:
        sides.append([text[1:].lstrip("\ufe0f"), text[0]])
    if text and text[-1] in _MARKS:
        sides.append([text[:-1], text[-1]])
    for words, mark in (side for side in sides if len(side) == 2):
        name = name_of(words, labels) if is_mark(mark) else None
        if name:
            return Row({name: held(mark)})
    return None


def is_mark(word: str) -> bool:
    """Whether a word is a tick, a cross or a share."""
    word = word.strip("()[]\ufe0f")
    share = held(word) is not None and (word[-1:] == "%" or "." in word)
    return share or (len(word) == 1 and word in _MARKS)
