"""optimizer=gepa: prompts evolve from a Pareto front, one section at a time, and lineages merge.

GEPA (Agrawal et al. 2025, arXiv 2507.19457). A parent is drawn in proportion to where it ties for best; the rewriter
reads a minibatch of reflect items with verdicts; the child must beat its parent on the same minibatch before it is
measured on the select items, and then it joins the pool, whatever it gets there. Two lineages are merged section by
section; a merge must be no worse than both sides on 5 select items before it is measured on all.

Published: one parent and one minibatch of 3 at a time, fronts over items, whole prompts of a program's modules, and
merges five times at most. Here, for 18 to 50 gold items and writers that may be weak:
- ``parents`` x ``minibatches`` proposals an epoch, at once, which is faster and overfits less (as the authors' package
  offers since 0.1.4). While the front has fewer parents than that, each gets more minibatches.
- The front is over items and labels. With few items most prompts tie; labels tell them apart.
- The rewriter writes one section in turn (the rules, what the confused labels mean, the task), not the prompt.
- A minibatch without an error is dealt again, from the reflect items that are left; a parent that makes no error on
  any of them is not drawn again.
- Merges are drawn once an epoch and have no limit; two sides that edited the same section are not merged.
Left out: merging by the better side where both edited a section, and rewriting a prompt as a whole (``rewrite`` does).

Calls an epoch, of R reflect and S select items, P parents, N minibatches of M: at most P x R + P x N x (M + S) + S, and
P x N of the rewriter. At the defaults and R = S = 18: 138 and 4; about 60 where one child in four beats its parent.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Literal

from runner.core.concurrency import gather_or_cancel
from runner.core.evaluation import Evaluation
from runner.core.items import Item
from runner.core.numbers import Count, Temperature
from runner.core.prompt import Prompt
from runner.experiment.selection import paired_difference
from runner.experiment.strategy import Candidate, Step
from runner.experiment.workbench import Workbench
from runner.optimizers import gepa_prompts as words
from runner.optimizers.toolkit.admission import Admission
from runner.optimizers.toolkit.lineage import Lineage
from runner.optimizers.toolkit.pareto import ParetoFront, item_front, joint_front, label_front
from runner.optimizers.toolkit.rewriter_io import ask_all

_FRONTS = {"items": item_front, "labels": label_front, "both": joint_front}
_OVERLAP = 5  # select items on which a merge must not be worse than its sides; published


@dataclass(frozen=True)
class Gepa:
    """Evolves prompts from a Pareto front.

    Args:
        parents: prompts drawn from the front in an epoch.
        minibatches: proposals from each, every one from a minibatch of its own.
        minibatch: reflect items in each.
        front: where a prompt may lead: ``items``, ``labels``, or ``both``.
        sections: written anew in turn: ``rules``, ``definitions``, ``task``.
        merge: whether two lineages are merged, once an epoch.
        temperature: the rewriter's.
        max_tokens: of the rewriter's reply; a longer one is cut off, and not admitted.
        max_length: characters of instructions, at most.
    """

    parents: Count = 2
    minibatches: Count = 2
    minibatch: Count = 3
    front: Literal["items", "labels", "both"] = "both"
    sections: Sequence[words.Part] = ("rules", "definitions", "task")
    merge: bool = True
    temperature: Temperature = 0.7
    max_tokens: Count = 1500
    max_length: Count = 6000

    def __post_init__(self) -> None:
        if not self.sections:
            raise ValueError("sections=[] leaves nothing to write: give rules, definitions or task")

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        children = self.parents * self.minibatches
        merged = select if self.merge else 0
        return self.parents * reflect + children * (self.minibatch + select) + merged, children

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        family, mastered = Lineage(), set[Prompt]()
        family.add(await bench.evaluate(bench.initial))
        admission = Admission(bench.labels, self.max_length, keep_sections=True)
        admission.remember(bench.initial)
        turns = cycle(self.sections)
        while parents := self._leaders(family, mastered).draw(bench.rng, self.parents):
            rejected: Counter[str] = Counter()
            tasks = await self._tasks(bench, parents, turns)
            mastered |= set(parents) - {task.parent for task in tasks}  # no error to learn from
            children = await self._children(bench, tasks, admission, rejected)
            candidates = await self._better(bench, children, rejected)
            for candidate in candidates:
                family.add(candidate.evaluation, candidate.parent)
            if self.merge:
                candidates += await self._merged(bench, family, admission, rejected)
            yield Step(candidates, dict(rejected))

    def _leaders(self, family: Lineage, mastered: Collection[Prompt] = ()) -> ParetoFront:
        leads = _FRONTS[self.front](list(family.members.values())).leads
        return ParetoFront({prompt: keys for prompt, keys in leads.items() if prompt not in mastered})

    async def _tasks(
        self, bench: Workbench, parents: Sequence[Prompt], turns: Iterator[words.Part]
    ) -> list[words.Task]:
        """What the rewriter is to do: parent, minibatch and section."""
        each = self.parents * self.minibatches // len(parents)
        decks = [bench.minibatch(len(bench.reflect)) for _ in parents]
        dealt = await gather_or_cancel(
            self._minibatches(bench, parent, deck, each) for parent, deck in zip(parents, decks, strict=True)
        )
        return [words.Task(before, next(turns), bench.labels) for of_parent in dealt for before in of_parent]

    async def _minibatches(
        self, bench: Workbench, parent: Prompt, deck: Sequence[Item], count: int
    ) -> list[Evaluation]:
        """The first ``count`` minibatches of the deck on which ``parent`` errs; fewer where it errs on no more."""
        left = [deck[start : start + self.minibatch] for start in range(0, len(deck), self.minibatch)]
        found: list[Evaluation] = []
        while left and len(found) < count:
            taken, left = left[: count - len(found)], left[count - len(found) :]
            measured = await gather_or_cancel(bench.evaluate(parent, "reflect", items) for items in taken)
            found += [one for one in measured if not one.exact]
        return found

    async def _children(
        self, bench: Workbench, tasks: Sequence[words.Task], admission: Admission, rejected: Counter[str]
    ) -> list[tuple[words.Task, Prompt]]:
        """What the rewriter makes of the tasks, as far as it is admitted."""
        questions = [words.asked(task) for task in tasks]
        replies = await ask_all(bench, questions, temperature=self.temperature, max_tokens=self.max_tokens)
        children = []
        for task, reply in zip(tasks, replies, strict=True):
            child, lacking = words.edited(task, reply)
            reason = lacking or admission.reason_against(child, task.parent, task.texts)
            if reason:
                rejected[reason] += 1
            else:
                children.append((task, child))
        return children

    async def _better(
        self, bench: Workbench, children: Sequence[tuple[words.Task, Prompt]], rejected: Counter[str]
    ) -> list[Candidate]:
        """The children that beat their parent on its minibatch, measured on the select items."""
        tried = await gather_or_cancel(bench.evaluate(child, "reflect", task.items) for task, child in children)
        better = [
            (task, child)
            for (task, child), after in zip(children, tried, strict=True)
            if paired_difference(task.before, after).mean > 1e-9
        ]
        rejected.update({"not_better": len(children) - len(better)} if len(better) < len(children) else {})
        measured = await gather_or_cancel(bench.evaluate(child) for _, child in better)
        return [
            Candidate(evaluation, task.parent, f"{task.part} rewritten")
            for (task, _), evaluation in zip(better, measured, strict=True)
        ]

    async def _merged(
        self, bench: Workbench, family: Lineage, admission: Admission, rejected: Counter[str]
    ) -> list[Candidate]:
        """A merge of two leaders, where there is one that was not tried and is no worse than either."""
        merges = family.merges(list(self._leaders(family).leads))
        if not merges:
            return []
        merge = bench.rng.choice(merges)
        parent = merge.sides[0].prompt
        reason: str | None = admission.reason_against(merge.prompt, parent, [])
        if not reason:
            few = await bench.evaluate(merge.prompt, count=_OVERLAP)
            sides = await gather_or_cancel(bench.evaluate(side.prompt, count=_OVERLAP) for side in merge.sides)
            reason = "not_better" if min(paired_difference(side, few).mean for side in sides) < -1e-9 else None
        if reason:
            rejected[reason] += 1
            family.given_up.add(merge.prompt)
            return []
        family.add(await bench.evaluate(merge.prompt), *(side.prompt for side in merge.sides))
        others = [side.prompt for side in merge.sides[1:]]
        return [Candidate(family.members[merge.prompt], parent, "two lineages merged", others)]
