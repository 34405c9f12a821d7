"""What was spent is never forgotten: a damaged file is read from its copy, counted again, or refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeProvider
from refusals import refused, spent

from runner.core.calls import Call, Reply
from runner.core.errors import BudgetSpent, JournalError
from runner.providers.middleware.budget import Budget, BudgetedClient, budget_in
from runner.providers.middleware.ledger import Book, Ledger, Spent
from runner.providers.middleware.limits import Limits

CALL = Call([{"role": "user", "content": "x"}])
REPLY = Reply("x", "stop", 10, 2, 0.5, 0.1)
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "zeroed": lambda content: bytes(len(content)),
    "empty": lambda content: b"",
    "cut off": lambda content: content[:20],
    "half zeroed": lambda content: content[:20] + bytes(len(content) - 20),
    "no JSON": lambda content: b"all of it\n",
    "another shape": lambda content: b"[1, 2]",
    "no figures": lambda content: b"{}",
    "a negative": lambda content: b'{"calls": -5, "tokens": 0}',
    "NaN": lambda content: b'{"calls": 1, "usd": NaN}',
    "Infinity": lambda content: b'{"calls": Infinity}',
    "text": lambda content: b'{"calls": "3"}',
    "a flag": lambda content: b'{"calls": true}',
    "half a call": lambda content: b'{"calls": 1.5}',
    "jobs of another shape": lambda content: b'{"calls": 1, "jobs": {"0": 3}}',
    "deep": lambda content: b'{"calls":' + b"[" * 100_000,
    "not UTF-8": lambda content: b"\xff\xfe{",
    "too low": lambda content: b'{"calls": 0, "ended": 0, "tokens": 0, "usd": 0}',
}


def files(folder: Path) -> list[Path]:
    return [folder / ".budget/spent.json", folder / ".budget/spent.copy.json"]


async def ask(budget: Budget, most: int) -> int:
    """How many of so many calls may begin."""
    client = BudgetedClient(FakeProvider(lambda call: REPLY), budget)
    for number in range(most):
        try:
            await client.complete(CALL)
        except BudgetSpent:
            budget.close()
            return number
    budget.close()
    return most


@pytest.mark.parametrize("how", [how for how in DAMAGE if how != "too low"])
@pytest.mark.parametrize("which", [0, 1], ids=["file", "copy"])
async def test_one_damaged_file_changes_nothing(tmp_path: Path, how: str, which: int) -> None:
    assert await ask(budget_in(tmp_path, Limits(calls=20)), 12) == 12
    path = files(tmp_path)[which]
    path.write_bytes(DAMAGE[how](path.read_bytes()))
    assert await ask(budget_in(tmp_path, Limits(calls=20)), 50) == 8


@pytest.mark.parametrize("how", DAMAGE)
async def test_where_both_are_damaged_it_is_counted_again(tmp_path: Path, how: str) -> None:
    await ask(budget_in(tmp_path, Limits(calls=20)), 12)
    for path in files(tmp_path):
        path.write_bytes(DAMAGE[how](path.read_bytes()))
    known = {"calls": 11, "tokens": 132, "usd": 5.5}
    assert await ask(budget_in(tmp_path, Limits(calls=20), lambda: known), 50) == 9
    assert json.loads(files(tmp_path)[0].read_text())["calls"] == 20


@pytest.mark.parametrize("how", [how for how in DAMAGE if how not in {"empty", "too low"}])
async def test_a_damaged_file_of_which_nothing_is_known_is_refused(tmp_path: Path, how: str) -> None:
    await ask(budget_in(tmp_path, Limits(calls=20)), 12)
    for path in files(tmp_path):
        path.write_bytes(DAMAGE[how](path.read_bytes()))
    with refused(JournalError, "damaged-file", tmp_path / ".budget/spent.json", tmp_path / ".budget"):
        await budget_in(tmp_path, Limits(calls=20)).ask()


async def test_damage_while_a_budget_is_open_does_not_start_it_again(tmp_path: Path) -> None:
    budget = budget_in(tmp_path, Limits(calls=20))
    for _ in range(15):
        await budget.ask()
    files(tmp_path)[0].write_bytes(b"")
    assert await ask(budget, 50) == 5


async def test_the_file_of_an_older_goldloop_is_read(tmp_path: Path) -> None:
    (tmp_path / ".budget").mkdir()
    before = {"calls": 7, "ended": 6, "tokens": 90, "usd": 0.5, "seconds": 3.5, "seen": 1.0}
    files(tmp_path)[0].write_text(json.dumps(before).ljust(511) + "\n")
    assert await ask(budget_in(tmp_path, Limits(calls=10)), 50) == 3


async def test_what_was_spent_without_a_budget_counts_once_there_is_one(tmp_path: Path) -> None:
    assert await ask(budget_in(tmp_path, Limits(calls=10)), 4) == 4
    known = {"calls": 7, "tokens": 70, "usd": 0.5}  # of which three had no budget
    assert await ask(budget_in(tmp_path, Limits(calls=10), lambda: known), 50) == 3
    with spent("tokens", 70):
        await budget_in(tmp_path, Limits(tokens=70), lambda: known).ask()


def test_a_book_with_many_jobs_comes_back_as_it_was(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with ledger.held() as book:
        book.of = 500
        for number in range(500):
            book.raise_to(f"a/model-{number}", Spent(number, number, 10 * number, 0.25))
            book.set_state(f"a/model-{number}", "ended" if number % 2 else "running")
    with ledger.held() as book:
        again = book
    assert again.of == 500 and again.number("running") == 250 and again.total.calls == 500 * 499 // 2
    assert again.gone.usd == pytest.approx(250 * 0.25)
    with ledger.held() as book:  # a shorter one leaves nothing of the longer one behind
        book.jobs.clear()
        book.total = Spent(1)
    with Ledger(tmp_path).held() as book:
        assert book == Book(Spent(1), of=500)
    ledger.close()
