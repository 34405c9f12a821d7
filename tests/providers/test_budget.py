"""The budget: over everything together, never exceeded by more than what is in flight; the run stops in good order."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import Scripted, experiment
from fakes import LABELS, FakeProvider, knows
from refusals import refused, spent

from runner.core.calls import Call, Reply
from runner.core.errors import BudgetSpent, JournalError
from runner.core.prompt import Prompt
from runner.core.stop import Stop
from runner.experiment.estimate import plan
from runner.experiment.loop import Loop
from runner.experiment.strategy import Candidate, Step
from runner.providers.middleware.budget import Budget, BudgetedClient
from runner.providers.middleware.limits import Limits
from runner.runs.json_records import to_json

CALL = Call([{"role": "user", "content": "x"}])


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def spend(budget: Budget, calls: int, reply: Reply) -> int:
    """How many of so many calls, one after the other, may begin."""
    provider = BudgetedClient(FakeProvider(lambda call: reply), budget)
    for number in range(calls):
        try:
            await provider.complete(CALL)
        except BudgetSpent:
            return number
    return calls


@pytest.mark.parametrize(
    ("limits", "begun"),
    [
        (Limits(), 50),
        (Limits(calls=7), 7),
        (Limits(tokens=100), 9),  # 12 each: the ninth begins at 96
        (Limits(usd=0.5), 5),
        (Limits(calls=7, usd=0.2), 2),
    ],
    ids=["none", "calls", "tokens", "dollars", "the first that is reached"],
)
async def test_a_limit_ends_the_calls(limits: Limits, begun: int) -> None:
    assert await spend(Budget(limits), 50, Reply("x", "stop", 10, 2, 0.1, 0.1)) == begun


@pytest.mark.parametrize(("limits", "name"), [(Limits(tokens=100), "tokens"), (Limits(usd=0.5), "usd")])
async def test_a_limit_that_no_answer_counts_towards_ends_the_calls_at_once(limits: Limits, name: str) -> None:
    budget = Budget(limits)
    assert await spend(budget, 50, Reply("x")) == 5
    with spent(name, getattr(limits, name), "unmeasurable"):
        budget.begin()
    assert await spend(Budget(Limits(calls=7)), 50, Reply("x")) == 7


async def test_a_few_answers_that_do_not_say_what_they_took_end_nothing() -> None:
    for first, limits in ((Reply("x"), Limits(tokens=96)), (Reply("x", cost_usd=0.1), Limits(usd=0.85))):
        replies = iter([*[first] * 2, *[Reply("x", "stop", 10, 2, 0.1, 0.1)] * 50])
        provider = BudgetedClient(FakeProvider(lambda call, replies=replies: next(replies)), Budget(limits))
        with spent(*(("tokens", 96) if limits.tokens else ("usd", 0.85))):
            for _ in range(20):
                await provider.complete(CALL)
        assert 50 - len(list(replies)) + 2 in {9, 10}


async def test_of_several_parts_to_set_aside_the_first_that_may_be_is_kept() -> None:
    budget = Budget(Limits(tokens=1000))
    budget.reserve(60, 40)  # 600 tokens would be more than half
    assert await spend(budget, 200, Reply("x", "stop", 10, 0)) == 60


async def test_an_answer_that_does_not_say_what_it_took_took_the_average() -> None:
    for limits in (Limits(tokens=100), Limits(usd=0.833)):
        replies = iter([Reply("x", "stop", 10, 2, 0.1, 0.1), *[Reply("x")] * 49])
        provider = BudgetedClient(FakeProvider(lambda call, replies=replies: next(replies)), Budget(limits))
        for _ in range(9):
            await provider.complete(CALL)
        with spent(*(("tokens", 100) if limits.tokens else ("usd", 0.833))):
            await provider.complete(CALL)


async def test_time_is_a_limit_too() -> None:
    clock = Clock()
    budget = Budget(Limits(seconds=10), clock)
    budget.begin()
    clock.now = 10.5
    with spent("seconds", 10):
        budget.begin()


async def test_never_more_calls_begun_than_allowed_however_many_at_once() -> None:
    class Slow(FakeProvider):
        async def complete(self, call: Call) -> Reply:
            await asyncio.sleep(0.001)
            return await super().complete(call)

    provider = Slow(lambda call: "yes")
    budgeted = BudgetedClient(provider, Budget(Limits(calls=100)))
    outcomes = await asyncio.gather(*(budgeted.complete(CALL) for _ in range(164)), return_exceptions=True)
    assert len(provider.calls) == 100
    assert sum(isinstance(outcome, BudgetSpent) for outcome in outcomes) == 64


async def test_what_is_set_aside_is_there_afterwards() -> None:
    budget = Budget(Limits(calls=20))
    budget.reserve(8)
    assert await spend(budget, 50, Reply("x")) == 12
    budget.reserve(0)
    assert await spend(budget, 50, Reply("x")) == 8
    tight = Budget(Limits(calls=10))
    tight.reserve(8)  # more than half: then nothing is set aside
    assert await spend(tight, 50, Reply("x")) == 10


def read(directory: Path) -> dict[str, Any]:
    return json.loads((directory / "result.json").read_text())


async def test_a_spent_budget_stops_the_search_and_still_proves_the_best(tmp_path: Path) -> None:
    # 10 select items for the initial prompt, 10 for each candidate, 24 for the sealed test of two prompts.
    strategy = Scripted(["look for green, look for blue", "x", "y", "z"])
    limited = replace(experiment(tmp_path, strategy=strategy, epochs=9), limits=Limits(calls=50))
    result = await Loop(limited).run()
    assert (result.status, result.stop) == ("stopped", Stop("budget", "calls", 50))
    assert result.best.epoch == 1
    assert result.decision.verdict == "better"
    assert len(limited.labeller.calls) + len(limited.rewriter.calls) <= 50  # type: ignore[attr-defined]
    assert "look for green" in (tmp_path / "best_prompt.txt").read_text()


class AllAtOnce(Scripted):
    """All its sentences in one epoch."""

    async def run(self, bench: Any) -> Any:
        prompts = [Prompt(f"{bench.initial.instructions}\n{sentence}") for sentence in self.sentences]
        yield Step([Candidate(await bench.evaluate(prompt), bench.initial, "x") for prompt in prompts])


async def test_what_an_unfinished_epoch_had_measured_is_kept(tmp_path: Path) -> None:
    # 10 select items each for the initial prompt and the first sentence; the budget ends in the second.
    strategy = AllAtOnce(["look for green, look for blue", "x", "y", "z"])
    result = await Loop(replace(experiment(tmp_path, strategy=strategy, epochs=9), limits=Limits(calls=50))).run()
    assert (result.status, result.best.epoch) == ("stopped", 1)
    assert result.decision.verdict == "better"
    assert "look for green" in (tmp_path / "best_prompt.txt").read_text()
    last = json.loads((tmp_path / "epochs.jsonl").read_text().splitlines()[-1])
    assert [candidate["change"] for candidate in last["candidates"]] == [
        "measured when the budget ended, set beside the best before"
    ]


async def test_a_budget_that_ends_before_the_first_measurement_says_so(tmp_path: Path) -> None:
    result = await Loop(replace(experiment(tmp_path), limits=Limits(calls=5))).run()
    assert result.status == "stopped"
    assert result.stop == Stop("budget", "calls", 5, "before the initial prompt was measured")
    assert result.best.select is None


async def test_a_budget_that_ends_in_the_sealed_test_gives_no_verdict(tmp_path: Path) -> None:
    result = await Loop(replace(experiment(tmp_path), limits=Limits(calls=15))).run()
    assert result.stop == Stop("budget", "calls", 15, "before the sealed test was done")
    assert result.decision is None
    assert to_json(result) == read(tmp_path)


async def test_a_run_again_in_its_directory_is_the_same_and_asks_nothing(tmp_path: Path) -> None:
    def fresh() -> Any:
        return experiment(tmp_path, strategy=Scripted(["look for green", "look for green, look for blue"]))

    first = await Loop(fresh()).run()
    before = {name: (tmp_path / name).read_bytes() for name in ("best_prompt.txt", "epochs.jsonl", "predictions.jsonl")}
    silent = FakeProvider(lambda call: AssertionError("asked again"))
    again = await Loop(replace(fresh(), labeller=silent, rewriter=silent)).run()
    assert silent.calls == []
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert replace(again, seconds=0, git=None, versions={}) == replace(first, seconds=0, git=None, versions={})


async def test_the_plan_says_what_a_run_takes_at_most(tmp_path: Path) -> None:
    from runner.optimizers.demos import Demos

    labeller = FakeProvider(knows(*LABELS))
    running = experiment(tmp_path, labeller=labeller, rewriter=labeller, strategy=Demos())
    said = plan(running)
    assert said["calls_at_most"] == 10 + 3 * (4 * 6 + 2 * 4) + 10 + 24  # and once with the select items as examples
    assert said["cost_at_most_usd"] == pytest.approx(said["calls_at_most"] * 0.001)
    result = await Loop(running).run()
    assert result.calls.total <= said["calls_at_most"]


async def test_an_answer_whose_cost_cannot_be_written_down_is_not_lost() -> None:
    class Full(Budget):
        async def settle(self, reply: Reply) -> None:
            raise JournalError("the disk is full", code="disk-full")

    client = BudgetedClient(FakeProvider(lambda call: "paid"), Full(Limits(calls=5)))
    assert (await client.complete(CALL)).text == "paid"
    with refused(JournalError, "disk-full"):
        await client.complete(CALL)
