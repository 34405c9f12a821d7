"""What a run relies on, whatever the tracker: each file in conf/tracker is one, and every run has two more."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from builders import Scripted, experiment, lines, read
from fakes import FakeProvider
from options import lacking, made, options

from runner.core.errors import ProviderError
from runner.core.protocols import Tracker
from runner.experiment.loop import Loop
from runner.trackers.report import Report
from runner.trackers.terminal import Terminal

ALWAYS = {"terminal": Terminal, "report": Report}
CALLED = ("start", "progress", "epoch", "finish", "close")


class Watched:
    """Hands all on to a tracker, and notes what; once, at ``fails_at``, the disk is full."""

    def __init__(self, tracker: Any, fails_at: str = "") -> None:
        self.tracker, self.fails_at = tracker, fails_at
        self.told: list[str] = []

    def __getattr__(self, what: str) -> Any:
        if what not in CALLED:
            raise AttributeError(what)

        def told(*news: Any) -> None:
            self.told.append(what)
            getattr(self.tracker, what)(*news)
            if what == self.fails_at:
                raise OSError("the disk is full")

        return told

    @property
    def moments(self) -> list[str]:
        """What it was told but progress, which comes once an answer."""
        return [what for what in self.told if what != "progress"]


@pytest.fixture
def tracker(option: str) -> Any:
    return ALWAYS[option]() if option in ALWAYS else made(option)


def figures(directory: Path) -> tuple[Any, ...]:
    """What a run found out, without its times."""
    result = {key: value for key, value in read(directory).items() if key not in {"seconds", "git", "versions"}}
    epochs = [{key: row[key] for key in ("epoch", "best", "candidates")} for row in lines(directory / "epochs.jsonl")]
    return result, epochs, (directory / "best_prompt.txt").read_text()


async def run(directory: Path, *trackers: Any, **changes: Any) -> None:
    (directory / ".hydra").mkdir(parents=True)
    config = {group: {"_target_": "x.X", "model": "fake"} for group in ("provider", "optimizer", "reward")}
    (directory / ".hydra/config.yaml").write_text(json.dumps(config))
    (directory / ".hydra/overrides.yaml").write_text("[]")
    strategy = Scripted(["look for green", "look for green, look for blue"])
    await Loop(experiment(directory, trackers=trackers, strategy=strategy, epochs=2, **changes)).run()


@pytest.fixture(scope="module")
def untracked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """What the run finds out that nothing is told of."""
    directory = tmp_path_factory.mktemp("untracked") / "run"
    asyncio.run(run(directory))
    return figures(directory)


@pytest.mark.parametrize("option", [*options("tracker"), *ALWAYS])
class TestContract:
    def test_it_has_all_of_its_protocol(self, option: str, tracker: Any) -> None:
        assert lacking(tracker, Tracker) == []

    async def test_it_is_told_of_a_run_in_order_and_changes_nothing_in_it(
        self,
        option: str,
        tracker: Any,
        untracked: tuple[Any, ...],
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        watched = Watched(tracker)
        await run(tmp_path / "run", watched)
        assert watched.moments == ["start", "epoch", "epoch", "epoch", "finish", "close"]
        assert watched.told[1] == "progress" and watched.told.count("progress") > 30
        assert [entry for entry in caplog.records if entry.levelno >= logging.WARNING] == []  # it raised nothing
        assert figures(tmp_path / "run") == untracked

    async def test_a_run_that_fails_closes_it(
        self, option: str, tracker: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        watched = Watched(tracker)
        with pytest.raises(ProviderError):
            await run(tmp_path / "run", watched, labeller=FakeProvider(lambda call: ProviderError("no such model")))
        assert watched.moments == ["start", "close"]
        assert [entry for entry in caplog.records if entry.levelno >= logging.WARNING] == []

    @pytest.mark.parametrize("moment", CALLED)
    async def test_where_it_fails_nothing_else_does(
        self, option: str, tracker: Any, moment: str, untracked: tuple[Any, ...], tmp_path: Path
    ) -> None:
        bad, good = Watched(tracker, fails_at=moment), Watched(made("tracker/none"))
        await run(tmp_path / "run", bad, good)
        assert bad.told[-1] == moment and bad.told.count(moment) == 1
        assert good.moments == ["start", "epoch", "epoch", "epoch", "finish", "close"]
        assert figures(tmp_path / "run") == untracked
        if moment not in {"finish", "close"}:
            tracker.close()  # of what it has open, nothing stays for the next test
