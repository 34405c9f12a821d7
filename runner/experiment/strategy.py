"""What a strategy is, and what it yields.

``Strategy`` is not with the other protocols in ``core``: its workbench is of this room, which ``core`` cannot import.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from runner.core.evaluation import Evaluation
from runner.core.prompt import Prompt
from runner.experiment.workbench import Workbench


@dataclass(frozen=True)
class Candidate:
    """A proposed prompt that was admitted and measured on the select items.

    Attributes:
        parent: the prompt it was made from.
        change: what is different, in a few words.
        others: further parents, of one that was merged of several.
    """

    evaluation: Evaluation
    parent: Prompt
    change: str
    others: Sequence[Prompt] = ()

    @property
    def prompt(self) -> Prompt:
        return self.evaluation.prompt

    @property
    def reward(self) -> float:
        return self.evaluation.reward


@dataclass(frozen=True)
class Step:
    """What a strategy did in one epoch.

    Attributes:
        candidates: those that were measured on all select items.
        rejected: how many others there were, by reason: not admitted, so that they cost no labeller call, or given up
            on the way (``raced_out``, ``screened_out``, ``not_better``, ``no_gain``).
    """

    candidates: Sequence[Candidate]
    rejected: Mapping[str, int] = field(default_factory=dict)


class Strategy(Protocol):
    """A way to search for a better prompt."""

    def run(self, bench: Workbench) -> AsyncIterator[Step]:
        """Search, yielding once an epoch; the loop decides when to stop asking."""
        ...
