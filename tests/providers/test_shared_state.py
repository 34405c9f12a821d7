"""Limits hold over all processes together, and a process that dies keeps nothing back."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from endpoint import Endpoint
from fakes import FakeProvider
from goldloop_process import Goldloop
from paths import ROOT
from refusals import refused, spent

from runner.core.calls import Call, Reply
from runner.core.errors import JournalError
from runner.providers.middleware.budget import Budget, BudgetedClient
from runner.providers.middleware.ledger import Ledger
from runner.providers.middleware.limits import Limits
from runner.providers.middleware.rate_limit import TokenBucket
from runner.providers.middleware.shared_state import Reservations, SharedCounters, rate_limit_file

pytestmark = [pytest.mark.uncovered]

CALL = Call([{"role": "user", "content": "x"}])

COUNT = """
import asyncio, sys
from pathlib import Path
from runner.providers.middleware.shared_state import SharedCounters
async def main():
    counters = SharedCounters(Path(sys.argv[1]))
    for _ in range(300):
        async with counters.turn() as numbers:
            numbers["n"] = numbers.get("n", 0) + 1
asyncio.run(main())
"""

HOLD = """
import fcntl, sys, time
from pathlib import Path
from runner.providers.middleware.shared_state import Reservations
reservations = Reservations(Path(sys.argv[1]))
reservations.keep(7)
print("kept", flush=True)
time.sleep(60)
"""


def started(code: str, *words: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


async def numbers(path: Path) -> dict[str, float]:
    counters = SharedCounters(path)
    async with counters.turn() as found:
        kept = dict(found)
    counters.close()
    return kept


async def test_no_count_is_lost_between_processes(tmp_path: Path) -> None:
    running = [started(COUNT, tmp_path / "counters") for _ in range(3)]
    for process in running:
        process.communicate(timeout=60)
    assert await numbers(tmp_path / "counters") == {"n": 900}


async def test_whoever_raises_changes_nothing_and_lets_go(tmp_path: Path) -> None:
    counters = SharedCounters(tmp_path / "a/counters")
    with pytest.raises(KeyError):
        async with counters.turn() as found:
            found["n"] = 5
            raise KeyError
    assert await asyncio.wait_for(numbers(tmp_path / "a/counters"), 5) == {}
    (tmp_path / "a/counters").write_text('{"n": 1, "x')  # a machine that went down
    assert await numbers(tmp_path / "a/counters") == {}
    (tmp_path / "a/counters").write_text('{"level": NaN, "seen": -Infinity, "n": 1}')
    assert await numbers(tmp_path / "a/counters") == {"n": 1}
    counters.close()
    (tmp_path / "file").touch()
    with refused(JournalError, "unwritable", tmp_path / "file/counters"):
        await numbers(tmp_path / "file/counters")


def test_what_a_killed_process_kept_is_free(tmp_path: Path) -> None:
    reservations = Reservations(tmp_path)
    reservations.keep(3)
    assert reservations.others() == 0
    holder = started(HOLD, tmp_path)
    assert holder.stdout
    assert holder.stdout.readline() == "kept\n"
    assert reservations.others() == 7
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert reservations.others() == 0
    reservations.close()
    assert list(tmp_path.iterdir()) == []


async def test_two_rates_on_one_counters_are_one_rate(tmp_path: Path) -> None:
    first, second = (
        TokenBucket(60 * 40, SharedCounters(tmp_path / "counters")) for _ in range(2)
    )  # 40 a second, a burst of 200
    before = time.monotonic()

    async def ask(rate: TokenBucket) -> None:
        for _ in range(120):
            await rate.pay(1)

    await asyncio.gather(ask(first), ask(second))
    assert 0.9 <= time.monotonic() - before < 5  # 240 are 200 at once and a second for the rest
    await first.owe(40)
    before = time.monotonic()
    await second.pay(1)
    assert time.monotonic() - before > 0.5
    first.close()
    second.close()


def test_the_pace_of_other_models_is_their_own(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    names = {rate_limit_file(journal, {"model": name}, "requests").name for name in ("a", "b", "a")}
    assert len(names) == 2


async def test_a_ledger_counts_all_jobs_and_an_interruption_forgets_nothing(tmp_path: Path) -> None:
    def budget(**limits: float) -> Budget:
        return Budget(Limits(**limits), ledger=Ledger(tmp_path))  # type: ignore[arg-type]

    reply = Reply("x", "stop", 10, 2, 0.5, 0.1)
    first, second = budget(calls=10), budget(calls=10)
    for number in range(6):
        await BudgetedClient(FakeProvider(lambda call: reply), (first, second)[number % 2]).complete(CALL)
    first.close()
    third = budget(calls=10)
    second.reserve(3)
    for _ in range(1):
        await third.ask()
    with spent("calls", 10):
        await third.ask()  # three are for the other job's sealed test
    second.reserve(0)
    third.reserve(0)  # its search has ended, and its own sealed test begins
    await third.ask()
    assert json.loads((tmp_path / "spent.json").read_text())["calls"] == 8
    with spent("usd", 3):
        await budget(usd=3).ask()
    with spent("tokens", 72):
        await budget(tokens=72).ask()
    second.close()
    third.close()


async def test_time_between_jobs_is_not_spent(tmp_path: Path) -> None:
    budget = Budget(Limits(seconds=10), ledger=Ledger(tmp_path))
    await budget.ask()
    spent = json.loads((tmp_path / "spent.json").read_text())
    (tmp_path / "spent.json").write_text(json.dumps({**spent, "seconds": 4, "seen": spent["seen"] - 3600}))
    later = Budget(Limits(seconds=10), ledger=Ledger(tmp_path))
    await later.ask()
    assert 4 <= json.loads((tmp_path / "spent.json").read_text())["seconds"] < 6
    later.close()
    budget.close()


def model(endpoint: Endpoint, *more: str) -> list[str]:
    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    return [*words, *more]


def test_two_processes_keep_one_pace(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = model(
        endpoint, "optimizer=none", "controls=false", "provider.requests_per_minute=600"
    )  # a burst of 50, then 10 a second
    before = time.monotonic()
    # Prompts of their own, so that neither can answer the other from the journal: 42 calls each.
    running = [goldloop.start(*words, f"study=s{number}", f"prompt='Label {number}'") for number in range(2)]
    for process in running:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    assert len(endpoint.requests) == 84
    assert time.monotonic() - before >= (84 - 52) / 10
    assert list(goldloop.directory.glob("outputs/journal.sqlite.limits/*.requests"))


def test_a_run_without_such_limits_touches_no_file(goldloop: Goldloop, endpoint: Endpoint) -> None:
    assert goldloop(*model(endpoint, "optimizer=none")).returncode == 0
    names = {path.name for path in goldloop.directory.rglob("*")}
    assert not names & {"journal.sqlite.limits", ".budget"}


def test_the_jobs_of_a_sweep_have_one_budget_between_them(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 0.05
    words = ["-m", "hydra/launcher=processes", "hydra.launcher.n_jobs=2", "optimizer=none,demos", "seed=1,2"]
    done = goldloop(*words, *model(endpoint, "budget.calls=60", "epochs=5"))
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) <= 60
    found = [json.loads(path.read_text()) for path in goldloop.directory.glob("outputs/*/*/*/result.json")]
    assert len(found) == 4
    assert any(one["stop_reason"].split()[0] == "budget.calls=60" for one in found)
    [spent] = goldloop.directory.glob("outputs/*/*/.budget/spent.json")
    assert json.loads(spent.read_text())["calls"] == len(endpoint.requests)
    asked = len(endpoint.requests)
    again = goldloop(f"resume={spent.parent.parent.relative_to(goldloop.directory)}")
    assert again.returncode == 0, again.stderr
    assert len(endpoint.requests) == asked  # what was spent before counts
