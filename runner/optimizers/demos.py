"""optimizer=demos: chooses worked examples, and the label definitions, by measured gain. Needs no rewriter.

A random search over sets of examples, as in DSPy's BootstrapFewShotWithRandomSearch (Khattab et al. 2023,
arXiv 2310.03714), with two changes for small gold sets: sets are drawn to cover the labels, and from the
second epoch on the incumbent's set is varied (one example added, replaced or dropped) instead of drawn anew.

Calls: ``proposals`` x select items an epoch. At the defaults and 18 select items: 54 an epoch.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from runner.bounds import Count
from runner.prompt import Demo, Prompt, definitions_section
from runner.types import Candidate, Item, Step
from runner.workbench import Workbench


@dataclass(frozen=True)
class Demos:
    """Searches for the examples that help most.

    Args:
        shots: worked examples in a prompt, at most.
        proposals: prompts measured in each epoch.
        definitions: also try the prompt with what each label means, where the dataset says it.
        longest: characters of an example's text, at most; longer items are not used as examples.
    """

    shots: Count = 4
    proposals: Count = 3
    definitions: bool = True
    longest: Count = 1200

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        incumbent = await bench.evaluate(bench.initial)
        pool = [item for item in bench.reflect if len(item.text) <= self.longest]
        tried = {incumbent.prompt.fingerprint}
        first = True
        while True:
            candidates = []
            for prompt, change in self._proposals(incumbent.prompt, pool, bench, tried, first=first):
                measured = await bench.evaluate(prompt)
                candidates.append(Candidate(measured, incumbent.prompt, change))
            if not candidates:
                return
            top = max(candidates, key=lambda candidate: candidate.reward)
            if top.reward > incumbent.reward:
                incumbent = top.evaluation
            first = False
            yield Step(candidates)

    def _proposals(
        self, base: Prompt, pool: Sequence[Item], bench: Workbench, tried: set[str], *, first: bool
    ) -> list[tuple[Prompt, str]]:
        defined = self._with_definitions(base, bench)
        made: list[tuple[Prompt, str]] = []
        if first and defined != base:
            made.append((defined, "what each label means"))
        attempts = 0
        while len(made) < self.proposals and pool and attempts < 20 * self.proposals:
            attempts += 1
            ground, also = (defined, "what each label means, and ") if first and len(made) % 2 else (base, "")
            demos, change = _varied(ground.demos, pool, self.shots, bench.rng)
            made.append((ground.with_demos(demos), also + change))
            if made[-1][0].fingerprint in tried | {prompt.fingerprint for prompt, _ in made[:-1]}:
                made.pop()
        made = [(prompt, change) for prompt, change in made if prompt.fingerprint not in tried]
        tried.update(prompt.fingerprint for prompt, _ in made)
        return made

    def _with_definitions(self, prompt: Prompt, bench: Workbench) -> Prompt:
        section = definitions_section(bench.labels)
        if not self.definitions or not section or section in prompt.instructions:
            return prompt
        return Prompt(f"{prompt.instructions.strip()}\n\n{section}", prompt.demos)


def _varied(demos: Sequence[Demo], pool: Sequence[Item], shots: int, rng: random.Random) -> tuple[list[Demo], str]:
    """Other examples than ``demos``: a fresh set where there are none, else one added, replaced or dropped."""
    if not demos:
        drawn = covering(pool, rng.randint(max(1, shots - 1), shots), rng)
        return drawn, f"{len(drawn)} worked examples"
    fresh = [demo for demo in _as_demos(pool) if demo not in demos]
    moves = ["replaced"] * 2 + ["added"] * (len(demos) < shots) * 2 + ["dropped"] * (len(demos) > 1)
    move = rng.choice(moves)
    changed = list(demos)
    if move in {"replaced", "dropped"} or not fresh:
        changed.pop(rng.randrange(len(changed)))
    if move in {"replaced", "added"} and fresh:
        changed.insert(rng.randint(0, len(changed)), rng.choice(fresh))
    return changed, f"an example {move}"


def covering(pool: Sequence[Item], size: int, rng: random.Random) -> list[Demo]:
    """``size`` examples that between them show as many labels as possible, ties broken at random."""
    order = list(pool)
    rng.shuffle(order)
    shown: Counter[str] = Counter()
    chosen: list[Item] = []
    while order and len(chosen) < size:
        best = max(order, key=lambda item: sum(1 / (1 + shown[label]) ** 2 for label in item.gold or ()))
        order.remove(best)
        chosen.append(best)
        shown.update(best.gold or ())
    return _as_demos(chosen)


def _as_demos(items: Sequence[Item]) -> list[Demo]:
    return [Demo(item.text, item.gold or ()) for item in items]
