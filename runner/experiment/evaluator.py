"""Measures a prompt: asks the labeller about each item, has each reply judged, takes the reward."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from statistics import fmean

from runner.core.calls import Call
from runner.core.concurrency import gather_or_cancel
from runner.core.errors import CallFailed, TooManyFailed
from runner.core.evaluation import Evaluation, Outcome, Progress
from runner.core.gold import gold_of
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.core.protocols import ChatClient
from verifiers.rewards import Reward
from verifiers.verdict import Finish, Verdict
from verifiers.verifier import Verifier, judge

_OF_THE_PROMPT = ("context_too_long", "content_filter")
_Key = tuple[str, str, int]
"""The prompt's fingerprint, the item's id, and which of several independent answers it is."""


class Evaluator:
    """Measures prompts on items. A prompt is asked about an item once; the second time it is remembered.

    Several prompts may be measured concurrently, and one prompt twice: who comes second waits for the first one's call.

    An item whose text is among a prompt's worked examples is asked without that example, which would tell the answer.

    A call that failed for good is left out of the reward. But where another prompt than the first one is too long for
    the model with an item, or is stopped by the endpoint's filter, that never ends a run; and where the first one was
    not, it counts as an answer that was refused, or a prompt would be judged on the short items alone. On the select
    and the sealed items, which the first one is measured on in any case, its answer to that item is waited for.

    Args:
        initial: the first prompt; None where each prompt stands for itself.
        max_failed: the share of an evaluation's calls that may fail for good, from 0 to 1; above 0, one always may.
        on_progress: told when an evaluation begins, and after each item.
    """

    def __init__(
        self,
        labeller: ChatClient,
        verifier: Verifier,
        reward: Reward,
        *,
        initial: Prompt | None = None,
        max_failed: float,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._labeller = labeller
        self._verifier = verifier
        self._reward = reward
        self._initial = initial
        self._max_failed = max_failed
        self._on_progress = on_progress
        self._numbers = count()
        self._known: dict[_Key, Outcome] = {}
        self._under_way: dict[_Key, asyncio.Event] = {}

    async def repeated(self, prompt: Prompt, items: Sequence[Item], stage: str, repeats: int) -> Evaluation:
        """``evaluate`` with several independent answers to each item: rewards and credits are the means over them.

        The outcomes are those of the first answers (Miller 2024, arXiv 2411.00640: it takes the model's own noise out
        of the difference of two prompts).
        """
        each = await gather_or_cancel(self.evaluate(prompt, items, stage, sample) for sample in range(repeats))
        found = {item.id: [one.credits[item.id] for one in each if item.id in one.credits] for item in items}
        credits = {name: fmean(of_item) for name, of_item in found.items() if of_item}
        return Evaluation(prompt, each[0].outcomes, fmean(one.reward for one in each), credits)

    async def evaluate(self, prompt: Prompt, items: Sequence[Item], stage: str, sample: int = 0) -> Evaluation:
        """Measure ``prompt`` on ``items`` (all of which have gold), as many at once as the provider takes.

        Args:
            sample: 0, 1, 2 ... for independent answers.

        Raises:
            TooManyFailed: more than ``max_failed`` of the calls failed for good.
        """
        done: list[Verdict] = []
        failed: list[Outcome] = []
        finished = 0

        def reward() -> float:
            return self._reward.score(list(done))  # a copy: the view asks from a thread of its own

        async def ask(item: Item) -> Outcome:
            nonlocal finished
            outcome = await self._outcome(prompt, item, sample)
            if stage != "reflect" and await self._unfit(prompt, outcome):  # on those the first one is not always asked
                outcome = replace(outcome, verdict=self._judged(item, "", "refusal"))
            finished += 1
            if outcome.verdict:
                done.append(outcome.verdict)
            elif not self._of_the_prompt(prompt, outcome):
                failed.append(outcome)
                self._refuse_too_many(failed, len(items), stage)
            self._on_progress(Progress(stage, number, finished, len(items), reward))
            return outcome

        number = next(self._numbers)
        self._on_progress(Progress(stage, number, 0, len(items), reward))
        outcomes = await gather_or_cancel(ask(item) for item in items)
        return self._sum_up(prompt, outcomes)

    @property
    def asked(self) -> list[Outcome]:
        """Every outcome so far, of every prompt, each once."""
        return list(self._known.values())

    def credits_on(self, items: Sequence[Item]) -> list[dict[str, float]]:
        """Item id -> credit, of each prompt that was asked about any of ``items``, on those it was; first answers.

        In an order that does not depend on which call was answered first.
        """
        wanted = {item.id for item in items}
        asked: dict[str, list[tuple[str, Verdict]]] = {}
        for (prompt, item, sample), outcome in sorted(self._known.items(), key=lambda entry: entry[0]):
            if item in wanted and sample == 0 and outcome.verdict is not None:
                asked.setdefault(prompt, []).append((item, outcome.verdict))
        return [self._credits(judged) for judged in asked.values()]

    async def _outcome(self, prompt: Prompt, item: Item, sample: int) -> Outcome:
        key = (prompt.fingerprint, item.id, sample)
        while key not in self._known:
            if under_way := self._under_way.get(key):
                await under_way.wait()  # where that call was broken off, this one is made
                continue
            self._under_way[key] = asyncio.Event()
            try:
                self._known[key] = await self._asked(prompt, item, sample)
            finally:
                self._under_way.pop(key).set()
        return self._known[key]

    async def _asked(self, prompt: Prompt, item: Item, sample: int) -> Outcome:
        try:
            messages = prompt.without(item.text).messages(item.text)
            call = Call(messages, sample, schema=self._verifier.schema(item), logprobs=True)
            reply = await self._labeller.complete(call)
        except CallFailed as failure:
            return Outcome(item, failure=failure.kind, detail=failure.detail)
        return Outcome(item, reply, self._judged(item, reply.text, reply.finish))

    def _judged(self, item: Item, reply: str, finish: Finish) -> Verdict:
        return judge(self._verifier, reply, gold_of(self._verifier, item), item, finish)

    def _of_the_prompt(self, prompt: Prompt, outcome: Outcome) -> bool:
        """Whether the call failed because of what another prompt than the first one says, as far as can be known."""
        return self._initial is not None and prompt != self._initial and outcome.failure in _OF_THE_PROMPT

    async def _unfit(self, prompt: Prompt, outcome: Outcome) -> bool:
        """Whether it did, and with the first one it did not, whichever of the two is answered first."""
        if self._initial is None or not self._of_the_prompt(prompt, outcome):
            return False
        before = await self._outcome(self._initial, outcome.item, 0)
        return before.failure not in _OF_THE_PROMPT

    def _refuse_too_many(self, failed: Sequence[Outcome], items: int, stage: str) -> None:
        if len(failed) <= max(self._max_failed * items, 1 if self._max_failed else 0):
            return
        reasons = {outcome.failure: outcome.detail for outcome in reversed(failed)}
        words = "; ".join(f"{name}: {detail}" if detail else str(name) for name, detail in reasons.items())
        raise TooManyFailed(
            f"{stage}: {len(failed)} of {items} calls failed for good ({words}), more than max_failed="
            f"{self._max_failed:g} allows: mend what they say, or raise max_failed",
            code="too-many-failed",
            key=", ".join(map(str, reasons)),
        )

    def _sum_up(self, prompt: Prompt, outcomes: Sequence[Outcome]) -> Evaluation:
        judged = [(outcome.item.id, outcome.verdict) for outcome in outcomes if outcome.verdict is not None]
        return Evaluation(
            prompt, outcomes, self._reward.score([verdict for _, verdict in judged]), self._credits(judged)
        )

    def _credits(self, judged: Sequence[tuple[str, Verdict]]) -> dict[str, float]:
        credits = self._reward.credits([verdict for _, verdict in judged])
        return {item: credit for (item, _), credit in zip(judged, credits, strict=True)}
