"""Exact binomial arithmetic: how many errors a test allows, what it bounds, how many items it takes. Pure.

Everywhere ``bound`` is a share of errors and the test is of "the true share is ``bound`` or more": m items with k
errors reject it where P(Bin(m, bound) <= k) <= delta (one-sided and exact; its inversion is Clopper & Pearson 1934).
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrik, betaincinv

_MOST_ITEMS = 20_000  # whoever needs more is told that no number will do
Counts = NDArray[np.int64]


@lru_cache(maxsize=256)
def allowed_errors(items: int, bound: float, delta: float) -> Counts:
    """The most errors with which 0, 1, ... ``items`` items reject a share of ``bound``; -1 where none do.

    Returns:
        Shape (items + 1,), never falling. Cached and read-only.
    """
    sizes = np.arange(items + 1)
    with np.errstate(invalid="ignore"):
        continuous = np.nan_to_num(np.floor(bdtrik(delta, np.maximum(sizes, 1), bound)), nan=-1.0).astype(np.int64)
    allowed: Counts = np.full(items + 1, -1)
    for errors in (continuous - 1, continuous, continuous + 1):  # the continuous inverse may be off by one
        fit = (errors >= 0) & (errors < sizes) & (_cdf(errors, sizes, bound) <= delta)
        allowed = np.where(fit, errors, allowed)
    allowed.flags.writeable = False
    return allowed


def _cdf(errors: Counts, items: Counts, share: float) -> NDArray[np.float64]:
    """P(Bin(items, share) <= errors); 0 below no errors."""
    inside = np.where(errors < 0, 0.0, bdtr(np.maximum(errors, 0), np.maximum(items, 1), share))
    return np.asarray(inside, dtype=float)


def items_for(errors: int, bound: float, delta: float) -> int:
    """The fewest items that reject a share of ``bound`` with so many errors among them; 59 for (0, 0.05, 0.05)."""
    low, high = errors + 1, errors + 2
    while bdtr(errors, high, bound) > delta:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if bdtr(errors, middle, bound) > delta else (low, middle)
    return low


def upper_bound(errors: float, items: int, delta: float) -> float:
    """The largest share of errors that k errors among m items do not reject at ``delta``; 1 without items.

    Clopper and Pearson's upper limit, the 1 - delta quantile of Beta(k + 1, m - k).
    """
    if errors >= items:
        return 1.0
    return float(betaincinv(errors + 1, items - errors, 1 - delta))


def best_possible(items: int, confidence: float) -> float:
    """The highest share of right answers that so many items can certify, with no error among them; 0 without items.

    delta^(1/n): 0.883 for 24 items at 0.95, 0.942 for 50.
    """
    return (1 - confidence) ** (1 / items) if items else 0.0


@lru_cache(maxsize=4096)
def items_needed(rate: float, bound: float, delta: float, power: float = 0.8) -> int | None:
    """The fewest items that reject ``bound`` with a chance of at least ``power`` if ``rate`` of them are wrong.

    None where ``rate`` is not below ``bound``, or where it takes more than 20,000.
    """
    if rate >= bound:
        return None
    most = 4 * math.ceil(math.log(delta) / math.log1p(-bound))
    while True:
        sizes = _sizes_for(
            min(most, _MOST_ITEMS), bound, delta
        )  # of those that allow k errors the smallest is likeliest
        enough = bdtr(np.arange(len(sizes)), sizes, rate) >= power
        if enough.any():
            return int(sizes[enough.argmax()])
        if most >= _MOST_ITEMS:
            return None
        most *= 4


@lru_cache(maxsize=256)
def _sizes_for(most: int, bound: float, delta: float) -> Counts:
    """The fewest items that allow 0, 1, 2 ... errors, as far as they are not above ``most``."""
    allowed = allowed_errors(most, bound, delta)
    return np.searchsorted(allowed, np.arange(allowed[-1] + 1))
