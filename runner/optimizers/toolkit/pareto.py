"""Pareto fronts: which prompts are best on at least one item, or at one label. Pure.

GEPA (arXiv 2507.19457) keeps every prompt that no other beats on all items, and draws parents in proportion to how
many items a prompt leads; fronts per label do the same for what annotators talk about.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from runner.core.evaluation import Evaluation
from runner.core.prompt import Prompt
from verifiers.rewards.corpus import f1, per_class_totals

Scores = Mapping[str, float]


@dataclass(frozen=True)
class ParetoFront:
    """The prompts that lead somewhere, dominated ones left out.

    Attributes:
        leads: prompt -> the keys (items, labels) at which no other prompt is better.
    """

    leads: Mapping[Prompt, frozenset[str]]

    def draw(self, rng: random.Random, count: int = 1) -> list[Prompt]:
        """Prompts drawn in proportion to how many keys each leads at; different ones, as far as there are."""
        left = {prompt: len(keys) for prompt, keys in self.leads.items()}
        drawn: list[Prompt] = []
        while left and len(drawn) < count:
            [one] = rng.choices(list(left), weights=list(left.values()))
            del left[one]
            drawn.append(one)
        return drawn


def front(scores: Mapping[Prompt, Scores]) -> ParetoFront:
    """The front over all keys of ``scores`` (prompt -> key -> score). At a key that it lacks a prompt does not lead.

    A prompt goes where others lead at each of its keys: the one with the lower mean first, of equals the later.
    """
    best: dict[str, float] = {}
    for of_prompt in scores.values():
        for key, value in of_prompt.items():
            best[key] = max(value, best.get(key, value))
    leads = {
        prompt: frozenset(key for key, value in of_prompt.items() if value >= best[key] - 1e-9)
        for prompt, of_prompt in scores.items()
    }
    order = list(enumerate(scores))
    order.sort(key=lambda entry: (fmean(scores[entry[1]].values()) if scores[entry[1]] else 0.0, -entry[0]))
    for _, prompt in order:
        others = frozenset[str]().union(*(keys for other, keys in leads.items() if other != prompt))
        if leads[prompt] <= others:
            del leads[prompt]
    return ParetoFront(leads)


def item_front(evaluations: Sequence[Evaluation]) -> ParetoFront:
    """Which prompts are best on which items, by credit."""
    return front({evaluation.prompt: evaluation.credits for evaluation in evaluations})


def label_front(evaluations: Sequence[Evaluation]) -> ParetoFront:
    """Which prompts are best at which labels of gold, by F1 = 2TP/(2TP+FP+FN).

    A label that gold does not have is not counted: only the prompts that wrongly give it would lead there.
    """
    return front({evaluation.prompt: _at_gold(evaluation) for evaluation in evaluations})


def joint_front(evaluations: Sequence[Evaluation]) -> ParetoFront:
    """Which prompts are best on which items or at which labels, an item counting as much as a label."""
    return front(
        {
            evaluation.prompt: {f"item {item}": credit for item, credit in evaluation.credits.items()}
            | {f"label {label}": score for label, score in _at_gold(evaluation).items()}
            for evaluation in evaluations
        }
    )


def _at_gold(evaluation: Evaluation) -> dict[str, float]:
    gold = {key for verdict in evaluation.verdicts for key in verdict.gold_keys}
    return {label: score for label, score in label_scores(evaluation).items() if label in gold}


def label_scores(evaluation: Evaluation) -> dict[str, float]:
    """The F1 of each label that gold or a prediction has."""
    return {label: f1(*totals) or 0.0 for label, totals in per_class_totals(evaluation.verdicts).items()}
