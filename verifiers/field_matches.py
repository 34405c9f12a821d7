"""The matches of fields, and how much each counts among those of the whole. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from math import fsum
from typing import Any

from verifiers.field_values import Filled, uncalled_for, within
from verifiers.verdict import WHOLE, Match, unfit_match
from verifiers.verifier import Verifier


def compared(name: str, verifier: Verifier, due: Any, answer: Filled | None, *, optional: bool) -> list[Match]:
    """The matches of one field, with its keys; one that is right where nothing is due and nothing was given.

    Args:
        due: its gold; None where there is none.
        answer: of all fields; None where nothing could be read.
        optional: whether to leave the field out says that there is none.
    """
    unfit = answer.unfit.get(name, ()) if answer else ()
    given = answer is not None and (name in answer.values or (optional and not unfit))
    said = answer.values.get(name) if answer else None
    if said is None and (due is None or not verifier.compare(due, None)):
        found = [] if given else [Match(WHOLE, missing=1.0, where="none")]
    else:
        found = uncalled_for(verifier, said) if due is None else list(verifier.compare(due, said))
    found += [unfit_match(reason, words) for reason, words in unfit]
    return [within(name, match) for match in found or [Match(WHOLE, hit=1.0, where="none")]]


def too_many(name: str, verifier: Verifier, answer: Filled) -> list[Match]:
    """The matches of a field of an object that nothing in gold answers to: all wrong, none where it is empty."""
    said = answer.values.get(name)
    found = [] if said is None else uncalled_for(verifier, said)
    found += [unfit_match(reason, words) for reason, words in answer.unfit.get(name, ())]
    return [within(name, match) for match in found]


def scaled(found: Sequence[Match], whole: float) -> list[Match]:
    """The matches with weights by which their 2TP + FP + FN is ``whole``."""
    size = fsum(_sizes(found))
    return [replace(match, weight=match.weight * whole / size) for match in found]


def f1_of(found: Sequence[Match]) -> float:
    """F1 = 2TP / (2TP + FP + FN) of some matches."""
    return fsum(2 * match.hit * match.weight for match in found) / fsum(_sizes(found))


def _sizes(found: Sequence[Match]) -> list[float]:
    return [(2 * match.hit + match.wrong + match.missing) * match.weight for match in found]
