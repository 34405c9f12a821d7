"""The lines of ``epochs.jsonl`` and ``predictions.jsonl``, typed."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.core.run_result import Interval


@dataclass(frozen=True)
class BestRecord:
    """The best prompt so far, by its fingerprint, and its figures on the select items."""

    prompt: str
    select: float
    interval: Interval | None
    f1: float
    precision: float
    recall: float
    exact_match: float


@dataclass(frozen=True, kw_only=True)
class CandidateRecord:
    """A prompt that was measured on the select items.

    Attributes:
        prompt, parent: fingerprints. parents: of all that it was made from.
        change: what the strategy calls it.
        fixed, broken: ids of items that it answers rightly and its parent does not, and the other way round.
        fixed_pairs, broken_pairs: the confusions ("right → given") that went with them, and that came, with counts.
            All four are None where the parent was not measured.
        diff: the lines that it has and its parent has not, and the other way round.
    """

    prompt: str
    parent: str
    parents: Sequence[str] = ()
    change: str
    select: float
    interval: Interval | None
    f1: float
    precision: float
    recall: float
    exact_match: float
    fixed: Sequence[str] | None
    broken: Sequence[str] | None
    fixed_pairs: Mapping[str, int] | None = None
    broken_pairs: Mapping[str, int] | None = None
    diff: str = ""
    text: str


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """An epoch: what was tried and the best so far; 0 is the initial prompt.

    Attributes:
        v: the version of the line; 0 where it was written before there was one.
        rejected: reason -> proposals that were left out or dropped early.
        calls, worth_usd: of the whole run so far; what its answers cost when they were asked, whoever paid. None where
            they are not known.
    """

    v: int = 0
    epoch: int
    best: BestRecord
    candidates: Sequence[CandidateRecord]
    rejected: Mapping[str, int]
    calls: int | None = None
    worth_usd: float | None = None


@dataclass(frozen=True, kw_only=True)
class PredictionRow:
    """An item of the final evaluation: what the best prompt made of it, and what the initial one did.

    Attributes:
        v: the version of the line; 0 where it was written before there was one.
        gold: as the source has it. prediction: as data; None where the call failed or the reply was not read.
        out_of_list: names that are not on the list. unfit: all that can be right nowhere, as ``reason: words``.
        due, given, missing, wrong: the classes of gold, of what was given, of what is missing and of what is wrong,
            also of the initial prompt. None where the call failed, and in lines of before, whose answers are labels.
        pairs: what was right and what was given instead; null stands for nothing.
        exact, verdict: None where the call failed.
        failure: why there is no usable reply, by name; None where there is one.
        credit, initial_credit: what it earns for each prompt; their mean is the reward. None where the call failed.
        seconds, cost_usd, tokens: of the best prompt's call; None where unknown.
    """

    v: int = 0
    id: str
    text: str
    gold: Any
    prediction: Any
    out_of_list: Sequence[str] | None
    unfit: Sequence[str] | None = None
    due: Sequence[str] | None = None
    given: Sequence[str] | None = None
    missing: Sequence[str] | None = None
    wrong: Sequence[str] | None = None
    pairs: Sequence[Sequence[str | None]] | None = None
    initial_given: Sequence[str] | None = None
    initial_wrong: Sequence[str] | None = None
    exact: bool | None
    verdict: str | None
    failure: str | None
    reply: str | None
    initial_prediction: Any
    initial_exact: bool | None
    credit: float | None = None
    initial_credit: float | None = None
    seconds: float | None = None
    cost_usd: float | None = None
    tokens: int | None = None

    @property
    def judged(self) -> bool:
        """Whether there is a verdict: the call did not fail."""
        return self.exact is not None

    @property
    def due_keys(self) -> Sequence[str]:
        return parts_of(self.gold) if self.due is None else self.due

    @property
    def given_keys(self) -> Sequence[str]:
        return parts_of(self.prediction) if self.given is None else self.given

    @property
    def missing_keys(self) -> Sequence[str]:
        """Classes that gold has and the answer lacks; none if the call failed."""
        if self.missing is not None or not self.judged:
            return self.missing or ()
        return [key for key in self.due_keys if key not in self.given_keys]

    @property
    def wrong_keys(self) -> Sequence[str]:
        """Classes that were given and gold lacks."""
        return [key for key in self.given_keys if key not in self.due_keys] if self.wrong is None else self.wrong

    @property
    def right_keys(self) -> Sequence[str]:
        """Classes that were given rightly, in gold's order."""
        left = Counter(self.given_keys) - Counter(self.wrong_keys)
        return [key for key in dict.fromkeys(self.due_keys) for _ in range(left[key])]


def parts_of(value: Any) -> tuple[str, ...]:
    """Gold or an answer, as data, in comparable parts: names as they are, other values as JSON."""
    values = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return tuple(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False, sort_keys=True) for one in values)
