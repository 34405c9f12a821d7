"""What tests share: the sample's answers, a local endpoint, goldloop as a process, and no way out of this machine."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, Running
from goldloop_process import Goldloop
from hypothesis import settings
from real_server import browser, studio  # noqa: F401 - fixtures: here, so that one server serves all modules

from runner.core.items import Data
from runner.datasets.sample import Sample

# A shell that put the tests into the background has them ignore Ctrl-C, and what they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("goldloop", deadline=None)
settings.load_profile("goldloop")


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


@pytest.fixture
def goldloop(tmp_path: Path, request: pytest.FixtureRequest) -> Goldloop:
    """Covered and forked unless the test or its module is marked otherwise; tracked where it is marked ``wandb``."""
    marked = {mark.name for mark in request.node.iter_markers()}
    return Goldloop(
        tmp_path, covered="uncovered" not in marked, tracked="wandb" in marked, forked="unforked" not in marked
    )
