"""``result.json`` of a run, typed: how it ended, what it measured, what it took, what it depends on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from runner.core.items import Agreement
from runner.core.stop import Stop

VERSION = 1
"""Of the files of a run directory; a change that an older goldloop cannot read makes it higher."""

Interval = tuple[float, float]
Status = Literal["finished", "stopped", "failed"]
Verdict = Literal["better", "worse", "undecided"]
OMIT_NONE = {"omit-none": True}
"""Metadata of a field that is not written where it is None."""


@dataclass(frozen=True)
class LabelMetrics:
    """One label's figures; None where there is nothing to divide by."""

    precision: float | None
    recall: float | None
    f1: float | None
    gold: int
    predicted: int


@dataclass(frozen=True)
class Metrics:
    """The usual figures of a prompt: means over items, micro and macro F1, each class's own, and the verifier's."""

    f1: float
    precision: float
    recall: float
    exact_match: float
    micro_f1: float
    macro_f1: float
    per_label: Mapping[str, LabelMetrics]
    figures: Mapping[str, float] | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True)
class InitialScores:
    """Rewards of the initial prompt on the select and on the sealed items, with the 95% interval of the latter."""

    select: float | None
    test: float | None
    interval: Interval | None = None
    metrics: Metrics | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True)
class BestScores:
    """The same of the best prompt, and the epoch that found it; 0 is the initial prompt.

    Attributes:
        expected: what ``select`` is expected to be on new items: less what being the best of many makes it look too
            good. None where nothing was measured, and in runs of an older goldloop.
    """

    epoch: int
    select: float | None
    test: float | None
    interval: Interval | None = None
    expected: float | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True)
class Decision:
    """What the sealed items say about ``after`` against ``before``.

    Attributes:
        verdict: better or worse where p < 0.05, else undecided.
        difference: mean of the paired differences.
        interval: its 95% interval: the differences that the same test would not reject (Tritchler 1984), so that it
            holds 0 exactly where the decision is undecided.
        p: two-sided, of the approximate randomisation test (Yeh 2000); exact for up to 13 items.
        items: pairs compared.
        items_needed: how many *more* sealed items would settle a difference of this size with power 80%, about;
            None where it is settled or where no difference was seen.
    """

    verdict: Verdict
    difference: float
    interval: Interval
    p: float
    items: int
    items_needed: int | None


@dataclass(frozen=True)
class ConstantControl:
    """The constant answer with the highest reward. ``labels`` is that answer as data, whatever its type."""

    labels: Any
    reward: float


@dataclass(frozen=True)
class NoPromptControl:
    """The text alone, without any prompt; None where it was not measured to the end."""

    reward: float | None


@dataclass(frozen=True, kw_only=True)
class WithoutModel:
    """What is reached on the same items without any language model, and whether the best prompt beats it.

    Attributes:
        interval: the 95% interval of ``reward``; None where nothing is sealed.
        learnt: how many gold items it learnt from, none of them sealed.
        decision: of the best prompt against it: ``better`` where the prompt beats it. None where nothing is sealed, or
            where they share no item.
    """

    reward: float
    interval: Interval | None = None
    learnt: int
    decision: Decision | None = None


@dataclass(frozen=True)
class Controls:
    """What no prompt may be content with.

    Attributes:
        nearest: the labels of the nearest gold item. classifier: those that a small classifier gives. None in runs of
            an older goldloop.
    """

    constant: ConstantControl
    no_prompt: NoPromptControl
    nearest: WithoutModel | None = field(default=None, metadata=OMIT_NONE)
    classifier: WithoutModel | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, kw_only=True)
class WinnersCurse:
    """The drop from the select to the sealed items, beside what being chosen among so many explains of it.

    Attributes:
        candidates: prompts tried on the select items. whole: those measured on all of them; None means all.
        expected: how much too good the best would look if all were equally good. observed: the drop.
    """

    candidates: int
    whole: int | None = None
    expected: float
    observed: float


@dataclass(frozen=True)
class SplitSizes:
    """How many items each part has."""

    reflect: int
    select: int
    test: int


@dataclass(frozen=True)
class Failures:
    """Name -> how often, of calls that failed for good and of replies that could not be used."""

    labeller: Mapping[str, int]
    rewriter: Mapping[str, int]


@dataclass(frozen=True)
class CallCounts:
    """Calls answered by the provider and by the journal, those that failed for good, and tries beyond the first."""

    total: int
    provider: int
    journal: int
    failed: int
    retries: int = 0


@dataclass(frozen=True)
class TokenCounts:
    """Tokens that were paid for.

    Attributes:
        reasoning: how many of ``output`` were thinking. cached: how many of ``input`` the endpoint had kept. None where
            no answer says.
    """

    input: int
    output: int
    reasoning: int | None = None
    cached: int | None = None


@dataclass(frozen=True)
class Models:
    """The models of both roles."""

    labeller: str
    rewriter: str


@dataclass(frozen=True)
class GitState:
    """The working directory's repository."""

    commit: str
    dirty: bool


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a run came to. ``docs/run-directory.md`` says what each figure means.

    Attributes:
        paths: class of the final evaluation -> its names from the top of the tree, where classes are paths of one.
        reward_lowest: what the reward can be at the least; None for 0.
    """

    version: int = 0  # 0: written before there was one
    status: Status
    stop_reason: str
    stop: Stop
    initial: InitialScores
    best: BestScores
    metrics: Metrics | None
    decision: Decision | None
    controls: Controls | None = None
    winners_curse: WinnersCurse | None = None
    repeats: int = 1
    split: SplitSizes | Literal["none"]
    sealed: bool
    epochs: int
    seed: int
    parent: str | None = None
    failures: Failures
    calls: CallCounts
    tokens: TokenCounts
    cost_usd: float | None
    seconds: float
    models: Models
    agreement: Agreement | None = None
    dataset_sha256: str
    verifier_version: int | None = field(default=None, metadata=OMIT_NONE)
    reward_lowest: float | None = field(default=None, metadata=OMIT_NONE)
    paths: Mapping[str, Sequence[str]] | None = field(default=None, metadata=OMIT_NONE)
    versions: Mapping[str, str] = field(default_factory=dict)
    git: GitState | None = None
