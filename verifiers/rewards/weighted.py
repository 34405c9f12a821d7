"""A weighted mean of other rewards."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from verifiers.rewards import Reward, lowest_of, refusal
from verifiers.verdict import Verdict
from verifiers.verifier import Verifier


@dataclass(frozen=True)
class Weighted:
    """Σ wᵢ·rewardᵢ / Σ wᵢ.

    Args:
        rewards: the rewards to mix.
        weights: one for each, none negative, not all 0; they need not sum to 1.
    """

    rewards: Sequence[Reward]
    weights: Sequence[float]

    def __post_init__(self) -> None:
        if len(self.rewards) != len(self.weights) or not self.rewards:
            raise ValueError(f"{len(self.rewards)} rewards and {len(self.weights)} weights: give one weight a reward")
        if not all(0 <= weight < inf for weight in self.weights) or not sum(self.weights):
            raise ValueError(f"weights must be 0 or more and not all 0, not {list(self.weights)}")

    @property
    def lowest(self) -> float:
        """The mean of what the rewards can be at the least."""
        return self._mix([lowest_of(reward) for reward in self.rewards])

    def score(self, verdicts: Sequence[Verdict]) -> float:
        return self._mix([reward.score(verdicts) for reward in self.rewards])

    def credits(self, verdicts: Sequence[Verdict]) -> list[float]:
        rows = zip(*(reward.credits(verdicts) for reward in self.rewards), strict=True)
        return [self._mix(row) for row in rows]

    def refuses(self, verifier: Verifier) -> str | None:
        return next(filter(None, (refusal(reward, verifier) for reward in self.rewards)), None)

    def _mix(self, scores: Sequence[float]) -> float:
        mixed = sum(weight * score for weight, score in zip(self.weights, scores, strict=True))
        return mixed / sum(self.weights)
