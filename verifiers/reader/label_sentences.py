"""Reads the one label that sentences assert, or that opens a reply. Pure."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import TypeAlias

from verifiers.label_set import LabelSet
from verifiers.reader.names import name_of, unbulleted
from verifiers.reader.nones import says_that_none
from verifiers.reader.outcome import NamesRead
from verifiers.reader.prose import hedged_in, names_in, said_in, the_joined, the_one
from verifiers.reader.prose_words import HEDGES
from verifiers.reader.refusals import is_refusal
from verifiers.verdict import Unusable

Read: TypeAlias = NamesRead | Unusable
AMBIGUOUS = Unusable("ambiguous")
CORRECTS = re.compile(
    r"\b(?:wait|actually|on second thoughts?|correction|scratch that|changed? my mind|let me reconsider|hmm|(?:up)?on"
    r" reflection|re-?reading|disregard|overlooked|misread|my mistake|i was wrong|(?:take|took) (?:it|that|this) back"
    r"|moment mal|korrektur|rectification|corrección|correzione|исправление)\b|更正|订正|訂正",
    re.IGNORECASE,
)
"""Words that take an answer back."""
_COURTESY = re.compile(
    r"\s*+(?:i(?:['’](?:d|ll|m)|\s(?:can|will|would|am|understand|see)\b)|of course|sure|certainly|here (?:is|are)"
    r"|let me|please|happy to|gladly|got it|no problem|absolutely)\b",
    re.IGNORECASE,
)
"""How a reply goes on that began with a word of courtesy: "Yes, I can do that!", "Ok, here is the label"."""
_COURTEOUS = frozenset(
    {"yes", "yeah", "no", "ok", "okay", "sure", "certainly", "right", "thanks", "hi", "hello", "true"}
)
_MOST_ENDS = 4  # places in a first line at which its first clause may end
_ENDS = re.compile(r"[.,](?!\d)|[;:!。，！]|\s[-–—]|—|\n|\(")


def read_opening(text: str, labels: LabelSet) -> Read | None:
    """A label that opens the reply and ends there with a clause: "Yes, it is."; what follows explains it."""
    first, _, rest = text.partition("\n")
    line = unbulleted(first, labels)
    for end in islice(_ENDS.finditer(f"{line}\n"), _MOST_ENDS):
        name = name_of(line[: end.start()], labels)
        if (
            name
            and line[: end.start()].strip(" *_`\"'").casefold() in _COURTEOUS
            and _COURTESY.match(line[end.end() :])
        ):
            continue
        if name:
            return _explained(name, line[end.end() :], rest, labels)
    return None


def _explained(name: str, behind: str, rest: str, labels: LabelSet) -> Read:
    """The opening name, unless what explains it holds another one possible, or gives another answer."""
    explanation = f"{behind}\n{rest}"
    others = [one for one in said_in(explanation, labels) if one.name != name and one.how != "denied"]
    turns = HEDGES.search(explanation) or CORRECTS.search(explanation) or any(one.how == "answer" for one in others)
    return AMBIGUOUS if (others and turns) or hedged_in(behind, labels) - {name} else NamesRead((name,), ())


def read_sentences(text: str, labels: LabelSet) -> Read:
    """The one name that sentences assert."""
    if is_refusal(text):
        return Unusable("refused")
    said = said_in(text, labels)
    one = the_one(said)
    if one:
        return NamesRead((one,), ())
    joined = the_joined(said, text)
    if joined and len(joined) < len(labels):
        return NamesRead(joined, ())
    if says_that_none(text, labels) and all(one.how == "denied" for one in said):
        return NamesRead((), ())
    return AMBIGUOUS if names_in(text, labels) else Unusable("unreadable")


def with_sentences(read: NamesRead, before: str, behind: str, labels: LabelSet) -> Read:
    """An answer with the sentences around it: one that contradicts it leaves both open, unless it takes it back."""
    around = [said_in(text, labels) if text.strip() else [] for text in (before, behind)]
    answers = {one.name for said in around for one in said if one.how == "answer"}
    if not answers - set(read.found):
        contradicted = bool(read.found) and takes_back(read.found, behind, labels)
        return AMBIGUOUS if contradicted else read
    one = the_one(around[1])
    return NamesRead((one,), ()) if one in answers and CORRECTS.search(behind) else AMBIGUOUS


def takes_back(found: Iterable[str], prose: str, labels: LabelSet) -> bool:
    """Whether sentences behind an answer take it back, or hold another one possible."""
    names = set(found)
    if any(one.how == "answer" and one.name not in names for one in said_in(prose, labels)):
        return True
    corrects = CORRECTS.search(prose) is not None
    if not corrects and not HEDGES.search(prose):
        return False
    others = {one.name for one in said_in(prose, labels) if one.how != "denied"} - names
    return bool(others) or (corrects and len(names) > 1)
