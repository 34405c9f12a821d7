"""Puts verdicts into words for a rewriter: the confusion by label, and the most instructive failures."""

from collections import Counter
from collections.abc import Mapping, Sequence

from runner.core.evaluation import Evaluation, Outcome
from runner.core.items import Item
from runner.core.prompt import Demo
from verifiers.label_set import LabelSet
from verifiers.verdict import Verdict

_LONGEST_TEXT = 1500  # characters of an item shown to a rewriter


def confusion_lines(verdicts: Sequence[Verdict]) -> list[str]:
    """A line for each label that went wrong, the worst first: how often missed, how often wrongly given."""
    missed = Counter(label for verdict in verdicts for label in verdict.missing)
    wrong = Counter(label for verdict in verdicts for label in verdict.wrong)
    strangers = Counter(label for verdict in verdicts for label in verdict.out_of_list)
    order = sorted({*missed, *wrong}, key=lambda label: (-missed[label] - wrong[label], label))
    lines = [f"- {label}: missed {missed[label]} times, wrongly given {wrong[label]} times" for label in order]
    lines += [f"- {label!r} was given {count} times and is not a label" for label, count in strangers.most_common(5)]
    unusable = Counter(verdict.bad_reply for verdict in verdicts if verdict.bad_reply)
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
    said = ", ".join((*verdict.predicted, *verdict.out_of_list)) or "nothing"
    due = ", ".join(verdict.gold) or "no label"
    return f"Case {number}\nText:\n{_shown(outcome.item)}\nPredicted: {said}\nRight: {due}\n{verdict.feedback()}"


def example_block(item: Item) -> str:
    """An item with its gold."""
    return Demo(_shown(item), item.gold or ()).render()


def label_lines(labels: LabelSet) -> str:
    """The label list with definitions, a label a line."""
    return "\n".join(f"- {name}: {meaning}" if meaning else f"- {name}" for name, meaning in labels.definitions.items())


def _shown(item: Item) -> str:
    return item.text if len(item.text) <= _LONGEST_TEXT else item.text[:_LONGEST_TEXT] + " [...]"


def _confusions(outcome: Outcome) -> set[tuple[str, str]]:
    verdict = outcome.verdict
    if verdict is None:
        return set()
    pairs = {("missing", label) for label in verdict.missing} | {("wrong", label) for label in verdict.wrong}
    return pairs | ({("reply", verdict.bad_reply)} if verdict.bad_reply else set())
