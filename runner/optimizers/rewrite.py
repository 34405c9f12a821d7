"""optimizer=rewrite: a rewriter model reads the failures and proposes better instructions.

The tutorial's optimizer LLM, repaired: it sees the text, gold and prediction of the most instructive failures
(others each epoch), the label list with definitions, the confusion by label and what was tried before; it makes
several proposals an epoch; each is admitted before it is measured; the next epoch starts from the best measured.
Two moves alternate: ``rewrite`` (the whole instructions anew) and ``rules`` (only a few rules are written, and
added to the instructions as they stand), which also a small rewriter can do.

There is no paper; the tutorial sends 1 proposal an epoch, without a text in it, at temperature 0.7. Defaults here: 4
proposals at 0.7, 5 failures in each, 6 of those tried before. It draws nothing itself: with another seed it differs by
the split, and by what the rewriter answers.

Calls an epoch: reflect items (once for each incumbent) + ``proposals`` rewriter calls + admitted x select items; of
18 + 18 items 90 + 4.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from runner.core.calls import Reply
from runner.core.concurrency import gather_or_cancel
from runner.core.evaluation import Evaluation, Outcome
from runner.core.numbers import Count, Temperature, Whole
from runner.core.prompt import Message, Prompt
from runner.experiment.selection import top
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.admission import Admission
from runner.optimizers.toolkit.feedback import confusion_lines, failure_block, instructive, vocabulary_block
from runner.optimizers.toolkit.history import History
from runner.optimizers.toolkit.rewriter_io import GENERAL, Lacking, ask_all, question, tagged
from runner.optimizers.toolkit.sections import sections_of, with_answer_of

Move = Literal["rewrite", "rules"]
_TAG = {"rewrite": "prompt", "rules": "rules"}


@dataclass(frozen=True)
class Rewrite:
    """Asks the rewriter for better instructions.

    Args:
        proposals: rewriter calls an epoch.
        failures: failed items shown to the rewriter in each call.
        moves: taken in turn: ``rewrite``, ``rules``.
        history: earlier proposals shown with their rewards, at most.
        temperature: the rewriter's.
        max_tokens: of the rewriter's reply; a longer one is cut off, and not admitted.
        max_length: characters of instructions, at most.
    """

    proposals: Count = 4
    failures: Count = 5
    moves: Sequence[Move] = ("rewrite", "rules")
    history: Whole = 6
    temperature: Temperature = 0.7
    max_tokens: Count = 1500
    max_length: Count = 6000

    def __post_init__(self) -> None:
        if not self.moves:
            raise ValueError("moves=[] leaves nothing to ask for: give rewrite or rules")

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        return reflect + self.proposals * select, self.proposals

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        incumbent = await bench.evaluate(bench.initial)
        admission = Admission(bench.labels, self.max_length)
        admission.remember(bench.initial)
        shown: Counter[str] = Counter()
        history = History()
        while True:
            reflected = await bench.evaluate(incumbent.prompt, on="reflect")
            if reflected.exact:
                return  # nothing left to learn from
            cases = instructive(reflected, self.failures, shown)
            shown.update(outcome.item.id for outcome in cases)
            moves = [self.moves[number % len(self.moves)] for number in range(self.proposals)]
            tried = history.lines(self.history)
            questions = [_question(move, bench, incumbent, reflected, cases, tried) for move in moves]
            replies = await ask_all(bench, questions, temperature=self.temperature, max_tokens=self.max_tokens)
            rejected: Counter[str] = Counter()
            admitted: list[tuple[Prompt, str]] = []
            for move, reply in zip(moves, replies, strict=True):
                proposal, lacking = _proposal(move, reply, incumbent.prompt)
                texts = [outcome.item.text for outcome in cases]
                reason = lacking or admission.reason_against(proposal, incumbent.prompt, texts)
                if reason:
                    rejected[reason] += 1
                else:
                    admitted.append((proposal, "rewritten" if move == "rewrite" else "rules added"))
            measured = await gather_or_cancel(bench.evaluate(prompt) for prompt, _ in admitted)
            candidates = [
                Candidate(evaluation, incumbent.prompt, change)
                for evaluation, (_, change) in zip(measured, admitted, strict=True)
            ]
            history.add(candidates)
            incumbent = top(candidates, incumbent)
            yield Step(candidates, dict(rejected))


def _question(
    move: Move,
    bench: Workbench,
    incumbent: Evaluation,
    reflected: Evaluation,
    cases: Sequence[Outcome],
    tried: Sequence[str],
) -> list[Message]:
    return question(
        f"<current_prompt>\n{incumbent.prompt.instructions}\n</current_prompt>",
        f"Its reward is {incumbent.reward:.3f} (1 is perfect).",
        vocabulary_block(bench.labels),
        "What goes wrong:\n" + "\n".join(confusion_lines(reflected.verdicts)),
        "Cases that went wrong:\n\n" + "\n\n".join(failure_block(n, case) for n, case in enumerate(cases, 1)),
        "\n".join(["Tried before, worst first:", *tried]) if tried else "",
        _TASKS[move],
    )


_TASKS: dict[Move, str] = {
    "rewrite": (
        "Write a better prompt that avoids these errors. It stands alone, so it must name every label exactly as "
        f"spelt above and say how to answer (the labels only, one per line). {GENERAL}\n"
        "Answer with the whole new prompt between <prompt> and </prompt>, and nothing else."
    ),
    "rules": (
        "Write one to five short rules that, added to the current prompt, avoid these errors. Each is one sentence "
        f"on one line, beginning with '- ', and names the labels it is about. {GENERAL}\n"
        "Answer with the rules between <rules> and </rules>, and nothing else."
    ),
}


def _proposal(move: Move, reply: Reply | None, parent: Prompt) -> tuple[Prompt, Lacking | None]:
    """The prompt that a reply proposes, or why it proposes none."""
    written, lacking = tagged(reply, _TAG[move])
    if lacking:
        return parent, lacking
    if move == "rules":
        return replace(parent, instructions=_with_rules(parent, written)), None
    return with_answer_of(parent, replace(parent, instructions=written)), None


def _with_rules(parent: Prompt, written: str) -> str:
    """The parent's instructions with these rules after the rules it has."""
    sections = sections_of(parent)
    return sections.with_rules([*sections.rules(), *written.splitlines()]).text()
