"""optimizer=capo: prompts are crossed and paraphrased together with their examples, and a race keeps the best.

CAPO (Zehle et al. 2025, arXiv 2504.16005), an evolutionary search: in each step pairs of a population have their
instructions merged by a model and half of their examples drawn; each child is paraphrased, and an example is added or
dropped or only the order shuffled; parents and children then race in blocks of items, and who is surely beaten by
as many as may survive goes. Long prompts pay: 0.05 x length / the longest founder's length is taken from each credit.

Published -> here:
- population 10 -> 4; blocks of 30 -> 6: 50 items have but one block of 30, and a race that ends with its first block
  saves nothing. The last two blocks are one, so that 18 items take two waits for answers, for 2% more calls. 4
  crossovers, alpha 0.2 and a penalty of 0.05 as published.
- At most 5 examples, in words -> as many as fit in 3,000 characters, half and a quarter of that, in words or as turns
  of the chat; a child may show them the other way (docs/strategies.md). Two founders choose the nearest of all
  examples for each text; a child of such a mother has them too, or the father's, and another number, form or order.
- Paired t-test -> exact randomisation test, in which a prompt pays only for what it is longer than the other: equal on
  6 items is no evidence, and would drop every long prompt. The race ends with all select items, not with 10 blocks.
- The first population is 10 given instructions with random examples -> the prompt of the run and, in epoch 1, its
  paraphrases with examples that cover the labels; two of four say what the labels mean, where the dataset does.
- A child takes label list and definitions from its mother, and the form of the answer where that is a section of its
  own (How to answer:); only task and rules are written.
  Words that are not admitted are counted, and the child goes on with its mother's: so a weak or dead rewriter leaves a
  search over examples and definitions. Examples that were tried with the same words are drawn again.
- Length is in characters, since the model's tokens are not known here.

Left out: reasoning of the model in the examples (labels have none), and other blocks in each step. The rewriter sees
no item. What survives is chosen with the penalty; the run's best prompt is the one with the highest reward without it.

Calls an epoch at most, of 18 select items: 4 x 18 = 72 to the labeller, fewer where the race gives some up; 8 to the
rewriter.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from runner.core.evaluation import Evaluation
from runner.core.numbers import Count, Share, Temperature, Whole
from runner.core.prompt import Message, Prompt
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.capo_crossover import Child, born, child_of, founders
from runner.optimizers.toolkit.admission import Admission
from runner.optimizers.toolkit.demonstrations import DemonstrationSampler
from runner.optimizers.toolkit.feedback import vocabulary_block
from runner.optimizers.toolkit.racing import race
from runner.optimizers.toolkit.rewriter_io import ask_all, how_to_write, question, tagged, whole_prompt
from runner.optimizers.toolkit.sections import guidance, with_guidance


@dataclass(frozen=True)
class Capo:
    """Evolves a population of prompts.

    Args:
        population: prompts that survive an epoch, at most.
        crossovers: children in each epoch.
        shots: worked examples in a prompt, at most.
        characters: of the texts of all examples in a prompt together, at most. Each call pays for them.
        nearest: how many examples two of the first prompts choose for each text, those nearest to it: the first of
            these numbers that fits. None where examples are the same for all texts.
        penalty: reward that the longest founder pays for its length; others in proportion.
        block: select items between two tests of the race.
        alpha: level of the race's test, one-sided.
        definitions: also try what each label means, where the dataset says it.
        longest: characters of an example's text, at most; longer items are not used as examples.
        temperature, max_tokens: the rewriter's.
        max_length: characters of instructions, at most.
    """

    population: Count = 4
    crossovers: Count = 4
    shots: Whole = 32
    characters: Count = 3000
    nearest: Sequence[Count] = (8, 4, 16)
    penalty: Share = 0.05
    block: Count = 6
    alpha: Share = 0.2
    definitions: bool = True
    longest: Count = 1200
    temperature: Temperature = 0.7
    max_tokens: Count = 800
    max_length: Count = 6000

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        return self.crossovers * select, 2 * self.crossovers

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        alive = [await bench.evaluate(bench.initial)]
        admission = Admission(bench.labels, self.max_length)
        admission.remember(bench.initial)
        pool = [item for item in bench.reflect if len(item.text) <= self.longest]
        shots = DemonstrationSampler(bench.worked(pool), self.shots, self.characters)
        unit = 0  # of length: the longest founder; 0 until there are founders
        while not any(found.exact for found in alive):
            rejected: Counter[str] = Counter()
            crossed = (
                await self._crossed(bench, alive, shots, rejected)
                if unit
                else founders(bench, self.crossovers, shots, self.nearest, define=self.definitions)
            )
            asked = [_paraphrase(bench, child.prompt) for child in crossed]
            written = await self._written(bench, crossed, asked, "paraphrased", rejected)
            children: list[Child] = []
            for child in written:
                # A founder's examples were chosen to cover the labels; they stay.
                fed, reason = born(child, shots if unit else None, admission, bench.rng)
                if reason:
                    rejected[reason] += 1
                else:
                    children.append(fed)
            racers = [*(found.prompt for found in alive), *(child.prompt for child in children)]
            unit = unit or max(prompt.sent_characters for prompt in racers)
            raced = await race(
                bench,
                racers,
                self.population,
                block=self.block,
                first_test=1,
                alpha=self.alpha,
                penalty=self._pays(unit),
            )
            whole = [child for child in children if raced.whole(child.prompt, bench.select_size)]
            candidates = [
                Candidate(await bench.evaluate(one.prompt), one.mother, one.change, one.fathers) for one in whole
            ]
            rejected["raced_out"] = len(children) - len(whole)
            alive = list(raced.kept)
            yield Step(candidates, dict(+rejected))

    def _pays(self, unit: int) -> Callable[[Prompt], float]:
        return lambda prompt: self.penalty * prompt.sent_characters / unit

    async def _crossed(
        self, bench: Workbench, alive: Sequence[Evaluation], shots: DemonstrationSampler, rejected: Counter[str]
    ) -> list[Child]:
        """Children of pairs drawn at random: the words of both merged, and half of their examples."""
        children: list[Child] = []
        questions: list[list[Message] | None] = []
        for _ in range(self.crossovers):
            pair = bench.rng.sample(alive, 2) if len(alive) > 1 else [*alive, *alive]
            mother, father = (found.prompt for found in pair)
            children.append(child_of(mother, father, shots, bench.rng))
            questions.append(_cross(bench, mother, father) if guidance(mother) != guidance(father) else None)
        return await self._written(bench, children, questions, "merged", rejected)

    async def _written(
        self,
        bench: Workbench,
        children: Sequence[Child],
        questions: Sequence[list[Message] | None],
        change: str,
        rejected: Counter[str],
    ) -> list[Child]:
        """Each child with the words that the rewriter answers to its question, or as it is if they will not do."""
        asked = [each for each in questions if each]
        replies = iter(await ask_all(bench, asked, temperature=self.temperature, max_tokens=self.max_tokens))
        found: list[Child] = []
        for child, each in zip(children, questions, strict=True):
            if each:
                words, lacking = tagged(next(replies), "prompt")
                prompt = with_guidance(child.prompt, words)
                reason = lacking or Admission(bench.labels, self.max_length).reason_against(prompt, child.prompt, [])
                rejected.update([reason] if reason else [])
                found.append(child if reason else child.with_change(prompt, change))
            else:
                found.append(child)
        return found


def _cross(bench: Workbench, mother: Prompt, father: Prompt) -> list[Message]:
    return question(
        f"Two prompts for the same task:\n{whole_prompt(guidance(mother))}\n{whole_prompt(guidance(father))}",
        vocabulary_block(bench.labels),
        "Merge them into one prompt: keep what is good in each, and say nothing twice.",
        how_to_write(mother),
    )


def _paraphrase(bench: Workbench, prompt: Prompt) -> list[Message]:
    return question(
        f"A prompt:\n{whole_prompt(guidance(prompt))}",
        vocabulary_block(bench.labels),
        "Say the same in other words: keep what it means and every rule in it, but write it in quite another style.",
        how_to_write(prompt),
    )
