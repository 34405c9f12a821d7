"""Rewards: one number from the verdicts of many items, and each item's own credit in it.

``Reward`` is all that the runner knows of them. Rewards of the mean kind score each item and take
the mean; corpus-level rewards (micro, macro) count over all items first.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from verifiers.verdict import Verdict
from verifiers.verifier import Verifier


@runtime_checkable
class Reward(Protocol):
    """One number, from 0 (all wrong) to 1 (all right), from the verdicts of many items.

    One that can be below 0 says so by ``GoesBelow``.
    """

    def score(self, verdicts: Sequence[Verdict]) -> float:
        """The reward of these verdicts; 0.0 for none. The order of the verdicts does not matter."""
        ...

    def credits(self, verdicts: Sequence[Verdict]) -> list[float]:
        """Each item's own credit, in the order given; their mean is ``score``."""
        ...


@runtime_checkable
class GoesBelow(Protocol):
    """A reward that is not 0 at the least."""

    @property
    def lowest(self) -> float: ...


@runtime_checkable
class ForSome(Protocol):
    """A reward that only some types of answers can have."""

    def refuses(self, verifier: Verifier) -> str | None:
        """Why answers of this type cannot have this reward, in words; None if they can."""
        ...


def lowest_of(reward: Reward) -> float:
    """What a reward can be at the least: 0, or below."""
    return reward.lowest if isinstance(reward, GoesBelow) else 0.0


def refusal(reward: Reward, verifier: Verifier) -> str | None:
    """Why answers of this type cannot have this reward, in words; None if they can."""
    return reward.refuses(verifier) if isinstance(reward, ForSome) else None
