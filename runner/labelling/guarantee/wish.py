"""What a label run with ``target`` is asked for, and what it is tested on."""

from collections.abc import Sequence
from dataclasses import dataclass

from runner.core.items import Item
from runner.core.protocols import ChatClient
from runner.stats.exact import best_possible
from runner.stats.losses import Loss
from verifiers.rewards import Reward
from verifiers.rewards.ordered import Within


@dataclass(frozen=True)
class Wish:
    """A target, and the gold that can certify it.

    Attributes:
        target, confidence: as ``Guarantee`` has them.
        choices: how many prompts could have been chosen on the sealed items.
        graded: whether the loss of an item is 1 - its reward; else it is 0 where the answer is right, and 1.
        reward: the run's.
        sealed: the run's sealed items, with gold. select: those that chose its prompt, for where the test begins.
        recorded: answers as the run did, and raises JournalError for what it did not ask.
        anew: whether these items are asked about once more, though the run has their answers.
    """

    target: float
    confidence: float
    choices: int
    graded: bool
    reward: Reward
    sealed: Sequence[Item]
    select: Sequence[Item]
    recorded: ChatClient
    anew: bool = False

    @property
    def by_reward(self) -> bool:
        """Whether an item's loss is 1 - its reward: with ``within``, an answer that is close enough is right."""
        return self.graded or isinstance(self.reward, Within)

    @property
    def loss(self) -> Loss:
        return "graded" if self.graded and not isinstance(self.reward, Within) else "wrong"

    @property
    def doubt(self) -> str | None:
        """Why it cannot be certified, whatever the answers are; None where it can."""
        best = best_possible(len(self.sealed), 1 - (1 - self.confidence) / self.choices)
        if best >= self.target:
            return None
        return (
            f"target={self.target:g} cannot be certified: {len(self.sealed)} sealed items certify {best:.3f} at best, "
            "if all are right; so every row will be for people"
        )
