"""How well a certainty tells right from wrong: the area under the risk-coverage curve. Pure."""

from collections.abc import Sequence
from itertools import groupby
from math import isnan


def area_under_risk_coverage(certainties: Sequence[float], losses: Sequence[float]) -> float:
    """The mean risk over accepting 1, 2, ... all items, the most certain first: lower is better (AURC).

    Items of the same certainty come in an order drawn at random, and the expected value of the area is given, so that a
    certainty that is the same everywhere has the mean loss. Items without one come last, each with loss 1: a kind of
    certainty that is seldom there is not chosen for the rest. Geifman, Uziel & El-Yaniv 2019 (arXiv 1805.08206).

    Args:
        certainties: shape (items,); NaN where there is none. losses: shape (items,), from 0 (right) to 1.

    Raises:
        ValueError: the two differ in length, or there are no items.
    """
    pairs = list(zip(certainties, losses, strict=True))
    if not pairs:
        raise ValueError("there is no area under a curve of no items")
    known = sorted((-certainty, loss) for certainty, loss in pairs if not isnan(certainty))
    groups = [[loss for _, loss in group] for _, group in groupby(known, key=lambda pair: pair[0])]
    accepted, lost, total = 0, 0.0, 0.0
    for group in [*groups, [1.0] * (len(pairs) - len(known))]:
        mean = sum(group) / len(group) if group else 0.0
        total += sum((lost + mean * more) / (accepted + more) for more in range(1, len(group) + 1))
        accepted, lost = accepted + len(group), lost + sum(group)
    return total / len(pairs)
