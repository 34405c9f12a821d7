"""How well a certainty tells right from wrong: the risk-coverage curve, and whether it means what it says. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runner.core.run_result import Interval
from runner.stats.intervals import credit_interval, wilson_interval

Values = NDArray[np.float64]


@dataclass(frozen=True)
class CurvePoint:
    """Accepting what has at least this certainty.

    Attributes:
        threshold: the certainty. coverage: the share of all items that is accepted. accepted: how many that are.
        risk: the mean loss of the accepted ones.
    """

    threshold: float
    coverage: float
    accepted: int
    risk: float


@dataclass(frozen=True)
class Bin:
    """Items of about the same certainty: low < certainty <= high (the first bin holds its low end too).

    Attributes:
        items: how many. certainty: their mean certainty. right: their mean of 1 - loss. interval: its 95% interval.
    """

    low: float
    high: float
    items: int
    certainty: float
    right: float
    interval: Interval


def risk_coverage(certainties: Sequence[float] | Values, losses: Sequence[float] | Values) -> list[CurvePoint]:
    """The curve from the most certain item on, a point for each certainty there is: ties are accepted together.

    Args:
        certainties: shape (items,); NaN where the call failed: in the count of items, never accepted.
        losses: shape (items,), from 0 (right) to 1.

    Raises:
        ValueError: the two differ in length.
    """
    values, sizes, sums, items = _groups(certainties, losses)
    accepted, wrong = np.cumsum(sizes), np.cumsum(sums)
    return [
        CurvePoint(float(value), float(count / items), int(count), float(loss / count))
        for value, count, loss in zip(values, accepted, wrong, strict=True)
    ]


def area_under_risk_coverage(certainties: Sequence[float] | Values, losses: Sequence[float] | Values) -> float:
    """The mean risk over accepting 1, 2, ... all items, the most certain first: lower is better (AURC).

    Items of the same certainty come in an order drawn at random, and the expected value of the area is given, so that a
    certainty that is the same everywhere has the mean loss. Items whose call failed come last, each with loss 1: a kind
    of certainty that is seldom there is not chosen for the rest. Geifman, Uziel & El-Yaniv 2019 (arXiv 1805.08206).

    Args:
        certainties, losses: as for ``risk_coverage``.

    Raises:
        ValueError: the two differ in length, or there are no items.
    """
    _, sizes, sums, items = _groups(certainties, losses)
    if not items:
        raise ValueError("there is no area under a curve of no items")
    failed = items - int(sizes.sum())
    sizes, sums = (np.append(known, failed) for known in (sizes, sums))
    counts = np.arange(1, items + 1)
    group = np.repeat(np.arange(len(sizes)), sizes)
    before, wrong = np.cumsum(sizes) - sizes, np.cumsum(sums) - sums
    within = sums[group] * (counts - before[group]) / sizes[group]
    return float(((wrong[group] + within) / counts).mean())


def reliability(certainties: Sequence[float] | Values, losses: Sequence[float] | Values, bins: int = 10) -> list[Bin]:
    """The reliability diagram: equally wide bins of [0, 1], those without items left out.

    Args:
        certainties: shape (items,), from 0 to 1; NaN where the call failed: left out.
        losses: shape (items,), from 0 to 1.

    Raises:
        ValueError: the two differ in length, or a certainty is outside [0, 1].
    """
    sure, wrong = _both(certainties, losses)
    there = ~np.isnan(sure)
    sure, right = sure[there], 1 - wrong[there]
    if len(sure) and (sure.min() < 0 or sure.max() > 1):
        raise ValueError(f"certainties from {sure.min():g} to {sure.max():g}: a reliability diagram takes 0 to 1")
    place = np.clip(np.ceil(sure * bins - 1e-9).astype(np.int64) - 1, 0, bins - 1)
    found = []
    for number in np.unique(place):
        inside = place == number
        ends = float(number / bins), float((number + 1) / bins)
        mean, share = float(sure[inside].mean()), float(right[inside].mean())
        found.append(Bin(*ends, int(inside.sum()), mean, share, _interval(right[inside])))
    return found


def expected_calibration_error(bins: Sequence[Bin]) -> float | None:
    """The mean distance of certainty and share right over bins, by items (Guo et al. 2017); None without bins."""
    items = sum(each.items for each in bins)
    return sum(each.items * abs(each.certainty - each.right) for each in bins) / items if items else None


def _interval(right: Values) -> Interval:
    """Wilson's where each is right or wrong, as in ``reward_interval``."""
    if np.all((right == 0) | (right == 1)):
        return wilson_interval(int(right.sum()), len(right))
    return credit_interval(right)


def _both(certainties: Sequence[float] | Values, losses: Sequence[float] | Values) -> tuple[Values, Values]:
    sure, wrong = np.asarray(certainties, dtype=float), np.asarray(losses, dtype=float)
    if sure.shape != wrong.shape:
        raise ValueError(f"{len(sure)} certainties and {len(wrong)} losses")
    return sure, wrong


def _groups(
    certainties: Sequence[float] | Values, losses: Sequence[float] | Values
) -> tuple[Values, NDArray[np.int64], Values, int]:
    """Certainties that there are, falling; how many items have each; their summed loss; all items, failed ones too."""
    sure, wrong = _both(certainties, losses)
    there = ~np.isnan(sure)
    values, place, sizes = np.unique(-sure[there], return_inverse=True, return_counts=True)
    sums = np.bincount(place, wrong[there], minlength=len(values)).astype(np.float64)
    return np.asarray(-values, dtype=np.float64), sizes.astype(np.int64), sums, len(sure)
