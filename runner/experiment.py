"""An experiment: everything a run needs, built and checked. The loop takes it; only `build` makes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.prompt import Prompt
from runner.split import Split
from runner.types import Data, Provider, Strategy, Tracker
from verifiers.rewards import Reward
from verifiers.verdict import Verifier


@dataclass(frozen=True)
class Experiment:
    """What to run.

    Attributes:
        initial: the prompt the search starts from.
        epochs: how many at most.
        patience: stop after so many epochs without a better prompt; None never does.
        max_failed: the share of an evaluation's calls that may fail for good.
        directory: the run directory; ``sweep`` is the directory of the sweep it belongs to, if any.
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
    directory: Path
    sweep: Path | None
    config: Mapping[str, Any]
