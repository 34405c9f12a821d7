"""optimizer=protegi: reasons for errors are "gradients", prompts rewritten for a reason are steps, a beam is kept.

ProTeGi (Pryzant et al. 2023, arXiv 2305.03495): for each prompt of the beam the rewriter reads errors on a minibatch,
gives reasons for them, rewrites the prompt for each reason, and says the rewritten ones in other words; a bandit
picks the next beam among children and parents.

Published / here: beam 4 / 3; minibatch 64 / 8 reflect items; errors shown 4 / 4; reasons 4, each for errors of its own
/ 3 for the same errors; paraphrases of each rewritten prompt 2 / 1; children 8 of each prompt / 6 in all; 6 rounds /
``epochs``. At the published sizes an epoch on 18 + 18 items takes 408 labeller calls even with halving. Changed:
- The bandit is successive halving (the paper compares it with UCB, its choice): UCB leaves the beam measured on other
  parts of the items each, and only prompts measured on all of them count here.
- Parents do not run in it: they are measured already, and meet the children that are left with their full rewards.
- Children are drawn before the rewriter is asked for them, and parents themselves are not paraphrased.
- Where no prompt of the beam errs on the minibatch, the errors of the best one on all reflect items are taken.
- Task and rules are rewritten; the label list stays as it is.

Calls an epoch at most, of 18 reflect and 18 select items: 3 x 8 + 10 for errors and 6 x 6 + 3 x 12 for children, that
is 106 to the labeller (a parent is not asked twice about an item, so mostly fewer); 3 + 6 + 6 to the rewriter.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from runner.core.calls import Reply
from runner.core.concurrency import gather_or_cancel
from runner.core.evaluation import Evaluation, Outcome
from runner.core.numbers import Count, Temperature, Whole
from runner.core.prompt import Message, Prompt
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.admission import Admission, Reason
from runner.optimizers.toolkit.feedback import failure_block, vocabulary_block
from runner.optimizers.toolkit.racing import halve, halving_calls, measured_whole
from runner.optimizers.toolkit.rewriter_io import (
    Lacking,
    all_tagged,
    ask_all,
    how_to_write,
    question,
    tagged,
    whole_prompt,
)
from runner.optimizers.toolkit.sections import guidance, with_guidance
from verifiers.label_set import LabelSet


@dataclass(frozen=True)
class _Parent:
    """A prompt of the beam and some of its errors."""

    prompt: Prompt
    errors: tuple[Outcome, ...]


@dataclass(frozen=True)
class _Gradient:
    """Why a prompt errs."""

    parent: _Parent
    reason: str


@dataclass(frozen=True)
class _Child:
    """A prompt to be written: the parent rewritten along a gradient, or that once more in other words."""

    gradient: _Gradient
    paraphrase: bool

    def measured(self, found: Evaluation) -> Candidate:
        change = "rewritten for a reason, in other words" if self.paraphrase else "rewritten for a reason"
        return Candidate(found, self.gradient.parent.prompt, change)


@dataclass(frozen=True)
class Protegi:
    """Follows textual gradients with a beam of prompts.

    Args:
        beam: prompts kept from epoch to epoch, and children measured on all select items, at most.
        minibatch: reflect items on which each prompt of the beam may err.
        errors: shown to the rewriter, of each prompt.
        reasons: asked for, of each prompt.
        paraphrases: of each rewritten prompt.
        children: new prompts an epoch, of the whole beam.
        first: select items on which every child is measured.
        temperature, max_tokens: the rewriter's.
        max_length: characters of instructions, at most.
    """

    beam: Count = 3
    minibatch: Count = 8
    errors: Count = 4
    reasons: Count = 3
    paraphrases: Whole = 1
    children: Count = 6
    first: Count = 6
    temperature: Temperature = 0.7
    max_tokens: Count = 1500
    max_length: Count = 6000

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        batch = min(self.minibatch, reflect)
        for_errors = self.beam * batch + reflect - batch
        paraphrases = self.children if self.paraphrases else 0
        race = halving_calls(self.children, select, self.beam, first=self.first)
        return for_errors + race, self.beam + self.children + paraphrases

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        beam = [await bench.evaluate(bench.initial)]
        admission = Admission(bench.labels, self.max_length)
        admission.remember(bench.initial)
        while parents := await self._erring(beam, bench):
            gradients = await self._gradients(parents, bench)
            children = self._drawn(gradients, bench)
            replies = await self._written(children, bench)
            rejected = Counter({"incomplete": gradients.count([])})
            admitted: dict[Prompt, _Child] = {}
            for child, reply in zip(children, replies, strict=True):
                proposal, reason = _proposal(child, reply, admission)
                if reason:
                    rejected[reason] += 1
                else:
                    admitted[proposal] = child
            raced = await halve(bench, list(admitted), self.beam, first=self.first)
            measured = await measured_whole(bench, raced)
            rejected["raced_out"] = len(admitted) - len(measured)
            beam = sorted([*beam, *raced.kept], key=lambda found: -found.reward)[: self.beam]  # of equals the earlier
            yield Step([admitted[found.prompt].measured(found) for found in measured], dict(+rejected))

    async def _erring(self, beam: Sequence[Evaluation], bench: Workbench) -> list[_Parent]:
        """The prompts of the beam that err on a minibatch; else the best one, if it errs at all; else none."""
        batch = bench.minibatch(self.minibatch)
        reflected = await gather_or_cancel(bench.evaluate(one.prompt, "reflect", batch) for one in beam)
        parents = [self._parent(each, bench) for each in reflected]
        if not any(parent.errors for parent in parents):
            parents = [self._parent(await bench.evaluate(beam[0].prompt, "reflect"), bench)]
        return [parent for parent in parents if parent.errors]

    def _parent(self, reflected: Evaluation, bench: Workbench) -> _Parent:
        wrong = [outcome for outcome in reflected.outcomes if outcome.verdict and not outcome.verdict.exact]
        return _Parent(reflected.prompt, tuple(bench.rng.sample(wrong, min(self.errors, len(wrong)))))

    async def _gradients(self, parents: Sequence[_Parent], bench: Workbench) -> list[list[_Gradient]]:
        """For each parent the reasons why it errs; none where the reply holds none."""
        replies = await self._asked([_reasons_question(one, bench.labels, self.reasons) for one in parents], bench)
        reasons = [list(dict.fromkeys(all_tagged(reply, "reason")))[: self.reasons] for reply in replies]
        return [[_Gradient(one, reason) for reason in found] for one, found in zip(parents, reasons, strict=True)]

    def _drawn(self, gradients: Sequence[Sequence[_Gradient]], bench: Workbench) -> list[_Child]:
        """Of all children that the gradients allow, each parent's share, drawn at random."""
        children: list[_Child] = []
        for place, own in enumerate(gradients):
            share = (self.children + len(gradients) - 1 - place) // len(gradients)
            ways = [False] + [True] * self.paraphrases
            possible = [_Child(gradient, way) for gradient in own for way in ways]
            children += bench.rng.sample(possible, min(share, len(possible)))
        return children

    async def _written(self, children: Sequence[_Child], bench: Workbench) -> list[Reply | None]:
        """The reply for each child. A parent is rewritten once along a gradient, and that paraphrased where drawn."""
        gradients = list(dict.fromkeys(child.gradient for child in children))
        replies = await self._asked([_rewrite_question(one, bench.labels) for one in gradients], bench)
        rewritten = dict(zip(gradients, replies, strict=True))
        found = [rewritten[child.gradient] for child in children]
        again = [n for n, child in enumerate(children) if child.paraphrase and tagged(found[n], "prompt")[0]]
        questions = [_paraphrase_question(tagged(found[n], "prompt")[0]) for n in again]
        for n, reply in zip(again, await self._asked(questions, bench), strict=True):
            found[n] = reply
        return found

    async def _asked(self, questions: Sequence[Sequence[Message]], bench: Workbench) -> list[Reply | None]:
        return await ask_all(bench, questions, temperature=self.temperature, max_tokens=self.max_tokens)


def _proposal(child: _Child, reply: Reply | None, admission: Admission) -> tuple[Prompt, Reason | Lacking | None]:
    """The prompt in a reply, and why it is not admitted if it is not."""
    parent = child.gradient.parent
    written, lacking = tagged(reply, "prompt")
    proposal = with_guidance(parent.prompt, written)
    texts = [outcome.item.text for outcome in parent.errors]
    return proposal, lacking or admission.reason_against(proposal, parent.prompt, texts)


def _reasons_question(parent: _Parent, labels: LabelSet, count: int) -> list[Message]:
    return question(
        f"<current_prompt>\n{parent.prompt.instructions}\n</current_prompt>",
        *_labels_and_errors(parent, labels),
        f"Give {count} different reasons why the prompt led to these errors: what it does not say, says wrongly or "
        "leaves open. Each is one or two sentences that hold for other texts too. Do not quote the cases.\n"
        "Answer with each reason between <reason> and </reason>, and nothing else.",
    )


def _rewrite_question(gradient: _Gradient, labels: LabelSet) -> list[Message]:
    parent = gradient.parent
    return question(
        f"The current prompt:\n{whole_prompt(guidance(parent.prompt))}",
        *_labels_and_errors(parent, labels),
        f"What is wrong with the prompt:\n{gradient.reason}",
        "Write the prompt anew so that this is mended, and keep what is right in it.",
        how_to_write(parent.prompt),
    )


def _paraphrase_question(written: str) -> list[Message]:
    return question(
        whole_prompt(written),
        "Say this prompt in other words. Keep its meaning, each of its rules and the names of labels as spelt.",
        "Answer with the prompt between <prompt> and </prompt>, and nothing else.",
    )


def _labels_and_errors(parent: _Parent, labels: LabelSet) -> list[str]:
    blocks = (failure_block(number, error) for number, error in enumerate(parent.errors, 1))
    return [vocabulary_block(labels), "\n\n".join(["Cases that went wrong:", *blocks])]
