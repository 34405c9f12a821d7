"""Rewards that score each item by itself and take the mean over items.

TP, FP and FN are counted within the item; labels that are not on the list are FP. Empty against
empty is 1. A reply that could not be used scores 0. Apart from these two cases the figures equal
scikit-learn's ``average="samples"`` with ``zero_division=0``.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, inf

from verifiers.verdict import Verdict


class _MeanOverItems(ABC):
    """Score and credits from ``of_item``."""

    def of_item(self, verdict: Verdict) -> float:
        if verdict.unusable:
            return 0.0
        if verdict.exact:
            return 1.0
        return self._of_counts(*verdict.counts())

    @abstractmethod
    def _of_counts(self, tp: float, fp: float, fn: float) -> float:
        """The score of an item with these counts, not all 0."""

    def credits(self, verdicts: Sequence[Verdict]) -> list[float]:
        return [self.of_item(verdict) for verdict in verdicts]

    def score(self, verdicts: Sequence[Verdict]) -> float:
        return fsum(self.credits(verdicts)) / len(verdicts) if verdicts else 0.0


@dataclass(frozen=True)
class FBeta(_MeanOverItems):
    """F-beta = (1 + b²)TP / ((1 + b²)TP + b²FN + FP). ``beta=1`` is F1, the tutorial's reward.

    Args:
        beta: how much more recall counts than precision; above 0.
    """

    beta: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.beta < inf:
            raise ValueError(f"beta must be above 0 and finite, not {self.beta}")

    def _of_counts(self, tp: float, fp: float, fn: float) -> float:
        weight = self.beta**2
        whole = (1 + weight) * tp + weight * fn + fp
        return (1 + weight) * tp / whole if whole else 0.0


@dataclass(frozen=True)
class Precision(_MeanOverItems):
    """TP / (TP + FP): how much of what was predicted is right. Nothing predicted, something due: 0."""

    def _of_counts(self, tp: float, fp: float, fn: float) -> float:
        return tp / (tp + fp) if tp + fp else 0.0


@dataclass(frozen=True)
class Recall(_MeanOverItems):
    """TP / (TP + FN), the tutorial's coverage: how much of gold was found. Nothing due, something said: 0."""

    def _of_counts(self, tp: float, fp: float, fn: float) -> float:
        return tp / (tp + fn) if tp + fn else 0.0


@dataclass(frozen=True)
class Jaccard(_MeanOverItems):
    """TP / (TP + FP + FN)."""

    def _of_counts(self, tp: float, fp: float, fn: float) -> float:
        return tp / (tp + fp + fn)


@dataclass(frozen=True)
class ExactMatch(_MeanOverItems):
    """1 if the prediction is the gold answer, else 0; for one label an item this is accuracy."""

    def _of_counts(self, tp: float, fp: float, fn: float) -> float:
        return 0.0
