"""A search in a thread, in step with a generator: nothing runs ahead, and no thread is left, however it ends."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from refusals import refused

from runner.core.errors import BudgetSpent, ConfigError
from runner.optimizers.gepa_official import GepaOfficial
from runner.optimizers.toolkit.thread_bridge import Halted, ThreadBridge


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "search"]


async def plus_one(number: int, asked: list[int]) -> int:
    asked.append(number)
    await asyncio.sleep(0)
    return number + 1


def counting(asked: list[int]) -> AsyncIterator[int]:
    """Each step is what the loop makes of the last; without end."""
    lockstep = ThreadBridge[int]()

    def search() -> None:
        number = 0
        while True:
            number = lockstep.ask(lambda before=number: plus_one(before, asked))
            lockstep.give(number)

    return lockstep.steps(search, "search")


async def test_the_search_goes_on_only_when_the_next_step_is_wanted() -> None:
    asked: list[int] = []
    async with aclosing(counting(asked)) as steps:
        for expected in (1, 2, 3):
            assert await anext(steps) == expected
            await asyncio.sleep(0.02)
            assert len(asked) == expected
            assert threads() == ["search"]
    assert threads() == []
    assert len(asked) == 3


async def test_a_search_that_ends_ends_the_steps() -> None:
    lockstep = ThreadBridge[int]()
    assert [step async for step in lockstep.steps(lambda: lockstep.give(7), "search")] == [7]
    assert threads() == []


async def test_cancelled_in_the_midst_of_a_question_it_ends_the_question_and_the_thread() -> None:
    begun, ended = asyncio.Event(), []

    async def for_ever() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def follow() -> None:
        lockstep = ThreadBridge[int]()
        async with aclosing(lockstep.steps(lambda: lockstep.ask(for_ever), "search")) as steps:
            async for _ in steps:
                pass

    following = asyncio.create_task(follow())
    await begun.wait()
    assert threads() == ["search"]
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert (threads(), ended) == ([], [True])


@pytest.mark.parametrize("swallows", [True, False])
async def test_what_a_question_raises_ends_the_search_and_is_raised_as_itself(swallows: bool) -> None:
    lockstep, went_on = ThreadBridge[int](), []

    async def spent() -> None:
        raise BudgetSpent("calls", 1)

    def search() -> None:
        try:
            lockstep.ask(spent)
        except Exception:  # noqa: BLE001 - as the package does
            went_on.append(True)
        finally:
            if swallows:  # as a callback at the end of a step would
                lockstep.give(1)

    with pytest.raises(BudgetSpent):
        assert [step async for step in lockstep.steps(search, "search")] == []
    assert (threads(), went_on) == ([], [])


async def test_a_fault_of_the_search_is_raised_where_its_steps_are_awaited() -> None:
    def search() -> Any:
        raise KeyError("prompt")

    with pytest.raises(KeyError):
        await anext(ThreadBridge[int]().steps(search, "search"))
    assert threads() == []


def test_a_generator_that_nobody_closed_leaves_no_thread_when_its_loop_ends() -> None:
    async def leave() -> int:
        return await anext(counting([]))

    assert asyncio.run(leave()) == 1
    assert threads() == []


async def test_after_the_end_nothing_can_be_asked() -> None:
    lockstep = ThreadBridge[int]()
    assert [step async for step in lockstep.steps(lambda: None, "search")] == []
    with pytest.raises(Halted):
        lockstep.ask(lambda: plus_one(1, []))
    with pytest.raises(Halted):
        lockstep.give(1)


def test_without_the_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gepa", None)  # as where it is not installed
    with refused(ConfigError, "package-missing", "gepa", "pip install 'goldloop[gepa]'"):
        GepaOfficial()
