"""The engine from outside: kill -9, resume, many processes, a faulty endpoint. The endpoint keeps the books."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, faults
from goldloop_process import Goldloop

pytestmark = [pytest.mark.uncovered, pytest.mark.unforked]

FIGURES = ("initial", "best", "metrics", "decision", "split", "epochs", "failures", "calls", "tokens", "cost_usd")


def model(endpoint: Endpoint, *more: str) -> list[str]:
    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    return [*words, *more]


def only_run(directory: Path) -> Path:
    [run] = {path.parent.parent for path in directory.glob("outputs/**/.hydra/config.yaml")}
    return run


def result(run: Path) -> dict[str, Any]:
    return json.loads((run / "result.json").read_text())


def recorded(directory: Path) -> int:
    """How many calls the run's own journal has."""
    lines = [
        line for path in directory.glob("outputs/*/*/journal.jsonl") for line in path.read_bytes().splitlines(True)
    ]
    return sum(line.endswith(b"\n") for line in lines)


def tokens_in(figures: dict[str, Any]) -> int:
    return int(figures.pop("tokens")["input"])


def same_run(one: Path, other: Path, *, odd_usage: bool = False) -> None:
    """Assert that both have the same prompt and figures; after odd usage but for what is known of tokens."""
    assert (one / "best_prompt.txt").read_bytes() == (other / "best_prompt.txt").read_bytes()
    assert (one / "epochs.jsonl").read_bytes() == (other / "epochs.jsonl").read_bytes()
    first, second = ({key: result(run)[key] for key in FIGURES} for run in (one, other))
    for calls in (first["calls"], second["calls"]):
        calls.pop("retries")  # what they took, not what they gave
    if odd_usage:
        assert tokens_in(first) > tokens_in(second) and second["failures"]["labeller"].pop("odd_usage")
    assert first == second


def test_killed_twenty_times_and_resumed_it_is_the_run_that_was_never_interrupted(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    words = model(endpoint, "provider.concurrency=4", "epochs=2")
    whole = Goldloop(tmp_path / "whole", covered=False)
    whole.directory.mkdir()
    assert whole(*words).returncode == 0
    expected = len(endpoint.requests)
    endpoint.requests.clear()
    endpoint.delay = 0.12

    broken = Goldloop(tmp_path / "broken", covered=False)
    broken.directory.mkdir()
    chance = random.Random(20)
    start, lost = words, 0
    for _ in range(20):
        running = broken.start(*start)
        deadline = time.monotonic() + 30
        seen = len(endpoint.requests)
        while len(endpoint.requests) == seen and running.poll() is None:  # until it asks for something new
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.25))
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=30)
        unrecorded = len(endpoint.requests) - recorded(broken.directory) - lost
        assert 0 <= unrecorded <= 4  # at most what was in flight
        lost += unrecorded
        start = [f"resume={only_run(broken.directory).relative_to(broken.directory)}"]
    endpoint.delay = 0.0
    done = broken(*start)
    assert done.returncode == 0, done.stderr
    same_run(only_run(whole.directory), only_run(broken.directory))
    assert lost > 0
    assert len(endpoint.requests) == expected + lost  # every recorded call was asked once
    rows = sqlite3.connect(broken.directory / "outputs/journal.sqlite")
    assert rows.execute("SELECT count(*) FROM replies").fetchone() == (expected,)
    rows.close()
    again = broken(*start)
    assert "is finished already" in again.stdout
    assert len(endpoint.requests) == expected + lost


def test_a_sweep_goes_on_where_it_was_killed(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = ["-m", "optimizer=none,demos,rewrite", "seed=1,2", *model(endpoint, "epochs=1")]
    running = goldloop.start(*words)
    deadline = time.monotonic() + 60
    while len(list(goldloop.directory.glob("outputs/*/*/*/result.json"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=30)
    [sweep] = {path.parent for path in goldloop.directory.glob("outputs/*/*/multirun.yaml")}
    first = {path: path.stat().st_mtime_ns for path in sweep.glob("*/result.json") if "finished" in path.read_text()}
    done = goldloop(f"resume={sweep.relative_to(goldloop.directory)}")
    assert done.returncode == 0, done.stderr
    assert sorted(path.parent.name for path in sweep.glob("*/result.json")) == list("012345")
    assert all(result(path.parent)["status"] == "finished" for path in sweep.glob("*/result.json"))
    assert all(path.stat().st_mtime_ns == written for path, written in first.items())
    assert done.stdout.count("is finished already") == len(first) >= 1


def test_four_processes_with_the_same_prompt_pay_its_evaluation_once(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 0.1
    running = [
        goldloop.start(*model(endpoint, "optimizer=none", "controls=false", f"study=s{number}")) for number in range(4)
    ]
    for process in running:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    results = [result(path.parent) for path in goldloop.directory.glob("outputs/*/*/result.json")]
    assert len(results) == 4
    assert len({json.dumps(each["best"]) for each in results}) == 1
    assert len(endpoint.requests) == 18 + 24
    assert sum(each["calls"]["provider"] for each in results) == 18 + 24


def test_a_faulty_endpoint_changes_nothing_but_the_time(tmp_path: Path, endpoint: Endpoint) -> None:
    words = model(endpoint, "provider.timeout=1", "epochs=2", "journal.mode=off")
    clean, faulty = Goldloop(tmp_path / "clean", covered=False), Goldloop(tmp_path / "faulty", covered=False)
    for place in (clean, faulty):
        place.directory.mkdir()
    assert clean(*words).returncode == 0
    endpoint.fault = faults(random.Random(3))
    done = faulty(*words)
    assert done.returncode == 0, done.stderr
    same_run(only_run(clean.directory), only_run(faulty.directory), odd_usage=True)
    assert result(only_run(faulty.directory))["calls"]["retries"] > 10


def test_a_second_ctrl_c_ends_at_once_and_loses_nothing_recorded(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = model(endpoint, "provider.concurrency=4", "epochs=1")
    endpoint.fault = lambda body, number: "hang" if number > 20 else None
    running = goldloop.start(*words)
    deadline = time.monotonic() + 60
    while len(endpoint.requests) < 22:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert running.poll() is None  # it waits for what is in flight
    running.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, error = running.communicate(timeout=20)
    assert time.monotonic() - started < 5
    assert running.returncode == 130, error
    assert all(line.startswith("goldloop: ") for line in error.splitlines()), error
    kept = recorded(goldloop.directory)
    assert 17 <= kept <= 20  # all that was answered; requests that arrive together count one another
    asked = len(endpoint.requests)
    endpoint.fault = None
    run = only_run(goldloop.directory)
    done = goldloop(f"resume={run.relative_to(goldloop.directory)}")
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) - asked == result(run)["calls"]["provider"] - kept


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_is_told_and_nothing_is_damaged(tmp_path: Path, endpoint: Endpoint) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=220k", "tmpfs", small], check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        goldloop = Goldloop(small)
        done = goldloop(*model(endpoint))
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert "free some" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        kept = recorded(small)
        assert kept > 0
        subprocess.run(["mount", "-o", "remount,size=20m", small], check=True)
        asked = len(endpoint.requests)
        done = goldloop(f"resume={only_run(small).relative_to(small)}")
        assert done.returncode == 0, done.stderr
        assert len(endpoint.requests) - asked <= result(only_run(small))["calls"]["provider"] - kept
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def test_a_small_budget_does_not_hide_a_dead_endpoint(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.key = "right"
    done = goldloop(*model(endpoint, "budget.calls=5"))
    assert done.returncode == 2
    assert "key" in done.stderr
    assert result(only_run(goldloop.directory))["status"] == "failed"


def test_a_budget_of_calls_is_never_exceeded(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 0.02
    done = goldloop(*model(endpoint, "provider.concurrency=64", "budget.calls=100", "epochs=20"))
    assert done.returncode == 0, done.stderr
    found = result(only_run(goldloop.directory))
    assert (found["status"], found["stop_reason"]) == ("stopped", "budget.calls=100 is spent")
    assert len(endpoint.requests) <= 100
    assert found["best"]["test"] is not None  # what the sealed test needs was set aside
    more = goldloop(f"resume={only_run(goldloop.directory)}", "budget.calls=200")
    assert more.returncode == 2 and "has its verdict, and its sealed items are opened once" in more.stderr


def test_a_dead_endpoint_in_the_middle_ends_the_run_and_resume_goes_on(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.fault = lambda body, number: (401, {"error": {"message": "expired"}}, {}) if number > 40 else None
    dead = goldloop(*model(endpoint, "provider.concurrency=1"))
    assert dead.returncode == 2
    run = only_run(goldloop.directory)
    assert f"resume={run.relative_to(goldloop.directory)} goes on with it" in dead.stderr
    assert len(dead.stderr.splitlines()) == 1
    assert result(run)["status"] == "failed"
    assert result(run)["best"]["select"] is not None
    endpoint.fault = None
    assert goldloop(f"resume={run.relative_to(goldloop.directory)}").returncode == 0
    assert result(run)["status"] == "finished"
    assert len(endpoint.requests) == result(run)["calls"]["provider"] + 1


def test_a_dollar_budget_needs_a_price(goldloop: Goldloop, endpoint: Endpoint) -> None:
    refused = goldloop(*model(endpoint, "budget.usd=1"))
    assert refused.returncode == 2
    assert "budget.usd: the price of fake-model is unknown" in refused.stderr
    allowed = goldloop(*model(endpoint, "budget.usd=0.005", "provider.price={input: 1, output: 1}"))
    assert allowed.returncode == 0, allowed.stderr
    found = result(only_run(goldloop.directory))
    assert found["status"] == "stopped"
    assert found["cost_usd"] <= 0.005 + 16 * 110 / 1e6  # no more than what was in flight beyond it


def test_replay_needs_no_endpoint_and_resume_of_nothing_is_refused(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = model(endpoint, "epochs=1")
    assert goldloop(*words).returncode == 0
    asked = len(endpoint.requests)
    endpoint.fault = lambda body, number: (500, "down", {})
    assert goldloop(*words, "journal.mode=replay").returncode == 0
    missing = goldloop(*words, "journal.mode=replay", "prompt='another: Greeting'")
    assert missing.returncode == 2
    assert "a call is not in the journal" in missing.stderr
    assert len(endpoint.requests) == asked
    nothing = goldloop("resume=nowhere")
    assert nothing.returncode == 2
    assert "neither a run directory" in nothing.stderr


def test_resume_takes_no_other_options(goldloop: Goldloop) -> None:
    done = goldloop("resume=outputs", "epochs=9")
    assert done.returncode == 2
    assert "leave out epochs=9" in done.stderr


def test_a_spent_budget_is_raised_on_resume(goldloop: Goldloop, endpoint: Endpoint) -> None:
    short = goldloop(*model(endpoint, "budget.calls=20", "study=short"))
    assert short.returncode == 0, short.stderr
    assert "WARNING: budget.calls=20 may bring no verdict" in short.stdout
    assert "resume=DIRECTORY budget.calls=MORE goes on to get one" in short.stdout
    run = only_run(goldloop.directory)
    more = goldloop(f"resume={run}", "budget.calls=500")
    assert more.returncode == 0, more.stderr
    assert "no verdict" not in more.stdout
    assert result(run)["status"] == "finished"
    assert len(endpoint.requests) == result(run)["calls"]["provider"] == result(run)["calls"]["total"]
    assert "calls: 500" in (run / ".hydra" / "config.yaml").read_text()
    again = goldloop(f"resume={run}", "budget.calls=600")
    assert again.returncode == 0 and "is finished already" in again.stdout
    whole = goldloop(*model(endpoint, "study=whole", "journal.mode=off"))
    assert whole.returncode == 0, whole.stderr
    [other] = (goldloop.directory / "outputs" / "whole").iterdir()
    same_run(run, other)


@pytest.mark.parametrize("words", [["budget.cals=5"], ["budget.calls=0"], ["journal.mode=no"]], ids=lambda w: w[0])
def test_wrong_limits_are_refused(goldloop: Goldloop, words: list[str]) -> None:
    done = goldloop(*words)
    assert done.returncode == 2
    assert words[0].split("=")[0] in done.stderr
