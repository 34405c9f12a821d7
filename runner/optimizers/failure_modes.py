"""optimizer=failure_modes: names the ways in which the labeller fails, makes one edit for each, keeps what helps.

After the hierarchical reflective optimizer of Opik (comet-ml/opik, HRPO), which has no paper: failures are analysed
in batches, a model names the modes, and each mode gets one surgical edit that stays if the score rises.

What we changed. A mode is a confusion that can be counted ("Payment given where Refund_Request was right"), so no
call is spent on naming it, and a weak rewriter cannot invent one. The edit is local: a rule where two labels are
confused, the definition of a label that is missed or given too often, a line on how to answer where replies cannot be
read; all else stays to the letter, so that a rewriter writes one sentence and not a prompt. Where the data set says
what labels mean and the prompt does not, that is the first edit, and costs no rewriter call. The edits are tried
concurrently, each alone, on a share of the select items; those that helped are put together, and measured on all of
them, at the same time as the best one alone. The incumbent changes by the Ladder (Blum & Hardt 2015), so that the edits
of an epoch build on what is more than luck.

Defaults: 4 modes an epoch, 3 cases for each question, a screen of half of the select items; Opik has no published
sizes, for its rounds are as many as one asks for.

Calls an epoch, of R reflect and S select items: R (for a new incumbent) + modes x screen x S + the rest of S for the
best edit + S for all that helped together, and ``modes`` rewriter calls. At the defaults and 18 + 18: 81 + 4.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from runner.core.concurrency import gather_or_cancel
from runner.core.evaluation import Evaluation, Outcome
from runner.core.numbers import Count, Share, Temperature
from runner.core.prompt import Message, Prompt
from runner.experiment.confusions import NOTHING, unfit_words
from runner.experiment.selection import accepts, paired_difference
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers.toolkit.admission import Admission
from runner.optimizers.toolkit.feedback import failure_block
from runner.optimizers.toolkit.rewriter_io import ask_all, question, tagged
from runner.optimizers.toolkit.section_edits import Edit, Kind, combined
from runner.optimizers.toolkit.sections import sections_of
from verifiers.confusions import confused_in
from verifiers.label_set import LabelSet
from verifiers.verdict import Verdict


class Mode(NamedTuple):
    """A way to fail, and what to edit for it.

    Attributes:
        right, given: labels; None is no label at all. Of an answer that cannot be read, ``given`` says what it was.
    """

    kind: Kind
    right: str | None
    given: str | None

    @property
    def words(self) -> tuple[str, str]:
        """What was right and what was given, for a model or a person."""
        return (NOTHING if self.right is None else self.right, NOTHING if self.given is None else self.given)

    @property
    def label(self) -> str:
        """The label whose definition is to be edited; empty where none is."""
        return (self.right or self.given or "") if self.kind == "definition" else ""

    @property
    def labels(self) -> list[str]:
        """Those it is about."""
        return [] if self.kind == "answer" else [label for label in (self.right, self.given) if label is not None]


Modes = Mapping[Mode, Sequence[Outcome]]
"""Each with the failed items that show it."""


@dataclass(frozen=True)
class FailureModes:
    """Edits the prompt failure mode by failure mode.

    Args:
        modes: edits tried in an epoch.
        cases: failed items shown to the rewriter for each.
        screen: share of the select items on which each edit is tried alone.
        temperature, max_tokens: the rewriter's.
        max_length: characters of instructions, at most.
    """

    modes: Count = 4
    cases: Count = 3
    screen: Share = 0.5
    temperature: Temperature = 0.7
    max_tokens: Count = 300
    max_length: Count = 6000

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        screened = self._screened(select)
        return reflect + self.modes * screened + (select - screened) + select, self.modes

    def _screened(self, select: int) -> int:
        return max(1, round(self.screen * select))

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        incumbent = await bench.evaluate(bench.initial)
        admission = Admission(bench.labels, self.max_length, keep_sections=True)
        admission.remember(bench.initial)
        worked_on: Counter[Mode] = Counter()
        defined: set[Edit] = set()  # by the data set's words: each is tried once
        while True:
            reflected = await bench.evaluate(incumbent.prompt, on="reflect")
            modes = failure_modes(reflected, bench.labels)
            if not modes:
                return  # nothing left to learn from
            chosen = sorted(modes, key=lambda mode: (worked_on[mode], -len(modes[mode]), mode.words))[: self.modes]
            worked_on.update(chosen)
            rejected: Counter[str] = Counter()
            shown = {mode: modes[mode] for mode in chosen}
            edits = await self._edits(bench, incumbent.prompt, shown, defined, admission, rejected)
            helped = await self._helpful(bench, incumbent.prompt, edits)
            tried = combined(incumbent.prompt, helped, bench.labels)
            if self._screened(bench.select_size) >= bench.select_size:  # each was measured whole
                tried = {**{edit.on(incumbent.prompt, bench.labels): edit.change for edit in edits}, **tried}
            else:
                rejected["no_gain"] += len(edits) - len(helped)
            measured = await gather_or_cancel(bench.evaluate(prompt) for prompt in tried)
            candidates = [Candidate(each, incumbent.prompt, tried[each.prompt]) for each in measured]
            yield Step(candidates, +rejected)
            best = max(candidates, key=lambda candidate: candidate.reward, default=None)
            if best and accepts(paired_difference(incumbent, best.evaluation)):
                incumbent = best.evaluation

    async def _edits(
        self,
        bench: Workbench,
        base: Prompt,
        modes: Modes,
        defined: set[Edit],
        admission: Admission,
        rejected: Counter[str],
    ) -> list[Edit]:
        """An edit for each mode, those from the data set's own definitions first; what is not admitted is counted."""
        made: list[tuple[Edit, Sequence[str]]] = []
        asked = []
        for mode in modes:
            edit = next((edit for edit in _from_definitions(mode, base, bench.labels) if edit not in defined), None)
            if edit:
                defined.add(edit)
                made.append((edit, ()))
            else:
                asked.append(mode)
        questions = [_question(mode, modes[mode][: self.cases], base, bench.labels) for mode in asked]
        replies = await ask_all(bench, questions, temperature=self.temperature, max_tokens=self.max_tokens)
        for mode, reply in zip(asked, replies, strict=True):
            text, lacking = tagged(reply, mode.kind)
            if lacking:
                rejected[lacking] += 1
            else:
                edit = Edit(mode.kind, " ".join(text.split()), mode.label)
                made.append((edit, [case.item.text for case in modes[mode]]))
        edits = []
        for edit, shown in made:
            reason = admission.reason_against(edit.on(base, bench.labels), base, shown)
            if reason:
                rejected[reason] += 1
            else:
                edits.append(edit)
        return edits

    async def _helpful(self, bench: Workbench, incumbent: Prompt, edits: Sequence[Edit]) -> list[Edit]:
        """The edits that gain on the first select items, alone, the most helpful first."""
        prompts = [incumbent, *(edit.on(incumbent, bench.labels) for edit in edits)]
        count = self._screened(bench.select_size)
        before, *after = await gather_or_cancel(bench.evaluate(prompt, count=count) for prompt in prompts)
        gains = [(paired_difference(before, each).mean, edit) for each, edit in zip(after, edits, strict=True)]
        return [edit for mean, edit in sorted(gains, key=lambda entry: -entry[0]) if mean > 1e-9]


def failure_modes(evaluation: Evaluation, labels: LabelSet) -> dict[Mode, list[Outcome]]:
    """The ways in which an evaluation failed, each with its failed items in their order."""
    modes: dict[Mode, list[Outcome]] = {}
    for outcome in evaluation.outcomes:
        for mode in _modes_of(outcome.verdict, labels) if outcome.verdict else ():
            modes.setdefault(mode, []).append(outcome)
    return modes


def _modes_of(verdict: Verdict, labels: LabelSet) -> list[Mode]:
    unfit = unfit_words(verdict)
    if bad := verdict.unusable or (unfit[0] if unfit else None):
        return [Mode("answer", None, bad)]
    both = bool(verdict.missing and verdict.wrong)
    pairs = confused_in(verdict)
    return [
        Mode("rule" if both or (right or given) not in labels else "definition", right, given) for right, given in pairs
    ]


def _from_definitions(mode: Mode, base: Prompt, labels: LabelSet) -> list[Edit]:
    """What the data set says of the labels that a mode is about, where the prompt says nothing."""
    said = sections_of(base).definitions(labels)
    there = ((label, " ".join((labels.definitions.get(label) or "").split())) for label in mode.labels)
    return [Edit("definition", words, label) for label, words in there if words and label not in said]


def _question(mode: Mode, cases: Sequence[Outcome], base: Prompt, labels: LabelSet) -> list[Message]:
    right, given = mode.words
    known = {**labels.definitions, **sections_of(base).definitions(labels)}
    meanings = [f"- {label}: {known.get(label) or 'not said'}" for label in mode.labels]
    task = {
        "rule": f"Write one rule, a single sentence, that says when it is {right} and when it is {given}.",
        "definition": f"Write a better definition of {mode.label} in one or two sentences: what makes a text "
        f"{mode.label}, and what does not.",
        "answer": "Write one or two sentences that say in which form the model must answer.",
    }[mode.kind]
    wrong = {"answer": f"The reply was {given}."}.get(mode.kind, f"Right was {right}, given was {given}.")
    return question(
        f"A model labels texts by this prompt:\n<prompt>\n{base.instructions}\n</prompt>",
        f"One of its errors: {wrong}",
        "\n".join(["What the prompt means by them:", *meanings]) if meanings else "",
        "\n\n".join(failure_block(number, case) for number, case in enumerate(cases, 1)),
        f"{task} State what is true in general. Do not quote the texts.\n"
        f"Answer with it between <{mode.kind}> and </{mode.kind}>, and nothing else.",
    )
