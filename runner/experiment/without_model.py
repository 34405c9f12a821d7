"""What is reached on the sealed items without any language model: by the nearest gold item, and by a classifier.

Both learn from the gold that is not sealed, never from an item that is a near-twin of the one they label. With
``split=none`` nothing is sealed: then each item is labelled by what all the others teach.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runner.core.items import Item
from runner.core.nearness import Nearness
from runner.core.twins import twin_form
from runner.stats.kernel_ridge import KernelRidge
from runner.stats.tf_idf import TfIdf
from verifiers.rewards import Reward
from verifiers.verdict import Verdict

MOST = 1000
"""Gold items learnt from at most, so that time and memory are bounded; of more, so many are drawn."""

_STRENGTHS = (3.0, 1.0, 0.3, 0.1, 0.03)  # of the penalty; of equals the stronger
_THRESHOLDS = (0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.55, 0.6)  # of equals the earlier
_DIGITS = 9  # scores that differ less than that are equal, so that no processor's last bit decides
_AT_ONCE = 1000  # items that are labelled together
Labels = tuple[str, ...]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Taught:
    """The gold to learn from, each text once.

    Attributes:
        items: in their order. places: the form in which near-twins are equal -> place in ``items``.
    """

    items: Sequence[Item]
    places: Mapping[str, int]


def taught(items: Sequence[Item], seed: int) -> Taught:
    """What is learnt from: of near-twins the first, of more than ``MOST`` items so many, drawn with ``seed``."""
    first: dict[str, Item] = {}
    for item in items:
        first.setdefault(twin_form(item.text), item)
    kept = list(first.items())
    if len(kept) > MOST:
        kept = [kept[place] for place in sorted(random.Random(seed).sample(range(len(kept)), MOST))]
    return Taught([item for _, item in kept], {form: place for place, (form, _) in enumerate(kept)})


def nearest_labels(gold: Taught, items: Sequence[Item]) -> list[Labels]:
    """For each item the labels of the nearest gold item; none where there is no other item."""
    near = Nearness([item.text for item in gold.items])
    found = (near.nearest(item.text, 1) for item in items)
    return [(gold.items[places[0]].gold or ()) if places else () for places in found]


def classified_labels(
    gold: Taught, items: Sequence[Item], labels: Sequence[str], reward: Reward, *, multiple: bool
) -> list[Labels]:
    """For each item the labels that a small classifier gives it: one-vs-rest ridge regression on TF-IDF.

    Strength and threshold are those with the highest ``reward`` on the gold itself, each of its items left out in
    turn. An item has the label with the highest score; where it may have any number, all that reach the threshold,
    and one at least if each gold item has one.

    Args:
        labels: the label list; of equal scores the earlier.
    """
    due = [item.gold or () for item in gold.items]
    known = [label for label in labels if any(label in each for each in due)]
    if not known:
        return [()] * len(items)
    targets = np.array([[float(label in each) for label in known] for each in due])
    index = TfIdf([item.text for item in gold.items])
    ridge = KernelRidge(index.likeness([item.text for item in gold.items]), targets)
    choosing = _Choosing(known, multiple, at_least_one=all(due))

    def earned(settings: tuple[float, float]) -> float:
        given = choosing.chosen(ridge.left_out(settings[0]), settings[1])
        return round(reward.score([Verdict(*both) for both in zip(due, given, strict=True)]), _DIGITS)

    thresholds = _THRESHOLDS if multiple else _THRESHOLDS[:1]
    strength, threshold = max(((one, other) for one in _STRENGTHS for other in thresholds), key=earned)
    weights, alone = ridge.weights(strength), ridge.left_out(strength)
    found: list[Labels] = []
    for start in range(0, len(items), _AT_ONCE):
        some = items[start : start + _AT_ONCE]
        scores = index.likeness([item.text for item in some]) @ weights
        for row, item in enumerate(some):
            if (place := gold.places.get(twin_form(item.text))) is not None:
                scores[row] = alone[place]
        found += choosing.chosen(scores, threshold)
    return found


@dataclass(frozen=True)
class _Choosing:
    """Labels from scores."""

    labels: Sequence[str]
    multiple: bool
    at_least_one: bool

    def chosen(self, scores: Scores, threshold: float) -> list[Labels]:
        """The labels of each row of ``scores``, shape (items, labels), in the order of the list."""
        scores = np.round(scores, _DIGITS)
        if not self.multiple:
            return [(self.labels[place],) for place in scores.argmax(axis=1)]
        taken = scores >= threshold
        if self.at_least_one:
            taken[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return [tuple(self.labels[place] for place in np.flatnonzero(row)) for row in taken]
