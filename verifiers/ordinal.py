"""How far numbers agree with gold, and each item's influence on it. Pure.

A statistic of all items has no per-item score, so each item's credit is its influence: the statistic, plus its first
derivative in the direction of that item (von Mises; Cochran, Sampling Techniques, 1977, ch. 6, for ratios). The mean
of the credits is exactly the statistic.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from statistics import fmean

Numbers = Sequence[float]


def kappa_credits(gold: Numbers, given: Numbers) -> list[float] | None:
    """Each item's influence on quadratic weighted kappa; None where all numbers are the same one.

    kappa = 1 - Σ(gᵢ - aᵢ)² / n divided by the mean of (gᵢ - aⱼ)² over all pairs i, j (Cohen 1968). It equals
    scikit-learn's ``cohen_kappa_score(weights="quadratic")`` where that has equidistant classes, and takes any
    numbers: then it is the concordance correlation coefficient (Lin 1989).
    """
    if len({*gold, *given}) == 1:
        return None
    mean_gold, mean_given = fmean(gold), fmean(given)
    spread_gold = fmean((one - mean_gold) ** 2 for one in gold)
    spread_given = fmean((one - mean_given) ** 2 for one in given)
    chance = spread_gold + spread_given + (mean_gold - mean_given) ** 2
    errors = [(one - other) ** 2 for one, other in zip(gold, given, strict=True)]
    error = fmean(errors)
    kappa = 1 - error / chance
    # The mean over j of (gᵢ - aⱼ)², and of (gⱼ - aᵢ)²: what item i adds to the error by chance, as gold and as given.
    by_chance = [
        (one - mean_given) ** 2 + spread_given + (other - mean_gold) ** 2 + spread_gold - 2 * chance
        for one, other in zip(gold, given, strict=True)
    ]
    return [
        kappa - (own - error) / chance + error / chance**2 * may for own, may in zip(errors, by_chance, strict=True)
    ]


def kappa(gold: Numbers, given: Numbers) -> float | None:
    """Quadratic weighted kappa, from -1 to 1; None where all numbers are the same one, or there are none."""
    credits = kappa_credits(gold, given) if gold else None
    return None if credits is None else fmean(credits)


def spearman_credits(gold: Numbers, given: Numbers) -> list[float] | None:
    """Each item's influence on Spearman's rank correlation; None where one side is all the same number.

    Pearson's correlation of the ranks, equal numbers with the mean of theirs; equals ``scipy.stats.spearmanr``. An
    item's influence counts that it moves the ranks of the others.
    """
    if len(set(gold)) == 1 or len(set(given)) == 1:
        return None
    ranks, others = _centred_ranks(gold), _centred_ranks(given)
    spread, spread_other = _mean_product(ranks, ranks), _mean_product(others, others)
    product, scale = _mean_product(ranks, others), sqrt(spread * spread_other)
    moved = [
        [own * other for own, other in zip(ranks, others, strict=True)],
        _above(gold, others),
        _above(given, ranks),
    ]
    own, own_above = [rank * rank for rank in ranks], _above(gold, ranks)
    other, other_above = [rank * rank for rank in others], _above(given, others)
    rho = product / scale
    return [
        rho
        + (sum(parts) - 3 * product) / scale
        - rho / 2 * ((own[i] + 2 * own_above[i]) / spread + (other[i] + 2 * other_above[i]) / spread_other - 6)
        for i, parts in enumerate(zip(*moved, strict=True))
    ]


def spearman(gold: Numbers, given: Numbers) -> float | None:
    """Spearman's rank correlation, from -1 to 1; None where one side is all the same number, or there are none."""
    credits = spearman_credits(gold, given) if gold else None
    return None if credits is None else fmean(credits)


def _centred_ranks(numbers: Numbers) -> list[float]:
    """The share of the numbers below each one, of equal ones half, less 1/2: from -1/2 to 1/2, with the mean 0."""
    ordered, count = sorted(numbers), len(numbers)
    return [(bisect_left(ordered, one) + bisect_right(ordered, one)) / (2 * count) - 0.5 for one in numbers]


def _above(numbers: Numbers, weights: Numbers) -> list[float]:
    """For each item the sum of the weights of those whose number is larger, of equal ones half, over their count.

    Args:
        weights: their sum is 0.
    """
    places = sorted(range(len(numbers)), key=numbers.__getitem__)
    ordered = [numbers[place] for place in places]
    sums = [0.0, *accumulate(weights[place] for place in places)]
    return [-(sums[bisect_left(ordered, one)] + sums[bisect_right(ordered, one)]) / 2 / len(numbers) for one in numbers]


def _mean_product(one: Numbers, other: Numbers) -> float:
    return fmean(left * right for left, right in zip(one, other, strict=True))
