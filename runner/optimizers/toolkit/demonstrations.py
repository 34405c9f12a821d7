"""Sets of worked examples, drawn from the reflect items."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from statistics import fmean

from runner.core.gold import Worked
from runner.core.prompt import Demo, Prompt


@dataclass(frozen=True)
class Examples:
    """Worked examples of a prompt.

    Attributes:
        demos: all that are shown, in this order; or the pool they are chosen from.
        nearest: how many of them are shown, those nearest to the text; 0 for all.
    """

    demos: tuple[Demo, ...] = ()
    nearest: int = 0

    @classmethod
    def of(cls, prompt: Prompt) -> "Examples":
        return cls(prompt.demos, prompt.nearest)

    def on(self, prompt: Prompt, *, turns: bool) -> Prompt:
        """``prompt`` with these examples in place of its own."""
        return prompt.with_demos(self.demos, turns=turns, nearest=self.nearest)

    def told(self, *, turns: bool) -> str:
        """What they are, in words for a person."""
        which = f"the {self.nearest} nearest of {len(self.demos)}" if self.nearest else str(len(self.demos))
        return f"{which} worked examples {shown(turns=turns)}"


@dataclass(frozen=True)
class DemonstrationSampler:
    """Which worked examples a prompt may have.

    Attributes:
        pool: what they are taken from.
        most: how many at most.
        characters: of their texts together, at most. One alone may be longer.
    """

    pool: Sequence[Worked]
    most: int
    characters: float = inf

    def fit(self, demos: Sequence[Demo]) -> bool:
        fits = len(demos) < 2 or sum(len(demo.text) for demo in demos) <= self.characters
        return fits and len(demos) <= self.most

    def pools(self, counts: Sequence[int]) -> list[Examples]:
        """All of the pool, of which the nearest are chosen for each text, for each of ``counts`` that makes sense.

        Fewer than there are; and so many of the mean length as fit in half of the room, since they are read again for
        each text, where a model has the same ones for all texts ready.
        """
        demos = tuple(each.demo for each in self.pool)
        mean = fmean(len(demo.text) for demo in demos) if demos else 0.0
        fit = (count for count in counts if count < len(demos) and count <= self.most)
        return [Examples(demos, count) for count in fit if count == 1 or count * mean <= self.characters / 2]

    def others(self, demos: Sequence[Demo]) -> list[Demo]:
        """The examples of the pool that are not among ``demos``."""
        return [each.demo for each in self.pool if each.demo not in demos]

    def fresh(self, number: int, rng: random.Random) -> list[Demo]:
        """As many examples as fit, half as many, a quarter, and again, by ``number``; at least one.

        Many short examples are worth more than a few (Agarwal et al. 2024, arXiv 2404.11018), but
        not for every task and model, so fewer are tried too.
        """
        whole = self.covering(rng)
        share = (1, 2, 4)[number % 3]
        return whole[: max(1, len(whole) // share)]

    def covering(self, rng: random.Random) -> list[Demo]:
        """As many as fit, that between them show as many classes as possible; ties are broken at random.

        Of items whose gold is empty there are no more than of any other: that counts as a class.
        """
        left = list(self.pool)
        rng.shuffle(left)
        seen: Counter[str] = Counter()
        chosen: list[Demo] = []
        while left and len(chosen) < self.most:
            # The mean, not the sum: a sum prefers items with many classes, and teaches the model to give too many.
            best = max(left, key=lambda each: fmean(1 / (1 + seen[one]) ** 2 for one in each.classes))
            left.remove(best)
            if self.fit([*chosen, best.demo]):
                chosen.append(best.demo)
                seen.update(best.classes)
        return chosen


def other_ways(prompt: Prompt) -> list[tuple[Prompt, str]]:
    """The same examples shown in other ways, each with what is different: form, and order where they are chosen."""
    found: list[tuple[Prompt, str]] = []
    if prompt.demos:
        turns = not prompt.turns
        found.append((prompt.with_demos(prompt.demos, turns=turns), f"the examples {shown(turns=turns)}"))
    if prompt.nearest:
        first = not prompt.nearest_first
        found.append((replace(prompt, nearest_first=first), f"the nearest example {'first' if first else 'last'}"))
    return found


def rechosen(prompt: Prompt, shots: DemonstrationSampler, rng: random.Random) -> tuple[Prompt, str]:
    """A prompt that chooses its examples with twice or half as many, or in another way; and what is different."""
    counts = shots.pools(sorted({max(1, prompt.nearest // 2), 2 * prompt.nearest} - {prompt.nearest}))
    other = [(replace(prompt, nearest=each.nearest), f"the {each.nearest} nearest examples") for each in counts]
    return rng.choice([*other, *other_ways(prompt)])


def shown(*, turns: bool) -> str:
    """How examples are shown, in words for a person."""
    return "as turns" if turns else "in words"
