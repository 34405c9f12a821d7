"""Puts verdicts into words for a rewriter: the confusion by label, and the most instructive failures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from runner.core.evaluation import Evaluation, Outcome
from runner.core.gold import demo_of
from runner.core.items import Item
from runner.experiment.workbench import Workbench
from verifiers.label_set import LabelSet
from verifiers.verdict import Verdict

_UNFIT: Mapping[str, str] = {
    "out_of_list": "is not a label",
    "not_in_text": "does not stand in the text",
    "out_of_range": "is not on the scale",
    "unreadable": "could not be read",
    "unknown_field": "is no field",
}
_LONGEST_TEXT = 1500  # characters of an item shown to a rewriter


def confusion_lines(verdicts: Sequence[Verdict]) -> list[str]:
    """A line for each class that went wrong, the worst first: how often missed, how often wrongly given."""
    missed = Counter(key for verdict in verdicts for key in verdict.missing)
    wrong = Counter(key for verdict in verdicts for key in verdict.wrong)
    order = sorted({*missed, *wrong}, key=lambda key: (-missed[key] - wrong[key], key))
    lines = [f"- {key}: missed {missed[key]} times, wrongly given {wrong[key]} times" for key in order]
    for reason, told in _UNFIT.items():
        unfit = Counter(words for verdict in verdicts for words in verdict.of_reason(reason))
        lines += [f"- {words!r} was given {count} times and {told}" for words, count in unfit.most_common(5)]
    unusable = Counter(verdict.unusable for verdict in verdicts if verdict.unusable)
    return lines + [f"- {count} replies were {name}" for name, count in unusable.most_common()]


def instructive(evaluation: Evaluation, count: int, shown: Mapping[str, int]) -> list[Outcome]:
    """The failures that teach most: not shown before, with confusions that are frequent, each confusion once.

    Args:
        shown: item id -> how often a rewriter has seen it.
    """
    failures = [outcome for outcome in evaluation.outcomes if outcome.verdict and not outcome.verdict.exact]
    weight = Counter(pair for outcome in failures for pair in _confusions(outcome))
    chosen: list[Outcome] = []
    covered: set[tuple[str, str]] = set()
    while failures and len(chosen) < count:
        best = min(
            failures,
            key=lambda outcome: (
                shown.get(outcome.item.id, 0),
                -sum(weight[pair] for pair in _confusions(outcome) - covered),
                evaluation.credits[outcome.item.id],
                outcome.item.id,
            ),
        )
        failures.remove(best)
        chosen.append(best)
        covered |= _confusions(best)
    return chosen


def failure_block(number: int, outcome: Outcome) -> str:
    """One failure: the text, what was predicted, what is right, and the verdict in words."""
    verdict = outcome.verdict
    if verdict is None:
        raise ValueError("an item without a verdict cannot be explained")
    told = f"Predicted: {verdict.said}\nRight: {verdict.right}\n{verdict.feedback()}"
    return f"Case {number}\nText:\n{_shown(outcome.item)}\n{told}"


def example_blocks(bench: Workbench, items: Sequence[Item]) -> str:
    """Items with their gold, below a line that says so; nothing where there are none."""
    shown = [replace(demo_of(bench.verifier, item), text=_shown(item)).render() for item in items]
    return "\n\n".join([f"Texts with the {bench.verifier.words.answers} that are right:", *shown]) if shown else ""


def vocabulary_block(labels: LabelSet) -> str:
    """The names that answers are made of with their definitions, a line each; nothing where there are none."""
    told = (f"- {name}: {meaning}" if meaning else f"- {name}" for name, meaning in labels.definitions.items())
    return "\n".join(["The labels:", *told]) if labels else ""


def _shown(item: Item) -> str:
    return item.text if len(item.text) <= _LONGEST_TEXT else item.text[:_LONGEST_TEXT] + " [...]"


def _confusions(outcome: Outcome) -> set[tuple[str, str]]:
    verdict = outcome.verdict
    if verdict is None:
        return set()
    pairs = {("missing", key) for key in verdict.missing} | {("wrong", key) for key in verdict.wrong}
    return pairs | ({("reply", verdict.unusable)} if verdict.unusable else set())
