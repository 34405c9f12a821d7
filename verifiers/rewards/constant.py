"""The best constant answer: what a model earns that reads nothing. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from verifiers.label_set import LabelSet
from verifiers.rewards import Reward
from verifiers.verifier import HasClasses, HasConstants, Reading, Verifier, keys, verdict_on, vocabulary_of

_MOST = 50  # different answers of gold that are tried, the most frequent


def constant_answer(verifier: Verifier, gold: Sequence[Any], reward: Reward) -> tuple[Any, float]:
    """The one answer to all items with the highest reward, and that reward. Of equals the first.

    Tried are the verifier's own suggestions; else, of answers that are keys, the single ones, and where an item may
    have any number, also none at all and the most frequent two, three and so on together; else those that gold has.
    """
    if isinstance(verifier, HasConstants):
        answers = list(verifier.constants(gold))
    elif isinstance(verifier, HasClasses):
        answers = _of_keys(verifier, gold, vocabulary_of(verifier))
    else:
        answers = _of_gold(verifier, gold)
    scored = [
        (answer, reward.score([verdict_on(verifier, due, Reading(answer)) for due in gold])) for answer in answers
    ]
    return max(scored, key=lambda entry: entry[1])


def _of_keys(verifier: Any, gold: Sequence[Any], names: LabelSet) -> list[Any]:
    counts = Counter(key for due in gold for key in keys(verifier, due))
    by_count = sorted(names, key=lambda key: -counts[key])  # stable: of equals the earlier in the list
    answers: list[tuple[str, ...]] = [(key,) for key in by_count if counts[key]] or [(by_count[0],)]
    if verifier.multiple:
        answers = [*answers, (), *(tuple(by_count[:size]) for size in range(2, len([*counts]) + 1))]
    return [verifier.answer_of(answer) for answer in answers]


def _of_gold(verifier: Verifier, gold: Sequence[Any]) -> list[Any]:
    """The most frequent answers, whatever they are made of."""
    counts: Counter[str] = Counter()
    answers: dict[str, Any] = {}
    for due in gold:
        answer = verifier.example(due)
        shown = repr(verifier.dump(answer))
        counts[shown] += 1
        answers.setdefault(shown, answer)
    return [answers[shown] for shown, _ in counts.most_common(_MOST)]
