"""How far several answers to one item are the same, as the verifier compares them. Pure."""

from collections.abc import Sequence
from statistics import fmean

from runner.core.said import Said
from verifiers.verdict import Unusable
from verifiers.verifier import Reading, verdict_on

_PLACES = 6  # decimals


def agreement(said: Said, others: Sequence[Reading | Unusable | None]) -> float | None:
    """The mean agreement of an answer with others, from 0 to 1.

    That of two is 2TP / (2TP + FP + FN), the first taken as gold; 1 where both say that there is nothing. A reply in
    which nothing could be read agrees with none; a call that failed (None) says nothing.

    Returns:
        None where all of them failed.
    """
    told = [other for other in others if other is not None]
    return round(fmean(_alike(said, other) for other in told), _PLACES) if told else None


def _alike(said: Said, other: Reading | Unusable) -> float:
    verifier = said.verifier
    gold = verifier.gold(verifier.dump(said.answer), said.item)
    verdict = verdict_on(verifier, gold, other)
    if verdict.exact:
        return 1.0
    if verdict.unusable:
        return 0.0
    hits, wrong, missing = verdict.counts()
    return 2 * hits / (2 * hits + wrong + missing)
