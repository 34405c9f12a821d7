"""How far annotators agree on a task: one's answer judged by another's. Pure."""

from collections.abc import Sequence
from itertools import permutations

from runner.core.items import Item
from runner.datasets.row_problem import RowProblem
from verifiers.verdict import Verdict
from verifiers.verifier import Json, Reading, Verifier, verdict_on


def compared(given: Sequence[Json], verifier: Verifier, item: Item) -> tuple[bool, list[float]]:
    """Whether all answers are alike, and for each pair the mean F1 of one's answer against the other's.

    F1 = 2TP / (2TP + FP + FN), and 1 where neither has anything. Each of a pair is gold once: a field that only one of
    them filled in counts for the other alone.

    Args:
        given: the raw gold of each annotator.

    Raises:
        RowProblem: one of them cannot be an answer.
    """
    try:
        golds = [verifier.gold(one, item) for one in given]
    except ValueError as error:
        raise RowProblem(f"an annotation cannot be gold: {error}", code="gold-unfit") from error
    verdicts = {
        (one, other): verdict_on(verifier, golds[one], Reading(verifier.example(golds[other])))
        for one, other in permutations(range(len(golds)), 2)
    }
    scores = [
        (_f1(verdict) + _f1(verdicts[other, one])) / 2 for (one, other), verdict in verdicts.items() if one < other
    ]
    return all(verdict.exact for verdict in verdicts.values()), scores


def _f1(verdict: Verdict) -> float:
    hits, wrong, missing = verdict.counts()
    return 2 * hits / (2 * hits + wrong + missing) if hits or wrong or missing else 1.0
