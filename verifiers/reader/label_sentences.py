"""Reads the one label that sentences assert, or that opens a reply. Pure."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import TypeAlias

from verifiers.label_set import LabelSet
from verifiers.reader.names import name_of, unbulleted
from verifiers.reader.outcome import NamesRead
from verifiers.reader.prose import HEDGES, hedged_in, names_in, said_in, the_one
from verifiers.reader.refusals import is_refusal
from verifiers.verdict import Unusable

Read: TypeAlias = NamesRead | Unusable
AMBIGUOUS = Unusable("ambiguous")
CORRECTS = re.compile(
    r"\b(?:wait|actually|on second thoughts?|correction|scratch that|changed? my mind|let me reconsider|hmm|upon"
    r" reflection|re-?reading)\b",
    re.IGNORECASE,
)
"""Words that take an answer back."""
_MOST_ENDS = 4  # places in a first line at which its first clause may end
_ENDS = re.compile(r"[.,;:!。，！]|\s[-–—]|—|\n|\(")


def read_opening(text: str, labels: LabelSet) -> Read | None:
    """A label that opens the reply and ends there with a clause: "Yes, it is."; what follows explains it."""
    first, _, rest = text.partition("\n")
    line = unbulleted(first, labels)
    for end in islice(_ENDS.finditer(f"{line}\n"), _MOST_ENDS):
        if name := name_of(line[: end.start()], labels):
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
    one = the_one(said_in(text, labels))
    if one:
        return NamesRead((one,), ())
    return AMBIGUOUS if names_in(text, labels) else Unusable("unreadable")


def takes_back(found: Iterable[str], prose: str, labels: LabelSet) -> bool:
    """Whether sentences behind an answer take it back, or hold another one possible."""
    names = set(found)
    corrects = CORRECTS.search(prose) is not None
    if not corrects and not HEDGES.search(prose):
        return False
    others = {one.name for one in said_in(prose, labels) if one.how != "denied"} - names
    return bool(others) or (corrects and len(names) > 1)
