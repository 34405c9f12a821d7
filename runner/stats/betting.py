"""Evidence about a mean of bounded numbers that may be looked at after each of them: betting. Pure.

A gambler with 1 bets a fixed part of it on every number being above 0. If the mean is 0 or less, whatever came before,
the wealth is above 1/delta at any time with a chance of at most delta (Ville 1939; Waudby-Smith & Ramdas 2023, arXiv
2010.09686). Several gamblers, each with their own part, share the 1, so that nobody has to know the best part.
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_GAMBLERS = 32
_BOLDNESS = 1 - ((np.arange(_GAMBLERS) + 0.5) / _GAMBLERS) ** 2  # of the most that may be bet; more bold ones than shy
_SURE = 700.0  # of an exponent


def wealth(gains: Values, lowest: float) -> Values:
    """The e-value against "the mean gain is 0 or less", after each gain.

    Args:
        gains: in the order in which they were seen, shape (..., n); none below ``lowest``.
        lowest: the least that a gain can be, below 0: what may be bet is 1/-lowest at the most.

    Returns:
        Shape (..., n).
    """
    stakes = _BOLDNESS / -lowest
    with np.errstate(divide="ignore"):
        logs = np.log1p(np.maximum(stakes[:, None] * gains[..., None, :], -1.0)).cumsum(axis=-1)
    return np.asarray(np.exp(np.minimum(logs, _SURE)).mean(axis=-2), dtype=float)


def anytime_p(gains: Values, lowest: float) -> float:
    """The smallest level at which the gains reject "the mean is 0 or less", at any time so far; 1 without gains."""
    return float(1 / max(1.0, wealth(gains, lowest).max())) if len(gains) else 1.0
