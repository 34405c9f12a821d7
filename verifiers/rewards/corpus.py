"""Rewards that count over all items first: micro and macro F1.

A ratio of sums has no per-item score, so each item's credit is its influence: with R = Σnᵢ/Σdᵢ,
creditᵢ = R + (nᵢ - R·dᵢ)/mean(d). The mean of the credits is exactly R, an item that changes
nothing has the credit R, and the differences are those of the delta method
(Cochran, Sampling Techniques, 1977, ch. 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean as mean

from verifiers.verdict import Verdict

Counts = tuple[float, float, float]
"""True positives, false positives, false negatives."""

_NONE: Counts = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class MicroF1:
    """F1 = 2TP/(2TP+FP+FN) over all items and what is in them; equals scikit-learn's ``average="micro"``.

    What is unfit, as a label outside the list, is FP. Where nothing is due and nothing was predicted it is 1.
    """

    def score(self, verdicts: Sequence[Verdict]) -> float:
        return mean(self.credits(verdicts)) if verdicts else 0.0

    def credits(self, verdicts: Sequence[Verdict]) -> list[float]:
        counts = [verdict.counts() for verdict in verdicts]
        if not any(sum(row) for row in counts):
            return [0.0 if verdict.unusable else 1.0 for verdict in verdicts]
        return _f1_credits(counts)


@dataclass(frozen=True)
class MacroF1:
    """The mean of the classes' F1 over the classes (labels, fields ...) that occur in gold or prediction.

    Equals scikit-learn's ``average="macro", zero_division=0`` over those labels. All labels outside
    the list count together as one more, whose F1 is 0. Where no class occurs it is 1.
    """

    def score(self, verdicts: Sequence[Verdict]) -> float:
        return mean(self.credits(verdicts)) if verdicts else 0.0

    def credits(self, verdicts: Sequence[Verdict]) -> list[float]:
        table = per_class_counts(verdicts)
        if not table:
            return [0.0 if verdict.unusable else 1.0 for verdict in verdicts]
        totals = [0.0] * len(verdicts)
        for rows in table.values():
            totals = [total + credit for total, credit in zip(totals, _f1_credits(rows), strict=True)]
        return [total / len(table) for total in totals]


def per_class_counts(verdicts: Sequence[Verdict]) -> dict[str, list[Counts]]:
    """For each key that occurs: (TP, FP, FN) of every item, in order. What is unfit has a key by its reason."""
    names: dict[str, None] = {}
    for verdict in verdicts:
        names.update(dict.fromkeys((*verdict.gold_keys, *verdict.given, *(match.key for match in verdict.unfit))))
    tables = [verdict.classes() for verdict in verdicts]
    return {name: [table.get(name, _NONE) for table in tables] for name in names}


def per_class_totals(verdicts: Sequence[Verdict]) -> dict[str, Counts]:
    """For each key that occurs: (TP, FP, FN) over all items."""
    totals = {}
    for name, rows in per_class_counts(verdicts).items():
        tp, fp, fn = (sum(column) for column in zip(*rows, strict=True))
        totals[name] = (tp, fp, fn)
    return totals


def f1(tp: float, fp: float, fn: float) -> float | None:
    """F1 = 2TP/(2TP+FP+FN); None where the key does not occur."""
    whole = 2 * tp + fp + fn
    return 2 * tp / whole if whole else None


def _f1_credits(counts: Sequence[Counts]) -> list[float]:
    """Each item's influence on the F1 of all, from its (TP, FP, FN)."""
    parts, wholes = [2 * tp for tp, _, _ in counts], [2 * tp + fp + fn for tp, fp, fn in counts]
    ratio, mean_whole = sum(parts) / sum(wholes), sum(wholes) / len(wholes)
    return [ratio + (part - ratio * whole) / mean_whole for part, whole in zip(parts, wholes, strict=True)]
