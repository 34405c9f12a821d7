"""The predictions of a project's tasks made again with an adopted prompt: all that no person labelled, once."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from figures import figures
from ml_backend import PROMPT, Backend, backend, tasks, until
from run_directories import make_run
from studio_fake import FakeProject

from runner.core.errors import StudioError
from runner.label_studio.ml_backend.projects import Renewal, Training, now
from runner.providers.middleware.limits import Limits

OURS = range(1, 61)


def project(**more: Any) -> FakeProject:
    return FakeProject({task["id"]: task["data"] for task in tasks(60)}, **more)


async def proved(served: Backend, tmp_path: Path, prompt: str = "Proved.") -> None:
    """A training that has ended, whose prompt a person then uses."""
    number = len(list(tmp_path.glob("run-*")))
    decision = {"verdict": "undecided", "difference": 0.1, "interval": [0, 0.2], "p": 0.5, "items": 9}
    result = {"decision": {**decision, "items_needed": 30}}
    run = make_run(tmp_path / f"run-{number}", [True] * 9, prompt=prompt, result=result)
    training = Training(str(run), 0, "finished", now(), "not served", "undecided")
    await served.parts.projects.change("1", training=training)
    await served.parts.choice.use("1")


def renewal(served: Backend) -> Renewal | None:
    return served.parts.projects.get("1").renewal


async def ended(served: Backend, status: str = "finished") -> Renewal:
    await until(lambda: (found := renewal(served)) is not None and found.status == status)
    found = renewal(served)
    assert found is not None
    return found


async def begun(served: Backend) -> str:
    await served.set_up()
    await served.type(PROMPT)
    return await served.set_up()


async def test_every_task_that_no_person_labelled_gets_a_prediction_of_the_new_version(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "runner.label_studio.ml_backend")
    people = {3, 5, 60}
    studio = project(by_people=people)
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        old = await begun(served)
        studio.predictions = {number: [old] for number in OURS}
        await proved(served, tmp_path)
        state = await ended(served)
        new = await served.set_up()
        assert new != old and state.version == new == studio.shown and state.shown
        assert {number for number in OURS if new in studio.predictions[number]} == set(OURS) - people
        assert figures(state.counts) == [57, 60, 3]
        [told] = (await served.get("/versions"))["projects"]
        assert told["renewal"]["counts"] == state.counts and told["renewal"]["status"] == "finished"
        await until(lambda: any(f"finished: {state.counts}" in one.getMessage() for one in caplog.records))
        assert "undecided" in studio.description and "http://pages.example/projects/1" in studio.description
        await until(lambda: studio.opened == studio.closed == 1)
        entry = studio.sent[0][0]
        values = {region["from_name"]: region["value"] for region in entry["result"]}
        assert values["prompt"]["text"] == ["Proved."] and 0 < entry["score"] <= 1


async def test_a_server_that_was_killed_goes_on_and_pays_nothing_twice(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project()
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        studio.send = lambda wanted, requests: (_ for _ in ()).throw(KeyError("killed"))  # type: ignore[method-assign]
        await proved(served, tmp_path)
        await ended(served, "stopped")  # all of the first chunk was asked, and nothing sent
        version = await served.set_up()
    del studio.send  # type: ignore[method-assign]
    state = served.parts.projects.get("1")
    assert state.renewal and state.renewal.renewed == 0
    asked = [json.dumps(request["messages"]) for request in endpoint.requests]
    studio.predictions = {number: [version] for number in range(1, 31)}  # and of these it had been sent
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        assert (await ended(served)).renewed == 60
    assert [one["task"] for chunk in studio.sent for one in chunk] == list(range(31, 61))
    paid = [json.dumps(request["messages"]) for request in endpoint.requests]
    assert len(paid) - len(asked) == 10 and len(set(paid)) == len(paid)


async def test_another_prompt_ends_it_in_good_order_and_label_studio_asks_again(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    studio = project()
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        await proved(served, tmp_path)
        first = await ended(served)
        assert studio.shown == first.version
        endpoint.delay = 0.3
        await proved(served, tmp_path, "Proved later.")
        await until(lambda: (found := renewal(served)) is not None and found.version not in {"", first.version})
        await served.submit("A person's.")
        await until(lambda: renewal(served) is None)
        await until(lambda: studio.opened == studio.closed)
        assert (await served.get("/versions"))["projects"][0]["renewal"] is None
        assert studio.shown == "goldloop"  # the later one was never shown, and the first one is not any more
        studio.shown = first.version
        await served.parts.projects.change("1", renewal=first)
        await served.submit("Another person's.")
        await until(lambda: renewal(served) is None)
        assert studio.shown == "goldloop"


async def test_a_training_interrupts_it_and_it_goes_on_afterwards(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project()

    def words(name: str, run: Path, folder: Path, prompt: str | None, follows: str | None) -> list[str]:
        return ["dataset=file", "dataset.path=/nowhere.json", "provider=openai", "tracker=none"]

    async with backend(tmp_path, endpoint, studio=studio.open, words=words, concurrency=1) as served:
        await begun(served)
        endpoint.delay = 0.2
        await proved(served, tmp_path)
        await until(lambda: len(endpoint.requests) > 2)
        await served.event("START_TRAINING")
        asked = len(endpoint.requests)
        await until(lambda: served.parts.projects.get("1").training.status == "running")  # type: ignore[union-attr]
        await asyncio.sleep(0.6)
        assert len(endpoint.requests) <= asked + 1
        endpoint.delay = 0.0
        state = await ended(served)
        assert served.parts.projects.get("1").training.status == "failed"  # type: ignore[union-attr]
        assert (state.renewed, state.total) == (60, 60)


async def test_the_budget_of_serving_ends_it_with_what_was_answered(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project()
    async with backend(tmp_path, endpoint, studio=studio.open, limits=Limits(calls=21), concurrency=1) as served:
        await begun(served)
        await proved(served, tmp_path)
        state = await ended(served, "stopped")
        assert state.renewed == 20 and state.failed == 0 and "serve.budget.calls=21" in state.words
        assert studio.shown == state.version
    async with backend(tmp_path, endpoint, studio=studio.open) as served:  # with more of it
        assert (await ended(served)).renewed == 60
    assert len(endpoint.requests) == 61


async def test_what_gets_no_usable_answer_keeps_what_it_had_and_is_counted(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project(gone={7})
    studio.data[61] = {"other": "no text"}
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        texts = [turn["text"] for turn in tasks(2)[1]["data"]["dialogue"]]
        endpoint.fault = lambda body, number: (
            (400, {"error": {"message": "content"}}, {}) if texts[0] in body["messages"][-1]["content"] else None
        )
        await proved(served, tmp_path)
        state = await ended(served)
        assert (state.total, state.renewed, state.failed) == (60, 58, 2)
        endpoint.fault = None
        studio.gone = set()
        served.parts.renewals.follow("1", again=True)
        await until(lambda: (found := renewal(served)) is not None and found.renewed == 60)
        assert (await ended(served)).failed == 1


@pytest.mark.parametrize("code", ["unreachable", "no-answer"])
async def test_label_studio_that_is_away_is_tried_again_and_said_once(
    code: Any, tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    studio = project(problems=[StudioError("it is away", code=code) for _ in range(3)])
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        await proved(served, tmp_path)
        assert (await ended(served)).renewed == 60
        await until(lambda: studio.opened == studio.closed == 4)
    assert len([one for one in caplog.records if "it is away" in one.getMessage()]) == 1


async def test_without_a_token_it_is_skipped_and_said_once(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await begun(served)
        await proved(served, tmp_path)
        assert "no token" in (await ended(served, "stopped")).words
        served.parts.renewals.follow("1")
        await asyncio.sleep(0.2)
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "Proved."
    assert len([one for one in caplog.records if "no token" in one.getMessage()]) == 1


async def test_a_model_that_is_away_is_waited_for(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project()
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        endpoint.fault = lambda body, number: (401, {"error": {"message": "no key"}}, {})
        await proved(served, tmp_path)
        await until(lambda: (found := renewal(served)) is not None and "the model is away" in found.words)
        assert not studio.sent
        endpoint.fault = None
        state = await ended(served)
        assert (state.renewed, state.failed, state.words) == (60, 0, "")


async def test_where_it_is_switched_off_only_the_description_tells(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project()
    async with backend(tmp_path, endpoint, studio=studio.open, renew=False) as served:
        await begun(served)
        await proved(served, tmp_path)
        assert "serve.renew=false" in (await ended(served)).words
    assert not studio.sent and studio.shown == "goldloop" and "Proved." in studio.description


async def test_what_a_person_chose_to_see_is_kept(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project(shown="another model's")
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        await proved(served, tmp_path)
        state = await ended(served)
        assert studio.shown == "another model's" in state.words and not state.shown


async def test_it_waits_while_label_studio_asks_for_many_tasks_itself(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project()
    async with backend(tmp_path, endpoint, studio=studio.open, concurrency=4) as served:
        await begun(served)
        endpoint.delay = 0.1
        await proved(served, tmp_path)
        await until(lambda: len(endpoint.requests) > 4)
        answers = await served.predict(tasks(60))
        assert not studio.sent and all(answers)
        version = await served.set_up()
        studio.predictions = {number: [version] for number in OURS}  # as Label Studio stores them
        assert (await ended(served)).renewed == 60
    assert not studio.sent  # no task has two of one version


async def test_tasks_that_are_imported_later_get_predictions_too(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project()
    late = {number: studio.data.pop(number) for number in (59, 60)}
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        await served.event("TASKS_CREATED")  # nothing was adopted: Label Studio asks for itself
        await proved(served, tmp_path)
        assert (await ended(served)).renewed == 58
        studio.data |= late
        await served.event("TASKS_CREATED")
        await until(lambda: (found := renewal(served)) is not None and found.renewed == 60)
        assert (await ended(served)).shown
        assert [one["task"] for one in studio.sent[-1]] == [59, 60]
        training = served.parts.projects.get("1").training
        assert training
        await served.parts.projects.change("1", training=replace(training, status="running"))
        studio.data[61] = studio.data[1]
        await served.event("TASKS_CREATED")
        await asyncio.sleep(0.2)
        waiting = renewal(served)
        assert waiting and (waiting.status, waiting.renewed) == ("running", 60)  # a training goes first
        await served.parts.projects.change("1", training=training)
        served.parts.renewals.follow("1")
        await until(lambda: (found := renewal(served)) is not None and found.renewed == 61)


async def test_a_state_of_before_says_that_a_version_is_shown(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = project()
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        await proved(served, tmp_path)
        first = await ended(served)
    file = tmp_path / "state/projects/1.json"
    content = json.loads(file.read_text())
    assert content["renewal"].pop("shown_version") == first.version
    content["renewal"]["shown"] = True
    file.write_text(json.dumps(content))
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        assert renewal(served) == first
        await proved(served, tmp_path, "Proved later.")
        await served.submit("A person's.")  # before anything is known of the later one
        await until(lambda: renewal(served) is None)
    assert studio.shown == "goldloop"
