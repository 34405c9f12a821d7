"""What one prompt gains over another on the items both were measured on. Pure."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from runner.core.evaluation import Evaluation
from runner.experiment.strategy import Candidate
from runner.stats.evidence import selection_bias


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """A paired comparison.

    Attributes:
        mean: of the differences of credits, after minus before; above 0 the later prompt is better.
        error: its standard error; infinite for fewer than two items.
        items: how many both were measured on.
    """

    mean: float
    error: float
    items: int


def paired_difference(before: Evaluation, after: Evaluation, items: Collection[str] | None = None) -> PairedDifference:
    """The paired gain of ``after``, over the items (ids) both have a credit for.

    Both must be measured on the same items, but for calls that failed: a reward that is of the items as a whole, as
    macro-F1, gives each a credit that depends on the others. To measure a prompt again on a part costs no call.
    """
    both = [item for item in after.credits if item in before.credits and (items is None or item in items)]
    differences = np.array([after.credits[item] - before.credits[item] for item in both])
    if len(differences) == 0:
        return PairedDifference(0.0, math.inf, 0)
    if len(differences) == 1:
        return PairedDifference(float(differences[0]), math.inf, 1)
    return PairedDifference(
        float(differences.mean()), float(differences.std(ddof=1) / math.sqrt(len(differences))), len(both)
    )


def accepts(found: PairedDifference, errors: float = 1.0) -> bool:
    """Whether an incumbent is replaced: the Ladder (Blum & Hardt 2015, arXiv 1502.04585).

    Only where the gain exceeds ``errors`` standard errors. What is left of the search's luck on a select set that is
    used again and again stays small, since most lucky candidates fall below that.
    """
    return found.mean > 1e-9 and found.mean > errors * found.error


def credit_table(tried: Sequence[Mapping[str, float]]) -> list[list[float]]:
    """A row a prompt, a column an item, NaN where it was not measured, of item id -> credit for each prompt."""
    items = sorted({item for credits in tried for item in credits})
    return [[credits.get(item, math.nan) for item in items] for credits in tried]


def expected_on_new_items(best: Evaluation | None, tried: Sequence[Mapping[str, float]]) -> float | None:
    """What the best prompt's reward is expected to be on items that did not choose it; None where nothing is known.

    Args:
        tried: item id -> credit, of each prompt that was measured on any of the items that chose.
    """
    return best.reward - selection_bias(credit_table(tried)) if best and tried else None


def top(candidates: Sequence[Candidate], incumbent: Evaluation) -> Evaluation:
    """The best of ``candidates`` if it is better than ``incumbent``, else that; of equals the earlier.

    Better on the items that both could be measured on as well: where a call fails for good, a reward is of the other
    items, and a prompt that answers as before may have a higher one.
    """
    found = (candidate.evaluation for candidate in candidates if candidate.reward > incumbent.reward)
    better = [one for one in found if paired_difference(incumbent, one).mean > 1e-9]
    return max(better, key=lambda one: one.reward, default=incumbent)
