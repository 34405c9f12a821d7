"""Sets of worked examples, drawn from the reflect items."""

import random
from collections import Counter
from collections.abc import Sequence
from math import inf
from statistics import fmean

from runner.prompt import Demo
from runner.types import Item


def fresh_set(number: int, pool: Sequence[Item], shots: int, characters: int, rng: random.Random) -> list[Demo]:
    """As many examples as fit, half as many, a quarter, and again, by ``number``; at least one.

    Many short examples are worth more than a few (Agarwal et al. 2024, arXiv 2404.11018; docs/benchmarks.md), but not
    for every task and model, so fewer are tried too.

    Args:
        shots: examples at most. characters: of their texts together, at most.
    """
    whole = covering(pool, shots, rng, characters)
    return whole[: max(1, len(whole) >> number % 3)]


def shown(*, turns: bool) -> str:
    """How examples are shown, in words for a person."""
    return "as turns" if turns else "in words"


def covering(pool: Sequence[Item], size: int, rng: random.Random, characters: float = inf) -> list[Demo]:
    """``size`` examples that between them show as many labels as possible, ties broken at random.

    Args:
        characters: of their texts together, at most; what does not fit is passed over. The first of them always fits.
    """
    order = list(pool)
    rng.shuffle(order)
    shown: Counter[str] = Counter()
    chosen: list[Item] = []
    while order and len(chosen) < size:
        # The mean, not the sum: a sum prefers items with many labels, and teaches the model to give too many.
        best = max(order, key=lambda item: fmean([1 / (1 + shown[label]) ** 2 for label in item.gold or ()] or [0.25]))
        order.remove(best)
        if chosen and sum(len(item.text) for item in (*chosen, best)) > characters:
            continue
        chosen.append(best)
        shown.update(best.gold or ())
    return as_demos(chosen)


def as_demos(items: Sequence[Item]) -> list[Demo]:
    """The items with their gold, as a prompt shows them."""
    return [Demo(item.text, item.gold or ()) for item in items]
