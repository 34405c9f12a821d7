"""A comparison that may be looked at after every item: an e-process on the pairs that differ. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_LARGEST = 700.0  # of an exponent


_E = 20.0  # the e-value at which a decision is taken: 1 / ALPHA


@dataclass(frozen=True)
class Sequential:
    """What pairs say that may be looked at as they arrive.

    Attributes:
        verdict: better or worse, by who leads, where the e-value is at least 20 (p < 0.05 at any time); else undecided.
        wins, losses: pairs on which ``after`` had the higher, the lower credit; the others say nothing.
        e: the e-value against "neither is better".
        pairs: all that were looked at.
    """

    verdict: Literal["better", "worse", "undecided"]
    wins: int
    losses: int
    e: float
    pairs: int


def sequential(pairs: Sequence[tuple[float, float]]) -> Sequential:
    """The e-process on discordant pairs (before, after).

    By Ville's inequality ``e_value`` reaches 20 with a chance of at most 1 in 20 if neither is better, however often
    it is looked at (Waudby-Smith & Ramdas 2023).
    """
    wins = sum(after - before > 1e-9 for before, after in pairs)
    losses = sum(before - after > 1e-9 for before, after in pairs)
    e = e_value(wins, losses)
    verdict: Literal["better", "worse", "undecided"] = "undecided"
    if e >= _E:
        verdict = "better" if wins > losses else "worse"
    return Sequential(verdict, wins, losses, e, len(pairs))


def e_value(wins: int, losses: int) -> float:
    """The evidence of so many wins and losses that either side is better, as a factor; 1 is none.

    E = 2ⁿ * ∫ over (0, 1) of pᵇ (1-p)ᶜ dp = 2ⁿ * B(b+1, c+1), with b wins and c losses of n = b + c: the mean of the
    e-values of the two sides (each twice the integral over its half). The larger of the two would be wrong twice as
    often, since a decision may fall on either side.
    """
    n = wins + losses
    log_beta = math.lgamma(wins + 1) + math.lgamma(losses + 1) - math.lgamma(n + 2)
    return math.exp(min(n * math.log(2) + log_beta, _LARGEST))
