"""How ratings stand to gold, to the best constant answer and to one more person. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from verifiers.ordinal import kappa, spearman


@dataclass(frozen=True)
class Rated:
    """A gold rating. Two are equal if their values are.

    Attributes:
        value: the rating; of several people the mean of theirs. ratings: those of several people, else empty.
        width: how wide the scale is.
    """

    value: float
    ratings: tuple[float, ...] = field(default=(), compare=False)
    width: float = field(default=0.0, compare=False)

    def __float__(self) -> float:
        return float(self.value)


def rating_figures(
    pairs: Sequence[tuple[Rated, float | None]],
    credit: Callable[[float, float | None], float],
    constants: Sequence[float],
) -> dict[str, float]:
    """Name -> figure; a figure that is not defined for these items is left out.

    ``answered``: the share of items with a rating; over these ``mae``, ``quadratic_kappa`` and ``spearman``.
    ``credit``: its mean over all items, 0 for an item without a rating. ``best_constant``: the mean that the best of
    the constant answers has on the same items. ``skill_over_constant`` is 1 - (1 - credit) / (1 - best_constant): 1 is
    perfect, 0 is no better than a constant. ``one_rater``: how well one person agrees with the mean of the others,
    each person left out in turn, over the items that several people rated; ``skill_over_rater`` compares with that.

    Args:
        credit: of a gold value and an answer, from 0 to 1.
    """
    if not pairs:
        return {}
    golds = [gold for gold, _ in pairs]
    answered = [(float(gold), float(answer)) for gold, answer in pairs if answer is not None]
    figures: dict[str, float | None] = {"answered": len(answered) / len(pairs)}
    if answered:
        due, given = [one for one, _ in answered], [other for _, other in answered]
        figures["mae"] = fmean(abs(one - other) for one, other in answered)
        figures["quadratic_kappa"], figures["spearman"] = kappa(due, given), spearman(due, given)
    earned = fmean(credit(float(gold), answer) for gold, answer in pairs)
    constant = max(fmean(credit(float(gold), one) for gold in golds) for one in constants)
    figures |= {"credit": earned, "best_constant": constant, "skill_over_constant": _skill(earned, constant)}
    if raters := [_of_one_rater(gold.ratings, credit) for gold in golds if len(gold.ratings) > 1]:
        figures |= {"one_rater": fmean(raters), "skill_over_rater": _skill(earned, fmean(raters))}
    return {name: figure for name, figure in figures.items() if figure is not None}


def _of_one_rater(ratings: Sequence[float], credit: Callable[[float, float | None], float]) -> float:
    total, others = sum(ratings), len(ratings) - 1
    return fmean(credit((total - one) / others, one) for one in ratings)


def _skill(earned: float, other: float) -> float | None:
    return None if other >= 1 else 1 - (1 - earned) / (1 - other)
