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

_OUT_OF_LIST = "(out of list)"


@dataclass(frozen=True)
class MicroF1:
    """F1 = 2TP/(2TP+FP+FN) over all items and labels; equals scikit-learn's ``average="micro"``.

    Labels outside the list are FP. Where nothing is due and nothing was predicted it is 1.
    """

    def score(self, verdicts: Sequence[Verdict]) -> float:
        return mean(self.credits(verdicts)) if verdicts else 0.0

    def credits(self, verdicts: Sequence[Verdict]) -> list[float]:
        counts = [verdict.counts() for verdict in verdicts]
        if not any(sum(row) for row in counts):
            return [0.0 if verdict.bad_reply else 1.0 for verdict in verdicts]
        return _f1_credits(counts)


@dataclass(frozen=True)
class MacroF1:
    """The mean of the labels' F1 over the labels that occur in gold or prediction.

    Equals scikit-learn's ``average="macro", zero_division=0`` over those labels. All labels outside
    the list count together as one more label, whose F1 is 0. Where no label occurs it is 1.
    """

    def score(self, verdicts: Sequence[Verdict]) -> float:
        return mean(self.credits(verdicts)) if verdicts else 0.0

    def credits(self, verdicts: Sequence[Verdict]) -> list[float]:
        table = per_label_counts(verdicts)
        if not table:
            return [0.0 if verdict.bad_reply else 1.0 for verdict in verdicts]
        totals = [0.0] * len(verdicts)
        for rows in table.values():
            totals = [total + credit for total, credit in zip(totals, _f1_credits(rows), strict=True)]
        return [total / len(table) for total in totals]


def per_label_counts(verdicts: Sequence[Verdict]) -> dict[str, list[tuple[int, int, int]]]:
    """For each label that occurs: (TP, FP, FN) of every item, in order."""
    names: dict[str, None] = {}
    for verdict in verdicts:
        names.update(dict.fromkeys((*verdict.gold, *verdict.predicted)))
        if verdict.out_of_list:
            names[_OUT_OF_LIST] = None
    return {name: [_label_counts(verdict, name) for verdict in verdicts] for name in names}


def per_label_totals(verdicts: Sequence[Verdict]) -> dict[str, tuple[int, int, int]]:
    """For each label that occurs: (TP, FP, FN) over all items."""
    totals = {}
    for name, rows in per_label_counts(verdicts).items():
        tp, fp, fn = (sum(column) for column in zip(*rows, strict=True))
        totals[name] = (tp, fp, fn)
    return totals


def f1(tp: int, fp: int, fn: int) -> float | None:
    """F1 = 2TP/(2TP+FP+FN); None where the label does not occur."""
    whole = 2 * tp + fp + fn
    return 2 * tp / whole if whole else None


def _label_counts(verdict: Verdict, name: str) -> tuple[int, int, int]:
    if name == _OUT_OF_LIST:
        return 0, len(verdict.out_of_list), 0
    due, said = name in verdict.gold, name in verdict.predicted
    return int(due and said), int(said and not due), int(due and not said)


def _f1_credits(counts: Sequence[tuple[int, int, int]]) -> list[float]:
    """Each item's influence on the F1 of all, from its (TP, FP, FN)."""
    parts, wholes = [2 * tp for tp, _, _ in counts], [2 * tp + fp + fn for tp, fp, fn in counts]
    ratio, mean_whole = sum(parts) / sum(wholes), sum(wholes) / len(wholes)
    return [ratio + (part - ratio * whole) / mean_whole for part, whole in zip(parts, wholes, strict=True)]
