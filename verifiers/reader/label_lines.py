"""Reads labels in whole lines: a list, or lines that say of each label whether it applies. Pure."""

import re
from collections.abc import Sequence

from verifiers.label_set import LabelSet
from verifiers.reader.blocks import BULLET
from verifiers.reader.judgement import Held, chosen
from verifiers.reader.label_sentences import AMBIGUOUS, CORRECTS, Read, read_sentences, takes_back
from verifiers.reader.names import name_of, unbulleted
from verifiers.reader.outcome import NamesRead
from verifiers.reader.pieces import Row, is_mark
from verifiers.reader.prose import names_in
from verifiers.reader.refusals import is_refusal
from verifiers.reader.rows import LONGEST_NAME, row_of
from verifiers.spelling import normalise

MOST_LINES = 2_000  # that are read as a list, beside two for each label
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_UNDECIDED = re.compile(
    r"(?:i(?:'m| am) )?(?:not|un)[ -]?(?:sure|certain|clear|decided|determined)|both|either|neither|all|any"
    r"|maybe|perhaps|yes|possibly|it depends|unknown|all of (?:them|these|the above)|any of (?:them|these)"
    r"|hard to (?:say|tell)",
    re.IGNORECASE,
)
_FEWEST_ECHOED = 2  # labels; so many may all apply
_ASKS = re.compile(r"[?？؟]|\b(?:answer|reply|respond|choose|select|pick)\b", re.IGNORECASE)
_ANSWERED = re.compile(r"(?:no|yes|nope|well)\b[,.:]\s*+", re.IGNORECASE)


def read_lines(lines: Sequence[str], labels: LabelSet) -> Read | None:
    """What whole lines give; None if none of them stands as a label."""
    lines = [line for line in lines if line.strip(" \t-=_*|")] or [line for line in lines if line.strip()]
    if len(lines) > MOST_LINES + 2 * len(labels):
        return None
    rows, prose = _rows(lines, labels)
    if len({name for row in rows for name in row.names}) > 1 and CORRECTS.search("\n".join(lines)):
        return AMBIGUOUS
    if _is_echo(lines, rows, prose, labels):
        return AMBIGUOUS
    return _agreed(rows, "\n".join(prose), labels) if rows else None


def _is_echo(lines: Sequence[str], rows: Sequence[Row], prose: Sequence[str], labels: LabelSet) -> bool:
    """Whether the whole list is given back with a question, the wish for an answer or bars: no answer."""
    if len(labels) < _FEWEST_ECHOED or len({name for row in rows for name in row.names}) < len(labels):
        return False
    return any(_ASKS.search(line) for line in prose) or (len(lines) == 1 and "|" in lines[0])


def _rows(lines: Sequence[str], labels: LabelSet) -> tuple[list[Row], list[str]]:
    """(the lines that are lists, the sentences that stand behind the first of them)."""
    bulleted = [bool(BULLET.match(line)) for line in lines]
    bare = len(lines) == 1 or (_is_bare_list(lines) and not any(bulleted))
    rows: list[Row] = []
    prose: list[str] = []
    for line, bullet in zip(lines, bulleted, strict=True):
        row = row_of(line, labels, listed=bullet or bare)
        found = _by_sentence(line, labels) or ([row] if row else [])
        rows += found
        prose += [] if found or not rows else [line]
    return rows, prose


def _is_bare_list(lines: Sequence[str]) -> bool:
    """Whether the whole text is a list: no line is longer than a label or ends as a sentence does."""
    rows = [BULLET.sub("", line).strip() for line in lines]
    return all(len(row.split()) <= LONGEST_NAME and row[-1:] not in set(".!?:") for row in rows)


def _by_sentence(line: str, labels: LabelSet) -> list[Row]:
    """The rows of a line of which each sentence is one, but for questions and a "No," that answers them."""
    sentences = [one for one in _SENTENCE_END.split(unbulleted(line, labels)) if one.strip()]
    if len(sentences) < 2:
        return []
    asked = [one for one in sentences if one.rstrip(" *").endswith("?")]
    told = [one.strip() for one in sentences if one not in asked]
    told = [_after_no(one) if asked and not name_of(one, labels) else one for one in told]
    rows = [row_of(one, labels, listed=False) for one in told]
    return [row for row in rows if row] if all(row and row.names for row in rows) else []


def _after_no(sentence: str) -> str:
    """A sentence without the "No," that answers a question before it."""
    answered = _ANSWERED.match(sentence)
    return sentence[answered.end() :] if answered else sentence


def _agreed(rows: Sequence[Row], prose: str, labels: LabelSet) -> Read | None:
    """The names of all rows, unless they or the sentences behind them leave it open."""
    said = _said(rows)
    keys = {row.keyed: tuple(row.names) for row in rows if row.keyed}
    holds = chosen({name: True if one is None else one for name, one in said.items()})
    if holds is None or len(set(keys.values())) > 1:
        return AMBIGUOUS
    found = [name for name, one in holds.items() if one]
    none = any(row.none for row in rows)
    if found:
        return AMBIGUOUS if none or takes_back(found, prose, labels) else NamesRead(tuple(found), _others(rows, labels))
    if none:
        return NamesRead((), _strangers(rows, labels))
    return _denied(prose, labels) if said else _unknown(rows, prose, labels)


def _said(rows: Sequence[Row]) -> dict[str, Held]:
    """What is said of each name; where two rows differ, that it is left open."""
    said: dict[str, Held] = {}
    for name, one in ((name, one) for row in rows for name, one in row.names.items()):
        before = said.get(name)
        said[name] = "doubt" if before is not None and one is not None and before != one else before or one
        if before is False and one is None:
            said[name] = False
    return said


def _denied(prose: str, labels: LabelSet) -> Read:
    """Where all labels in lines are denied, sentences behind them may name another."""
    return read_sentences(prose, labels) if prose and names_in(prose, labels) else NamesRead((), ())


def _unknown(rows: Sequence[Row], prose: str, labels: LabelSet) -> Read | None:
    """Short pieces on no list are an answer, unless they decline to give one."""
    strangers = _strangers(rows, labels)
    declined = is_refusal("\n".join([prose, *strangers]))
    if strangers and all(_UNDECIDED.fullmatch(one) for one in strangers):
        return AMBIGUOUS
    return NamesRead((), strangers) if strangers and not declined else None


def _others(rows: Sequence[Row], labels: LabelSet) -> tuple[str, ...]:
    """What stands beside labels and is on no list, but for shares on lines of their own."""
    return tuple(one for one in _strangers(rows, labels) if not is_mark(one))


def _strangers(rows: Sequence[Row], labels: LabelSet) -> tuple[str, ...]:
    strangers: dict[str, str] = {}
    for piece in (piece for row in rows for piece in row.strangers):
        if normalise(piece):
            strangers.setdefault(normalise(piece), piece.strip(" \t\"'`*."))
    return tuple(piece for piece in strangers.values() if piece and not labels.find(piece))
