"""Who descends from whom among the prompts of a search, and which two of them can be merged. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from runner.core.evaluation import Evaluation
from runner.core.prompt import Prompt
from runner.optimizers.toolkit.sections import merged


@dataclass(frozen=True)
class Merge:
    """A prompt with the edits of two lineages, not measured yet.

    Attributes:
        sides: the two, the better one first, of equals the earlier.
    """

    prompt: Prompt
    sides: tuple[Evaluation, Evaluation]


@dataclass
class Lineage:
    """The measured prompts of a search with their parents, in order.

    Attributes:
        given_up: merges that were tried and did not become members.
    """

    members: dict[Prompt, Evaluation] = field(default_factory=dict)
    parents: dict[Prompt, tuple[Prompt, ...]] = field(default_factory=dict)
    given_up: set[Prompt] = field(default_factory=set)

    def add(self, measured: Evaluation, *parents: Prompt) -> None:
        self.members[measured.prompt] = measured
        self.parents[measured.prompt] = parents

    def ancestors(self, prompt: Prompt) -> list[Prompt]:
        """All of them, each once, the nearest first."""
        found: dict[Prompt, None] = {}
        generation = list(self.parents[prompt])
        while generation:
            found.update(dict.fromkeys(generation))
            generation = [older for one in generation for older in self.parents[one] if older not in found]
        return list(found)

    def merges(self, among: Sequence[Prompt]) -> list[Merge]:
        """Each untried prompt that a merge of two of ``among`` gives, neither of which descends from the other.

        As in GEPA (arXiv 2507.19457) their common ancestor must not be better than either; the nearest one counts.
        """
        found: dict[Prompt, Merge] = {}
        for one, other in combinations(among, 2):
            older, others = self.ancestors(one), self.ancestors(other)
            if one in others or other in older:
                continue
            sides = sorted((self.members[one], self.members[other]), key=lambda side: -side.reward)
            common = [each for each in older if each in others and self.members[each].reward <= sides[1].reward]
            made = merged(one, other, common[0]) if common else None
            if made and made not in self.members and made not in self.given_up:
                found.setdefault(made, Merge(made, (sides[0], sides[1])))
        return list(found.values())
