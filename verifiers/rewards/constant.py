"""The best constant answer: what a model earns that reads nothing. Pure."""

from collections import Counter
from collections.abc import Sequence

from verifiers.label_set import LabelSet
from verifiers.rewards import Reward
from verifiers.verdict import Verdict


def constant_answer(
    gold: Sequence[Sequence[str]], labels: LabelSet, reward: Reward, *, multiple: bool
) -> tuple[tuple[str, ...], float]:
    """The one answer to all items with the highest reward, and that reward.

    Tried are the single labels; where an item may have any number of labels, also none at all and the most frequent
    two, three and so on together. Of equals the first.
    """
    counts = Counter(label for due in gold for label in due)
    by_count = sorted(labels, key=lambda label: -counts[label])  # stable: of equals the earlier in the list
    answers: list[tuple[str, ...]] = [(label,) for label in by_count if counts[label]] or [(by_count[0],)]
    if multiple:
        answers = [*answers, (), *(tuple(by_count[:size]) for size in range(2, len([*counts]) + 1))]
    scored = [(answer, reward.score([Verdict(tuple(due), answer) for due in gold])) for answer in answers]
    return max(scored, key=lambda entry: entry[1])
