"""Intervals of a reward, from the credits of its items. Pure; no chance is involved, so no seed."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from runner.core.run_result import Interval

_Z = 1.959964  # two-sided 5%
_ENDS = 0.6  # how much of an item stands at either end: with 0.5 to 0.75 the intervals hold, by simulation
_STEPS = 60  # at the most, to find a number
Values = NDArray[np.float64]


def reward_interval(credits: Sequence[float] | Values, lowest: float = 0.0) -> Interval | None:
    """The 95% interval of a reward from ``lowest`` to 1, from the credits of its items; None without items.

    Wilson's where each is ``lowest`` or 1 (Wilson 1927, as Bowyer et al. 2025, arXiv 2503.01747, advise below a few
    hundred items), else ``credit_interval``.
    """
    data = np.asarray(credits, dtype=float)
    if len(data) == 0:
        return None
    if np.all((data == lowest) | (data == 1)):
        low, high = wilson_interval(int((data == 1).sum()), len(data))
        return lowest + (1 - lowest) * low, lowest + (1 - lowest) * high
    return credit_interval(data, lowest)


def wilson_interval(successes: int, trials: int) -> Interval:
    """The 95% score interval of a proportion; equals scipy's ``proportion_ci(method="wilson")``."""
    share, z2 = successes / trials, _Z**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def credit_interval(credits: Sequence[float] | Values, lowest: float = 0.0) -> Interval:
    """The 95% interval of a mean of credits: the Bayesian bootstrap with a part of an item at ``lowest`` and at 1.

    The items have random weights (Rubin 1981), and so have the two parts: without them, items that happen to be all
    alike would leave no doubt. With half an item at each end and credits of 0 and 1 it would be Jeffreys' interval
    (Brown, Cai and DasGupta 2001). Credits that are influences may lie outside; then the parts are at the
    lowest and the highest of them. How often it holds the true reward: tests/benchmarks/intervals.py.

    The 2.5% and 97.5% points of the mean under those weights, which are Dirichlet's, come from the saddlepoint
    approximation of Lugannani and Rice in Barndorff-Nielsen's form, exact to about 0.002 with 10 items.
    """
    values, counts = np.unique(np.asarray(credits, dtype=float), return_counts=True)
    least, most = min(lowest, float(values[0])), max(1.0, float(values[-1]))
    values = np.concatenate([[least], values, [most]])
    weights = np.concatenate([[_ENDS], counts, [_ENDS]])
    middle = float(weights @ values / weights.sum())
    low = _root(lambda place: _z_of(place, values, weights) + _Z, least, middle, (-math.inf, _Z))
    high = _root(lambda place: _z_of(place, values, weights) - _Z, middle, most, (-_Z, math.inf))
    return max(lowest, low), min(1.0, high)


def _z_of(place: float, values: Values, weights: Values) -> float:
    """How many standard deviations of a normal distribution ``place`` is worth under the mean's distribution.

    The mean is at most ``place`` where Σ gᵢ(xᵢ - place) <= 0, with gᵢ of Gamma(weightᵢ), whose cumulant generating
    function is K(s) = -Σ weightᵢ log(1 - s(xᵢ - place)).
    """
    apart = values - place
    least, most = 1 / float(apart.min()), 1 / float(apart.max())
    tilt, slope, curve = 0.0, 0.0, 1.0
    for _ in range(_STEPS):  # Newton's steps to K'(tilt) = 0, kept within what is possible
        shares = apart / (1 - tilt * apart)
        slope, curve = float(weights @ shares), float(weights @ shares**2)
        least, most = (least, tilt) if slope > 0 else (tilt, most)
        step = slope / curve
        if abs(step) < 1e-10 * (1 + abs(tilt)):
            break
        tilt = tilt - step if least < tilt - step < most else (least + most) / 2
    depth = float(weights @ np.log1p(-tilt * apart))  # -K(tilt), 0 or more
    signed = math.copysign(math.sqrt(2 * max(depth, 1e-12)), tilt)
    return signed + math.log(max(tilt * math.sqrt(curve) / signed, 1e-12)) / signed


def _root(height: Callable[[float], float], low: float, high: float, ends: tuple[float, float]) -> float:
    """Where a rising function is 0, by false position (Illinois), halving where an end is infinite.

    Args:
        ends: its value at ``low`` and ``high``, where it is not asked.
    """
    below, above = ends
    side = 0
    for _ in range(_STEPS):
        straight = math.isfinite(below) and math.isfinite(above)
        place = (low * above - high * below) / (above - below) if straight else (low + high) / 2
        value = height(place)
        if abs(value) < 1e-7 or high - low < 1e-12:
            break
        if value < 0:
            low, below, above = place, value, above / 2 if side < 0 else above
        else:
            high, above, below = place, value, below / 2 if side > 0 else below
        side = -1 if value < 0 else 1
    return place
