"""What people see as a failure leaves a line in the server's log, and no more than one a minute of each kind."""

from http import HTTPStatus
from pathlib import Path

import pytest
from endpoint import Endpoint
from ml_backend import PROMPT, backend, tasks

from runner.label_studio.ml_backend.basic_auth import BasicAuth
from runner.label_studio.ml_backend.refusal_log import RefusalLog
from runner.label_studio.ml_backend.request_body import Refused


def lines(caplog: pytest.LogCaptureFixture, *parts: str) -> list[str]:
    said = [one.getMessage() for one in caplog.records if one.name.startswith("runner.label_studio.ml_backend")]
    return [one for one in said if all(part in one for part in parts)]


async def test_a_webhook_without_the_password_is_said_once_with_what_to_do(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    async with backend(tmp_path, endpoint, login=BasicAuth("me", "secret-of-ours")) as served:
        for _ in range(5):
            status, _ = await served.post("/webhook", {"action": "ANNOTATION_CREATED", "project": 1})
            assert status == 401
        assert (await served.post("/setup", {"project": 1}))[0] == 401
    [said] = lines(caplog, "/webhook")
    assert "401" in said and "goldloop studio studio.project=ID step=backend" in said and "secret" not in said
    assert len(lines(caplog, "/setup", "401")) == 1 and not lines(caplog, "/setup", "step=backend")


async def test_a_typed_prompt_without_labels_and_a_refused_interface_are_said(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "runner.label_studio.ml_backend")
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        endpoint.fault = lambda body, number: (400, {"error": {"message": "maximum context length is 8"}}, {})
        assert "maximum context length" in (await served.type(PROMPT))["response"][0]
        assert len(lines(caplog, "project 1: a typed prompt got no labels: maximum context length is 8")) == 1
        endpoint.fault = None
        await served.type(PROMPT, {**tasks(1)[0], "data": {"other": "x"}})
        assert len(lines(caplog, "project 1: a typed prompt got no labels: no text in")) == 1
        assert (await served.post("/setup", {"project": "2.1", "schema": "<View/>"}))[0] == 400
        assert len(lines(caplog, "POST /setup was refused (400): ", "no control")) == 1
        async with served.client.get("/%0d%0aINJECTED") as answer:
            assert answer.status == 404
        assert lines(caplog, "GET other was refused (404)") and not lines(caplog, "INJECTED")


def test_each_kind_is_said_once_a_minute_and_the_memory_of_them_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    log = RefusalLog(lambda: now[0], most=10)

    def refuse(where: str) -> None:
        log.add("POST", where, HTTPStatus.BAD_REQUEST, Refused("wrong", code="bad-value", key=str(now[0])))

    for second in range(0, 121, 10):
        now[0] = float(second)
        refuse("project")
    assert len(lines(caplog)) == 3
    for number in range(9):
        refuse(str(number))
    refuse("project")
    assert len(lines(caplog)) == 12  # still remembered
    refuse("one too many")
    refuse("project")
    assert len(lines(caplog)) == 14  # forgotten, and so said again


async def test_a_loop_over_projects_fills_no_log(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    async with backend(tmp_path, endpoint) as served:
        for number in range(1, 20):
            async with served.client.get(f"/projects/{number}") as answer:
                assert answer.status == 404
    assert len(lines(caplog, "/projects/{id}", "404")) == 1
