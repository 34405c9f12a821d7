"""optimizer=opro: the rewriter sees what was tried with its scores, and writes something better. No error feedback.

OPRO (Yang et al. 2023, arXiv 2309.03409): a meta-prompt holds the best prompts so far with their scores, the lowest
first, and worked examples of the task, drawn anew in each step; the rewriter is asked several times for another
prompt that scores higher.

As published: the best 20 prompts, scores from 0 to 100, 3 examples, 8 proposals a step at temperature 1.0. Changed:
- A proposal is scored on 6 select items, and only the better 4 on all of them (published: each on all training items).
- Only prompts with a score on all select items are shown again, since scores on 6 and on 18 items do not compare: the
  trajectory grows by 4 an epoch, not by 8. Of the best 20 those are shown that fit into 5000 characters, for local
  models with 4096 tokens.
- Examples are reflect items, scores come from select items (published: both from the same).
- Task and rules are written; the label list stays as it is (published: a short text at a fixed place in the question).
- ``epochs`` instead of 200 steps.

Scores of 18 items differ by luck more than by merit, and the rewriter has nothing else to go by. `rewrite` and
`protegi`, which say what went wrong, are the better choice where labeller calls are dear or the rewriter is weak.

Calls an epoch at most, of 18 select items: 8 x 6 + 4 x 12 = 96 to the labeller, 8 to the rewriter.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from runner.core.evaluation import Evaluation
from runner.core.items import Item
from runner.core.numbers import Count, Temperature, Whole
from runner.core.prompt import Message, Prompt
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.admission import Admission
from runner.optimizers.toolkit.feedback import example_blocks, vocabulary_block
from runner.optimizers.toolkit.racing import halve, halving_calls, measured_whole
from runner.optimizers.toolkit.rewriter_io import ask_all, how_to_write, question, tagged, whole_prompt
from runner.optimizers.toolkit.sections import guidance, with_guidance


@dataclass(frozen=True)
class Opro:
    """Asks the rewriter for a prompt that scores higher than all before.

    Args:
        proposals: rewriter calls an epoch.
        keep: proposals measured on all select items; the others are given up on the way.
        first: select items on which every proposal is measured.
        trajectory: earlier prompts shown with their scores, at most.
        characters: of earlier prompts shown, at most; the lowest scores go first.
        examples: reflect items shown with their gold.
        temperature, max_tokens: the rewriter's.
        max_length: characters of instructions, at most.
    """

    proposals: Count = 8
    keep: Count = 4
    first: Count = 6
    trajectory: Count = 20
    characters: Count = 5000
    examples: Whole = 3
    temperature: Temperature = 1.0
    max_tokens: Count = 800
    max_length: Count = 6000

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        return halving_calls(self.proposals, select, self.keep, first=self.first), self.proposals

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        tried = [await bench.evaluate(bench.initial)]  # the best first
        admission = Admission(bench.labels, self.max_length)
        admission.remember(bench.initial)
        while not tried[0].exact:
            examples = bench.minibatch(self.examples)
            asked = _meta_prompt(bench, self._shown(tried), examples)
            replies = await ask_all(
                bench, [asked] * self.proposals, temperature=self.temperature, max_tokens=self.max_tokens
            )
            rejected: Counter[str] = Counter()
            admitted: list[Prompt] = []
            for reply in replies:
                written, lacking = tagged(reply, "prompt")
                proposal = with_guidance(bench.initial, written)
                reason = lacking or admission.reason_against(proposal, bench.initial, [item.text for item in examples])
                if reason:
                    rejected[reason] += 1
                else:
                    admitted.append(proposal)
            raced = await halve(bench, admitted, self.keep, first=self.first)
            measured = await measured_whole(bench, raced)
            rejected["raced_out"] = len(admitted) - len(measured)
            candidates = [Candidate(found, tried[0].prompt, "from earlier scores") for found in measured]
            tried = sorted([*tried, *measured], key=lambda found: -found.reward)  # of equals the earlier
            yield Step(candidates, dict(+rejected))

    def _shown(self, tried: Sequence[Evaluation]) -> list[Evaluation]:
        """The best for which there is room, the best last; that one always."""
        shown: list[Evaluation] = []
        left = self.characters
        for found in tried[: self.trajectory]:
            left -= len(guidance(found.prompt))
            if shown and left < 0:
                break
            shown.insert(0, found)
        return shown


def _meta_prompt(bench: Workbench, shown: Sequence[Evaluation], examples: Sequence[Item]) -> list[Message]:
    scored = (f"{whole_prompt(guidance(found.prompt))}\nScore: {round(100 * found.reward)}" for found in shown)
    return question(
        "Below are earlier prompts with their scores, the lowest first and the best last. 100 is perfect.",
        *scored,
        vocabulary_block(bench.labels),
        example_blocks(bench, examples),
        "Write a new prompt that is different from all of these and has a higher score.",
        how_to_write(bench.initial),
    )
