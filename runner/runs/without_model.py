"""Whether the best prompt of a run beats what is reached without any language model, in plain words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from runner.core.run_result import Decision, RunResult, WithoutModel
from runner.core.terminal import p_value

NAMES: Mapping[str, str] = {"nearest": "nearest gold item, no model", "classifier": "small classifier, no model"}
"""Of the controls in ``result.json``, for rows of a table."""

_SAID: Mapping[str, str] = {
    "nearest": "Copying the labels of the most similar gold item, with no language model,",
    "classifier": "A small word-counting classifier, with no language model,",
}


@dataclass(frozen=True)
class Strongest:
    """The control without a model that has the higher reward; of equals the nearest item."""

    name: str
    control: WithoutModel


def controls_without_model(result: RunResult) -> dict[str, WithoutModel]:
    """Those that the run has, by their names in ``result.json``."""
    found = result.controls
    both = {"nearest": found.nearest, "classifier": found.classifier} if found else {}
    return {name: control for name, control in both.items() if control is not None}


def strongest(result: RunResult) -> Strongest | None:
    """The one that a prompt has to beat; None in runs without such controls."""
    found = controls_without_model(result)
    if not found:
        return None
    name = max(found, key=lambda one: found[one].reward)
    return Strongest(name, found[name])


def not_beaten(result: RunResult) -> str:
    """A sentence where the best prompt does not measurably beat it; else empty.

    Without sealed items there is no decision: then only a prompt that is not higher is said not to beat it.
    """
    beside = strongest(result)
    reward = result.best.test if result.sealed else result.best.select
    if beside is None or reward is None:
        return ""
    return sentence(beside.name, beside.control.reward, reward, beside.control.decision)


def sentence(name: str, control: float, reward: float, decision: Decision | None) -> str:
    """The same of a control and a prompt by their rewards; ``decision`` is of the prompt against the control."""
    if decision.verdict == "better" if decision else reward > control:
        return ""
    if decision and decision.verdict == "worse":
        ending = f"this prompt ({reward:.3f}) is worse"
    elif reward > control and decision:
        ending = f"this prompt ({reward:.3f}) does not clearly beat it ({p_value(decision.p)})"
    else:
        ending = f"this prompt ({reward:.3f}) does not beat it"
    return f"{_SAID[name]} has {control:.3f}: {ending}."
