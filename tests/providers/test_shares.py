"""A sweep's budget: equal shares, what a job leaves flows on, and never more than the whole."""

import random
import time
from pathlib import Path

import pytest
from refusals import spent

from runner.core.calls import Reply
from runner.core.errors import BudgetSpent
from runner.providers.middleware.budget import Budget
from runner.providers.middleware.ledger import FOLDER, Book, Ledger, Spent
from runner.providers.middleware.limits import Limits
from runner.providers.middleware.shares import begin_sweep, end_job

REPLY = Reply("x", "stop", 10, 2, 0.125, 0.1)


def begin(sweep: Path, jobs: int | None, *ended: str) -> None:
    begin_sweep(sweep, jobs, ended, lambda damaged: Book())


def job(sweep: Path, name: object, limits: Limits) -> Budget:
    return Budget(limits, ledger=Ledger(sweep / FOLDER), job=str(name))


async def take(budget: Budget, most: int = 10_000) -> int:
    """How many calls a job gets, of so many."""
    for number in range(most):
        try:
            await budget.ask()
        except BudgetSpent:
            return number
        await budget.settle(REPLY)
    return most


def end(sweep: Path, name: object) -> None:
    end_job(sweep, str(name), lambda damaged: Book())


async def test_jobs_one_after_the_other_have_equal_shares_and_what_one_leaves_flows_on(tmp_path: Path) -> None:
    begin(tmp_path, 3)
    limits, taken = Limits(calls=700), []
    for name, wish in (("0", 10_000), ("1", 100), ("2", 10_000)):
        budget = job(tmp_path, name, limits)
        taken.append(await take(budget, wish))
        budget.close()
        end(tmp_path, name)
    assert taken == [233, 100, 367]


async def test_jobs_at_the_same_time_have_equal_shares(tmp_path: Path) -> None:
    begin(tmp_path, 4)
    budgets = [job(tmp_path, name, Limits(calls=60)) for name in range(2)]
    assert await take(budgets[0]) == 15
    assert await take(budgets[1], 5) == 5  # it ends early
    end(tmp_path, 0)
    end(tmp_path, 1)
    later = [job(tmp_path, name, Limits(calls=60)) for name in (2, 3)]
    assert await take(later[0]) == 20
    assert await take(later[1]) == 20
    for budget in (*budgets, *later):
        budget.close()


async def test_a_share_grows_while_its_job_runs_and_never_shrinks(tmp_path: Path) -> None:
    begin(tmp_path, 2)
    first, second = (job(tmp_path, name, Limits(calls=40)) for name in (0, 1))
    assert await take(first, 19) == 19
    assert await take(second, 3) == 3
    end(tmp_path, 1)
    assert await take(first) == 18  # 40 - 3, of which it had 19


async def test_a_job_says_whether_its_share_or_the_whole_is_spent(tmp_path: Path) -> None:
    begin(tmp_path, 2)
    first, second = (job(tmp_path, name, Limits(calls=9)) for name in (0, 1))
    await take(first)
    with pytest.raises(BudgetSpent) as told:
        await first.ask()
    assert (told.value.limit, told.value.value, told.value.share) == ("calls", 9, 4)
    assert "budget.calls=9 " in str(told.value) and "share" in str(told.value)
    end(tmp_path, 0)
    assert await take(second) == 5
    with pytest.raises(BudgetSpent) as told:
        await second.ask()
    assert told.value.share is None and str(told.value) == "budget.calls=9 is spent"


async def test_what_a_share_sets_aside_is_for_its_own_sealed_test(tmp_path: Path) -> None:
    begin(tmp_path, 2)
    first = job(tmp_path, 0, Limits(calls=40))
    first.reserve(8)
    assert await take(first) == 12
    first.reserve(0)
    assert await take(first) == 8
    tight = job(tmp_path, 1, Limits(calls=40))
    tight.reserve(11)  # more than half of its share
    assert await take(tight) == 20


@pytest.mark.parametrize(
    ("limits", "share"), [(Limits(tokens=300), 13), (Limits(usd=3.0), 12), (Limits(usd=3.0, calls=20), 10)]
)
async def test_each_limit_is_shared_out(tmp_path: Path, limits: Limits, share: int) -> None:
    begin(tmp_path, 2)
    assert await take(job(tmp_path, 0, limits)) == share  # the one that reaches 150 tokens, or 1.5 dollars


async def test_seconds_are_shared_out_too(tmp_path: Path) -> None:
    def gone(seconds: float) -> None:
        with Ledger(tmp_path / FOLDER).held() as book:
            book.seconds, book.seen = seconds, time.time()

    begin(tmp_path, 3)
    first = job(tmp_path, 0, Limits(seconds=90))
    await first.ask()
    gone(29)
    await first.ask()
    gone(31)
    with spent("seconds", 90):
        await first.ask()
    end(tmp_path, 0)
    second, third = job(tmp_path, 1, Limits(seconds=90)), job(tmp_path, 2, Limits(seconds=90))
    await second.ask()
    await third.ask()  # at the same time: both have the 59 that are left
    gone(80)
    await second.ask()
    await third.ask()
    gone(91)
    with spent("seconds", 90):
        await third.ask()


async def test_where_nobody_knows_how_many_come_the_first_is_served_first(tmp_path: Path) -> None:
    begin(tmp_path, None)
    assert await take(job(tmp_path, 0, Limits(calls=10)), 7) == 7
    assert await take(job(tmp_path, 1, Limits(calls=10))) == 3


async def test_more_jobs_than_were_told_never_take_more_than_the_whole(tmp_path: Path) -> None:
    begin(tmp_path, 2)
    taken = []
    for name in range(4):
        taken.append(await take(job(tmp_path, name, Limits(calls=9)), 3))
        end(tmp_path, name)
    assert sum(taken) <= 9 and taken[0] == 3


async def test_fewer_calls_than_jobs_are_not_taken_twice(tmp_path: Path) -> None:
    begin(tmp_path, 5)
    taken = []
    for name in range(5):
        taken.append(await take(job(tmp_path, name, Limits(calls=2))))
        end(tmp_path, name)
    assert sum(taken) == 2


async def test_a_resumed_sweep_shares_out_what_is_left_among_jobs_that_have_not_finished(tmp_path: Path) -> None:
    begin(tmp_path, 3)
    for name, wish in (("0", 50), ("1", 20)):
        assert await take(job(tmp_path, name, Limits(calls=300)), wish) == wish
    end(tmp_path, "0")  # finished; 1 was killed; 2 never began
    begin(tmp_path, 3, "0")
    assert await take(job(tmp_path, "1", Limits(calls=300))) == 105  # 250 for two, of which it had 20
    end(tmp_path, "1")
    assert await take(job(tmp_path, "2", Limits(calls=300))) == 125


async def test_what_no_job_is_known_of_counts_against_all(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()  # as an older goldloop left it
    (tmp_path / FOLDER / "spent.json").write_text('{"calls": 40, "ended": 40, "tokens": 0, "usd": 0}')
    begin(tmp_path, 2)
    assert await take(job(tmp_path, 0, Limits(calls=100))) == 30


def test_a_sweep_knows_at_least_what_its_jobs_wrote_down(tmp_path: Path) -> None:
    begin(tmp_path, 2)
    found = Book()
    found.raise_to("0", Spent(7, 7, 70, 0.5))
    begin_sweep(tmp_path, 2, (), lambda damaged: found)
    begin_sweep(tmp_path, 2, (), lambda damaged: found)  # and not twice
    with Ledger(tmp_path / FOLDER).held() as book:
        assert book.total == Spent(7, 7, 70, 0.5)


async def test_whatever_the_order_nobody_starves_and_nothing_is_overspent(tmp_path: Path) -> None:
    chance = random.Random(7)
    for attempt in range(10):
        sweep = tmp_path / str(attempt)
        jobs, limit = chance.randint(1, 6), chance.randint(1, 60)
        begin(sweep, jobs)
        waiting, taken = list(range(jobs)), [0] * jobs
        budgets = {name: job(sweep, name, Limits(calls=limit)) for name in waiting}
        while waiting:
            name = chance.choice(waiting)
            got = await take(budgets[name], 1)
            taken[name] += got
            if not got or chance.random() < 0.05:
                waiting.remove(name)
                end(sweep, name)
                budgets[name].close()
                if not got:
                    assert taken[name] >= limit // jobs
        assert sum(taken) <= limit
