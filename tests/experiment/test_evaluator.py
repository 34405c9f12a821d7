"""Prompts that are measured concurrently: nothing is asked twice, and no order of the answers decides anything."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from builders import Scripted, experiment
from fakes import LABELS, FakeProvider, items, knows
from simulated_time import simulated

from runner.core.calls import Call, Reply
from runner.core.errors import BudgetSpent, CallFailed
from runner.core.prompt import Prompt
from runner.core.run_result import RunResult
from runner.experiment.evaluator import Evaluator
from runner.experiment.loop import Loop
from runner.providers.middleware.limits import Limits
from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.rewards.per_item import FBeta

GOOD = "look for green, look for blue"


@dataclass
class Delayed(FakeProvider):
    """Answers after as many seconds as ``wait`` says."""

    concurrency: int = 64
    wait: Callable[[Call], float] = lambda call: 1.0

    async def complete(self, call: Call) -> Reply:
        await asyncio.sleep(self.wait(call))
        return await super().complete(call)


def evaluator(labeller: FakeProvider, initial: Prompt | None = None) -> Evaluator:
    told: Callable[[Any], None] = lambda progress: None  # noqa: E731
    return Evaluator(labeller, Labels(LabelSet.of(LABELS)), FBeta(), initial=initial, max_failed=0.5, on_progress=told)


def kind(call: Call) -> str:
    """Which of the three prompts of a sealed test a call is for."""
    system = call.messages[0]["content"]
    return "none" if len(call.messages) == 1 else "best" if GOOD in system else "initial"


@pytest.mark.parametrize("slow", ["initial", "best", "none"])
def test_what_fails_with_another_prompt_is_held_against_the_first_one_whichever_is_answered_first(
    tmp_path: Path, slow: str
) -> None:
    def ran(directory: Path, wait: Callable[[Call], float]) -> tuple[RunResult, int]:
        base = experiment(directory)
        first, second = (item.text for item in base.split.test[:2])

        def answer(call: Call) -> Any:
            text = call.messages[-1]["content"]
            if text == second or (text == first and kind(call) != "initial"):
                return CallFailed("context_too_long")
            return knows(*LABELS[: 1 if kind(call) == "initial" else 3])(call)

        labeller = Delayed(answer, wait=wait)
        changed = experiment(
            directory, labeller=labeller, strategy=Scripted([GOOD]), controls=True, max_failed=0.1, journal_mode="off"
        )
        return simulated(Loop(changed).run()), len(labeller.calls)

    result, calls = ran(tmp_path / "one", lambda call: 5.0 if kind(call) == slow else 1.0)
    assert calls == 2 * 10 + 3 * 12
    assert result.decision and result.decision.items == 11  # the one that failed with both is left out
    assert result.best.test == pytest.approx(10 / 11)  # the other is wrong with the best, and not left out
    assert result.controls and result.controls.no_prompt.reward == pytest.approx(10 / 11)


async def test_one_prompt_measured_twice_concurrently_is_asked_once() -> None:
    labeller = FakeProvider(knows("red"))
    of, prompt = evaluator(labeller), Prompt("x")
    one, other = await asyncio.gather(*(of.evaluate(prompt, items(6), "select") for _ in range(2)))
    assert one == other and len(labeller.calls) == 6


async def test_a_call_that_is_broken_off_is_made_by_who_waited_for_it() -> None:
    labeller = Delayed(knows("red"), wait=lambda call: 0.0 if labeller.calls else 0.01)
    of, prompt, [item] = evaluator(labeller), Prompt("x"), items(1)
    first = asyncio.create_task(of.evaluate(prompt, [item], "select"))
    await asyncio.sleep(0)
    second = asyncio.create_task(of.evaluate(prompt, [item], "select"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).outcomes[0].verdict and len(labeller.calls) == 1


async def test_with_a_spent_budget_who_waited_is_refused_too() -> None:
    of = evaluator(FakeProvider(lambda call: BudgetSpent("calls", 1)))
    found = await asyncio.gather(
        *(of.evaluate(Prompt("x"), items(1), "select") for _ in range(2)), return_exceptions=True
    )
    assert [type(one) for one in found] == [BudgetSpent] * 2


@pytest.mark.parametrize("slow", ["initial", "none"])
def test_with_a_budget_the_control_takes_no_call_that_the_proof_needs(tmp_path: Path, slow: str) -> None:
    labeller = Delayed(knows("red"), wait=lambda call: 5.0 if kind(call) == slow else 1.0)
    limits = Limits(calls=2 * 10 + 2 * 12 + 5)
    run = experiment(tmp_path, labeller=labeller, strategy=Scripted([GOOD]), controls=True, limits=limits)
    result = simulated(Loop(run).run())
    assert (result.status, result.decision and result.decision.items) == ("finished", 12)
    assert result.controls and result.controls.no_prompt.reward is None
