"""The verdict: one prediction held against one gold answer, with feedback in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from verifiers.label_set import LabelSet

BadReply = Literal["unreadable", "ambiguous", "empty", "refused", "truncated", "several", "no_label"]
"""Why a reply holds no prediction: nothing that reads as labels, more than one way to read it, nothing at all, a
refusal, cut off at the token limit, or several labels or none where exactly one was asked for."""

Finish = Literal["stop", "length", "refusal", "empty"]
"""How the model ended: by itself, at the token limit, with a refusal, or without a word of an answer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was predicted, what was right, and what the difference is.

    Attributes:
        gold: the verified labels, in the order of the label list.
        predicted: the labels read in the reply that are on the list, in reply order, each once.
        out_of_list: what the reply gave as labels and the list does not have. Each costs precision.
        bad_reply: the name of what made the reply unusable; then ``predicted`` is empty and every
            per-item reward is 0.
    """

    gold: tuple[str, ...]
    predicted: tuple[str, ...] = ()
    out_of_list: tuple[str, ...] = ()
    bad_reply: BadReply | None = None

    @property
    def correct(self) -> tuple[str, ...]:
        return tuple(label for label in self.predicted if label in self.gold)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(label for label in self.gold if label not in self.predicted)

    @property
    def wrong(self) -> tuple[str, ...]:
        return tuple(label for label in self.predicted if label not in self.gold)

    @property
    def exact(self) -> bool:
        """Whether the prediction is the gold answer; empty against empty is right."""
        return not (self.bad_reply or self.missing or self.wrong or self.out_of_list)

    def counts(self) -> tuple[int, int, int]:
        """(true positives, false positives, false negatives); out-of-list labels are false positives."""
        hits = len(self.correct)
        return hits, len(self.predicted) - hits + len(self.out_of_list), len(self.gold) - hits

    def feedback(self) -> str:
        """The verdict in words, for a rewriter and for people."""
        if self.bad_reply:
            return f"{_BAD_REPLY_WORDS[self.bad_reply]} Expected: {_listed(self.gold)}."
        if self.exact:
            return f"Right: {_listed(self.gold)}."
        parts = [
            ("Right", self.correct),
            ("Missing", self.missing),
            ("Wrong", self.wrong),
            ("Not on the label list", self.out_of_list),
        ]
        return " ".join(f"{word}: {', '.join(labels)}." for word, labels in parts if labels)


_BAD_REPLY_WORDS: dict[str, str] = {
    "unreadable": "No labels could be read in the reply.",
    "ambiguous": "The reply can be read in more than one way.",
    "empty": "The reply is empty.",
    "refused": "The model refused to answer.",
    "truncated": "The reply was cut off at the token limit.",
    "several": "The reply names several labels where exactly one was asked for.",
    "no_label": "The reply says that no label applies where exactly one was asked for.",
}


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels) or "no label"


class Verifier(Protocol):
    """Judges a reply. Deterministic: the same reply and gold always give the same verdict."""

    @property
    def multiple(self) -> bool:
        """Whether an item may have any number of labels (True) or has exactly one (False)."""
        ...

    def gold_problem(self, gold: Sequence[str]) -> str | None:
        """Why ``gold`` cannot be a gold answer here, in words; None if it can."""
        ...

    def judge(self, reply: str, *, gold: Sequence[str], labels: LabelSet, finish: Finish = "stop") -> Verdict:
        """The verdict on ``reply``. Never raises for a bad reply: that is data."""
        ...

    def reply_schema(self, labels: LabelSet) -> dict[str, object]:
        """A JSON schema (draft 2020-12, the subset providers support) that only good replies satisfy."""
        ...
