"""The lines of ``epochs.jsonl`` and ``predictions.jsonl``, typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
        prediction, out_of_list, exact, verdict: None where the call failed.
        failure: why there is no usable reply, by name; None where there is one.
        credit, initial_credit: what it earns for each prompt; their mean is the reward. None where the call failed.
        seconds, cost_usd, tokens: of the best prompt's call; None where unknown.
    """

    v: int = 0
    id: str
    text: str
    gold: Sequence[str]
    prediction: Sequence[str] | None
    out_of_list: Sequence[str] | None
    exact: bool | None
    verdict: str | None
    failure: str | None
    reply: str | None
    initial_prediction: Sequence[str] | None
    initial_exact: bool | None
    credit: float | None = None
    initial_credit: float | None = None
    seconds: float | None = None
    cost_usd: float | None = None
    tokens: int | None = None
