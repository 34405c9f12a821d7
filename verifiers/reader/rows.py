"""Reads one line of a list: names, what is said beside each, and short pieces that are on no list. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from verifiers.label_set import LabelSet
from verifiers.reader.blocks import BULLET
from verifiers.reader.judgement import CROSSES, TICKS, Held, held
from verifiers.reader.keys import is_heading, role_of
from verifiers.reader.prose import hedged_in, names_in
from verifiers.spelling import UNSPACED, normalise

LONGEST_NAME = 5  # words; a longer piece that is on no list is prose, not a name
_MOST_PIECES = 500  # in a line, beside two for each label of the list
_MOST_JOINED = 6  # pieces between commas that are tried as one name
_MOST_MARKS = 5  # places in a piece at which an explanation may begin
_COUNTED = re.compile(r"\s*+(?:[-*•]\s++)?([-+]?\d{1,3}+)\s?[:：]\s")
_WRAPS = "\u20e3\ufe0f。．！？「」『』【】《》〈〉،।॥؟… \t"
_COMMA = re.compile(r"[,;|，、；،]|`\s++(?=`)|[\"”]\s++(?=[\"“])|\*\*\s++(?=\*\*)")
_BRACKET = re.compile(r"[()]")
_AND = re.compile(r"\s(?:and|&|und|et|y|\+)\s", re.IGNORECASE)
_AND_FIRST = re.compile(r"\s*+(?:and|und|&)\s", re.IGNORECASE)
_MARK = re.compile(
    r"\s?(?:\||:|：|\s[-–—]\s|\(|（|\[|—|->|=>|→|=|\t|\s(?:because|since|due to|based on|given that|as it|as the)\s|\?)",
    re.IGNORECASE,
)
_UNSPACED = re.compile(f"[{UNSPACED}]")
_TAIL = " \t|:：-–—([（=>→"
_SCALE = re.compile(
    r"(?P<figure>[-+]?\d{1,3}+)(?:\s?/\s?|\s(?:out\s)?of\s)(?P<most>\d{1,3}+)(?:\s(?:stars?|points?))?+"
)
_UNIT = re.compile(r"(?P<figure>[-+]?\d{1,3}+)\s(?:stars?|points?)", re.IGNORECASE)
_REASON = re.compile(
    r"(?:because|since|as|due to)\s.+|(?:it|this|that|he|she|they|there|the [a-z]+)\s(?:is|are|was|were|does|do|has|have"
    r"|had)(?:n't)?\b.*|(?:it|this|that|he|she|they|the [a-z]+)\s(?:wants|asks|says|mentions)\b.*|(?:without a|no) doubt.*|indeed|certainly|definitely|clearly|absolutely"
    r"|of course|for sure|that's (?:right|correct)|i (?:think|believe|would say).*|in my (?:opinion|view)",
    re.DOTALL,
)
_LINKS = re.compile(
    r"therefore|thus|hence|so|then|well|overall|in (?:summary|conclusion|short|sum)|finally|based on (?:the|this) \w{1,12}"
    r"|after (?:reviewing|reading|analyzing) the \w{1,12}",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"(?:the|it|this|that|there|they|he|she|we|you|i)\b.{0,80}?\b(?:is|are|was|were|has|have|does|do|did|can|cannot|will"
    r"|would|seems?|wants?|asks?|says?|mentions?|needs?|fits?)\b",
    re.IGNORECASE,
)
_CHATTY = re.compile(
    r"^(?:sure|ok|okay|certainly|of course|here|yes|thanks?|hope|let me|i|note|hi|hello|great|alright|sorry|please"
    r"|understood|got it)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,.;:(]|\sbecause\s|\ssince\s")
_EXCEPT = re.compile(
    r"\b(?:except|unless|but|maybe|possibly|perhaps|though|however|other than|could|might|so|therefore)\b",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"(?:无|没有|都不是|没有(?:合适|适用)的标签|なし|該当なし|없음|해당 없음|ไม่มี|keine?s?|ningun[oa]|aucune?|nessun[oa]|nenhuma?|нет|ни один|brak|لا شيء"
    r"|none|nothing (?:applies|fits|matches)|nothing|null|n a|na|nil|empty|not applicable|no match|none appl(?:y|ies)"
    r"|none of (?:the|these|those|them)(?: \w+)?(?: (?:above|labels?|categor(?:y|ies)|intents?|class(?:es)?|tags?"
    r"|topics?|options?))?(?: (?:appl(?:y|ies)|fits?|match(?:es)?|is applicable|are applicable))?(?: here)?"
    r"|(?:there (?:is|are) )?no (?:applicable |matching |suitable |relevant )?(?:labels?|categor(?:y|ies)|intents?"
    r"|class(?:es)?|tags?|topics?|answers?)(?: (?:that )?(?:appl(?:y|ies)|fits?|match(?:es)?|applicable))?)"
)


@dataclass(slots=True)
class Row:
    """What one line gives.

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


def name_of(text: str, labels: LabelSet) -> str | None:
    """The label that ``text`` spells, without what wraps it."""
    if not text or len(text) > labels.longest:
        return None
    if text.rstrip(" *_\"'”)").endswith("?"):  # a question names nothing, unless the name is one
        found = labels.find(text)
        return found if found and "?" in found else None
    found = labels.find(text) or labels.find(text.strip(_WRAPS)) or labels.find_loosely(text)
    if found or not text.strip():
        return found
    inner = text.strip(" .*_`")
    if inner[:1] == "$" == inner[-1:]:
        return labels.find(inner.strip("$ "))
    figure = _SCALE.fullmatch(inner) or _UNIT.fullmatch(inner)
    return labels.find(figure["figure"]) if figure and int(figure.groupdict().get("most") or 3) >= 3 else None


def says_none(words: str, labels: LabelSet) -> bool:
    """Whether the words say that no label applies; not if a label on the list is called so."""
    if len(words) > 200:
        return False
    says = words.strip() in {"[]", "{}", "-", "∅", "—"} or _NONE.fullmatch(normalise(words))
    return bool(says) and not labels.find(words)


def unbulleted(line: str, labels: LabelSet) -> str:
    """A line without its bullet; what looks like one is a sign where only the whole is a label, as ``> 64``."""
    rest = BULLET.sub("", line).strip()
    counted = _COUNTED.match(line)
    if counted and labels.find(counted[1]) and not name_of(rest, labels):  # "3: neutral"
        return line[counted.start(1) :].strip()
    return rest if not rest or rest == line.strip() or name_of(rest, labels) else name_of(line, labels) or rest


def row_of(line: str, labels: LabelSet, *, listed: bool) -> Row | None:
    """What a line gives; None for a sentence.

    Args:
        listed: whether the line's place makes it a list; else it is one only if a label stands in it by itself.
    """
    text = unbulleted(line, labels)
    if name := name_of(text, labels):
        return Row({name: None})
    if says_none(text, labels):
        return Row(none=True)
    if says_none(_CLAUSE.split(text, maxsplit=1)[0], labels):
        rest = _CLAUSE.split(text, maxsplit=1)[-1]
        return None if name_of(rest, labels) or (("?" in text or _EXCEPT.search(text)) and names_in(text.replace("?", " "), labels)) else Row(none=True)
    if "|" in text and (cells := _cells(text, labels)):
        return cells
    if len(_COMMA.findall(text)) > _MOST_PIECES + 2 * len(labels):
        return None
    pieces = list(_pieces(text, labels))
    known = [piece for piece in pieces if isinstance(piece, Row)]
    strangers = [piece for piece in pieces if isinstance(piece, str)]
    if any(_is_prose(piece, labels) for piece in _before_reason(pieces) if isinstance(piece, str)):
        return None
    if not known and (not listed or not strangers or text[-1:] in set("!?:")):
        return None
    return _joined(_before_reason(pieces))


def _cells(text: str, labels: LabelSet) -> Row | None:
    """A row of a table: a label, and whether it applies; its head gives nothing."""
    cells = [cell.strip(" *`") for cell in text.strip("| ").split("|")]
    if role_of(cells[0]) in {"answer", "result"}:
        return Row()
    name = name_of(cells[0], labels)
    said = held(cells[1]) if name and len(cells) > 1 else None
    return Row({name: said}) if name and said is not None else None


def _pieces(text: str, labels: LabelSet) -> Iterator[Row | str]:
    """What stands between commas: a row of what is known in it, or the piece itself."""
    starts, ends = _bounds(text)
    place = 0
    while place < len(starts):
        last = min(len(ends), place + 1 + min(labels.most_commas, _MOST_JOINED))
        joined = ((end, name_of(text[starts[place] : ends[end - 1]], labels)) for end in range(last, place, -1))
        end, name = next(((end, name) for end, name in joined if name), (place + 1, None))
        yield from [Row({name: None})] if name else _piece(text[starts[place] : ends[place]], labels)
        place = end


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
    row = _explained(text, labels)
    if row:
        yield row
        return
    sides = text.split("/", _MOST_JOINED)
    if len(sides) > 1 and all(name_of(side, labels) for side in sides):
        yield Row({name_of(side, labels) or "": "doubt" for side in sides})
        return
    parts = _AND.split(text)
    if len(parts) > 1 and any(name_of(part, labels) for part in parts):
        for part in parts:
            name = name_of(part, labels)
            yield Row({name: None}) if name else part.strip()
    elif normalise(text) and not is_heading(text) and not _LINKS.fullmatch(text.strip(" .")):
        yield text.strip()


def _explained(text: str, labels: LabelSet) -> Row | None:
    """A label with an explanation, a figure or a mark beside it, or behind a key that says nothing known."""
    if name := name_of(text, labels):
        return Row({name: None})
    marks = [mark for mark, _ in zip(_MARK.finditer(text), range(_MOST_MARKS), strict=False)]
    for mark in reversed(marks):
        if name := name_of(text[: mark.start()], labels):
            said = _said(text[mark.start() :], labels)
            if mark[0].strip() == "=" and said is None:  # a legend: "1 = bad"
                return None
            return Row({name: said}, explained=not isinstance(said, float) and mark[0].strip() not in {"(", "（", "["})
    if row := _marked(text, labels):
        return row
    head, tail = (
        (text[: marks[0].start()], text[marks[0].end() :]) if marks and marks[0][0].strip() in {":", "："} else ("", "")
    )
    short = len(head.split()) <= 3 or _UNSPACED.search(head) or _CHATTY.match(head)
    name = name_of(tail, labels) if head and short else None
    return Row({name: None}, keyed=head.strip()) if name and not names_in(head, labels) else None


def _said(tail: str, labels: LabelSet) -> Held:
    """What stands beside a label says of it; another label there leaves it open."""
    if tail.lstrip()[:1] == "?":
        return "doubt"
    words = tail.strip(_TAIL)
    if hedged_in(words, labels):
        return "doubt"
    said = held(words) if words.strip(" .)]|*_") else None
    return "doubt" if said is None and name_of(words, labels) else said


def _marked(text: str, labels: LabelSet) -> Row | None:
    """A label with a tick, a cross or a share directly before or behind it."""
    text = text.strip(" \t|.*")
    sides = [text.rsplit(maxsplit=1), text.split(maxsplit=1)[::-1]]
    if text and text[0] in TICKS + CROSSES:
        sides.append([text[1:].lstrip("\ufe0f"), text[0]])
    if text and text.rstrip("\ufe0f")[-1:] in [*(TICKS + CROSSES)]:
        sides.append([text.rstrip("\ufe0f")[:-1], text.rstrip("\ufe0f")[-1]])
    for words, mark in (side for side in sides if len(side) == 2):
        name = name_of(words, labels) if is_mark(mark) else None
        if name:
            return Row({name: held(mark)})
    return None


def is_mark(word: str) -> bool:
    """Whether a word is a tick, a cross or a share."""
    word = word.strip("()[]\ufe0f")
    return word in [*(TICKS + CROSSES)] or (held(word) is not None and (word[-1:] == "%" or "." in word))


def _before_reason(pieces: Sequence[Row | str]) -> list[Row | str]:
    """Without why, behind a label: "refund, it was broken" is the one label; a share belongs to what is before it."""
    kept: list[Row | str] = []
    for piece in pieces:
        if isinstance(piece, Row):
            kept.append(piece)
        elif kept and isinstance(kept[-1], Row) and is_mark(piece.strip()):
            kept[-1] = Row(dict.fromkeys(kept[-1].names, held(piece)), keyed=kept[-1].keyed)
        elif kept and isinstance(kept[-1], Row) and kept[-1].explained:
            continue
        elif kept and isinstance(kept[0], Row) and _REASON.fullmatch(piece.strip(" .!").replace("’", "'")):
            break
        else:
            kept.append(piece)
    return kept


def _joined(pieces: Sequence[Row | str]) -> Row:
    row = Row()
    for piece in pieces:
        if isinstance(piece, Row) and piece.keyed:  # what stands before a key leads to it
            row.strangers.clear()
        if isinstance(piece, Row):
            row.names |= {name: said for name, said in piece.names.items() if row.names.get(name) is None}
            row.keyed = row.keyed or piece.keyed
        else:
            row.strangers.append(piece)
    return row


def _is_prose(piece: str, labels: LabelSet) -> bool:
    """Whether a piece that is on no list is no label either: too long, a courtesy, or a label in a phrase."""
    words = normalise(piece).split() if len(piece) < 200 else piece.split()
    if len(words) > LONGEST_NAME or re.search(r"[:?!]", piece) or _CHATTY.match(piece):
        return not says_none(piece, labels)
    if "=" in piece and name_of(piece.partition("=")[0], labels):
        return True
    if _SENTENCE.match(piece) or (piece.endswith(".") and len(words) > 2 and piece[:1].isupper()):
        return not says_none(piece, labels)
    return bool(" " in piece.strip() or _UNSPACED.search(piece)) and bool(names_in(piece, labels))
