"""Whether one prompt is better than another, or only looks so: a paired test on the sealed items.

Pure: arrays in, numbers out. Differences are of per-item credits, whose mean is the reward, so that every
reward is tested the same way (exactly for rewards that are means over items, by the delta method for micro
and macro F1).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
RESAMPLES = 10_000
_EXACT = 13  # items up to which every exchange is counted
Values = NDArray[np.float64]
_Z_ALPHA, _Z_POWER = 1.96, 0.84  # two-sided 5%, power 80%


@dataclass(frozen=True)
class Decision:
    """What the sealed items say about ``after`` against ``before``.

    Attributes:
        verdict: better or worse where p < 0.05, else undecided.
        difference: mean of the paired differences.
        interval: its 95% bootstrap interval (Koehn 2004), percentile.
        p: two-sided, of the approximate randomisation test (Yeh 2000); exact for up to 13 items.
        items: pairs compared.
        items_needed: how many *more* sealed items would settle a difference of this size with power 80%, about;
            None where it is settled or where no difference was seen.
    """

    verdict: Literal["better", "worse", "undecided"]
    difference: float
    interval: Sequence[float]
    p: float
    items: int
    items_needed: int | None


def decide(before: Sequence[float], after: Sequence[float], seed: int = 0) -> Decision:
    """Compare the credits of two prompts on the same items, in the same order.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    if len(before) != len(after) or len(before) == 0:
        raise ValueError(f"{len(before)} and {len(after)} credits: give both prompts' credits on the same items")
    differences = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    difference = float(differences.mean())
    if not np.any(np.abs(differences) > 1e-12):
        return Decision("undecided", 0.0, [0.0, 0.0], 1.0, len(before), None)
    rng = np.random.default_rng(seed)
    p = _sign_flip_p(differences, rng)
    interval = bootstrap_interval(differences, rng)
    if p < ALPHA:
        return Decision("better" if difference > 0 else "worse", difference, interval, p, len(before), None)
    return Decision("undecided", difference, interval, p, len(before), _needed(differences))


def bootstrap_interval(values: Sequence[float] | Values, rng: np.random.Generator) -> list[float]:
    """The 95% percentile bootstrap interval of a mean over items (Efron 1979); equals scipy.stats.bootstrap's."""
    data = np.asarray(values, dtype=float)
    means = data[rng.integers(0, len(data), (RESAMPLES, len(data)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return [float(low), float(high)]


def _sign_flip_p(differences: Values, rng: np.random.Generator) -> float:
    """Two-sided p of the mean under random exchange of the two prompts' outputs, item by item.

    All 2ⁿ exchanges up to 13 items, then 9,999 random ones and the observed one, (k + 1)/(N + 1), as
    scipy.stats.permutation_test does it (whose import would take longer than replaying a run).
    """
    n = len(differences)
    if n <= _EXACT:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        flips, extra = signs @ differences, 0
    else:
        flips, extra = (1 - 2 * rng.integers(0, 2, (RESAMPLES - 1, n))) @ differences, 1
    seen = abs(differences.sum())
    return float((np.sum(np.abs(flips) >= seen - 1e-9) + extra) / (len(flips) + extra))


def _needed(differences: Values) -> int | None:
    """More items for power 80%: n = (1.96 sqrt(q) + 0.84 sqrt(q - d²))² / d², q the mean squared difference."""
    d, q = float(differences.mean()), float(np.mean(differences**2))
    if abs(d) < 1e-9:
        return None
    n = (_Z_ALPHA * math.sqrt(q) + _Z_POWER * math.sqrt(max(0.0, q - d * d))) ** 2 / (d * d)
    return max(1, math.ceil(n) - len(differences))
