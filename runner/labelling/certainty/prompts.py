"""certainty=prompts: how far the answers of other prompts that the run measured agree with that of its prompt."""

from collections.abc import Sequence
from typing import Self

from runner.core.concurrency import gather_or_cancel
from runner.core.numbers import Count
from runner.core.prompt import Prompt
from runner.core.protocols import AskAgain
from runner.core.said import Said
from runner.labelling.certainty.agreement import agreement


class Prompts:
    """A call more for each row and each other prompt.

    Args:
        count: how many others: the best ones on the select items, as far as the run measured so many.
    """

    kind = "prompts"
    welcomes_logprobs = False

    def __init__(self, count: Count = 2) -> None:
        self._count = count
        self._others: list[Prompt] = []

    @property
    def calls(self) -> int:
        return len(self._others)

    def bind(self, others: Sequence[Prompt]) -> Self:
        """The same with the prompts of a run, but for that which labels, the best on its select items first."""
        bound = type(self)(self._count)
        bound._others = list(others[: self._count])
        return bound

    async def of(self, said: Said, again: AskAgain) -> float | None:
        """From 0 to 1; None where all further calls failed, or there are no other prompts."""
        return agreement(said, await gather_or_cancel(again(prompt) for prompt in self._others))
