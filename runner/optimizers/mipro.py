"""optimizer=mipro: instructions and sets of worked examples are proposed first, and then the best pair is searched.

What is said of a pair here holds of the pair and the way in which its examples are shown.

MIPROv2 (Opsahl-Ong et al. 2024, arXiv 2406.11695): sets of examples are drawn; a model sums up the data and proposes
instructions from the summary and a tip; a TPE then searches the pairs, a pair a trial, each on a minibatch; after some
trials the pair with the best mean is measured on all items, and the TPE learns that too.

Published (DSPy's auto="light") -> here:
- 6 sets of examples, one of them empty, of at most 4 + 4 -> 8 sets: the empty one; three that hold all reflect items,
  of which the 8, 4 or 16 nearest to each text are shown; and as many examples as fit in 3,000 characters, half and a
  quarter of that. Theirs are bootstrapped: inputs with a model's own outputs that were right. Ours are reflect items
  with their gold, drawn to cover the labels: a label has no reasoning to show, so an output that is right is the gold.
- Nothing is tried first -> the first two instructions with the 8 nearest examples, in both forms: at the start these
  are mostly the best (docs/strategies.md).
- Examples are turns of the chat -> these, or in words after the instructions, as a third choice of the TPE: now this
  and now that is much better (docs/strategies.md).
- 3 instructions, of which one is the first prompt -> that prompt, it with what the labels mean (where the dataset says
  so), and 3 proposals. The proposer sees summary, label list, current words and a tip; examples it sees not, since
  proposals copy them. Only task and rules are written; the label list stays.
- minibatches of 35, a full measurement after 5 trials -> minibatches of 6, and after 10 trials, which is an epoch.
- One trial after the other -> all trials of an epoch are drawn first, and measured concurrently: an epoch waits twice
  for answers, and not eleven times. The first ones are balanced over instructions, sets and forms; later each is drawn
  as if those before it had come out worst (toolkit/tpe.py). In simulated worlds no worse: docs/strategies.md.
- A minibatch is drawn anew for each trial -> all pairs are measured on the same select items, in the same order, and
  score by their gain over the first prompt on those: of so few items, which ones they are matters more than the pair.
- A trial takes a new pair while there is one (trials again of the same pair found less, in a simulation with 18 items);
  after that a pair not yet measured on all items goes on with the next minibatch.
- optuna's TPE -> runner/optimizers/toolkit/tpe.py, which says why.

Left out: the program's code and the history of instructions for the proposer. Proposals are made once, in epoch 1. With
a dead rewriter examples and definitions are searched; the search ends when all pairs are measured on all items.

Calls an epoch at most, of 18 select items: 10 x 6 + 12 = 72 to the labeller; in epoch 1 also 4 to the rewriter.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from runner.core.concurrency import gather_or_cancel
from runner.core.numbers import Count, Temperature, Whole
from runner.experiment.selection import paired_difference
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.mipro_proposals import Parts, Words, defined_words, example_sets, proposed
from runner.optimizers.toolkit.admission import Admission
from runner.optimizers.toolkit.demonstrations import DemonstrationSampler
from runner.optimizers.toolkit.tpe import Combination, suggest


@dataclass(frozen=True)
class Mipro:
    """Searches pairs of instructions and examples.

    Args:
        proposals: instructions asked of the rewriter, once.
        sets: sets of worked examples, that of the first prompt (mostly empty) among them.
        shots: worked examples in a set, at most.
        characters: of the texts of a set together, at most. Each call pays for them.
        nearest: how many examples may be chosen for each text, of all there are, those nearest to it: each number is a
            set. The first of them is tried before all else. None where examples are the same for all texts.
        trials: pairs tried on a minibatch in each epoch, concurrently.
        minibatch: select items of a trial.
        definitions: also try what each label means, where the dataset says it.
        viewed: reflect items that the rewriter sums up.
        longest: characters of an item's text, at most; longer ones are neither examples nor summed up.
        temperature, max_tokens: the rewriter's.
        max_length: characters of instructions, at most.
    """

    proposals: Whole = 3
    sets: Count = 8
    shots: Count = 32
    characters: Count = 3000
    nearest: Sequence[Count] = (8, 4, 16)
    trials: Count = 10
    minibatch: Count = 6
    definitions: bool = True
    viewed: Count = 8
    longest: Count = 1200
    temperature: Temperature = 0.7
    max_tokens: Count = 800
    max_length: Count = 6000

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        first = min(self.minibatch, select)
        asked = self.proposals + 1 if self.proposals else 0  # and one for the summary
        return self.trials * first + select - first, asked

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        perfect = (await bench.evaluate(bench.initial)).exact
        rejected: Counter[str] = Counter()
        table = _Table(bench, Parts(bench.initial, [], []) if perfect else await self._parts(bench, rejected))
        while not perfect and (table.open or rejected):
            before = table.whole
            planned = table.planned(self.trials, self.minibatch)
            await table.measure(planned)
            if begun := [pair for pair in table.open if pair in table.scores]:
                best = max(begun, key=lambda pair: table.scores[pair])
                await table.measure({best: bench.select_size})
            new = [pair for pair in table.measured if pair in table.whole - before]
            candidates = await gather_or_cancel(map(table.candidate, new))
            rejected["screened_out"] = len(planned.keys() - table.whole)
            yield Step(candidates, dict(+rejected))
            rejected.clear()
            perfect = any(candidate.evaluation.exact for candidate in candidates)

    async def _parts(self, bench: Workbench, rejected: Counter[str]) -> Parts:
        admission = Admission(bench.labels, self.max_length)
        admission.remember(bench.initial)
        pool = [item for item in bench.reflect if len(item.text) <= self.longest]
        words = [Words(bench.initial.instructions, "")]
        if self.definitions:
            words += defined_words(bench, admission)
        if self.proposals:
            viewed = bench.rng.sample(pool, min(self.viewed, len(pool)))
            words += await proposed(
                bench,
                words[-1],
                viewed,
                admission,
                rejected,
                count=self.proposals,
                temperature=self.temperature,
                max_tokens=self.max_tokens,
            )
        shots = DemonstrationSampler(bench.worked(pool), self.shots, self.characters)
        return Parts(bench.initial, words, example_sets(bench, shots, self.nearest, self.sets))


class _Table:
    """What is known of each pair of instructions and examples.

    Attributes:
        measured: on how many select items, in their fixed order; pairs in the order in which they were first tried.
        scores: its gain over the first prompt on those.
    """

    def __init__(self, bench: Workbench, parts: Parts) -> None:
        self._bench, self._parts = bench, parts
        self.measured: dict[Combination, int] = {(0, 0, 0): bench.select_size}
        self.scores: dict[Combination, float] = {(0, 0, 0): 0.0}
        self._same = {each for each in product(*map(range, parts.sizes)) if parts.same(each)}
        self._first = parts.first

    @property
    def whole(self) -> set[Combination]:
        """The pairs measured on all select items."""
        return {pair for pair, count in self.measured.items() if count == self._bench.select_size}

    @property
    def open(self) -> list[Combination]:
        """The others."""
        every = product(*map(range, self._parts.sizes))
        return [pair for pair in every if pair not in self.whole and pair not in self._same]

    def planned(self, trials: int, minibatch: int) -> dict[Combination, int]:
        """The pairs to try next, and on how many select items each: new ones, and then those that are open."""
        rng, sizes = self._bench.rng, self._parts.sizes
        plan: dict[Combination, int] = {}
        for _ in range(trials):
            full = {pair for pair, count in plan.items() if count == self._bench.select_size} | self.whole | self._same
            done = self.scores.keys() | self._same
            ahead = next((each for each in self._first if each not in done | plan.keys()), None)
            new = ahead or suggest(self.scores, sizes, rng, done=done, planned=plan.keys())
            if (pair := new or suggest(self.scores, sizes, rng, done=full)) is None:
                break
            count = plan.get(pair, self.measured.get(pair, 0)) + minibatch
            plan[pair] = min(count, self._bench.select_size)
        return plan

    async def measure(self, plan: Mapping[Combination, int]) -> None:
        """Measure the pairs on so many select items each, concurrently."""
        self.measured.update(plan)
        evaluate, parts = self._bench.evaluate, self._parts
        found = await gather_or_cancel(evaluate(parts.prompt(pair), count=count) for pair, count in plan.items())
        starts = await gather_or_cancel(evaluate(parts.initial, count=count) for count in plan.values())
        for pair, start, end in zip(plan, starts, found, strict=True):
            self.scores[pair] = paired_difference(start, end).mean

    async def candidate(self, pair: Combination) -> Candidate:
        evaluation = await self._bench.evaluate(self._parts.prompt(pair))
        return Candidate(evaluation, self._bench.initial, self._parts.change(pair))
