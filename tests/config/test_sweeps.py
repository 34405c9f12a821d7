"""Sweeps by every launcher come to the same; a failing job takes none with it; Optuna searches and goes on."""

import json
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import optuna
import pytest
from configured import swept
from endpoint import Endpoint
from goldloop_process import Goldloop
from hydra.core.override_parser.overrides_parser import OverridesParser
from refusals import refused

from runner.config.sweeps import EXTRAS
from runner.config.sweeps.optuna_sweeper import distribution
from runner.core.errors import ConfigError

pytestmark = [pytest.mark.unforked]

LAUNCHERS = {
    "basic": [],
    "joblib": ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"],
    "ray": ["hydra/launcher=ray", "hydra.launcher.ray.init.num_cpus=2"],
    "submitit": ["hydra/launcher=submitit_local"],
}

MINE = """
from runner.optimizers.demos import Demos

class Odd(Exception):
    def __init__(self, text, *, needed):
        super().__init__(text)

class Sometimes:
    def __init__(self, fails_with: int, seed: int):
        self.fails, self.demos = fails_with == seed, Demos()

    async def run(self, bench):
        if self.fails:
            raise Odd("it is broken", needed=1)  # what pickle cannot make again
        async for step in self.demos.run(bench):
            yield step
"""
OPTION = "_target_: mine.Sometimes\nfails_with: 2\nseed: ${seed}\n"


def model(endpoint: Endpoint, *more: str) -> list[str]:
    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    return [*words, "epochs=1", *more]


def results(directory: Path) -> dict[str, dict[str, Any]]:
    return {path.parent.name: json.loads(path.read_text()) for path in directory.glob("outputs/*/*/*/result.json")}


def rewards(directory: Path) -> dict[str, Any]:
    return {name: (one["initial"], one["best"]) for name, one in sorted(results(directory).items())}


@pytest.fixture
def sometimes(goldloop: Goldloop) -> list[str]:
    """The words that offer an optimizer that fails with seed 2, by an error that cannot be pickled."""
    (goldloop.directory / "mine.py").write_text(MINE)
    (goldloop.directory / "own/optimizer").mkdir(parents=True)
    (goldloop.directory / "own/optimizer/sometimes.yaml").write_text(OPTION)
    return ["--config-dir", "own", "--trust", "mine"]


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    """What the first launcher came to, for the others to be compared with."""
    return {}


@pytest.mark.xdist_group("launchers")
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_every_launcher_comes_to_the_same_and_a_failing_job_takes_none_with_it(
    launcher: str, goldloop: Goldloop, endpoint: Endpoint, sometimes: list[str], known: dict[str, Any]
) -> None:
    words = [*sometimes, "-m", "optimizer=none,sometimes", "seed=1,2", *model(endpoint), *LAUNCHERS[launcher]]
    done = goldloop(*words, OPENAI_API_KEY="the-key-of-this-test")
    assert done.returncode == 1
    assert "it is broken" in done.stderr
    found = results(goldloop.directory)
    statuses = {name: one["status"] for name, one in sorted(found.items())}
    assert statuses == {"0": "finished", "1": "finished", "2": "finished", "3": "failed"}
    assert found["2"]["best"]["select"] > found["2"]["initial"]["select"]
    assert rewards(goldloop.directory) == known.setdefault("rewards", rewards(goldloop.directory))
    logs = sorted(goldloop.directory.glob("outputs/*/*/*/goldloop.log"))
    assert [log.parent.name for log in logs if "raise Odd" in log.read_text()] == ["3"]
    assert endpoint.keys == {"the-key-of-this-test"}


def test_a_killed_sweep_leaves_no_process_and_goes_on_with_its_launcher(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / ".env").write_text("OPENAI_API_KEY=from-the-file-of-keys\n")
    endpoint.delay = 0.05
    words = ["-m", "optimizer=none,demos", "hydra/launcher=processes", "hydra.launcher.n_jobs=2"]
    running = goldloop.start(*words, *model(endpoint, "provider.concurrency=4"))
    deadline = time.monotonic() + 60
    while not any("finished" in path.read_text() for path in goldloop.directory.glob("outputs/*/*/*/result.json")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.kill()
    running.communicate(timeout=20)  # its pipes close only when its workers are gone too
    asked = len(endpoint.requests)
    [sweep] = {path.parent for path in goldloop.directory.glob("outputs/*/*/multirun.yaml")}
    done = goldloop(f"resume={sweep.relative_to(goldloop.directory)}")
    assert done.returncode == 0, done.stderr
    assert "Joblib.Parallel(n_jobs=2" in done.stderr
    assert "is finished already" in done.stdout
    assert [one["status"] for one in results(goldloop.directory).values()] == ["finished"] * 2
    assert len(endpoint.requests) - asked <= 111 - 42
    assert endpoint.keys == {"from-the-file-of-keys"}


def test_options_are_checked_before_any_job_starts(goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = goldloop("-m", "hydra/launcher=joblib", "optimizer=none,demo", *model(endpoint))
    assert done.returncode == 2
    assert "did you mean demos?" in done.stderr
    assert not (goldloop.directory / "outputs").exists()


def test_what_a_search_cannot_use_is_refused_first() -> None:
    with refused(ConfigError, "interval-without-sweeper", "provider.temperature", "hydra/sweeper=optuna"):
        swept("-m", "provider.temperature=interval(0,1)")
    with refused(ConfigError, "bad-value", "optimizer.shots", "2.146"):
        swept("-m", "hydra/sweeper=optuna", "optimizer.shots=interval(1,4)")
    with refused(ConfigError, "choice-unknown", "hydra/launcher=jobs"):
        swept("-m", "hydra/launcher=jobs", "seed=1,2")
    swept("-m", "hydra/sweeper=optuna", "optimizer.shots=int(interval(1,4))")


def test_every_launcher_and_sweeper_that_we_offer_is_there() -> None:
    for option in EXTRAS:
        group = "sweeper" if option == "optuna" else "launcher"
        swept("-m", f"hydra/{group}={option}", "seed=1,2")
    assert all(find_spec(name) for name in ("joblib", "ray", "submitit", "optuna"))


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("a=interval(0,1)", optuna.distributions.FloatDistribution(0.0, 1.0)),
        ("a=int(interval(1,9))", optuna.distributions.IntDistribution(1, 9)),
        ("a=tag(log,interval(0.001,1))", optuna.distributions.FloatDistribution(0.001, 1.0, log=True)),
        ("a=range(1,9,2)", optuna.distributions.IntDistribution(1, 7, step=2)),
        ("a=range(0.0,1.0,0.25)", optuna.distributions.FloatDistribution(0.0, 0.75, step=0.25)),
        ("a=x,y", optuna.distributions.CategoricalDistribution(["x", "y"])),
        ("a=choice(x)", None),
        ("a=3", None),
    ],
)
def test_what_is_searched(override: str, expected: Any) -> None:
    [parsed] = OverridesParser.create().parse_overrides([override])
    assert distribution(parsed, optuna) == expected


def trials(sweep: Path) -> list[dict[str, Any]]:
    return json.loads((sweep / "trials.json").read_text())


def test_a_search_keeps_its_trials_counts_failures_and_goes_on(
    goldloop: Goldloop, endpoint: Endpoint, sometimes: list[str]
) -> None:
    words = [
        *("-m", "hydra/sweeper=optuna", "hydra.sweeper.n_trials=4", "hydra/sweeper/sampler=random"),
        *(
            "hydra.sweeper.sampler.seed=2",
            "optimizer=sometimes",
            "optimizer.seed=int(interval(1,2))",
            "provider.temperature=interval(0,1)",
        ),
    ]
    done = goldloop(*sometimes, *words, *model(endpoint))
    assert done.returncode == 1  # some failed
    [sweep] = {path.parent for path in goldloop.directory.glob("outputs/*/*/multirun.yaml")}
    first = trials(sweep)
    assert {one["status"] for one in first} == {"finished", "failed"}
    assert all((one["value"] is None) == (one["params"]["optimizer.seed"] == 2) for one in first)
    text = (sweep / "optimization_results.yaml").read_text()
    best = max(one["value"] for one in first if one["value"] is not None)
    assert f"best_value: {best}" in text
    assert f"failed: {sum(one['value'] is None for one in first)}" in text
    assert "The best of 4 trials" in done.stderr

    lost = next(sweep / str(one["trial"]) for one in first if one["value"] is not None)
    (lost / "result.json").unlink()
    (goldloop.directory / "mine.py").write_text(MINE.replace("fails_with == seed", "False"))  # mended
    done = goldloop("--trust", "mine", f"resume={sweep.relative_to(goldloop.directory)}")
    assert done.returncode == 0, done.stderr
    again = trials(sweep)
    assert [one["params"] for one in again] == [one["params"] for one in first]
    assert {one["status"] for one in again} == {"finished"}
    assert all(one["value"] in {None, other["value"]} for one, other in zip(first, again, strict=True))


def test_a_search_in_processes_takes_whole_numbers_where_they_must_be(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = ["sweep=numbers", "hydra.sweeper.n_trials=4", "hydra.sweeper.n_jobs=2", "hydra/launcher=processes"]
    done = goldloop(*words, *model(endpoint), "hydra.launcher.n_jobs=2")
    assert done.returncode == 0, done.stderr
    [found] = [trials(path.parent) for path in goldloop.directory.glob("outputs/*/*/trials.json")]
    assert len({json.dumps(each["params"]) for each in found}) == 4
    assert all(isinstance(each["params"]["optimizer.shots"], int) for each in found)
    assert all(isinstance(each["params"]["provider.temperature"], float) for each in found)
