"""Finds names in sentences, and whether each is asserted, denied, or left open. Pure.

A sentence is the weakest sign of an answer. So a name counts only if it is the one that is asserted, and nothing in
its clause denies it or leaves it open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from verifiers.label_set import LabelSet
from verifiers.reader.prose_words import (
    AND_MORE,
    ANSWERS,
    ASSIGNS,
    CHOICE,
    CLAUSE_END,
    COMMON,
    CONCEDES,
    CONCLUDES,
    CUE,
    DECIMALS,
    DENIAL,
    DENIES,
    FOREIGN_ANSWERS,
    HEDGED,
    HEDGES,
    IN_DECIMALS,
    LIMITS,
    MARKS,
    NEAR,
    NOT_ONLY,
    NOTHING,
    NOUN,
    OFFERS,
    OPEN,
    QUOTED,
    SCALE,
    SENTENCE_END,
    SIGNS,
    UNSURE,
    WHY,
    WORD,
    assigned,
    denied_behind,
    either,
    joins,
)
from verifiers.reader.vocabulary import DENIED
from verifiers.spelling import normalise, readable


@dataclass(frozen=True, slots=True)
class Said:
    """A name in a sentence, and how it is said.

    Attributes:
        joined: whether nothing but an "and" or a comma parts it from the name before.
    """

    name: str
    how: Literal["asserted", "answer", "denied", "open"]
    joined: bool = False


def names_in(text: str, labels: LabelSet) -> list[str]:
    """The names that stand in a text, however they are said, each once, in order."""
    return list(dict.fromkeys(name for name, _, _ in _spots(_flat(text), labels)))


def hedged_in(text: str, labels: LabelSet) -> set[str]:
    """The names that directly follow words that hold another answer possible: "or Billing", "could also be Billing"."""
    if not HEDGES.search(text):
        return set()
    flat = _flat(text)
    starts = {start: name for name, start, _ in _spots(flat, labels)}
    ends = [hedge.end() for hedge in HEDGES.finditer(flat)]
    return {starts[place] for end in ends for place in range(end, end + HEDGED) if place in starts}


def said_in(text: str, labels: LabelSet) -> list[Said]:
    """How each name in a text is said, in order; a name in a question is not said at all.

    Names that are common words, single letters or figures count only where a word before them shows that they are
    meant ("the answer is B"), or where their capitals do.
    """
    text = _flat(text)
    found: list[Said] = []
    for sentence in _sentences(text):
        spots = list(_spots(sentence, labels))
        folded = sentence.casefold() if len(sentence.casefold()) == len(sentence) else sentence.lower()
        folded = folded if len(folded) == len(sentence) else sentence
        if OFFERS.search(folded):
            continue
        unsure = bool(UNSURE.search(folded))
        starts = [start for _, start, _ in spots[1:]] + [len(sentence)]
        before = [0, *(end for _, _, end in spots)]
        joins = [
            ended > 0 and bool(joins(sentence, ended, spot[1])) for ended, spot in zip(before, spots, strict=False)
        ]
        assigned = any(joins) and _is_assigned(folded, spots[joins.index(True) - 1 :])
        for place, ((name, start, end), following) in enumerate(zip(spots, starts, strict=bool(spots))):
            if _is_meant(name, sentence, folded, start, end):
                how = _how(folded, start, end, following)
                if how != "denied" and (unsure or _is_inflected(name, folded, end, labels)):
                    how = "open"
                grouped = joins[place] or any(joins[place + 1 : place + 2])
                if (
                    how in {"asserted", "answer"}
                    and not any(joins[place + 1 : place + 2])
                    and AND_MORE.match(sentence, end)
                ):
                    how = "open"
                if grouped and how in {"asserted", "answer"}:
                    how = "answer" if assigned else "asserted"
                found.append(Said(name, how, joins[place]))
    return found


def the_one(said: Sequence[Said]) -> str | None:
    """The one name that is asserted; None if there is none, if there are several, or if any is left open."""
    answers = {one.name for one in said if one.how == "answer"}
    asserted = {one.name for one in said if one.how in {"asserted", "answer"}}
    away = {one.name for one in said if one.how in {"denied", "open"}}
    if len(answers) == 1 and not answers & away:
        return next(iter(answers))
    left_open = {one.name for one in said if one.how == "open"}
    return next(iter(asserted)) if len(asserted) == 1 and not left_open and not asserted & away else None


def the_joined(said: Sequence[Said], text: str) -> tuple[str, ...]:
    """The names that one clause asserts together, where no other name is asserted or left open; else none."""
    groups: list[list[Said]] = []
    for one in said:
        if one.joined and groups:
            groups[-1].append(one)
        elif one.how != "denied" or any(one.name == other.name for group in groups for other in group):
            groups.append([one])
    names = dict.fromkeys(one.name for group in groups for one in group)
    whole = [group for group in groups if len(group) == len(names) > 1 and all(one.how == "answer" for one in group)]
    sure = whole and all(one.how in {"asserted", "answer"} for group in groups for one in group)
    return tuple(one.name for one in whole[0]) if sure and not LIMITS.search(text.casefold()) else ()


def _flat(text: str) -> str:
    """``text`` with one hyphen and one apostrophe, so that signs and denials are seen."""
    return readable(text).translate(SIGNS)


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in SENTENCE_END.finditer(text):
        if not end["asks"]:
            yield text[start : end.end()]
        start = end.end()
    yield text[start:]


def _spots(text: str, labels: LabelSet) -> Iterator[tuple[str, int, int]]:
    """(name, start, end) of the names in a text, in order, the longest where one stands in another."""
    taken = bytearray(len(text))
    spots = []
    for mention in labels.index.mentions(text):
        start, end = mention.start, mention.end
        inside = taken[start]
        taken[start:end] = b"\1" * (end - start)
        if not inside and not _is_part(text, start, end):
            spots.append((mention.name, start, end))
    yield from _as_spelt(sorted(spots, key=lambda spot: spot[1]), text)


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether a figure there is part of another, or of a range: "3.5", "3 to 4"."""
    ends = text[end - 1].isdigit() and DECIMALS.match(text, end)
    return bool(ends or (text[start].isdigit() and IN_DECIMALS.search(text[max(0, start - 8) : start])))


def _as_spelt(spots: Sequence[tuple[str, int, int]], text: str) -> list[tuple[str, int, int]]:
    """If some are spelt with the capitals of the list, those without are mere words."""
    spelt = [name != name.casefold() and text[start] == name[:1] for name, start, _ in spots]
    return [spot for spot, capitals in zip(spots, spelt, strict=True) if capitals or not any(spelt)]


def _is_meant(name: str, text: str, folded: str, start: int, end: int) -> bool:
    core = normalise(name)
    common = core in COMMON or (len(core) == 1 and core.isascii()) or core.replace(".", "").isdigit()
    if SCALE.search(text[max(0, start - 10) : start]) and core.isdigit():
        return False
    if not common or _is_cued(folded[max(0, start - NEAR) : start]):
        article = core in {"a", "i", "no"} and text[end : end + 1] == " " and text[end + 1 : end + 2].islower()
        return not article or bool(WHY.match(text, end))
    capitals = len(core) > 1 and name[:1].isupper() and text[start] == name[:1]
    return capitals and start > 0


def _is_assigned(folded: str, spots: Sequence[tuple[str, int, int]]) -> bool:
    """Whether a sentence gives the names in it as labels, and does not just list or compare them."""
    before, behind = folded[max(0, spots[0][1] - 200) : spots[0][1]], spots[-1][2]
    given = ASSIGNS.search(before) or ANSWERS.search(before) or FOREIGN_ANSWERS.search(before)
    given = given or (NOUN.search(before) and assigned(folded, behind))
    return bool(given) and not CHOICE.search(folded) and not DENIED & set(normalise(before).split())


def _is_inflected(name: str, text: str, end: int, labels: LabelSet) -> bool:
    """Whether a longer name stands there in another form: "refund requests", where there is "refund request"."""
    following = WORD.match(text, end)
    return bool(following) and any(labels.find(f"{name} {following[1][:-cut]}") for cut in (1, 2))  # type: ignore[index]


def _is_cued(before: str) -> bool:
    """Whether words or marks before a name show that it is meant as one."""
    bare = before.rstrip(MARKS)
    return (
        bare.rstrip()[-1:] in {":", "="}
        or any(sign in "([\"'“`*" for sign in before[len(bare) :])
        or bool(CUE.search(bare))
    )


def _how(text: str, start: int, end: int, following: int) -> Literal["asserted", "answer", "denied", "open"]:
    """How the name at a place of a sentence is said, by its clause."""
    before, behind = text[max(0, start - NEAR) : start], text[end : end + NEAR]
    far = text[max(0, start - 200) : start]
    denies = DENIES.search(before) or NOTHING.search(before)
    if denied_behind(behind) or (denies and not NOT_ONLY.search(before)):
        return "denied"
    clause = _clause(text, start, end, following)
    if either(behind) or OPEN.search(clause) or (DENIAL.search(clause) and not NOT_ONLY.search(clause)):
        return "open"
    quoted = behind[:1] in {'"', "'", "”"} and QUOTED.search(before)
    if quoted or CONCEDES.search(far):
        return "denied"
    told = text[max(0, start - 2 * NEAR) : start]
    answers = ANSWERS.search(told) or FOREIGN_ANSWERS.search(told) or CONCLUDES.search(clause)
    return "answer" if answers else "asserted"


def _clause(text: str, start: int, end: int, following: int) -> str:
    """The clause around a place, without the name itself; at most 200 characters to each side.

    What denies the name that follows does not stand in it.
    """
    before = text[max(0, start - 200) : start]
    ends = [match.end() for match in CLAUSE_END.finditer(before)]
    behind = text[end : min(end + 200, following)]
    behind = "" if DENIES.search(behind[-NEAR:]) or NOTHING.search(behind[-NEAR:]) else text[end : end + 200]
    first = CLAUSE_END.search(behind)
    return f"{before[ends[-1] if ends else 0 :]} {behind[: first.start() if first else len(behind)]}"
