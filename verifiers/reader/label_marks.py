"""Reads labels behind a key: the marked answer. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from verifiers.label_set import LabelSet
from verifiers.reader.blocks import Block
from verifiers.reader.keys import ANSWERS, Role, rates, stem_of
from verifiers.reader.label_lines import read_lines
from verifiers.reader.label_sentences import AMBIGUOUS, Read, read_opening, read_sentences
from verifiers.reader.names import name_of
from verifiers.reader.outcome import NamesRead
from verifiers.reader.turns import begins_turn
from verifiers.verdict import Unusable

_SHORT = 3  # words of a value that looks like an answer on no list


class _Marked(NamedTuple):
    place: int
    block: Block
    read: Read


def read_marked(blocks: Sequence[Block], labels: LabelSet) -> Read | None:
    """The marked answer: of the surest kind, the last that can be read, with its parts; None where there is none."""
    for role in ANSWERS:
        marked = _marked(role, blocks, labels)
        if marked:
            read = _last(marked, blocks)
            return AMBIGUOUS if role == "answer" and _overruled(read, marked[-1].place, blocks, labels) else read
    return None


def _marked(role: Role, blocks: Sequence[Block], labels: LabelSet) -> list[_Marked]:
    places = [place for place, block in enumerate(blocks) if block.role == role]
    places += [place for place, block in enumerate(blocks) if role == "answer" and _rates(block, labels)]
    read = [(place, _value(blocks[place], labels)) for place in sorted(places)]
    return [_Marked(place, blocks[place], one) for place, one in read if one is not None]


def _overruled(read: Read, place: int, blocks: Sequence[Block], labels: LabelSet) -> bool:
    """Whether a more general word for an answer stands behind with another name: "Label: a", then "Answer: b"."""
    later = [one.read for one in _marked("result", blocks, labels) if one.place > place]
    return any(isinstance(one, NamesRead) and one.found and one != read for one in later)


def _rates(block: Block, labels: LabelSet) -> bool:
    """Whether a key that mostly stands beside an answer, as "Score", holds it: labels are figures."""
    return (
        block.role == "reason"
        and rates(block.key)
        and bool(block.lines)
        and name_of(block.lines[0], labels) is not None
    )


def _value(block: Block, labels: LabelSet) -> Read | None:
    """What stands behind a key; None where that says nothing."""
    lines = block.lines[:1] if block.role == "reason" else block.lines
    text = "\n".join(lines).strip()
    if not text:
        return None
    read = read_lines(lines, labels) or read_opening(text, labels) or read_sentences(text, labels)
    return None if read == Unusable("unreadable") else read


def _last(marked: Sequence[_Marked], blocks: Sequence[Block]) -> Read:
    """The last answer; several of one key with nothing but reasons between them are its parts."""
    known = [one for one in marked if isinstance(one.read, NamesRead) and not one.read.out_of_list] or marked
    answer, last = known[-1], marked[-1]
    short = len(last.block.text.split()) <= _SHORT
    if last.read != answer.read and short and stem_of(last.block.key) == stem_of(answer.block.key):
        return AMBIGUOUS
    parts = [answer.read]
    place = answer.place
    for before in reversed(known[:-1]):
        between = blocks[before.place + 1 : place]
        if any(block.role != "reason" and block.text for block in between):
            break
        apart = stem_of(before.block.key) != stem_of(answer.block.key) or any(begins_turn(one.key) for one in between)
        if apart and before.read != answer.read:
            return AMBIGUOUS
        parts.insert(0, before.read)
        place = before.place
    return _joined(parts)


def _joined(parts: Sequence[Read]) -> Read:
    read = [part for part in parts if isinstance(part, NamesRead)]
    if len(read) < len(parts):
        return next(part for part in parts if isinstance(part, Unusable))
    found = dict.fromkeys(name for part in read for name in part.found)
    strangers = dict.fromkeys(name for part in read for name in part.out_of_list)
    return NamesRead(tuple(found), tuple(strangers))
