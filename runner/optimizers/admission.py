"""Decides whether a proposal may be measured at all, before any labeller call is spent on it."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from runner.prompt import Prompt
from verifiers.label_set import LabelSet, normalise

Reason = Literal["truncated", "incomplete", "label_list_lost", "copy", "too_long", "quotes_items"]
"""Why a proposal is not admitted: cut off at the token limit; no prompt in the reply; a label of the
parent is gone; tried already; longer than allowed; holds words of an item it was shown."""

_RUN = 5  # words in a row that count as a quotation


class Admission:
    """Admits a proposal once.

    Args:
        labels: the label list.
        max_length: characters of instructions at the most.
    """

    def __init__(self, labels: LabelSet, max_length: int) -> None:
        self._labels = labels
        self._max_length = max_length
        self._seen: set[str] = set()

    def remember(self, prompt: Prompt) -> None:
        """Count ``prompt`` as tried."""
        self._seen.add(_flat(prompt.render()))

    def reason_against(self, proposal: Prompt, parent: Prompt, shown: Sequence[str]) -> Reason | None:
        """Why ``proposal`` is not admitted; None if it is, and then it counts as tried."""
        text = proposal.instructions
        if not text.strip():
            return "incomplete"
        if len(text) > self._max_length:
            return "too_long"
        if named_labels(parent.instructions, self._labels) - named_labels(text, self._labels):
            return "label_list_lost"
        if _flat(proposal.render()) in self._seen:
            return "copy"
        if quoted_runs(text, shown, allowed=(parent.instructions, *self._labels.definitions.values())):
            return "quotes_items"
        self.remember(proposal)
        return None


def named_labels(text: str, labels: LabelSet) -> set[str]:
    """The labels whose name stands in ``text``, in any case and spacing."""
    words = normalise(re.sub(r"[^\w\s-]", " ", text))
    flat = f" {words} "
    return {name for name in labels if f" {normalise(name)} " in flat}


def quoted_runs(text: str, shown: Iterable[str], allowed: Iterable[str] = ()) -> set[tuple[str, ...]]:
    """Runs of 5 words that ``text`` shares with a shown item and that do not stand in ``allowed`` texts."""
    own = _runs(text)
    for other in allowed:
        own -= _runs(other)
    return {run for item in shown for run in own & _runs(item)}


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)}


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())
