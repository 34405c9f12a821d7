"""What is reached on the sealed items without any language model: by the nearest gold item, and by a classifier.

Both learn from the gold that is not sealed, never from an item that is a near-twin of the one they label. With
``split=none`` nothing is sealed: then each item is labelled by what all the others teach.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runner.core.gold import gold_of
from runner.core.items import Item
from runner.core.nearness import Nearness
from runner.core.prompt import NONE
from runner.core.twins import twin_form
from runner.stats.kernel_ridge import KernelRidge
from runner.stats.tf_idf import TfIdf
from verifiers.rewards import Reward
from verifiers.verdict import Verdict
from verifiers.verifier import HasClasses, Reading, Verifier, judge, keys, verdict_on, vocabulary_of

MOST = 1000
"""Gold items learnt from at most, so that time and memory are bounded; of more, so many are drawn."""

_STRENGTHS = (3.0, 1.0, 0.3, 0.1, 0.03)  # of the penalty; of equals the stronger
_THRESHOLDS = (0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.55, 0.6)  # of equals the earlier
_DIGITS = 9  # scores that differ less than that are equal, so that no processor's last bit decides
_AT_ONCE = 1000  # items that are labelled together
Keys = tuple[str, ...]
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


def nearest_answers(verifier: Verifier, gold: Taught, items: Sequence[Item]) -> list[Verdict]:
    """The verdict on each item of a reply that is the right one to the nearest gold item; of none, on ``none``."""
    near = Nearness([item.text for item in gold.items])
    verdicts = []
    for item in items:
        places = near.nearest(item.text, 1)
        if places:
            other = gold.items[places[0]]
            shown = verifier.show(verifier.example(gold_of(verifier, other)))
        else:
            shown = ()
        verdicts.append(judge(verifier, "\n".join(shown) or NONE, gold_of(verifier, item), item))
    return verdicts


def classified(verifier: Verifier, gold: Taught, items: Sequence[Item], reward: Reward) -> list[Verdict] | None:
    """The verdict on each item of what a small classifier says; None where an answer is more than its keys."""
    if not isinstance(verifier, HasClasses):
        return None
    given = classified_keys(verifier, gold, items, reward)
    answers = map(verifier.answer_of, given)
    return [
        verdict_on(verifier, gold_of(verifier, item), Reading(answer))
        for item, answer in zip(items, answers, strict=True)
    ]


def classified_keys(verifier: Any, gold: Taught, items: Sequence[Item], reward: Reward) -> list[Keys]:
    """For each item the keys that a small classifier gives it: one-vs-rest ridge regression on TF-IDF.

    Strength and threshold are those with the highest ``reward`` on the gold itself, each of its items left out in
    turn. An item has the label with the highest score; where it may have any number, all that reach the threshold,
    and one at least if each gold item has one.

    Of equal scores the earlier of the list.
    """
    golds = [gold_of(verifier, item) for item in gold.items]
    due = [keys(verifier, each) for each in golds]
    known = [key for key in vocabulary_of(verifier) if any(key in each for each in due)]
    multiple = verifier.multiple
    if not known:
        return [()] * len(items)
    targets = np.array([[float(label in each) for label in known] for each in due])
    index = TfIdf([item.text for item in gold.items])
    ridge = KernelRidge(index.likeness([item.text for item in gold.items]), targets)
    choosing = _Choosing(known, multiple, at_least_one=all(due))

    def earned(settings: tuple[float, float]) -> float:
        given = choosing.chosen(ridge.left_out(settings[0]), settings[1])
        read = (Reading(verifier.answer_of(one)) for one in given)
        verdicts = [verdict_on(verifier, right, one) for right, one in zip(golds, read, strict=True)]
        return round(reward.score(verdicts), _DIGITS)

    thresholds = _THRESHOLDS if multiple else _THRESHOLDS[:1]
    strength, threshold = max(((one, other) for one in _STRENGTHS for other in thresholds), key=earned)
    weights, alone = ridge.weights(strength), ridge.left_out(strength)
    found: list[Keys] = []
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
    """Keys from scores."""

    keys: Sequence[str]
    multiple: bool
    at_least_one: bool

    def chosen(self, scores: Scores, threshold: float) -> list[Keys]:
        """The keys of each row of ``scores``, shape (items, keys), in the order of the list."""
        scores = np.round(scores, _DIGITS)
        if not self.multiple:
            return [(self.keys[place],) for place in scores.argmax(axis=1)]
        taken = scores >= threshold
        if self.at_least_one:
            taken[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return [tuple(self.keys[place] for place in np.flatnonzero(row)) for row in taken]
