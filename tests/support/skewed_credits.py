"""Credits as rewards give them, skewed and with ties, and how often an interval holds what it is of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifiers.labels import label_verdict
from verifiers.rewards.corpus import MacroF1, MicroF1
from verifiers.rewards.per_item import FBeta
from verifiers.verdict import Verdict

Values = NDArray[np.float64]
Draw = Callable[[int, np.random.Generator], Values]
Interval = tuple[float, float]
Credits = tuple[str, Draw, float]
"""(name, how credits are drawn, the true reward)"""

TIED: Mapping[str, tuple[list[float], list[float]]] = {  # credits, and how often each occurs
    "F1, mean 0.86": ([0, 0.5, 2 / 3, 1], [0.05, 0.1, 0.12, 0.73]),
    "F1, mean 0.93": ([0, 0.5, 2 / 3, 1], [0.03, 0.03, 0.08, 0.86]),
    "F1, mean 0.96": ([0, 0.5, 2 / 3, 1], [0.01, 0.02, 0.05, 0.92]),
    "F1, mean 0.51": ([0, 0.5, 2 / 3, 1], [0.35, 0.15, 0.2, 0.3]),
    "F1, mean 0.19": ([0, 0.4, 0.5, 2 / 3, 1], [0.7, 0.05, 0.1, 0.08, 0.07]),
    "Jaccard, mean 0.81": ([0, 1 / 3, 0.5, 2 / 3, 0.75, 1], [0.04, 0.06, 0.1, 0.1, 0.1, 0.6]),
    "seldom 0, mean 0.93": ([0, 0.8, 1], [0.04, 0.16, 0.8]),
    "mostly 2/3, mean 0.64": ([0, 2 / 3, 1], [0.06, 0.9, 0.04]),
    "seldom 1, mean 0.09": ([0, 0.1, 1], [0.6, 0.35, 0.05]),
}
LABELS = tuple("abcd")
_SHARES = np.array([0.4, 0.3, 0.2, 0.1])


@dataclass(frozen=True)
class Model:
    """A labeller of texts that have one or two of four labels.

    Attributes:
        finds: how likely it names a label that is due.
        adds: how likely it names one that is not.
    """

    finds: float
    adds: float

    def verdicts(self, items: int, rng: np.random.Generator) -> list[Verdict]:
        made = []
        for _ in range(items):
            due = rng.choice(4, 1 + rng.binomial(1, 0.3), replace=False, p=_SHARES)
            chances = np.full(4, self.adds)
            chances[due] = self.finds
            said = np.flatnonzero(rng.random(4) < chances)
            made.append(label_verdict(tuple(LABELS[n] for n in sorted(due)), tuple(LABELS[n] for n in said)))
        return made


MODELS = {
    "a good labeller": Model(0.92, 0.02),
    "a fair labeller": Model(0.75, 0.06),
    "a poor labeller": Model(0.4, 0.1),
}
REWARDS = {"F1": FBeta(), "micro F1": MicroF1(), "macro F1": MacroF1()}


def tied() -> Iterable[Credits]:
    """Those that are tied."""
    for name, (credits, shares) in TIED.items():
        yield name, _drawn(credits, shares), float(np.dot(credits, shares))


def of_models() -> Iterable[Credits]:
    """Rewards of labellers; credits of micro and macro F1 are influences, which go beyond 0 and 1."""
    for model_name, model in MODELS.items():
        many = model.verdicts(6_000, np.random.default_rng(1))
        for reward_name, reward in REWARDS.items():
            yield f"{reward_name} of {model_name}", credits_of(model, reward_name), reward.score(many)


def credits_of(model: Model, reward: str) -> Draw:
    """Draws verdicts of a labeller and takes the credits of a reward."""
    return lambda items, rng: np.array(REWARDS[reward].credits(model.verdicts(items, rng)))


def held(
    draw: Draw, truth: float, items: int, runs: int, of: Callable[[Values], Interval | None]
) -> tuple[float, float]:
    """(the share of ``runs`` whose interval holds the truth, the mean width), from a fixed seed."""
    rng = np.random.default_rng(2026)
    holds, width = 0, 0.0
    for _ in range(runs):
        low, high = of(draw(items, rng)) or (0.0, 1.0)
        holds += low - 1e-9 <= truth <= high + 1e-9
        width += high - low
    return holds / runs, width / runs


def _drawn(credits: list[float], shares: list[float]) -> Draw:
    return lambda items, rng: rng.choice(np.array(credits), items, p=shares)
