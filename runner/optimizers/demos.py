"""optimizer=demos: chooses worked examples, and the label definitions, by measured gain. Needs no rewriter.

A random search over sets of examples, as in DSPy's BootstrapFewShotWithRandomSearch (Khattab et al. 2023,
arXiv 2310.03714), with five changes for small gold sets and slow models: sets are drawn to cover the labels; they are
as large as fits, half and a quarter of that, since many short examples are worth more than a few (Agarwal et al. 2024,
arXiv 2404.11018); they are shown in words and as turns of the chat, since now this and now that is
much better (docs/strategies.md); the proposals of an epoch are halved (Karnin et al. 2013): all are measured on a few
select items, the better half on twice as many, and only the best on all (of up to 18 items the better half on all:
the last two rounds are one); and once the incumbent has examples, it is tried with them shown the other way, and every
other proposal varies a quarter of them.

Besides, and tried first: examples chosen for each text, the nearest of all (``nearest``), as turns and in words. If
they are best, their number, order and form are searched, and the definitions.

Published: 16 sets of at most 4 + 16 examples, each measured on all. Here: 4 sets an epoch of at most as many examples
as fit in ``characters`` (and ``shots``).

Calls an epoch, at the defaults and 18 select items: 4 x 6 + 2 x 12 = 48; of more items 4 x 6 + 2 x 6, and the rest of
them for the best.
"""

import random
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass

from runner.core.concurrency import gather_or_cancel
from runner.core.numbers import Count
from runner.core.prompt import Demo, Prompt, with_definitions
from runner.experiment.selection import top
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.demonstrations import DemonstrationSampler, other_ways, shown
from runner.optimizers.toolkit.racing import halve, halving_calls


@dataclass(frozen=True)
class Demos:
    """Searches for the examples that help most.

    Args:
        shots: worked examples in a prompt, at most.
        characters: of the texts of all examples in a prompt together, at most. Each call pays for them.
        nearest: how many examples may be chosen for each text, of all there are, those nearest to it; the first of
            these numbers is tried first. None where they are the same for all texts.
        proposals: prompts tried in each epoch.
        first: select items on which all of them are measured; the better half goes on.
        definitions: also try the prompt with what each label means, where the dataset says it.
        longest: characters of an example's text, at most; longer items are not used as examples.
    """

    shots: Count = 32
    characters: Count = 3000
    nearest: Sequence[Count] = (8, 4, 16)
    proposals: Count = 4
    first: Count = 6
    definitions: bool = True
    longest: Count = 1200

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        return halving_calls(self.proposals, select, first=self.first), 0

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        incumbent = await bench.evaluate(bench.initial)
        pool = [item for item in bench.reflect if len(item.text) <= self.longest]
        shots = DemonstrationSampler(bench.worked(pool), self.shots, self.characters)
        tried = {incumbent.prompt}
        while not incumbent.exact:
            proposals = self._proposals(incumbent.prompt, shots, bench, tried)
            if not proposals:
                return
            tried.update(proposals)
            raced = await halve(bench, list(proposals), first=self.first)
            whole = [prompt for prompt in proposals if raced.whole(prompt, bench.select_size)]
            measured = await gather_or_cancel(bench.evaluate(prompt) for prompt in whole)
            candidates = [Candidate(each, incumbent.prompt, proposals[each.prompt]) for each in measured]
            incumbent = top(candidates, incumbent)
            left = len(proposals) - len(whole)
            yield Step(candidates, {"raced_out": left} if left else {})

    def _proposals(
        self, base: Prompt, shots: DemonstrationSampler, bench: Workbench, tried: Collection[Prompt]
    ) -> dict[Prompt, str]:
        """Prompts that were not tried, each with what is different in it from ``base``."""
        defined = with_definitions(base, bench.labels) if self.definitions else base
        made: dict[Prompt, str] = {}
        room = self.proposals - 1 if base.nearest else self.proposals // 2  # the rest is for newly drawn examples
        for prompt, change in (*other_ways(base), *self._chosen(base, defined, shots)):
            if prompt not in tried and len(made) < max(1, room):
                made.setdefault(prompt, change)
        if not shots.pool and defined != base and len(made) < self.proposals:
            made[defined] = "definitions"
        for attempt in range(20 * self.proposals if shots.pool else 0):  # variations repeat, and a small pool runs out
            if len(made) == self.proposals:
                break
            define = defined != base and attempt % 4 != 1
            turns = base.turns if base.demos else attempt % 2 > 0
            if base.demos and not base.nearest and attempt % 2:
                demos, change = varied(base.demos, shots, bench.rng)
            else:
                number = attempt // 2 if base.demos else attempt
                demos = shots.fresh(number, bench.rng)
                change = f"{len(demos)} worked examples {shown(turns=turns)}"
            prompt = (defined if define else base).with_demos(demos, turns=turns, nearest=0)
            if prompt not in tried:
                changes = ["definitions", change] if define else [change]
                made.setdefault(prompt, ", ".join(one for one in changes if one))
        return {prompt: change for prompt, change in made.items() if prompt not in tried}

    def _chosen(self, base: Prompt, defined: Prompt, shots: DemonstrationSampler) -> Iterator[tuple[Prompt, str]]:
        """Prompts whose examples are chosen for each text, in both forms where ``base`` does not choose its own.

        Definitions come with those that are turns, or to a ``base`` that chooses.
        """
        for examples in shots.pools(self.nearest):
            for turns in [base.turns] if base.nearest else [True, False]:
                if turns and defined != base and not base.nearest:
                    yield examples.on(defined, turns=turns), f"definitions, {examples.told(turns=turns)}"
                else:
                    yield examples.on(base, turns=turns), examples.told(turns=turns)
        if base.nearest and defined != base:
            yield defined, "definitions"


def varied(demos: Sequence[Demo], shots: DemonstrationSampler, rng: random.Random) -> tuple[list[Demo], str]:
    """``demos`` with a quarter of them replaced or dropped, or as many added."""
    fresh = shots.others(demos)
    rng.shuffle(fresh)
    moves = ["replaced", "replaced"]
    if len(demos) < shots.most:
        moves += ["added", "added"]
    if len(demos) > 1:
        moves.append("dropped")
    move, count = rng.choice(moves), max(1, len(demos) // 4)
    changed = list(demos)
    for _ in range(count):
        if move in {"replaced", "dropped"} or not fresh:
            changed.pop(rng.randrange(len(changed)))
        fits = next((demo for demo in fresh if shots.fit([*changed, demo])), None)
        if move in {"replaced", "added"} and fits:
            fresh.remove(fits)
            changed.insert(rng.randint(0, len(changed)), fits)
    return changed, _told(demos, changed)


def _told(before: Sequence[Demo], after: Sequence[Demo]) -> str:
    """What became of the examples: not always what was tried, since the pool can be empty, and the room full."""
    new, gone = (sum(demo not in others for demo in those) for those, others in ((after, before), (before, after)))
    kinds = {"replaced": min(new, gone), "added": new - gone, "dropped": gone - new}
    some = ((f"{count} examples" if count > 1 else "an example", kind) for kind, count in kinds.items() if count > 0)
    return ", ".join(map(" ".join, some))
