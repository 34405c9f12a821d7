"""A model that never speaks, told before a search is paid for."""

from runner.core.evaluation import Evaluation
from runner.providers.meaning.silence import refuse_silent, remedy

_SILENT = frozenset({"empty", "truncated"})


def silence(evaluation: Evaluation) -> str:
    """What is to be told of the replies that are empty, in words; empty where none is.

    Raises:
        ProviderError: all of them are, or as many as were not cut off at the token limit.
    """
    judged = [outcome for outcome in evaluation.outcomes if outcome.verdict is not None]
    empty = [one.reply for one in judged if one.verdict and one.verdict.unusable == "empty" and one.reply]
    if not empty:
        return ""
    if all(one.verdict and one.verdict.unusable in _SILENT for one in judged):
        refuse_silent(len(empty), len(judged), empty)
    return f"{len(empty)} of {len(judged)} replies are empty: {remedy(empty)}"
