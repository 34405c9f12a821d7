"""optimizer=none: measures the prompt and proposes nothing. Costs no call beyond the two evaluations."""

from collections.abc import AsyncIterator

from runner.experiment.strategy import Step
from runner.experiment.workbench import Workbench


class NoOp:
    """Keeps the initial prompt."""

    def calls(self, reflect: int, select: int) -> tuple[int, int]:
        return 0, 0

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        return
        yield  # an async generator that yields nothing
