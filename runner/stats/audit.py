"""How many of these very rows are wrong at most: people check a random sample of them, without replacement. Pure.

No assumption about where the rows came from: only that the sample was drawn at random, after it was settled which rows
are accepted. With W wrong among N rows, the wrong ones among n that were drawn have the hypergeometric distribution; W
is bounded by the largest that does not make so few of them unlikely (Clopper & Pearson's construction, exact).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Values = NDArray[np.float64]
_FIRST = 0.8  # of delta for the first audit; so much of what is left for each that follows


@dataclass(frozen=True)
class Audit:
    """What an audit says.

    Attributes:
        rows: accepted rows, all of them. audited: how many were drawn and checked. wrong: how many of those are wrong.
        most_wrong: how many of ``rows`` are wrong at most.
        share: the same as a share of ``rows``; 0 where there are none.
        target: the share of right rows that was wished for.
        confirmed: whether it is reached: the wrong ones are at most 1 - target of the rows.
        delta: the chance that ``most_wrong`` is too low.
    """

    rows: int
    audited: int
    wrong: int
    most_wrong: int
    share: float
    target: float
    confirmed: bool
    delta: float


def audit(rows: int, audited: int, wrong: int, target: float, delta: float) -> Audit:
    """The claim about ``rows`` accepted rows, of which ``audited`` were drawn at random and ``wrong`` are wrong.

    Raises:
        ValueError: not 0 <= wrong <= audited <= rows.
    """
    most = most_wrong(rows, audited, wrong, delta)
    confirmed = most <= tolerated(rows, target)
    return Audit(rows, audited, wrong, most, most / rows if rows else 0.0, target, confirmed, delta)


def delta_of_audit(number: int, confidence: float) -> float:
    """What the first, second, ... audit of a run may spend, so that all claims together keep the confidence.

    A person who may draw again after a failed audit has several chances of a false claim. The first has 80% of
    1 - confidence, each that follows 80% of what is left: 0.04, 0.008, 0.0016 of 0.05.

    Args:
        number: 1 for the first.
    """
    return (1 - confidence) * _FIRST * (1 - _FIRST) ** (number - 1)


def most_wrong(rows: int, audited: int, wrong: int, delta: float) -> int:
    """The largest W with P(Hypergeometric(rows, W, audited) <= wrong) > delta.

    Raises:
        ValueError: not 0 <= wrong <= audited <= rows.
    """
    if not 0 <= wrong <= audited <= rows:
        raise ValueError(f"{wrong} wrong of {audited} audited of {rows} rows")
    low, high = wrong, rows - (audited - wrong)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if chance_of_so_few(rows, middle, audited, wrong) > delta else (low, middle - 1)
    return low


def audit_size(rows: int, target: float, expected: float, delta: float, power: float = 0.8) -> int:
    """How many rows to draw so that the target is confirmed with a chance of at least ``power``.

    Of very many rows, 5% at delta 0.05: 59 if none is wrong, 124 if 1% are, 234 if 2% are. All rows, where no smaller
    sample is expected to do: then nothing is left to chance.

    Args:
        rows: accepted rows. expected: the share of them that is wrong, as far as is known.
    """
    wrong = min(rows, math.ceil(rows * expected - 1e-9))
    bad = tolerated(rows, target) + 1
    if bad > rows:
        return 0
    if wrong >= bad:
        return rows
    allowed = -1
    for size in range(1, rows):
        if chance_of_so_few(rows, bad, size, allowed + 1) <= delta:
            allowed += 1
            if chance_of_so_few(rows, wrong, size, allowed) >= power:
                return size
    return rows


def chance_of_so_few(rows: int, wrong: int, audited: int, found: int) -> float:
    """P(X <= found), X the wrong ones among ``audited`` rows of ``rows``, of which ``wrong`` are wrong."""
    least = max(0, audited - (rows - wrong))
    if found < least:
        return 0.0
    if found >= min(wrong, audited):
        return 1.0
    counts = np.arange(least, found + 1)
    logs = _ways(wrong, counts) + _ways(rows - wrong, audited - counts) - _ways(rows, audited)
    return float(min(1.0, np.exp(logs).sum()))


def _ways(of: int, taken: Values | NDArray[np.int64] | int) -> Values:
    """The logarithm of how many ways there are to take so many."""
    return np.asarray(gammaln(of + 1) - gammaln(taken + 1) - gammaln(of - taken + 1), dtype=float)


def tolerated(rows: int, target: float) -> int:
    """How many rows may be wrong."""
    return math.floor(rows * round(1 - target, 12) + 1e-9)
