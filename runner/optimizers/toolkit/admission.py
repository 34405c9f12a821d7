"""Decides whether a proposal may be measured at all, before any labeller call is spent on it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Literal

from runner.core.prompt import Demo, Prompt
from runner.optimizers.toolkit.sections import sections_of
from verifiers.label_set import LabelSet
from verifiers.spelling import UNSPACED, normalise

Reason = Literal[
    "truncated", "incomplete", "label_list_lost", "section_lost", "copy", "near_copy", "too_long", "placeholder",
    "quotes_items",
]  # fmt: skip
"""Why a proposal is not admitted: cut off at the token limit; no prompt in the reply; a label, or a section, of the
parent is gone; tried already, or but for a few words; longer than allowed; a gap that somebody was to fill; words of
an item that its writer was shown."""

_RUN = 5  # words in a row that count as a quotation
_FEW = 3  # words that a near copy may have more or fewer, none of which turns its meaning
_TURNS = frozenset(["no", "not", "never", "only", "unless", "without", "except", "nor", "neither", "both"])
# {text}, [insert the labels], <your answer>, "..." at the end: what a template has, and a prompt must not.
_GAP = re.compile(
    r"\{\{?+\s*+(?:[a-z_][a-z_ ]*+\s*+|(?<= ))\}\}?+|\[\s*+(?:insert|your|add|list)\b[^\]]{0,300}+\]"
    r"|<\s*+(?:insert|your)\b[^>]{0,300}+>|(?:\.\.\.|…)\s*+$",
    re.IGNORECASE,
)


_Words = tuple[tuple[str, ...], tuple[tuple[Demo, ...], bool, int, bool]]
"""The words of a prompt's instructions; with its examples, and how they are shown, which a few other words are not."""


class Admission:
    """Admits a proposal once.

    Args:
        labels: the label list.
        max_length: characters of instructions at the most; children of a parent that is longer (a long guide, many
            labels) may be a tenth longer than it.
        keep_sections: whether a proposal must have the sections of its parent; for strategies that edit them.
    """

    def __init__(self, labels: LabelSet, max_length: int, *, keep_sections: bool = False) -> None:
        self._labels = labels
        self._keep_sections = keep_sections
        self._max_length = max_length
        self._seen: set[_Words] = set()
        self._heavy = _TURNS | {word for label in labels for word in _words(normalise(label))}

    def remember(self, prompt: Prompt) -> None:
        """Count ``prompt`` as tried."""
        self._seen.add(_said(prompt))

    def reason_against(self, proposal: Prompt, parent: Prompt, shown: Sequence[str]) -> Reason | None:
        """Why ``proposal`` is not admitted; None if it is, and then it counts as tried."""
        reason = self._unfit(proposal, parent) or self._tried(proposal)
        allowed = (parent.instructions, *self._labels.definitions.values())
        if not reason and quoted_runs(proposal.instructions, shown, allowed):
            reason = "quotes_items"
        if not reason:
            self.remember(proposal)
        return reason

    def _unfit(self, proposal: Prompt, parent: Prompt) -> Reason | None:
        """What is wrong with ``proposal`` as it stands, beside its parent."""
        text, before = proposal.instructions, parent.instructions
        lost = sections_of(parent).parts.keys() - sections_of(proposal).parts.keys() - {"rules"}
        found: list[tuple[Reason, bool]] = [
            ("incomplete", not text.strip()),
            ("too_long", len(text) > max(self._max_length, 1.1 * len(before))),
            ("label_list_lost", bool(self._labels.named_in(before) - self._labels.named_in(text))),
            ("section_lost", self._keep_sections and bool(lost)),
            ("placeholder", bool(_gaps(text) - _gaps(before, *self._labels.definitions.values()))),
        ]
        return next((reason for reason, wrong in found if wrong), None)

    def _tried(self, proposal: Prompt) -> Literal["copy", "near_copy"] | None:
        said = _said(proposal)
        if said in self._seen:
            return "copy"
        words, shown = said
        beside = (other for other, examples in self._seen if examples == shown)
        return "near_copy" if any(self._alike(words, other) for other in beside) else None

    def _alike(self, words: Sequence[str], other: Sequence[str]) -> bool:
        """The same but for a few light words; words in another order, as in "A wins over B", are another prompt."""
        if abs(len(words) - len(other)) > _FEW:
            return False
        one, two = Counter(words), Counter(other)
        differ = (one - two) + (two - one)
        return 0 < differ.total() <= _FEW and not self._heavy & differ.keys()


def _gaps(*texts: str | None) -> set[str]:
    return {found[0].strip() for text in texts if text for found in _GAP.finditer(text)}


def quoted_runs(text: str, shown: Iterable[str], allowed: Iterable[str] = ()) -> set[tuple[str, ...]]:
    """Runs of 5 words that ``text`` shares with a shown item and that do not stand in ``allowed`` texts.

    Of scripts that part no words, two characters count as one.
    """
    own = set(_runs(_words(text)))
    for other in allowed:
        own -= _runs(_words(other))
    return {run for item in shown for run in own & _runs(_words(item))}


def _said(prompt: Prompt) -> "_Words":
    return _words(prompt.instructions), prompt.examples


def _words(text: str) -> tuple[str, ...]:
    """The words; of scripts that part none, the characters."""
    return tuple(re.findall(rf"[{UNSPACED}]|[^\W{UNSPACED}]+", text.casefold()))


def _runs(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    """All runs of ``_RUN`` words."""
    weights = [0.5 if re.fullmatch(f"[{UNSPACED}]", word) else 1.0 for word in words]
    found = set()
    for start in range(len(words)):
        ends = accumulate(weights[start : start + 2 * _RUN])
        end = next((end for end, weight in enumerate(ends, start + 1) if weight >= _RUN), None)
        if end:
            found.add(tuple(words[start:end]))
    return frozenset(found)
