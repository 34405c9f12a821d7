"""Is a new model or prompt no worse, by more than a margin, on the same items? Looked at after every item. Pure.

Two gamblers watch the paired differences (``betting.py``): one bets that their mean is above -margin, one that it is
below. Only one of the two can be wrong, so each may have the whole of alpha, and both may be looked at after any item.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from runner.stats.betting import wealth

_MOST_ITEMS = 20_000
_STEPS = 20  # halvings of an interval


@dataclass(frozen=True)
class NonInferiority:
    """What the pairs say so far.

    Attributes:
        verdict: ``no_worse``: the mean difference is above -margin; ``worse``: it is below; else ``undecided``.
        items: pairs that were looked at until it was settled; all of them where it is not.
        difference: the mean of their differences, after - before; 0 without pairs.
        e_no_worse, e_worse: the evidence of either, the highest that it has been until then; 1/alpha settles it.
    """

    verdict: Literal["no_worse", "worse", "undecided"]
    items: int
    difference: float
    e_no_worse: float
    e_worse: float


def non_inferiority(
    before: Sequence[float], after: Sequence[float], margin: float, alpha: float = 0.05
) -> NonInferiority:
    """Judge pairs in the order in which they were asked, as if one had looked after each.

    What is said first stays: pairs behind it change nothing. Items are taken as drawn from those to come, so that the
    verdict is about new items too, and a model that differs from itself by chance is not called worse for it.

    Args:
        before, after: credits from 0 to 1 of the same items, in an order that was drawn at random.
        margin: in (0, 1): by how much the mean credit may be lower.

    Raises:
        ValueError: the two differ in length, a credit is outside [0, 1], or ``margin`` or ``alpha`` outside (0, 1).
    """
    old, new = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if old.shape != new.shape:
        raise ValueError(f"{len(old)} and {len(new)} credits: give both on the same items")
    if not (0 < margin < 1 and 0 < alpha < 1):
        raise ValueError(f"margin {margin}, alpha {alpha}: both are in (0, 1)")
    if len(old) and (min(old.min(), new.min()) < 0 or max(old.max(), new.max()) > 1):
        raise ValueError("credits are from 0 to 1: micro and macro F1 have none for each item")
    if not len(old):
        return NonInferiority("undecided", 0, 0.0, 1.0, 1.0)
    gains = new - old + margin
    evidence = np.stack([wealth(gains, margin - 1), wealth(-gains, -margin - 1)])
    settled = (evidence >= 1 / alpha).any(axis=0)
    items = int(settled.argmax()) + 1 if settled.any() else len(old)
    no_worse, worse = (max(1.0, float(e)) for e in evidence[:, :items].max(axis=1))
    verdict: Literal["no_worse", "worse", "undecided"] = "undecided"
    if settled.any():
        verdict = "no_worse" if no_worse >= worse else "worse"
    return NonInferiority(verdict, items, float((new - old)[:items].mean()), no_worse, worse)


def most_worse(before: Sequence[float], after: Sequence[float], alpha: float = 0.05) -> float:
    """By how much the mean of ``after`` is lower at the most, with confidence 1 - alpha; 1 where nothing is known.

    Holds whenever one looks, and for all margins together: it is the smallest margin that the pairs have shown.
    """
    gains = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    low, high = 0.0, 1.0  # a gambler's part of a gain, (gain + margin) / (1 - margin), grows with the margin
    for _ in range(_STEPS):
        middle = (low + high) / 2
        shown = len(gains) > 0 and wealth(gains + middle, middle - 1).max() >= 1 / alpha
        low, high = (low, middle) if shown else (middle, high)
    return high


def items_needed(before: Sequence[float], after: Sequence[float], margin: float, alpha: float = 0.05) -> int | None:
    """About how many items settle it, if the others are as these: the pairs again and again. None: over 20,000."""
    times, most = 1, 0
    while len(before) > 0 and most < _MOST_ITEMS:
        times *= 2
        found = non_inferiority(list(before) * times, list(after) * times, margin, alpha)
        if found.verdict != "undecided":
            return found.items
        most = len(before) * times
    return None


def least_items(margin: float, alpha: float = 0.05) -> int | None:
    """The fewest items that can show ``no_worse``: all credits the same. None where it takes more than 20,000."""
    size = math.ceil(math.log(alpha) / math.log1p(-margin))
    while size < _MOST_ITEMS:
        reached = wealth(np.full(2 * size, margin), margin - 1) >= 1 / alpha
        if reached.any():
            return int(reached.argmax()) + 1
        size *= 2
    return None


def least_margin(items: int, alpha: float = 0.05) -> float | None:
    """The smallest margin in whole hundredths that so many items can show. None where they are too few for any."""
    margins = (hundredths / 100 for hundredths in range(1, 100))
    return next((margin for margin in margins if (least_items(margin, alpha) or _MOST_ITEMS) <= items), None)
