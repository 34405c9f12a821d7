"""What a run is going to do, and what it takes at most, as far as that can be known before it starts. Pure."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from runner.budget import may_set_aside
from runner.experiment import Experiment
from runner.strategy import Estimates
from runner.types import Call

_SHORT_TEXT = 20  # characters; a shorter text may stand in a prompt by chance


def plan(experiment: Experiment) -> dict[str, Any]:
    """The sizes, the models, the calls at most, and about the dollars of the labeller's; None where nobody can say."""
    split, agreement = experiment.split, experiment.data.agreement
    most = _calls_at_most(experiment)
    return {
        "epochs": experiment.epochs,
        "items": len(experiment.data.items),
        "unlabelled": experiment.data.unlabelled,
        "repeated": experiment.data.repeated,
        "contradicted": list(experiment.data.contradicted),
        "agreement": agreement and asdict(agreement),
        "quoted": _quoted(experiment),
        "short": _short(experiment),
        "unnamed": _unnamed(experiment),
        "labels": len(experiment.data.labels),
        "once": _once(experiment),
        "split": {"reflect": len(split.reflect), "select": len(split.select), "test": len(split.test)},
        "sealed": not split.shared,
        "model": experiment.labeller.model,
        "rewriter": experiment.rewriter.model,
        "initial": experiment.initial.render(),
        "calls_at_most": None if most is None else sum(most),
        "cost_at_most_usd": None if most is None else _cost_at_most(experiment, most[0]),
    }


def _quoted(experiment: Experiment) -> int:
    """How many sealed texts stand in the initial prompt, and so cannot judge it."""
    if experiment.split.shared:
        return 0
    initial = experiment.initial.render()
    return sum(len(item.text) >= _SHORT_TEXT and item.text in initial for item in experiment.split.test)


def _unnamed(experiment: Experiment) -> list[str]:
    """Labels that the initial prompt does not name, so that a model can hardly give them."""
    named = experiment.data.labels.named_in(experiment.initial.render())
    return [label for label in experiment.data.labels if label not in named]


def _short(experiment: Experiment) -> str:
    """Why the budget of calls is too small for a verdict; empty where it is not."""
    limit, proof = experiment.limits.calls, calls_aside(experiment)[1]
    whole = _calls_at_most(experiment)
    if limit is None or may_set_aside(proof, limit) or (whole and sum(whole) <= limit):
        return ""
    return (
        f"budget.calls={limit} may bring no verdict: the sealed test takes {proof} calls, "
        f"which are set aside from a budget of {2 * proof} on"
    )


def calls_aside(experiment: Experiment) -> tuple[int, int]:
    """Calls to keep for the sealed test: with the control's, or where the budget is too small for that without."""
    sealed = 0 if experiment.split.shared else len(experiment.split.test)
    proof = 2 * experiment.repeats * sealed
    return proof + (sealed if experiment.controls else 0), proof


def _once(experiment: Experiment) -> list[str]:
    """Labels that a single item has: perhaps a slip of the pen."""
    counts = Counter(label for item in experiment.data.items for label in item.gold or ())
    return [label for label in experiment.data.labels if counts[label] == 1]


def _calls_at_most(experiment: Experiment) -> tuple[int, int] | None:
    """(labeller calls, rewriter calls) of the whole run at most; None if the strategy does not say."""
    split = experiment.split
    if not isinstance(experiment.strategy, Estimates):
        return None
    epoch = experiment.strategy.calls(len(split.reflect), len(split.select))
    if epoch is None:
        return None
    labeller, rewriter = epoch
    sealed = 0 if split.shared else 2 * experiment.repeats * len(split.test)
    sealed += len(split.test) if experiment.controls else 0
    return len(split.select) + experiment.epochs * labeller + sealed, experiment.epochs * rewriter


def _cost_at_most(experiment: Experiment, calls: int) -> float | None:
    """Dollars for so many labeller calls with the initial prompt; longer prompts cost more. None if unknown."""
    items = experiment.split.select
    costs = [experiment.labeller.cost_at_most(Call(experiment.initial.messages(item.text))) for item in items]
    known = [cost for cost in costs if cost is not None]
    return calls * sum(known) / len(known) if known else None
