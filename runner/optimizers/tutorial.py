"""optimizer=tutorial: the Label Studio tutorial's optimizer step for step, for comparison.

One proposal an epoch from the mean reward and the first five items' feedback (labels only, no texts); the whole
reply is the next prompt, and it is taken whether it is better or not. Where the tutorial stops unmeasured, the
loop measures each proposal, the last too. `rewrite` is the repaired version.

Calls: one rewriter call and the reflect and select items an epoch (with split=none these are the same items).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from runner.core.evaluation import Evaluation
from runner.core.numbers import Count, Temperature
from runner.core.prompt import Message
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.sections import with_answer_of


@dataclass(frozen=True)
class Tutorial:
    """Rewrites from the first feedbacks.

    Args:
        feedbacks: how many of the first items' feedbacks the rewriter reads.
        temperature, max_tokens: the rewriter's.
    """

    feedbacks: Count = 5
    temperature: Temperature = 0.7
    max_tokens: Count = 1000

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        return reflect + select, 1

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        current = bench.initial
        while True:
            reflected = await bench.evaluate(current, on="reflect")
            question = _question(reflected, self.feedbacks)
            reply = await bench.ask(question, temperature=self.temperature, max_tokens=self.max_tokens)
            if reply is None or not reply.text.strip():
                yield Step([], {"incomplete": 1})
                continue
            parent, current = current, with_answer_of(current, replace(current, instructions=reply.text.strip()))
            yield Step([Candidate(await bench.evaluate(current), parent, "rewritten")])


def _question(reflected: Evaluation, count: int) -> list[Message]:
    verdicts = [outcome.verdict.feedback() for outcome in reflected.outcomes[:count] if outcome.verdict]
    feedback = "\n".join(f"- {words}" for words in verdicts)
    return [
        {"role": "system", "content": "You are an expert at writing prompts for labelling."},
        {
            "role": "user",
            "content": (
                f"Current prompt:\n{reflected.prompt.instructions}\n\nMean reward: {reflected.reward:.2f}\n\n"
                f"Feedback:\n{feedback}\n\nImprove the prompt so that the reward rises. Answer with the prompt only."
            ),
        },
    ]
