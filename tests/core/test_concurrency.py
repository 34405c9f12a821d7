"""Work at once ends with its first error; a front has no place for a label that only wrong answers have."""

import asyncio

import pytest
from builders import START, bench
from fakes import FakeProvider

from runner.core.calls import Call, Reply
from runner.core.concurrency import gather_or_cancel
from runner.core.errors import BudgetSpent, ProviderError
from runner.core.evaluation import Evaluation, Outcome
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.optimizers.toolkit.pareto import joint_front, label_front
from runner.optimizers.toolkit.rewriter_io import ask_all, question
from runner.providers.middleware.budget import Budget, BudgetedClient
from runner.providers.middleware.limits import Limits
from verifiers.labels import label_verdict
from verifiers.verdict import Verdict


async def test_results_come_in_order() -> None:
    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    assert await gather_or_cancel(after(turns) for turns in (3, 1, 2)) == [3, 1, 2]
    assert await gather_or_cancel([]) == []


class Slow(FakeProvider):
    """Each call takes a while; the one with ``ends`` in it ends the run."""

    def __init__(self, ends: str = "never") -> None:
        super().__init__(lambda call: "red")
        self._ends = ends

    async def complete(self, call: Call) -> Reply:
        if self._ends in call.messages[-1]["content"]:
            raise ProviderError("no such model")
        for _ in range(5):
            await asyncio.sleep(0)
        return await super().complete(call)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_question_goes_on_behind_an_error() -> None:
    rewriter = Slow(ends="first")
    with pytest.raises(ProviderError):
        await ask_all(bench(rewriter=rewriter), [question("first"), question("second")], temperature=0.0, max_tokens=9)
    await settled()
    assert rewriter.calls == []


async def test_calls_that_a_budget_let_in_count_though_it_is_spent_before_they_are_answered() -> None:
    labeller = Slow()
    on = bench(BudgetedClient(labeller, Budget(Limits(calls=15))))
    with pytest.raises(BudgetSpent):
        await gather_or_cancel(on.evaluate(prompt) for prompt in (START, Prompt("other")))
    assert len(labeller.calls) == 15
    assert list(on.measured) == [START.fingerprint]


async def test_an_error_beside_a_budget_that_is_spent_is_told() -> None:
    async def spent() -> None:
        raise BudgetSpent("calls", 1)

    async def broken() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await gather_or_cancel([spent(), broken()])


def judged(prompt: Prompt, *verdicts: Verdict) -> Evaluation:
    outcomes = [Outcome(Item(f"i{n}", "t", v.gold), Reply("x"), v) for n, v in enumerate(verdicts)]
    credits = {outcome.item.id: float(bool(outcome.verdict and outcome.verdict.exact)) for outcome in outcomes}
    return Evaluation(prompt, outcomes, sum(credits.values()) / len(credits), credits)


def test_who_wrongly_gives_a_label_that_gold_lacks_does_not_lead_there() -> None:
    right = judged(START, label_verdict(("red",), ("red",)), label_verdict(("red",), ("red",)))
    wrong = judged(Prompt("worse"), label_verdict(("red",), ("pink",)), label_verdict(("red",), ("red",)))
    assert list(label_front([right, wrong]).leads) == [START]


def test_the_joint_front_has_items_and_labels() -> None:
    one = judged(START, label_verdict(("red",), ("red",)), label_verdict(("blue",), ()))
    other = judged(Prompt("other"), label_verdict(("red",), ()), label_verdict(("blue",), ("blue",)))
    leads = joint_front([one, other]).leads
    assert leads == {START: {"item i0", "label red"}, Prompt("other"): {"item i1", "label blue"}}
