"""An experiment: everything a run needs, built and checked. The loop takes it; only `build` makes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.core.errors import BudgetSpent
from runner.core.items import Data
from runner.core.prompt import Prompt
from runner.core.protocols import Provider, Tracker
from runner.datasets.split import Split
from runner.experiment.strategy import Strategy
from runner.providers.middleware.journal import Mode
from runner.providers.middleware.limits import Limits
from verifiers.rewards import Reward
from verifiers.verifier import Verifier


@dataclass(frozen=True)
class Experiment:
    """What to run.

    Attributes:
        initial: the prompt the search starts from.
        epochs: how many at most.
        patience: stop after so many epochs without a better prompt; None never does.
        max_failed: the share of an evaluation's calls that may fail for good.
        controls: whether a constant answer, no prompt at all and no model are measured beside the best prompt.
        repeats: answers to each sealed item, over which credits are averaged.
        limits: what may be spent at most.
        journal_mode, journal_path: how calls are looked up and written down, and the shared file; None for none.
        directory: the run directory; ``sweep`` is the directory of the sweep it belongs to, if any.
        jobs: how many jobs of that sweep share the limits, where that is known.
        parent: the run directory it was made from, if any.
        spent: what ended the calls of a run that is replayed, if a budget did: a call that is missing ends it again.
        config: the configuration as it ran, interpolations unresolved, secrets never in it.
    """

    data: Data
    split: Split
    initial: Prompt
    labeller: Provider
    rewriter: Provider
    verifier: Verifier
    reward: Reward
    strategy: Strategy
    trackers: Sequence[Tracker]
    epochs: int
    patience: int | None
    max_failed: float
    seed: int
    limits: Limits
    journal_mode: Mode
    journal_path: Path | None
    directory: Path
    sweep: Path | None
    config: Mapping[str, Any]
    jobs: int | None = None
    parent: str | None = None
    controls: bool = False
    repeats: int = 1
    spent: BudgetSpent | None = None
