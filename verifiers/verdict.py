"""The verdict: one answer held against one gold answer, thing by thing, with feedback in words. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

BadReply = Literal["unreadable", "ambiguous", "empty", "refused", "truncated", "several", "no_label"]
"""Why a reply holds no answer: nothing that reads as one, nothing that reads as one for certain, nothing at all, a
refusal, cut off at the token limit, or several or none where exactly one was asked for."""

Finish = Literal["stop", "length", "refusal", "empty"]
"""How the model ended: by itself, at the token limit, with a refusal, or without a word of an answer."""

LABELS = "labels"
"""The column of answers that are names of labels, as it has always been called."""

WHOLE = "(answer)"
"""The key of an answer that has no classes: a number, a text."""

EMPTY = "(empty)"
"""The key of gold that says that there is nothing."""


@dataclass(frozen=True, slots=True)
class Match:
    """One thing that is right, missing or wrong.

    Attributes:
        key: its class in tables: a label, a field, a path of a taxonomy.
        hit, missing, wrong: from 0 to 1; half a match is soft credit.
        instead: the key that was given where ``key`` was right: what confusions are made of.
        reason: why what was given can be right nowhere, by name: ``out_of_list``, ``not_in_text``.
        where: which one, in words (``"next Friday"``), for feedback and pages.
        weight: how much it counts beside others of the same item.
    """

    key: str
    hit: float = 0.0
    missing: float = 0.0
    wrong: float = 0.0
    instead: str | None = None
    reason: str | None = None
    where: str = ""
    weight: float = 1.0

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        if self.reason or (self.key == WHOLE and self.where):
            return self.where
        return f"{self.key} {self.where}" if self.where else self.key


@dataclass(frozen=True, slots=True)
class Unusable:
    """A reply in which no answer was read, and the name of why."""

    name: BadReply


@dataclass(frozen=True, slots=True)
class Words:
    """What answers are called: in sentences, one with nothing in it, as the column of a file, before a worked one."""

    answers: str = "answers"
    nothing: str = "nothing"
    column: str = "answer"
    noun: str = "Answer"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was answered, what was right, and what the difference is.

    Attributes:
        gold: the verified answer. answer: the one that was read; None where the reply was unusable.
        matches: what is right and wrong in the order of the answer, then what is missing in that of gold.
        unusable: the name of what made the reply unusable; then every reward is 0.
        due: what gold has, in its order.
        words: what answers are called.
    """

    gold: Any
    answer: Any = None
    matches: tuple[Match, ...] = ()
    unusable: BadReply | None = None
    due: tuple[Match, ...] = ()
    words: Words = Words()

    @property
    def gold_keys(self) -> tuple[str, ...]:
        """The classes of gold, in its order."""
        return tuple(match.key for match in self.due)

    @property
    def correct(self) -> tuple[str, ...]:
        """The keys of what is right, wholly or in part."""
        return tuple(match.key for match in self.matches if match.hit)

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys of what was not given, or only in part."""
        return tuple(match.key for match in self.matches if match.missing)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The keys of what was given and is wrong, but for what can be right nowhere."""
        return tuple(match.key for match in self.matches if match.wrong and not match.reason)

    @property
    def given(self) -> tuple[str, ...]:
        """The keys of what was given, right or wrong, in its order."""
        return tuple(match.key for match in self.matches if (match.hit or match.wrong) and not match.reason)

    @property
    def unfit(self) -> tuple[Match, ...]:
        """What was given and can be right nowhere, each with its reason."""
        return tuple(match for match in self.matches if match.reason)

    def of_reason(self, reason: str) -> tuple[str, ...]:
        """What was given and is unfit for that reason, in words."""
        return tuple(match.where for match in self.matches if match.reason == reason)

    @property
    def bad_reply(self) -> BadReply | None:
        """``unusable``, as people's own rewards called it when answers were labels only; so the next two."""
        return self.unusable

    @property
    def predicted(self) -> tuple[str, ...]:
        return self.given

    @property
    def out_of_list(self) -> tuple[str, ...]:
        return self.of_reason("out_of_list")

    @property
    def exact(self) -> bool:
        """Whether the answer is right in everything; nothing against nothing is right."""
        return not self.unusable and not any(match.missing or match.wrong for match in self.matches)

    def counts(self) -> tuple[float, float, float]:
        """(true positives, false positives, false negatives), weighted; soft matches count in part."""
        hits = wrong = missing = 0.0
        for match in self.matches:
            hits += match.hit * match.weight
            wrong += match.wrong * match.weight
            missing += match.missing * match.weight
        return hits, wrong, missing

    def classes(self) -> dict[str, tuple[float, float, float]]:
        """Key -> (true positives, false positives, false negatives), not weighted."""
        table: dict[str, tuple[float, float, float]] = {}
        for match in self.matches:
            hit, wrong, missing = table.get(match.key, (0.0, 0.0, 0.0))
            table[match.key] = hit + match.hit, wrong + match.wrong, missing + match.missing
        return table

    def feedback(self) -> str:
        """The verdict in words, for a rewriter and for people."""
        if self.unusable:
            told = BAD_REPLY_WORDS[self.unusable].format(answers=self.words.answers)
            return f"{told} Expected: {self.right}."
        if self.exact:
            return f"Right: {self.right}."
        confused = [match for match in self.matches if match.instead and match.where]
        explained = {(match.instead, match.where) for match in confused}
        parts = [
            ("Right", [match.name for match in self.matches if match.hit == 1]),
            ("Missing", [match.name for match in self.matches if match.missing and match not in confused]),
            ("Wrong", [m.name for m in self.matches if m.wrong and not m.reason and (m.key, m.where) not in explained]),
            *((REASON_WORDS[reason], list(self.of_reason(reason))) for reason in _reasons(self.matches)),
        ]
        said = [f"{word}: {', '.join(names)}." for word, names in parts if names]
        return " ".join([*said, *(f"{m.where} was given as {m.instead}, gold has {m.key}." for m in confused)])

    @property
    def right(self) -> str:
        """What is right, in words."""
        return self._listed(match.name for match in self.due)

    @property
    def said(self) -> str:
        """What was given, in words."""
        return ", ".join(match.name for match in self.matches if match.hit or match.wrong) or "nothing"

    def _listed(self, names: Iterable[str]) -> str:
        return ", ".join(names) or self.words.nothing


BAD_REPLY_WORDS: Mapping[BadReply, str] = {
    "unreadable": "No {answers} could be read in the reply.",
    "ambiguous": "The reply names {answers}, but not for certain which of them apply.",
    "empty": "The reply is empty.",
    "refused": "The model refused to answer.",
    "truncated": "The reply was cut off at the token limit.",
    "several": "The reply names several labels where exactly one was asked for.",
    "no_label": "The reply says that no label applies where exactly one was asked for.",
}
UNFIT_WORDS: Mapping[str, str] = {
    "out_of_list": "no label of the list",
    "not_in_text": "words that are not in the text",
    "out_of_range": "a number that is not on the scale",
    "unreadable": "something that cannot be read",
    "unknown_field": "a field that is not asked for",
}
"""What such a thing is called where its own words are not told: they can be an item's."""

REASON_WORDS: Mapping[str, str] = {
    "out_of_list": "Not on the label list",
    "not_in_text": "Not in the text",
    "out_of_range": "Not on the scale",
    "unreadable": "Not readable",
    "unknown_field": "Not a field",
}
"""What is said of a thing that can be right nowhere."""


def unfit_match(reason: str, words: str) -> Match:
    """Something that was given and can be right nowhere."""
    return Match(f"({reason.replace('_', ' ')})", wrong=1.0, reason=reason, where=words)


def counted_unfit(verdicts: Iterable[Verdict]) -> Counter[str]:
    """Reason -> verdicts with something that is unfit for it."""
    return Counter(reason for verdict in verdicts for reason in _reasons(verdict.matches))


def _reasons(matches: Sequence[Match]) -> list[str]:
    return list(dict.fromkeys(match.reason for match in matches if match.reason))
