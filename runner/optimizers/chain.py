"""optimizer=chain: one strategy until it finds nothing better, then another, which starts from the best prompt.

Search methods get stuck in different places: worked examples cannot say where two labels part, and rules cannot show
it. Handing the incumbent on at a plateau often unsticks both (as practitioners of DSPy do with BootstrapFewShot
before MIPRO; there is no paper). ``then`` may be a chain itself.

Defaults (conf/optimizer/chain.yaml): ``demos``, and after one epoch without a better prompt ``failure_modes``.

Calls: those of the strategy whose turn it is.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from runner.core.numbers import Count
from runner.core.protocols import Estimates
from runner.experiment.selection import top
from runner.experiment.strategy import Step, Strategy
from runner.experiment.workbench import Workbench


@dataclass(frozen=True)
class Chain:
    """Runs ``first``, and at its plateau ``then``.

    Args:
        first, then: strategies.
        plateau: epochs of ``first`` without a better prompt after which ``then`` takes over.
    """

    first: Strategy
    then: Strategy
    plateau: Count = 1

    @property
    def nearest(self) -> Sequence[int]:
        """How many examples either of them may choose for each text."""
        return [*getattr(self.first, "nearest", ()), *getattr(self.then, "nearest", ())]

    def calls(self, reflect: int, select: int) -> tuple[int, int] | None:
        strategies = (self.first, self.then)
        both = [each.calls(reflect, select) if isinstance(each, Estimates) else None for each in strategies]
        known = [calls for calls in both if calls]
        if len(known) < len(both):
            return None
        return max(labeller for labeller, _ in known), max(rewriter for _, rewriter in known)

    async def run(self, bench: Workbench) -> AsyncIterator[Step]:
        incumbent = await bench.evaluate(bench.initial)
        stale = 0
        async with aclosing(self.first.run(bench)) as steps:  # type: ignore[type-var]
            async for step in steps:
                yield step
                better = top(step.candidates, incumbent)
                stale = 0 if better is not incumbent else stale + 1
                incumbent = better
                if stale >= self.plateau:
                    break
        async with aclosing(self.then.run(bench.starting_from(incumbent.prompt))) as steps:  # type: ignore[type-var]
            async for step in steps:
                yield step
