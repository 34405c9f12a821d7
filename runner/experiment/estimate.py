"""What a run is going to do, and what it takes at most, as far as that can be known before it starts. Pure."""

from collections import Counter
from typing import Any

from runner.core.calls import Call
from runner.core.gold import keys_in
from runner.core.protocols import Estimates
from runner.experiment.spec import Experiment
from verifiers.verifier import NeedsVocabulary, class_names


def plan(experiment: Experiment) -> dict[str, Any]:
    """The sizes, the models, the calls at most, and about the dollars of the labeller's; None where nobody can say."""
    split = experiment.split
    most = calls_at_most(experiment)
    return {
        "epochs": experiment.epochs,
        "items": len(experiment.data.items),
        "labels": list(_label_counts(experiment)),
        "label_counts": _label_counts(experiment),
        "split": {"reflect": len(split.reflect), "select": len(split.select), "test": len(split.test)},
        "sealed": not split.shared,
        "model": experiment.labeller.model,
        "rewriter": experiment.rewriter.model,
        "initial": experiment.initial.render(),
        "calls_at_most": None if most is None else sum(most),
        "cost_at_most_usd": None if most is None else _cost_at_most(experiment, most[0]),
    }


def _label_counts(experiment: Experiment) -> dict[str, int]:
    """How many items have each class."""
    verifier = experiment.verifier
    has_list = isinstance(verifier, NeedsVocabulary)
    counts = Counter(key for item in experiment.data.items for key in set(keys_in(verifier, item)))
    return {name: counts[name] for name in class_names(verifier, counts)} if has_list else {}


def calls_aside(experiment: Experiment) -> tuple[int, int]:
    """Calls to keep for the sealed test: with the control's, or where the budget is too small for that without."""
    sealed = 0 if experiment.split.shared else len(experiment.split.test)
    proof = 2 * experiment.repeats * sealed
    return proof + (sealed if experiment.controls else 0), proof


def calls_at_most(experiment: Experiment) -> tuple[int, int] | None:
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
    wider = len(split.select) if experiment.epochs and not split.shared and _chooses_examples(experiment) else 0
    return len(split.select) + experiment.epochs * labeller + wider + sealed, experiment.epochs * rewriter


def _chooses_examples(experiment: Experiment) -> bool:
    """Whether it may end with a prompt that chooses its examples, which is then tried with the select items too."""
    return bool(experiment.initial.nearest or getattr(experiment.strategy, "nearest", ()))


def _cost_at_most(experiment: Experiment, calls: int) -> float | None:
    """Dollars for so many labeller calls with the initial prompt; longer prompts cost more. None if unknown."""
    items = experiment.split.select
    costs = [experiment.labeller.cost_at_most(Call(experiment.initial.messages(item.text))) for item in items]
    known = [cost for cost in costs if cost is not None]
    return calls * sum(known) / len(known) if known else None
