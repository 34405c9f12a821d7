"""Reads the names of a list in a reply: what the shared grammar finds, and what names add to it. Pure.

From the surest sign to the weakest: the whole reply is names; JSON; tables and boxes; a marked answer; whole lines; the
opening of a sentence; the one name that sentences assert. The first that is there decides. What could be read in two
ways is ``ambiguous``.
"""

import re
from collections.abc import Iterable, Sequence

from verifiers.label_set import LabelSet
from verifiers.reader.blocks import BULLET, Block, blocks_of
from verifiers.reader.boxes import boxes_in
from verifiers.reader.json_names import JsonNames
from verifiers.reader.json_values import JsonFound, find_json
from verifiers.reader.judgement import Held, chosen
from verifiers.reader.keys import stem_of, rates
from verifiers.reader.markup import fences, plain, unfenced
from verifiers.reader.model_tokens import without_tokens
from verifiers.reader.outcome import NamesRead, Unusable
from verifiers.reader.prose import HEDGES, hedged_in, names_in, said_in, the_one
from verifiers.reader.records import entries_in, table_in
from verifiers.reader.refusals import is_refusal
from verifiers.reader.rows import LONGEST_NAME, Row, is_mark, name_of, row_of, unbulleted
from verifiers.reader.turns import after_echo, begins_turn, own_turn
from verifiers.spelling import normalise

Read = NamesRead | Unusable
MOST_SAID = 200_000
"""Characters, thoughts not counted, beyond which a reply is no answer."""
_MOST_LINES = 2_000  # that are read as a list, beside two for each label
_MOST_FENCES = 20
_AMBIGUOUS = Unusable("ambiguous")
_CORRECTS = re.compile(
    r"\b(?:wait|actually|on second thoughts?|correction|scratch that|changed? my mind|let me reconsider|hmm|upon"
    r" reflection|re-?reading)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_ANSWERED = re.compile(r"(?:no|yes|nope|well)\b[,.:]\s*+", re.IGNORECASE)
_OPENING_ENDS = re.compile(r"[.,;:!。，！]|\s[-–—]|—|\n|\(")


def read_labels(reply: str, labels: LabelSet) -> Read:
    """The names that ``reply`` gives, or why none can be told from it."""
    if name := reply.strip() if reply.strip() in labels else name_of(reply.strip(), labels):
        return NamesRead((name,), ())
    said = without_tokens(reply)
    if not said or len(said) > MOST_SAID:
        return Unusable("unreadable" if said else "empty")
    if (answers := after_echo(said)) is not None:
        said = answers
        if _own(said, labels) != said:
            return _AMBIGUOUS
    own = _own(said, labels)
    if own != said and own:
        read = _read(own, labels)
        if isinstance(read, NamesRead):
            return read
    return _read(said, labels)


def _own(text: str, labels: LabelSet) -> str:
    return own_turn(text, lambda line: name_of(line, labels) is not None)


def _read(text: str, labels: LabelSet) -> Read:
    boxes = _boxes(text, labels)
    if boxes is not None:
        return boxes
    truth = text.strip(" .*`").casefold()
    found = find_json(truth if truth in {"true", "false"} else text)
    if found and not _is_lines(found, text, labels):
        read = _of_json(found, text, labels)
        if read is not None:
            return read
        text = f"{text[: found.start]}\n{text[found.end :]}"
        if not text.strip():
            return Unusable("unreadable")
    return _fenced(text, labels)


def _is_lines(found: JsonFound, text: str, labels: LabelSet) -> bool:
    """Whether what could be JSON is a mere word or number, or has no more than one in brackets."""
    if isinstance(found.value, bool):
        return name_of(text, labels) is not None or not any(map(labels.find, ("yes", "no", "0", "1")))
    return not isinstance(found.value, list | dict | str) and found.state == "whole"


def _of_json(found: JsonFound, text: str, labels: LabelSet) -> Read | None:
    names = JsonNames(labels, lambda text: _text(text, labels))
    if found.state == "broken":
        return _AMBIGUOUS
    read = names.read(found.value)
    if found.state == "cut" and not (isinstance(read, NamesRead) and read.found and _is_keyed(found.value)):
        return Unusable("truncated")
    others = [*map(names.read, found.rivals), *_alone(text, found, labels)] if read else []
    return _AMBIGUOUS if any(other is not None and other != read for other in others) else read


def _alone(text: str, found: JsonFound, labels: LabelSet) -> list[Read]:
    """Names on lines of their own beside JSON, one after the other where there are several."""
    lines = f"{text[: found.start]}\n{text[found.end :]}".splitlines()
    names = dict.fromkeys(name for line in lines if (name := name_of(line, labels)))
    return [NamesRead(tuple(names), ())] if names else []


def _is_keyed(value: object) -> bool:
    """Whether a value whose end is cut has its answer behind a key, so that nothing of it can follow."""
    from verifiers.reader.keys import role_of

    return isinstance(value, dict) and any(role_of(key) in {"final", "answer", "result"} for key in value)


def _fenced(text: str, labels: LabelSet) -> Read:
    """The inside of a code fence counts before what stands around it."""
    inside = [
        f"{language}\n{inner}" if name_of(language, labels) else inner
        for language, inner in fences(text)
        if language or inner
    ]
    if not inside or len(inside) > _MOST_FENCES:
        return _text(text, labels)
    around = unfenced(text)
    reads = [_text(part, labels) for part in inside]
    known = list(dict.fromkeys(read for read in reads if isinstance(read, NamesRead) and not read.out_of_list))
    if len(known) == 1:
        return known[0]
    if known:
        return _AMBIGUOUS
    return _text(around, labels) if around else reads[0]


def _text(text: str, labels: LabelSet) -> Read:
    text = plain(text)
    if not text:
        return Unusable("unreadable")
    records = table_in(text) or entries_in(text)
    if records and (read := JsonNames(labels, lambda part: Unusable("unreadable")).read(records)):
        return read
    blocks = blocks_of(text, lambda line: name_of(line, labels) is not None)
    return _marked(blocks, labels) or _unmarked(blocks, text, labels)


def _boxes(text: str, labels: LabelSet) -> NamesRead | None:
    """The names whose boxes are ticked; None where no box stands before a name."""
    boxes = boxes_in(text)
    if len(boxes) > _MOST_LINES + 2 * len(labels):
        return None
    named = [(name, ticked) for words, ticked in boxes if words and (name := _box_name(words, labels))]
    return NamesRead(tuple(dict.fromkeys(name for name, ticked in named if ticked)), ()) if named else None


def _box_name(words: str, labels: LabelSet) -> str | None:
    if name := name_of(words, labels):
        return name
    row = row_of(words, labels, listed=False)
    return next(iter(row.names)) if row and len(row.names) == 1 else None


def _marked(blocks: Sequence[Block], labels: LabelSet) -> Read | None:
    """The marked answer: of the surest kind, the last that can be read, with those directly before it."""
    for role in ("final", "answer", "result"):
        said = [
            (place, block, read)
            for place, block in enumerate(blocks)
            if (block.role == role or (role == "answer" and _rates(block, labels)))
            and (read := _value(block, labels)) is not None
        ]
        if said:
            return _last(said, blocks)
    return None


def _rates(block: Block, labels: LabelSet) -> bool:
    return block.role == "reason" and rates(block.key) and bool(block.lines) and _rated(block, labels) is not None


def _rated(block: Block, labels: LabelSet) -> str | None:
    return name_of(block.lines[0], labels)


def _value(block: Block, labels: LabelSet) -> Read | None:
    """What stands behind a key; None where that says nothing."""
    lines = block.lines[:1] if block.role == "reason" else block.lines
    text = "\n".join(lines).strip()
    if not text:
        return None
    read = _lines(lines, labels, listed=True) or _opening(text, labels) or _prose(text, labels)
    return None if isinstance(read, Unusable) and read.name == "unreadable" else read


def _last(said: Sequence[tuple[int, Block, Read]], blocks: Sequence[Block]) -> Read:
    """The last answer; several of one key with nothing but reasons between them are its parts."""
    named = [one for one in said if isinstance(one[2], NamesRead) and not one[2].out_of_list] or said
    place, block, read = named[-1]
    _, last, other = said[-1]
    if other != read and stem_of(last.key) == stem_of(block.key) and len(last.text.split()) <= 3:
        return _AMBIGUOUS
    parts = [read]
    for before, other_block, earlier in reversed(named[:-1]):
        if earlier != read and any(begins_turn(between.key) for between in blocks[before + 1 : place]):
            return _AMBIGUOUS
        if any(between.role != "reason" and between.text for between in blocks[before + 1 : place]):
            break
        if stem_of(other_block.key) != stem_of(block.key) and earlier != read:
            return _AMBIGUOUS
        parts.insert(0, earlier)
        place = before
    return _joined(parts)


def _joined(parts: Sequence[Read]) -> Read:
    read = [part for part in parts if isinstance(part, NamesRead)]
    if len(read) < len(parts):
        return next(part for part in parts if isinstance(part, Unusable))
    found = dict.fromkeys(name for part in read for name in part.found)
    strangers = dict.fromkeys(name for part in read for name in part.out_of_list)
    return NamesRead(tuple(found), tuple(strangers))


def _unmarked(blocks: Sequence[Block], text: str, labels: LabelSet) -> Read:
    """Lines and sentences that stand under no key, or under one that says nothing known."""
    lines = [line for block in blocks if block.role is None for line in block.lines]
    lines = lines if any(line.strip() for line in lines) else []
    if not lines:
        return Unusable("unreadable") if not any(block.text for block in blocks) else _AMBIGUOUS_OR_NOT(blocks, labels)
    said = "\n".join(lines).strip()
    return _lines(lines, labels) or _opening(said, labels) or _prose(said, labels)


def _AMBIGUOUS_OR_NOT(blocks: Sequence[Block], labels: LabelSet) -> Unusable:
    named = any(names_in(block.text, labels) for block in blocks)
    return _AMBIGUOUS if named else Unusable("unreadable")


def _lines(lines: Sequence[str], labels: LabelSet, *, listed: bool = False) -> Read | None:
    """What whole lines give; None if none of them stands as a label."""
    lines = [line for line in lines if line.strip(" \t-=_*|")] or [line for line in lines if line.strip()]
    if len(lines) > _MOST_LINES + 2 * len(labels):
        return None
    bare = _is_bare_list(lines)
    bulleted = any(BULLET.match(line) for line in lines)
    rows: list[Row] = []
    prose: list[str] = []
    for line in lines:
        is_listed = bool(BULLET.match(line)) or (bare and not bulleted) or len(lines) == 1
        found = _by_sentence(line, labels) or [row for row in [row_of(line, labels, listed=is_listed)] if row]
        rows += found
        prose += [] if found or not rows else [line]
    if len({name for row in rows for name in row.names}) > 1 and _CORRECTS.search("\n".join(lines)):
        return _AMBIGUOUS
    return _agreed(rows, "\n".join(prose), labels) if rows else None


def _by_sentence(line: str, labels: LabelSet) -> list[Row]:
    """The rows of a line of which each sentence is one, but for questions and a "No," that answers them."""
    sentences = [one for one in _SENTENCE_END.split(unbulleted(line, labels)) if one.strip()]
    if len(sentences) < 2:
        return []
    asked = [one for one in sentences if one.rstrip(" *").endswith("?")]
    told = [one.strip() for one in sentences if one not in asked]
    rows = [row_of(_after_no(one) if asked and not name_of(one, labels) else one, labels, listed=False) for one in told]
    return [row for row in rows if row] if all(row and row.names for row in rows) else []


def _after_no(sentence: str) -> str:
    """A sentence without the "No," that answers a question before it."""
    answered = _ANSWERED.match(sentence)
    return sentence[answered.end() :] if answered else sentence


def _is_bare_list(lines: Sequence[str]) -> bool:
    """Whether the whole text is a list: no line is longer than a label or ends as a sentence does."""
    rows = [BULLET.sub("", line).strip() for line in lines]
    return all(len(row.split()) <= LONGEST_NAME and row[-1:] not in set(".!?:") for row in rows)


def _agreed(rows: Sequence[Row], prose: str, labels: LabelSet) -> Read | None:
    """The names of all rows, unless they or the sentences around them leave it open."""
    said: dict[str, Held] = {}
    for row in rows:
        for name, one in row.names.items():
            if said.get(name, one) != one and one is not None and said[name] is not None:
                return _AMBIGUOUS
            said[name] = one if said.get(name) is None else said[name]
    keys = {row.keyed: tuple(row.names) for row in rows if row.keyed}
    holds = chosen({name: True if one is None else one for name, one in said.items()})
    if holds is None or len(set(keys.values())) > 1:
        return _AMBIGUOUS
    found = [name for name, one in holds.items() if one]
    strangers = [one for one in _strangers(rows, labels) if not (found and is_mark(one))]
    if found and any(row.none for row in rows):
        return _AMBIGUOUS
    if not found and not any(row.none for row in rows) and said and prose:
        return _prose(prose, labels) if names_in(prose, labels) else NamesRead((), ())
    if not found and strangers and is_refusal(prose + "\n" + "\n".join(strangers)):
        return None
    if _is_open(found, prose, labels):
        return _AMBIGUOUS
    if not found and not said and not strangers and not any(row.none for row in rows):
        return None
    return NamesRead(tuple(found), tuple(strangers))


def _strangers(rows: Sequence[Row], labels: LabelSet) -> list[str]:
    strangers: dict[str, str] = {}
    for piece in (piece for row in rows for piece in row.strangers):
        if normalise(piece):
            strangers.setdefault(normalise(piece), piece.strip(" \t\"'`*."))
    return [piece for piece in strangers.values() if piece and not labels.find(piece)]


def _is_open(found: Iterable[str], prose: str, labels: LabelSet) -> bool:
    """Whether sentences beside whole lines take an answer back, or hold another one possible."""
    names = set(found)
    if not prose or not (corrects := bool(_CORRECTS.search(prose))) and not HEDGES.search(prose):
        return False
    others = {one.name for one in said_in(prose, labels) if one.how != "denied"} - names
    return bool(others) or (corrects and len(names) > 1)


def _opening(text: str, labels: LabelSet) -> Read | None:
    """A label that opens the reply and ends there with a clause: "Yes, it is."; what follows explains it."""
    line = unbulleted(text.split("\n", 1)[0], labels)
    for number, end in enumerate(_OPENING_ENDS.finditer(f"{line}\n")):
        if number > 3:
            return None
        name = name_of(line[: end.start()], labels)
        if name:
            return _explained(name, line[end.end() :], text, labels)
    return None


def _explained(name: str, rest: str, text: str, labels: LabelSet) -> Read | None:
    others = [one for one in said_in(f"{rest}\n{text.partition(chr(10))[2]}", labels) if one.name != name]
    left = {one.name for one in others if one.how != "denied"}
    if hedged_in(rest, labels) - {name}:
        return _AMBIGUOUS
    if left and (HEDGES.search(text) or _CORRECTS.search(text) or any(one.how == "answer" for one in others)):
        return _AMBIGUOUS
    return NamesRead((name,), ())


def _prose(text: str, labels: LabelSet) -> Read:
    """The one name that sentences assert."""
    if is_refusal(text):
        return Unusable("refused")
    said = said_in(text, labels)
    one = the_one(said)
    if one:
        return NamesRead((one,), ())
    return _AMBIGUOUS if said or names_in(text, labels) else Unusable("unreadable")
