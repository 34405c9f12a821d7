"""What a strategy works on: measure a prompt, ask the rewriter, draw at random. Test items are not here."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from runner.errors import CallFailed
from runner.evaluation import Evaluator
from runner.prompt import Message, Prompt
from runner.types import Call, Evaluation, Item, Provider, Reply
from verifiers.label_set import LabelSet


class Workbench:
    """All that a strategy may touch.

    Attributes:
        initial: the prompt the run starts from.
        labels: the label list with its definitions.
        multiple: whether an item may have any number of labels.
        reflect: the items whose texts and verdicts a strategy may learn from.
        rng: the only source of chance, seeded by ``seed``.
    """

    def __init__(
        self,
        *,
        initial: Prompt,
        labels: LabelSet,
        multiple: bool,
        reflect: Sequence[Item],
        select: Sequence[Item],
        evaluator: Evaluator,
        rewriter: Provider,
        seed: int,
    ) -> None:
        self.initial = initial
        self.labels = labels
        self.multiple = multiple
        self.reflect = tuple(reflect)
        self.rng = random.Random(seed)
        self._select = tuple(select)
        self._screened = random.Random(seed).sample(self._select, len(self._select))
        self._evaluator = evaluator
        self._rewriter = rewriter
        self._asked: Counter[str] = Counter()

    async def evaluate(
        self, prompt: Prompt, on: Literal["reflect", "select"] = "select", items: Sequence[Item] | None = None
    ) -> Evaluation:
        """Measure ``prompt`` on the reflect or select items, or on some ``items`` of the reflect ones."""
        chosen = items if items is not None else (self.reflect if on == "reflect" else self._select)
        return await self._evaluator.evaluate(prompt, chosen, on)

    async def screen(self, prompts: Sequence[Prompt], share: float, keep: int = 1) -> list[Evaluation]:
        """Measure all prompts on a share of the select items, and only the best ``keep`` on all of them.

        One round of successive halving (Karnin et al. 2013; TRIPLE, arXiv 2402.09723). The same items come first
        for every prompt of a run, drawn by its seed. A share of 1, or no more prompts than ``keep``, skips it.
        """
        if share < 1 and len(prompts) > keep:
            count = max(1, round(share * len(self._select)))
            tried = [await self._evaluator.evaluate(prompt, self._screened[:count], "select") for prompt in prompts]
            tried.sort(key=lambda evaluation: -evaluation.reward)  # stable: of equals the earlier proposal
            prompts = [evaluation.prompt for evaluation in tried[:keep]]
        return [await self.evaluate(prompt) for prompt in prompts]

    async def ask(self, messages: Sequence[Message], *, temperature: float, max_tokens: int) -> Reply | None:
        """An answer of the rewriter; asked the same again, an independent one. None if the call failed for good."""
        key = repr(messages)
        sample = self._asked[key]
        self._asked[key] += 1
        try:
            return await self._rewriter.complete(Call(messages, sample, temperature, max_tokens))
        except CallFailed:
            return None
