"""What tests share: the sample's answers, a local endpoint, goldloop as a process, and no way out of this machine."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from endpoint import Endpoint, Running
from hypothesis import settings
from label_studio import browser, studio  # noqa: F401 - fixtures: here, so that one server serves all modules
from preloaded import Forked

from runner.core.items import Data
from runner.datasets.sample import Sample

# Many processes, whose lines other tests cover.
UNCOVERED = {
    "test_docs", "test_engine", "test_providers_proxy", "test_reproduce", "test_serve_studio", "test_shared_limits",
    "test_studio", "test_studio_browser", "test_studio_pages", "test_studio_push", "test_studio_tutorial",
    "test_wandb",
}  # fmt: skip

# Processes that are compared with one another, killed, or start processes themselves.
UNFORKED = {"test_engine", "test_gepa_official", "test_launchers", "test_providers_proxy", "test_reproduce"}

# A shell that put the tests into the background has them ignore Ctrl-C, and what they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("goldloop", deadline=None)
settings.load_profile("goldloop")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest begin first, so that no worker is left alone with them; those of a group stay with one worker."""
    items.sort(key=lambda item: "label_studio" not in groups(item))
    if getattr(config.option, "loadgroup", False):  # in a worker
        for item in items:
            suffix = f"@{'_'.join(sorted(groups(item)))}"
            # xdist 3.8 writes it where pytest 9.2 does not look any more (pytest-dev/pytest-xdist#1386).
            if suffix != "@" and not item.nodeid.endswith(suffix) and hasattr(item, "_id"):
                item._id = type(item._id).parse(item.nodeid + suffix)


def groups(item: pytest.Item) -> set[str]:
    return {mark.args[0] for mark in item.iter_markers("xdist_group")}


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that would reach another machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see none of the keys of the person who runs them."""
    for name in [name for name in os.environ if name.endswith(("_KEY", "_TOKEN")) or name.startswith("WANDB_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def sample() -> Data:
    return Sample().load()


@pytest.fixture
def endpoint(sample: Data) -> Iterator[Endpoint]:
    answers = {item.text: list(item.gold or ()) for item in sample.items}
    with Running(Endpoint(answers)) as running:
        yield running


class Goldloop:
    """goldloop as a process in a directory of its own.

    Args:
        covered: whether its lines count for coverage, which makes a process half as slow again.
        tracked: whether W&B's files are written, which takes as long as all the rest of a run.
        forked: whether it finds its packages imported, which takes half of a short run.
    """

    def __init__(self, directory: Path, *, covered: bool = True, tracked: bool = False, forked: bool = False) -> None:
        self.directory = directory
        self.forked = forked and sys.platform == "linux"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.endswith(("_KEY", "_TOKEN"))
            and not name.startswith("WANDB_")
            and (covered or not name.startswith("COVERAGE_PROCESS"))
        }
        if not tracked:
            self.environment["WANDB_MODE"] = "disabled"

    def __call__(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        started = self.start(*words, **environment)
        out, error = started.communicate(timeout=300)
        return subprocess.CompletedProcess(started.args, started.returncode, out, error)

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        forked = self.forked and not any(name.startswith("PYTHON") for name in environment)
        return (Forked if forked else subprocess.Popen)(
            [*words] if forked else [sys.executable, "-m", "runner", *words],
            cwd=self.directory,
            env={**self.environment, "PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def goldloop(tmp_path: Path, request: pytest.FixtureRequest) -> Goldloop:
    """Covered and forked as its module is; tracked where the test is marked ``wandb``."""
    tracked = request.node.get_closest_marker("wandb") is not None
    covered, forked = (request.module.__name__ not in some for some in (UNCOVERED, UNFORKED))
    return Goldloop(tmp_path, covered=covered, tracked=tracked, forked=forked)
