"""What a strategy works on: measure a prompt, ask the rewriter, draw at random. Test items are not here."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Literal

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed
from runner.core.evaluation import Evaluation
from runner.core.gold import Worked, worked
from runner.core.items import Item
from runner.core.prompt import Message, Prompt
from runner.core.protocols import ChatClient
from runner.experiment.evaluator import Evaluator
from verifiers.verifier import Verifier, vocabulary_of


class Workbench:
    """All that a strategy may touch.

    Attributes:
        initial: the prompt the run starts from.
        labels: the names that answers are made of, with their definitions; there may be none.
        verifier: the answer type.
        reflect: the items whose texts and verdicts a strategy may learn from.
        select_size: how many select items there are.
        rng: the only source of chance, seeded by ``seed``.
        measured: what was measured on all select items so far, by the prompt's fingerprint.
    """

    def __init__(
        self,
        *,
        initial: Prompt,
        verifier: Verifier,
        reflect: Sequence[Item],
        select: Sequence[Item],
        evaluator: Evaluator,
        rewriter: ChatClient,
        seed: int,
    ) -> None:
        self.initial = initial
        self.verifier = verifier
        self.labels = vocabulary_of(verifier)
        self.reflect = tuple(reflect)
        self.select_size = len(select)
        self.seed = seed
        self.rng = random.Random(seed)
        self.measured: dict[str, Evaluation] = {}
        self._select = tuple(select)
        self._screened = random.Random(seed).sample(self._select, len(self._select))
        self._evaluator = evaluator
        self._rewriter = rewriter
        self._asked: Counter[str] = Counter()

    def starting_from(self, prompt: Prompt) -> "Workbench":
        """The same workbench with another prompt to start from; chance goes on where it is."""
        other = copy(self)
        other.initial = prompt
        return other

    async def evaluate(
        self,
        prompt: Prompt,
        on: Literal["reflect", "select"] = "select",
        items: Sequence[Item] | None = None,
        *,
        count: int | None = None,
    ) -> Evaluation:
        """Measure ``prompt`` on the reflect or select items, or on some ``items`` of the reflect ones.

        Args:
            count: only on the first so many select items, in an order that the seed draws; for all prompts the same.
        """
        if count is not None and count < self.select_size:
            return await self._evaluator.evaluate(prompt, self._screened[:count], "select")
        chosen = items if items is not None else (self.reflect if on == "reflect" else self._select)
        evaluation = await self._evaluator.evaluate(prompt, chosen, on)
        if on == "select" and items is None:
            self.measured[prompt.fingerprint] = evaluation
        return evaluation

    def worked(self, items: Iterable[Item]) -> list[Worked]:
        """Items as worked examples."""
        return [worked(self.verifier, item) for item in items]

    def minibatch(self, size: int) -> list[Item]:
        """``size`` reflect items, drawn at random; all of them where there are no more."""
        return self.rng.sample(self.reflect, min(size, len(self.reflect)))

    async def ask(self, messages: Sequence[Message], *, temperature: float, max_tokens: int) -> Reply | None:
        """An answer of the rewriter; asked the same again, an independent one. None if the call failed for good."""
        key = repr(messages)
        sample = self._asked[key]
        self._asked[key] += 1
        try:
            return await self._rewriter.complete(Call(messages, sample, temperature, max_tokens))
        except CallFailed:
            return None
