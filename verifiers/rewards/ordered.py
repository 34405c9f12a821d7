"""Rewards of answers that are numbers: how far they are off, and how well their order is that of gold.

A reply without a number earns 0 and is left out of kappa and rho, which are then multiplied by the share of the
replies with one. The mean of the credits is the score; those of kappa and rho are influences (``verifiers.ordinal``).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, inf
from typing import ClassVar, SupportsFloat

from verifiers.ordinal import kappa_credits, spearman_credits
from verifiers.verdict import Verdict
from verifiers.verifier import Verifier

_Pair = tuple[float, float]
"""Gold and the answer."""


class _OfNumbers(ABC):
    """Score and credits from those of the items with a number."""

    @abstractmethod
    def _credits(self, verdicts: Sequence[Verdict], pairs: Sequence[_Pair]) -> Sequence[float]:
        """The credits of these items, at least one, each with its number and that of gold."""

    def refuses(self, verifier: Verifier) -> str | None:
        if getattr(verifier, "numeric", False):
            return None
        return f"it compares numbers, and answers are {verifier.words.answers}: it is for verifier=number and =rating"

    def credits(self, verdicts: Sequence[Verdict]) -> list[float]:
        """Raises ValueError: gold or an answer is no number."""
        read = [place for place, verdict in enumerate(verdicts) if _is_read(verdict)]
        pairs = [(_number(verdicts[place].gold), _number(verdicts[place].answer)) for place in read]
        credits = [0.0] * len(verdicts)
        if pairs:
            found = self._credits([verdicts[place] for place in read], pairs)
            for place, credit in zip(read, found, strict=True):
                credits[place] = credit
        return credits

    def score(self, verdicts: Sequence[Verdict]) -> float:
        return fsum(self.credits(verdicts)) / len(verdicts) if verdicts else 0.0


@dataclass(frozen=True)
class AbsoluteError(_OfNumbers):
    """The mean of 1 - |answer - gold| / worst, at least 0: from 0 to 1. With one ``worst``, 1 - MAE / worst.

    Args:
        worst: the error that earns nothing, above 0; None: the width of the scale of a rating.
    """

    worst: float | None = None

    def __post_init__(self) -> None:
        if self.worst is not None and not 0 < self.worst < inf:
            raise ValueError(f"worst must be above 0 and finite, not {self.worst}")

    def refuses(self, verifier: Verifier) -> str | None:
        if self.worst is None and getattr(verifier, "numeric", False) and not hasattr(verifier, "width"):
            return f"{verifier.words.answers} have no scale: give reward.worst, the error that earns nothing"
        return super().refuses(verifier)

    def _credits(self, verdicts: Sequence[Verdict], pairs: Sequence[_Pair]) -> Sequence[float]:
        return [
            max(0.0, 1 - abs(answer - gold) / self._worst(verdict))
            for verdict, (gold, answer) in zip(verdicts, pairs, strict=True)
        ]

    def _worst(self, verdict: Verdict) -> float:
        worst: float = getattr(verdict.gold, "width", 0.0) if self.worst is None else self.worst
        if worst <= 0:
            raise ValueError("gold has no scale: give reward.worst, the error that earns nothing")
        return worst


@dataclass(frozen=True)
class Within(_OfNumbers):
    """The share of answers that are at most ``tolerance`` off: from 0 to 1.

    Args:
        tolerance: 0 or more.
    """

    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < inf:
            raise ValueError(f"tolerance must be 0 or more and finite, not {self.tolerance}")

    def _credits(self, verdicts: Sequence[Verdict], pairs: Sequence[_Pair]) -> Sequence[float]:
        return [float(abs(answer - gold) <= self.tolerance * (1 + 1e-12) + 1e-12) for gold, answer in pairs]


@dataclass(frozen=True)
class QuadraticKappa(_OfNumbers):
    """Cohen's kappa with quadratic weights: from -1 to 1, and 0 for a constant answer. All right is 1."""

    lowest: ClassVar[float] = -1.0

    def _credits(self, verdicts: Sequence[Verdict], pairs: Sequence[_Pair]) -> Sequence[float]:
        found = kappa_credits([gold for gold, _ in pairs], [answer for _, answer in pairs])
        return [1.0] * len(pairs) if found is None else found  # all are the same number


@dataclass(frozen=True)
class Spearman(_OfNumbers):
    """Spearman's rank correlation: from -1 to 1, and 0 for a constant answer. The scale does not matter.

    Where all gold is the same number there is no order: then it is the share of answers that are that number.
    """

    lowest: ClassVar[float] = -1.0

    def _credits(self, verdicts: Sequence[Verdict], pairs: Sequence[_Pair]) -> Sequence[float]:
        golds, answers = [gold for gold, _ in pairs], [answer for _, answer in pairs]
        if len(set(golds)) == 1:
            return [float(gold == answer) for gold, answer in pairs]
        return spearman_credits(golds, answers) or [0.0] * len(pairs)


def _is_read(verdict: Verdict) -> bool:
    """Whether there is an answer. Raises ValueError: gold is no number, so that no answer could be compared."""
    _number(verdict.gold)
    return not verdict.unusable and not (verdict.answer is None and verdict.unfit)


def _number(value: object) -> float:
    if isinstance(value, SupportsFloat) and not isinstance(value, bool):
        return float(value)
    raise ValueError(f"this reward compares numbers, and {value!r:.80} is none: it is for verifier=number and =rating")
