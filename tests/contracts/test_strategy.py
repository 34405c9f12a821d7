"""What the loop relies on, whatever the strategy: each file in conf/optimizer is one."""

import functools
from typing import Any

import pytest
from builders import SELECT, START, bench, rewrites, steps
from fakes import LABELS, FakeProvider, knows
from options import lacking, made, options

from runner.core.errors import CallFailed
from runner.core.protocols import Estimates
from runner.experiment.strategy import Step, Strategy

DRAWS_NOTHING = {"optimizer/none", "optimizer/rewrite", "optimizer/tutorial"}
"""Searches that differ by the split only, and by what a rewriter answers."""


kept = functools.cache(made)  # one object for all tests: it keeps nothing from one search to the next


@pytest.fixture
def strategy(option: str) -> Any:
    return kept(option)


@pytest.mark.parametrize("option", options("optimizer"))
class TestContract:
    def test_it_has_all_of_its_protocol(self, option: str, strategy: Any) -> None:
        assert lacking(strategy, Strategy) == []
        assert isinstance(strategy, Estimates)

    async def test_candidates_are_measured_on_the_select_items(self, option: str, strategy: Any) -> None:
        for step in await steps(strategy, bench()):
            for candidate in step.candidates:
                assert [outcome.item for outcome in candidate.evaluation.outcomes] == list(SELECT)
                assert candidate.change

    async def test_the_same_seed_gives_the_same_search(self, option: str, strategy: Any) -> None:
        def texts(found: list[Step]) -> list[list[str]]:
            return [[candidate.prompt.render() for candidate in step.candidates] for step in found]

        assert texts(await steps(strategy, bench())) == texts(await steps(strategy, bench()))

    async def test_another_seed_gives_another_search(self, option: str, strategy: Any) -> None:
        async def asked(seed: int) -> set[str]:
            labeller, rewriter = FakeProvider(knows("red")), FakeProvider(rewrites("- look for green"))
            await steps(strategy, bench(labeller, rewriter, seed=seed))
            return {str(call.messages) for call in [*labeller.calls, *rewriter.calls]}

        first = await asked(1)
        others = [await asked(seed) for seed in (2, 3, 4)]
        if option in DRAWS_NOTHING:
            assert others == [first] * 3
        else:
            assert first not in others

    async def test_an_epoch_costs_no_more_than_it_says(self, option: str, strategy: Any) -> None:
        labeller, rewriter = FakeProvider(knows("red")), FakeProvider(rewrites("- look for green"))
        on = bench(labeller, rewriter)
        most = strategy.calls(len(on.reflect), on.select_size)
        before = len((await on.evaluate(START)).credits)  # the loop has measured it
        await steps(strategy, on, epochs=1)
        assert len(labeller.calls) - before <= most[0] and len(rewriter.calls) <= most[1]

    async def test_a_perfect_labeller_is_no_problem(self, option: str, strategy: Any) -> None:
        await steps(strategy, bench(FakeProvider(knows(*LABELS))))

    async def test_a_dead_rewriter_is_no_problem(self, option: str, strategy: Any) -> None:
        found = await steps(strategy, bench(rewriter=FakeProvider(lambda call: CallFailed("overloaded"))))
        assert all(isinstance(step, Step) for step in found)
