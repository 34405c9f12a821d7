"""goldloop check as a process."""

import subprocess

import pytest
from endpoint import Endpoint
from goldloop_process import Goldloop
from process_runs import model


def test_check_says_what_a_run_would_say_first_and_neither_asks_nor_writes(
    goldloop: Goldloop, endpoint: Endpoint
) -> None:
    def opening(done: subprocess.CompletedProcess[str]) -> str:
        assert done.returncode == 0, done.stderr
        return done.stdout.partition("calls")[0]

    words = [*model(endpoint), "epochs=1", "prompt=Choose."]
    checked = goldloop("check", *words)
    assert endpoint.requests == [] and list(goldloop.directory.iterdir()) == []
    assert "WARNING: the initial prompt does not name the labels" in checked.stdout
    assert checked.stdout.endswith("with 1 warning: see above. Nothing was asked, nothing was written.\n")
    assert opening(checked) == opening(goldloop(*words))
    assert endpoint.requests


def test_check_of_a_sweep_looks_at_each_value_and_says_what_all_take(goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = goldloop("check", "-m", *model(endpoint), "optimizer=none,demos", "seed=1,2,3", "epochs=1")
    assert done.returncode == 0, done.stderr
    # 6 x (18 + 3 x 24), and 3 x (48 + 18) of demos, which may try the select items as examples
    assert "A sweep of 6 jobs, 738 calls at most." in done.stdout
    assert done.stdout.endswith("All is in order. Nothing was asked, nothing was written.\n")
    assert done.stdout.count("gold items") == 1 and done.stdout.count("as before") == 4
    both = goldloop("check", "-m", *model(endpoint), "optimizer=none,demos", "epochs=1,10")
    assert f"A sweep of 4 jobs, {4 * 90 + 11 * 48 + 2 * 18} calls at most." in both.stdout
    searched = goldloop("check", "-m", *model(endpoint), "hydra/sweeper=optuna", "provider.temperature=interval(0,1)")
    assert "A sweep of 20 jobs (each value was looked at once" in searched.stdout
    shown = goldloop("check", "--cfg", "job", *model(endpoint))
    assert shown.returncode == 0 and "optimizer:" in shown.stdout
    assert endpoint.requests == [] and list(goldloop.directory.iterdir()) == []


def test_check_of_a_sweep_says_what_its_budget_is_enough_for(goldloop: Goldloop, endpoint: Endpoint) -> None:
    sweep = ["check", "-m", *model(endpoint), "optimizer=none,demos", "seed=1,2,3", "epochs=1"]
    small = goldloop(*sweep, "budget.calls=700").stdout  # demos take 156 at most, and 2 x 48 for a verdict
    assert "budget.calls=700 is shared out among 6 jobs: 116 calls for each." in small
    assert "WARNING: 3 of the 6 jobs looked at can take more, 156 calls at most" in small
    assert "budget.calls=936 is enough for all" in small and "All is in order" not in small
    smaller = goldloop(*sweep, "budget.calls=300").stdout
    assert "WARNING: budget.calls=300 (50 for each of the 6 jobs) may bring no verdict" in smaller
    enough = goldloop(*sweep, "budget.calls=936").stdout
    assert "156 calls for each." in enough and "That is enough for every job." in enough
    assert "All is in order" in enough
    own = goldloop("check", "-m", *model(endpoint), "budget.calls=100,200").stdout  # each its own
    assert "shared out" not in own


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["epocs=3"], "there is no option 'epocs': did you mean epochs?"),
        (["provider=openai", "provider.base_url=null"], "no key: the environment variable OPENAI_API_KEY"),
        (["dataset=file", "dataset.path=nowhere.json"], "no file nowhere.json"),
        (["-m", "seed=1,2", "dataset=file", "dataset.path=nowhere.json"], "no file nowhere.json"),
        (["seed=1,2"], "'seed=1,2' has several values: add -m"),
        (["resume=outputs/x"], "check looks at what is about to begin: leave out resume="),
    ],
)
def test_check_refuses_what_a_run_would_be_refused_with(goldloop: Goldloop, words: list[str], told: str) -> None:
    done = goldloop("check", *words)
    assert done.returncode == 2
    assert told in done.stderr and len(done.stderr.splitlines()) == 1
