"""The proof: the sealed items are opened once, for the initial and the best prompt, and for two controls."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from runner.core.errors import BudgetSpent, TooManyFailed
from runner.core.evaluation import Evaluation
from runner.core.prompt import Prompt
from runner.experiment.evaluator import Evaluator
from runner.experiment.records import metrics
from runner.experiment.spec import Experiment
from runner.stats.evidence import decide, reward_interval, winners_curse
from verifiers.rewards.constant import constant_answer

EMPTY = Prompt("")


@dataclass(frozen=True)
class Proof:
    """Both prompts on the sealed items; with ``split=none`` on all items, where nothing is sealed."""

    first: Evaluation
    last: Evaluation
    figures: Mapping[str, Any]


async def prove(
    experiment: Experiment, evaluator: Evaluator, best: Evaluation, measured: Mapping[str, Evaluation]
) -> Proof:
    """Measure, decide, and set beside it what would show that the search fooled itself.

    Args:
        measured: prompt fingerprint -> its evaluation on the select items, of all prompts that were measured there.

    Raises:
        BudgetSpent: before both prompts were measured.
    """
    items, sealed = experiment.split.test, not experiment.split.shared
    if sealed:
        first = await evaluator.repeated(experiment.initial, items, "sealed test, initial", experiment.repeats)
        last = await evaluator.repeated(best.prompt, items, "sealed test, best", experiment.repeats)
    else:
        first, last = measured[experiment.initial.fingerprint], best
    labels = experiment.data.labels
    figures: dict[str, Any] = {
        "metrics": metrics(last.verdicts, labels),
        "initial": {"metrics": metrics(first.verdicts, labels)},
        "best": {},
        "controls": await _controls(experiment, evaluator),
        "winners_curse": None,
        "decision": None,
    }
    if sealed:
        if tried := evaluator.credits_on(experiment.split.select):
            figures["winners_curse"] = {
                "candidates": len(tried),
                "whole": len(measured),
                "expected": curse_of(tried),
                "observed": best.reward - last.reward,
            }
        for side, evaluation in (("initial", first), ("best", last)):
            figures[side]["test"] = evaluation.reward
            figures[side]["interval"] = reward_interval(list(evaluation.credits.values()))
        both = [item.id for item in items if item.id in first.credits and item.id in last.credits]
        before, after = ([side.credits[item] for item in both] for side in (first, last))
        figures["decision"] = asdict(decide(before, after, experiment.seed)) if both else None
    return Proof(first, last, figures)


async def _controls(experiment: Experiment, evaluator: Evaluator) -> dict[str, Any] | None:
    """What no prompt may be content with: the best constant answer, and the text alone without any prompt."""
    if not experiment.controls:
        return None
    items = experiment.split.test
    gold = [item.gold or () for item in items]
    answer, reward = constant_answer(
        gold, experiment.data.labels, experiment.reward, multiple=experiment.verifier.multiple
    )
    try:
        empty = await evaluator.evaluate(EMPTY, items, "control, no prompt")
    except (BudgetSpent, TooManyFailed):
        empty = None
    return {
        "constant": {"labels": list(answer), "reward": reward},
        "no_prompt": {"reward": empty.reward if empty else None},
    }


def curse_of(tried: Sequence[Mapping[str, float]]) -> float:
    """``winners_curse`` of what each prompt earned, item id -> credit, on the items it was measured on."""
    items = sorted({item for credits in tried for item in credits})
    return winners_curse([[credits.get(item, math.nan) for item in items] for credits in tried])
