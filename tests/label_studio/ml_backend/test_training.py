"""Start Training: a process of its own, watched and resumed whatever happens to either, and served by its verdict."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from figures import figures
from ml_backend import PROMPT, backend, tasks, until
from run_records import BEST, EPOCH, RESULT, merged

from runner.core.errors import ConfigError
from runner.label_studio.ml_backend import training_process
from runner.label_studio.ml_backend.project_options import OneProject
from runner.label_studio.ml_backend.projects import Training

REASON = "it cannot be"


def run_directory(path: Path, prompt: str = "of the run", **result: Any) -> Path:
    """A run directory as far as the backend reads it."""
    (path / ".hydra").mkdir(parents=True)
    (path / ".hydra/config.yaml").write_text("seed: 1\n")
    (path / "result.json").write_text(json.dumps(merged(RESULT, result)))
    (path / "best_prompt.txt").write_text(prompt + "\n")
    best = {**BEST, "select": 0.625}
    lines = [json.dumps({**EPOCH, "epoch": epoch, "best": best}) + "\n" for epoch in (0, 1)]
    (path / "epochs.jsonl").write_text("".join(lines) + '{"half')
    return path


async def left_running(tmp_path: Path, endpoint: Endpoint, run: Path) -> str:
    """A project whose training was running when the server ended; its version."""
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type(PROMPT)
        training = Training(str(run), 2**22 + 1, "running", "2026-01-01")
        await served.parts.projects.change("1", training=training)
        return await served.set_up()


def decided(verdict: str) -> dict[str, Any]:
    return {"verdict": verdict, "difference": 0.1, "interval": [0, 0.2], "p": 0.5, "items": 9, "items_needed": None}


@pytest.mark.parametrize(
    ("adopt", "served_verdicts"),
    [
        ("better", ["better"]),
        ("not_worse", ["better", "undecided"]),
        ("always", ["better", "undecided", "worse", "unproved"]),
        ("never", []),
    ],
)
@pytest.mark.parametrize("verdict", ["better", "undecided", "worse", "unproved"])
async def test_a_verdict_decides_whether_the_new_prompt_is_served(
    adopt: str, served_verdicts: list[str], verdict: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    decision = None if verdict == "unproved" else decided(verdict)
    run = run_directory(tmp_path / "run", decision=decision)
    before = await left_running(tmp_path, endpoint, run)
    async with backend(tmp_path, endpoint, adopt=adopt) as served:
        [told] = (await served.get("/versions"))["projects"]
        taken = verdict in served_verdicts
        assert told["training"]["status"] == "finished" and told["training"]["verdict"] == verdict
        assert told["training"]["words"] == ("served" if taken else "not served")
        assert (told["training"]["epoch"], told["training"]["best"]) == (1, 0.625)
        assert (told["prompt"], told["version"] != before) == (("of the run", True) if taken else (PROMPT, False))
        assert await served.metric('goldloop_training_best_reward{project="1"}') == 0.625
        if taken:
            assert str(run) in told["source"] and verdict in told["source"]
            await served.submit("submitted later")
            assert (await served.get("/versions"))["projects"][0]["prompt"] == "submitted later"


@pytest.mark.parametrize(
    ("result", "status", "words"),
    [
        ({"best": {"epoch": 0}}, "finished", "the prompt it began with is the best"),
        ({"status": "stopped", "stop_reason": "budget.calls=9 is spent"}, "finished", "not served"),
        ({"status": "failed", "stop_reason": "the model is gone"}, "failed", "the model is gone"),
    ],
)
async def test_an_end_without_a_better_prompt_is_told(
    result: dict[str, Any], status: str, words: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    await left_running(tmp_path, endpoint, run_directory(tmp_path / "run", **result))
    async with backend(tmp_path, endpoint) as served:
        [told] = (await served.get("/versions"))["projects"]
        assert (told["training"]["status"], told["training"]["words"]) == (status, words)
        assert told["prompt"] == PROMPT
        failed = await served.metric('goldloop_training_failed{project="1"}')
        assert failed == (status == "failed")


async def test_a_proved_prompt_that_cannot_be_read_is_a_failure_in_words(tmp_path: Path, endpoint: Endpoint) -> None:
    run = run_directory(tmp_path / "run", decision=decided("better"))
    (run / "best_prompt.txt").unlink()
    await left_running(tmp_path, endpoint, run)
    async with backend(tmp_path, endpoint) as served:
        [told] = (await served.get("/versions"))["projects"]
        assert told["training"]["status"] == "failed" and "best_prompt.txt" in told["training"]["words"]


async def test_a_training_that_does_not_even_begin_leaves_its_reason(tmp_path: Path, endpoint: Endpoint) -> None:
    def words(name: str, run: Path, folder: Path, prompt: str | None, follows: str | None) -> list[str]:
        assert prompt and prompt.startswith(PROMPT) and "- Greeting" in prompt
        return ["dataset=file", "dataset.path=/nowhere.json", "provider=openai", "tracker=none"]

    async with backend(tmp_path, endpoint, words=words) as served:
        await served.set_up()
        await served.type(PROMPT)
        await served.event("START_TRAINING")
        await until(lambda: served.parts.projects.get("1").training.status == "failed")  # type: ignore[union-attr]
        training = (await served.get("/versions"))["projects"][0]["training"]
        assert "/nowhere.json" in training["words"] and training["pid"] > 0
        assert all(await served.predict(tasks(2)))


async def test_a_training_that_cannot_be_started_is_told_and_the_server_goes_on(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    def words(name: str, run: Path, folder: Path, prompt: str | None, follows: str | None) -> list[str]:
        raise ConfigError(REASON)

    async with backend(tmp_path, endpoint, words=words) as served:
        await served.set_up()
        await served.event("START_TRAINING")
        assert (await served.get("/versions"))["projects"][0]["training"]["words"] == REASON
        [warning] = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
        assert "START_TRAINING" in warning and REASON in warning


@pytest.mark.parametrize("kept", [True, False])
async def test_a_training_follows_the_run_whose_prompt_was_adopted(
    kept: bool, tmp_path: Path, endpoint: Endpoint
) -> None:
    run = run_directory(tmp_path / "run", decision=decided("better"))
    if kept:
        (run / "data.json.gz").touch()
    told: list[str | None] = []

    def words(name: str, run: Path, folder: Path, prompt: str | None, follows: str | None) -> list[str]:
        told.append(follows)
        raise ConfigError("not now")

    async with backend(tmp_path, endpoint, words=words) as served:
        await served.set_up()
        await served.event("START_TRAINING")
    await left_running(tmp_path, endpoint, run)
    async with backend(tmp_path, endpoint, words=words) as served:
        await served.event("START_TRAINING")
        await served.type("of the run, with changes")
        await served.event("START_TRAINING")
    assert told == [None, *[str(run) if kept else None] * 2]


async def test_one_training_of_a_project_at_a_time_and_two_projects_together(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    endpoint.delay = 0.05
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]

    def words(name: str, run: Path, folder: Path, prompt: str | None, follows: str | None) -> list[str]:
        (folder / "prompt.txt").write_text(prompt or "")
        journal = f"journal.path={folder}/journal.sqlite"
        return [*model, journal, "epochs=1", f"prompt_file={folder}/prompt.txt", f"hydra.run.dir={run}"]

    async with backend(tmp_path, endpoint, words=words) as served:
        for project in (1, 2):
            await served.set_up(project)
            await served.type(PROMPT, project=project)
            for _ in range(3):
                await served.event("START_TRAINING", project)
        assert await served.metric('goldloop_training_running{project="2"}') == 1
        await until(lambda: len(list(tmp_path.glob("outputs/*/*/epochs.jsonl"))) == 2)
        endpoint.delay = 2.0  # so that neither has ended when the server does
        runs = [Path(entry["training"]["run"]) for entry in (await served.get("/versions"))["projects"]]
        assert {run.parent.name for run in runs} == {"serve-1", "serve-2"}
        assert all(await served.predict(tasks(5)))
    # It was stopped in good order with the server.
    assert sorted(tmp_path.glob("outputs/*/*")) == sorted(runs)
    for run in runs:
        result = json.loads((run / "result.json").read_text())
        assert (result["status"], result["stop_reason"]) == ("stopped", "Ctrl-C")
        assert (run / "initial_prompt.txt").read_text().startswith(PROMPT)
    asked = len(endpoint.requests)
    endpoint.delay = 0.0
    async with backend(tmp_path, endpoint, words=words) as served:
        done = lambda: all(p.training.status == "finished" for p in served.parts.projects.all())  # type: ignore[union-attr] # noqa: E731
        await until(done, 60)
        for entry in (await served.get("/versions"))["projects"]:
            assert entry["training"]["verdict"] == "better" and entry["training"]["run"] in entry["source"]
    assert sorted(tmp_path.glob("outputs/*/*")) == sorted(runs)  # gone on with, not begun anew
    assert len(endpoint.requests) > asked
    paid = [json.dumps(request["messages"]) for request in endpoint.requests]
    assert len(set(paid)) * 3 >= len(paid)  # each of three journals asked once


async def test_so_many_trainings_at_once_and_no_more(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "runner.label_studio.ml_backend")
    async with backend(tmp_path, endpoint, most_trainings=0) as served:
        await served.set_up()
        await served.event("START_TRAINING")
        assert (await served.get("/versions"))["projects"][0]["training"] is None
    [said] = [one.getMessage() for one in caplog.records if one.name.endswith(".webhooks")]
    assert said.startswith("project 1: ") and figures(said) == [1, 0]


async def test_what_follows_start_training_does_not_wait_for_it(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        answers = await asyncio.gather(
            *(served.post("/webhook", {"action": "START_TRAINING", "project": {"id": 1}}) for _ in range(10))
        )
        assert {status for status, _ in answers} == {201}
        await served.parts.events.settled()
        assert await served.metric('goldloop_webhooks_total{action="START_TRAINING"}') == 10


async def test_a_training_that_was_cut_off_is_resumed_with_the_modules_that_the_server_trusts(
    tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_directory(tmp_path / "run")
    (run / "result.json").unlink()  # it had begun, and did not end
    await left_running(tmp_path, endpoint, run)
    started: list[list[str]] = []

    def start(words: Sequence[str], folder: Path) -> Any:
        started.append(list(words))
        raise ConfigError("not here", code="stopped")

    monkeypatch.setattr(training_process, "start", start)
    async with backend(tmp_path, endpoint, trust=["mine", "other"]):
        pass
    assert started == [["--trust=mine", "--trust=other", f"resume={run}"]]


async def test_an_interface_that_cannot_be_used_any_more_keeps_no_server_from_starting(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    run = run_directory(tmp_path / "run", decision=decided("better"))
    await left_running(tmp_path, endpoint, run)
    async with backend(tmp_path, endpoint, own={"1": OneProject("Topic")}) as served:
        training = served.parts.projects.get("1").training
        assert training and training.status == "finished" and served.parts.projects.get("1").adopted is None
        assert training.words.startswith("not served: ") and "serve.projects.1.control" in training.words
    (run / "result.json").unlink()  # and one that had not begun
    (run / ".hydra/config.yaml").unlink()
    await left_running(tmp_path, endpoint, run)
    async with backend(tmp_path, endpoint, own={"1": OneProject("Topic")}) as served:
        training = served.parts.projects.get("1").training
        assert training and training.status == "failed" and "serve.projects.1.control" in training.words
