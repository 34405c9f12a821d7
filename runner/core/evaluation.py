"""What came of a prompt on items, and what a tracker hears of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.core.calls import Reply
from runner.core.items import Item
from runner.core.prompt import Prompt
from verifiers.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item: a reply and its verdict, or the name and the words of why the call failed for good."""

    item: Item
    reply: Reply | None = None
    verdict: Verdict | None = None
    failure: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Evaluation:
    """A prompt measured on items.

    Attributes:
        reward: over the items that have a verdict: those whose call did not fail, or failed by the prompt's doing.
        credits: item id -> its credit, for the same items.
    """

    prompt: Prompt
    outcomes: Sequence[Outcome]
    reward: float
    credits: Mapping[str, float]

    @property
    def verdicts(self) -> list[Verdict]:
        return [outcome.verdict for outcome in self.outcomes if outcome.verdict is not None]

    @property
    def exact(self) -> bool:
        """Whether every answer is right: nothing is left to gain."""
        return all(verdict.exact for verdict in self.verdicts)


@dataclass(frozen=True)
class RunInfo:
    """What a tracker is told when a run starts.

    Attributes:
        config: the saved configuration, secrets never in it.
        plan: sizes, models, calls at most (``runner.experiment.estimate``).
        remarks: what the person may want to know or mend first, a sentence each.
    """

    directory: Path
    sweep: Path | None
    config: Mapping[str, Any]
    plan: Mapping[str, Any]
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an evaluation is; ``number`` tells it from others at the same time, ``done`` is 0 when it begins.

    ``reward`` computes the reward of the items done so far.
    """

    stage: str
    number: int
    done: int
    total: int
    reward: Callable[[], float]
