"""What a verdict must reach when the same sealed items have been looked at before. Pure.

A person who reads a result, edits the prompt and runs again judges prompt after prompt on the same items; each
verdict holds alone, the best of twenty does not. The k-th look at them is a verdict where p < alpha/k². The first
look loses nothing. A false *better* has a chance of at most alpha/2 · (1 + 1/4 + 1/9 + ...) = 0.82 alpha over all
looks (p is two-sided) if only verdicts are read. It stays below alpha in simulations of an analyst who reads the
rewards and edits the best prompt so far, 50 times on 60 items. How alpha/k, LORD++, SAFFRON and the reusable holdout
compare with it: tests/benchmarks/certificates.py. No such rule helps against small edits that are kept or dropped by
the rewards of hundreds of sealed items; only fresh items do.
"""

import math
from statistics import NormalDist

_NORMAL = NormalDist()


def required_level(looks: int, alpha: float = 0.05) -> float:
    """The two-sided p below which a verdict holds that is the ``looks``-th on its items.

    Args:
        looks: 1 for the first: this look and all before it.

    Raises:
        ValueError: ``looks`` is below 1.
    """
    if looks < 1:
        raise ValueError(f"{looks} looks: the first look is 1")
    return alpha / looks**2


def items_worth(items: int, looks: int, alpha: float = 0.05, power: float = 0.8) -> int:
    """How many items that were never looked at show the same as ``items`` at their ``looks``-th look.

    A difference that is found with ``power`` grows as (z(level/2) + z(power)) / sqrt(items).
    """
    return math.floor(items / _price(required_level(looks, alpha), alpha, power) + 1e-9)


def fresh_items(items: int, looks: int, alpha: float = 0.05, power: float = 0.8) -> int:
    """How many fresh items give back what the first look had: added to the old ones, or by themselves if that is fewer.

    Args:
        items: sealed items now. looks: the number of the look that is to come; at the first, 0 are needed.
    """
    added = math.ceil(items * (_price(required_level(looks, alpha), alpha, power) - 1) - 1e-9)
    return min(items, added)


def _price(level: float, alpha: float, power: float) -> float:
    """How many times the items a test at ``level`` takes to find what one at ``alpha`` finds."""
    strict, usual = (_NORMAL.inv_cdf(1 - two_sided / 2) for two_sided in (level, alpha))
    return ((strict + _NORMAL.inv_cdf(power)) / (usual + _NORMAL.inv_cdf(power))) ** 2
