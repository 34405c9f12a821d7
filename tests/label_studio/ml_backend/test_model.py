"""When the model is slow, overloaded, away, or its budget is spent: answered in time, in words, nothing asked twice."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from endpoint import Body, Endpoint
from fakes import FakeProvider
from ml_backend import PROMPT, Backend, backend, seen, tasks, until

from runner.providers.middleware.limits import Limits

REFUSED = (401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}, {})
OVERLOADED = "overloaded, try later"
BUSY = (503, {"error": {"message": OVERLOADED}}, {})


def only(first: int, wrong: Any) -> Callable[[Body, int], Any]:
    """The first requests are answered wrongly."""
    return lambda body, number: wrong if number <= first else None


async def typed(served: Backend) -> None:
    """The project has a prompt, and nothing was asked for it."""
    await served.set_up()
    await served.parts.predicting.typed("1", PROMPT, "typed")


async def test_a_person_is_told_that_the_model_is_away_and_what_to_do(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.port = 9  # nobody listens there
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        shown = await served.type(PROMPT)
        assert shown["labels"] == []
        assert shown["response"][0].startswith("goldloop: http://127.0.0.1:9/v1 ")
        told = await served.get("/versions")
        assert shown["response"][0] == f"goldloop: {told['model']['problem']}"
        assert told["projects"][0]["prompt"] == PROMPT  # it was typed none the less
        assert await served.metric("goldloop_model_up") == 0


async def test_a_batch_that_failed_whole_is_answered_with_the_reason(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.fault = only(10**6, REFUSED)
    async with backend(tmp_path, endpoint) as served:
        await typed(served)
        async with served.client.post("/predict", json=served.request(tasks())) as answer:
            assert answer.status == 503
            told = await answer.json()
            assert (told["code"], told["key"]) == ("all-failed", "away")
            assert endpoint.url in told["error"] and "api_key_env" in told["error"]
            assert answer.reason == told["error"]
    assert len(endpoint.requests) <= 8  # as many as were under way


async def test_a_model_that_was_away_is_tried_again_with_one_call_and_used_when_it_is_back(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    endpoint.fault = only(10**6, REFUSED)
    async with backend(tmp_path, endpoint, cool=0.3) as served:
        await typed(served)
        for _ in range(5):
            await asyncio.gather(*(served.post("/predict", served.request(tasks())) for _ in range(3)))
        first = len(endpoint.requests)
        assert first <= 8 + 2  # those under way at first, and a probe or two
        await asyncio.sleep(0.35)
        await asyncio.gather(*(served.post("/predict", served.request(tasks())) for _ in range(3)))
        assert len(endpoint.requests) <= first + 1
        endpoint.fault = None
        await asyncio.sleep(0.35)
        assert all(await served.predict(tasks()))
        assert await served.metric("goldloop_model_up") == 1
        assert (await served.get("/versions"))["model"]["problem"] is None
        assert await served.metric("goldloop_calls_total") == 60


async def test_what_does_not_fit_is_left_out_and_comes_with_the_next_requests(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    endpoint.delay = 0.1
    async with backend(tmp_path, endpoint, concurrency=4, deadline=0.6) as served:
        await typed(served)
        results = await served.predict(tasks())
        assert len(results) == 60 and results.count([]) not in {0, 60}
        for _ in range(20):
            if results.count([]):
                results = await served.predict(tasks())
        assert results.count([]) == 0
        assert "goldloop_empty_total" in await served.get("/metrics")
    assert len(endpoint.requests) == 60


async def test_an_answer_that_came_too_late_is_in_the_journal(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.delay = 1.0
    async with backend(tmp_path, endpoint, deadline=0.5) as served:  # enough to begin a call on a busy machine
        await typed(served)
        status, told = await served.post("/predict", served.request(tasks(3)))
        assert (status, told["code"], told["key"]) == (503, "all-failed", "timeout")
        shown = await served.type(PROMPT, tasks(4)[3])
        assert shown["labels"] == [] and told["error"].endswith(shown["response"][0].removeprefix("goldloop: "))
        await until(lambda: served.parts.model.paid.calls == 4)
        endpoint.delay = 0.0
        assert all(await served.predict(tasks(4)))
    assert len(endpoint.requests) == 4


async def test_nothing_is_asked_again_once_nobody_waits(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.fault = only(10**6, BUSY)
    async with backend(tmp_path, endpoint, deadline=0.5) as served:
        await typed(served)
        status, told = await served.post("/predict", served.request(tasks(2)))
        assert (status, told["code"], told["key"]) == (503, "all-failed", "overloaded")
        assert OVERLOADED in told["error"]
        asked = len(endpoint.requests)
        await asyncio.sleep(1.5)
        assert asked <= len(endpoint.requests) <= asked + 2
        endpoint.fault = only(10**6, (429, BUSY[1], {"Retry-After": "200"}))
        shown = await served.type(PROMPT, tasks(3)[2])
        assert shown["response"] == [f"goldloop: {OVERLOADED}"]
    # And it is closed at once, though the provider asked for minutes.


async def test_who_has_more_time_is_answered_though_another_who_asked_the_same_gave_up(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    import time

    endpoint.fault = only(2, BUSY)
    async with backend(tmp_path, endpoint) as served:
        await typed(served)
        model, serving = served.parts.model, served.parts.serving
        task = (await serving.now(served.parts.projects.get("1"))).task
        text = next(iter(endpoint.answers))
        assert task is not None
        soon, later = time.monotonic() + 0.05, time.monotonic() + 20
        one, other = await asyncio.gather(model.ask(task, text, soon), model.ask(task, text, later))
        assert other.answer and (one.answer or one.failure in {"overloaded", "timeout"})


async def test_a_person_does_not_wait_for_a_batch(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.delay = 0.05
    async with backend(tmp_path, endpoint, concurrency=2) as served:
        await typed(served)
        batches = [asyncio.ensure_future(served.predict(tasks(40))) for _ in range(3)]
        await until(lambda: len(endpoint.requests) > 4)
        assert (await served.type("Another prompt", tasks(1)[0]))["response"]
        assert not any(batch.done() for batch in batches)
        for batch in batches:
            assert all(await batch)
    assert len(endpoint.requests) == 41


async def test_a_budget_of_serving_is_told_when_it_is_spent(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, limits=Limits(calls=10)) as served:
        await typed(served)
        results = await served.predict(tasks())
        assert 60 - results.count([]) == 10 == len(endpoint.requests)
        status, told = await served.post("/predict", served.request(tasks(20)[10:]))
        assert (status, told["code"], told["key"]) == (503, "all-failed", "budget")
        assert "serve.budget.calls=10" in told["error"]
        shown = await served.type("New", tasks(1)[0])
        assert shown["labels"] == [] and "serve.budget.calls=10" in shown["response"][0]
        assert [bool(entry) for entry in await served.predict([])] == []
    assert len(endpoint.requests) == 10


async def test_a_budget_holds_over_an_outage(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, limits=Limits(calls=10), concurrency=1) as served:
        await typed(served)
        assert all(await served.predict(tasks(4)))
        endpoint.fault = only(5, REFUSED)
        assert (await served.post("/predict", served.request(tasks(6)[4:])))[0] == 503
        endpoint.fault = None
        await asyncio.sleep(0.15)
        results = await served.predict(tasks())
        assert 60 - results.count([]) == 4 + 5
        assert await served.metric("goldloop_calls_total") == 9
        assert await served.metric("goldloop_input_tokens_total") == 900
    assert len(endpoint.requests) == 10


async def test_a_bug_in_a_component_is_told_and_the_server_goes_on(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    provider = FakeProvider(lambda call: KeyError("nothing"))
    async with backend(tmp_path, endpoint, provider=provider) as served:
        await served.set_up()
        shown = await served.type(PROMPT)
        assert shown["labels"] == [] and "KeyError" in shown["response"][0] and "nothing" not in shown["response"][0]
        assert "Traceback" in caplog.text
        provider.answer = lambda call: "Other"
        assert seen((await served.predict(tasks(1)))[0])["labels"] == ["Other"]


async def test_a_journal_that_cannot_be_used_is_told(tmp_path: Path, endpoint: Endpoint) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"no journal at all" * 100)
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        shown = await served.type(PROMPT)
        assert shown["labels"] == [] and "journal.sqlite" in shown["response"][0]
        (tmp_path / "journal.sqlite").unlink()
        await asyncio.sleep(0.15)
        assert (await served.type(PROMPT))["labels"]


async def test_when_the_server_stops_those_who_wait_are_answered_soon(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.fault = only(10**6, "hang")
    async with backend(tmp_path, endpoint, finish=0.2, close=0.2) as served:
        await typed(served)
        waiting = asyncio.ensure_future(served.type(PROMPT))
        batch = asyncio.ensure_future(served.post("/predict", served.request(tasks(3)[1:])))
        await until(lambda: len(endpoint.requests) == 3)
        served.parts.model.stop()
        shown = await waiting
        status, told = await batch
        assert (status, told["code"], told["key"]) == (503, "all-failed", "timeout")
        assert told["error"].endswith(shown["response"][0].removeprefix("goldloop: "))
