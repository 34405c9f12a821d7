"""What the backend refuses, limits and reports."""

import asyncio
import base64
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, completion
from exported import INTERFACE, area
from figures import figures
from ml_backend import PROMPT, backend, tasks
from refusals import refused

from runner.core.errors import ConfigError, DataError
from runner.label_studio.backend_connection import Credentials
from runner.label_studio.ml_backend.basic_auth import BasicAuth, login_of
from runner.label_studio.ml_backend.http_server import log_to_terminal
from runner.label_studio.ml_backend.projects import Project, project_id
from runner.label_studio.ml_backend.request_body import Refused


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"schema": INTERFACE}, "bad-value"),
        ({"schema": INTERFACE, "project": "../1"}, "bad-value"),
        ({"schema": INTERFACE, "project": "0.1"}, "bad-value"),
        ({"schema": INTERFACE, "project": "1.2.3"}, "bad-value"),
        ({"schema": INTERFACE, "project": "١"}, "bad-value"),
        ({"schema": INTERFACE, "project": True}, "bad-value"),
        ({"schema": INTERFACE, "project": 1.5}, "bad-value"),
        ({"schema": INTERFACE, "project": "9" * 19}, "bad-value"),
        ({"project": "1.2"}, "interface-missing"),
        ({"project": "1.2", "schema": 7}, "interface-missing"),
        ({"project": "1.2", "schema": "<View>"}, "not-xml"),
        ({"project": "1.2", "schema": "<View/>"}, "control-missing"),
        ({"project": "1.2", "schema": "<!DOCTYPE x><View/>"}, "has-doctype"),
    ],
)
async def test_a_setup_that_cannot_be_used_is_refused_in_words_that_label_studio_shows(
    body: dict[str, Any], code: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served, served.client.post("/setup", json=body) as answer:
        told = await answer.json()
        assert (answer.status, told["code"]) == (400, code) and "\n" not in told["error"]
        assert told["key"] == ("project" if code == "bad-value" else told["key"])
        assert answer.reason == told["error"]  # which requests puts into the error that Label Studio keeps
    assert not list((tmp_path / "state/projects").iterdir())


@pytest.mark.parametrize(
    ("change", "code", "key"),
    [
        ({"tasks": None}, "wrong-shape", "tasks"),
        ({"tasks": {"id": 1}}, "wrong-shape", "tasks"),
        ({"params": [1]}, "wrong-shape", "params"),
        ({"label_config": 5}, "interface-missing", "label_config"),
        ({"label_config": None, "project": "77.1"}, "interface-missing", "label_config"),
        ({"project": None}, "bad-value", "project"),
    ],
)
async def test_a_prediction_request_that_cannot_be_read_is_refused(
    change: dict[str, Any], code: str, key: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        status, answer = await served.post("/predict", {**served.request(tasks(1)), **change})
        assert (status, answer["code"], answer["key"]) == (400, code, key)


async def test_what_is_no_request_of_label_studios_is_refused_in_a_sentence(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, max_megabytes=1) as served:
        for content, code in [
            (b"", "not-json"), (b"[]", "not-json"), (b"\xff", "not-utf8"), (b'{"a": 1} x', "not-json"),
            (b"[" * 100_000, "not-json"), (b'{"a": ' + b"[" * 100_000, "too-deep"),
            (b'{"a": ' + b"9" * 9999 + b"}", "bad-value"), (b"{1: 2}", "not-json"),
        ]:  # fmt: skip
            for path in ("/setup", "/predict", "/webhook"):
                async with served.client.post(path, data=content) as answer:
                    told = await answer.json()
                    assert (answer.status, told["code"]) == (400, code), (path, content[:20], told)
        for large in (_drip(2 << 20), io.BytesIO(b"x" * (2 << 20))):  # of one the size is not known before
            async with served.client.post("/predict", data=large) as answer:
                told = await answer.json()
                assert (answer.status, told["code"], told["key"]) == (413, "too-large", "serve.max_megabytes")
                assert figures(told["error"]) == [1]
        async with served.client.post("/setup", data=b"x", headers={"Content-Encoding": "gzip"}) as answer:
            assert answer.status == 400
        async with served.client.get("/predict") as answer:
            assert answer.status == 405 and answer.headers["Allow"] == "POST"
        async with served.client.post("/nowhere") as answer:
            told = await answer.json()
            assert (answer.status, told["code"], told["key"]) == (404, "no-such-address", "POST")
        async with served.client.get("/versions?project=x") as answer:
            assert answer.status == 400
        status, told = await served.post("/webhook", {"project": 1})
        assert (status, told["code"], told["key"]) == (400, "wrong-shape", "action")
        text = await served.get("/metrics")
        assert 'endpoint="other",status="404"' in text and "nowhere" not in text


async def _drip(size: int) -> Any:
    for _ in range(size >> 16):
        yield b"x" * (1 << 16)


async def test_a_page_in_a_browser_cannot_use_it(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        body = {"action": "START_TRAINING", "project": 1}
        headers = {"Origin": "https://somewhere.example", "Content-Type": "text/plain"}
        async with served.client.post("/webhook", data=json.dumps(body), headers=headers) as answer:
            assert answer.status == 403
        assert served.parts.events.seen == {}
        for site, status in (("same-origin", 403), ("cross-site", 403), ("none", 200)):
            async with served.client.get("/versions", headers={"Sec-Fetch-Site": site}) as answer:
                assert answer.status == status


async def test_with_a_password_only_health_is_open(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, login=BasicAuth("me", "pass:wörd")) as served:
        assert (await served.get("/health"))["status"] == "UP"
        body = {"project": "1.2", "schema": INTERFACE}
        wrong: list[dict[str, str]] = [{}, {"Authorization": "Basic"}, {"Authorization": "Bearer x"}]
        pairs = ("me:x", "x:pass:wörd", "me:pass:wörd ", "")
        wrong += [{"Authorization": _basic(pair)} for pair in pairs]
        right = _basic("me:pass:wörd")
        wrong += [{"Authorization": right.replace("Basic", "Digest")}, {"Authorization": right + "é"}]
        for headers in wrong:
            for path in ("/setup", "/predict", "/webhook"):
                status, told = await served.post(path, body, headers=headers)
                assert (status, told["code"], told["key"]) == (401, "key-refused", "Authorization")
            for path in ("/", "/versions", "/metrics", "/nowhere"):
                async with served.client.get(path, headers=headers) as answer:
                    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Basic")
        for good in (right, right.replace("Basic", "basic"), _basic("me:pass:wörd", "latin-1")):
            assert (await served.post("/setup", body, headers={"Authorization": good}))[0] == 200


def _basic(pair: str, code: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(pair.encode(code)).decode()


async def test_an_interface_has_a_limit(tmp_path: Path, endpoint: Endpoint) -> None:
    large = json.dumps({"project": "1.2", "schema": "x" * (2 << 20) + "x"}).encode()
    async with backend(tmp_path, endpoint) as served, served.client.post("/setup", data=io.BytesIO(large)) as answer:
        assert answer.status == 400 and (await answer.json())["code"] == "too-long"


async def test_a_damaged_state_file_is_named(tmp_path: Path, endpoint: Endpoint) -> None:
    folder = tmp_path / "state" / "projects"
    folder.mkdir(parents=True)
    for content in ("{", "[]", '{"id": "7"}', '{"id": "8", "config": ""}'):
        (folder / "7.json").write_text(content)
        with refused(DataError, "damaged-file", key=str(folder / "7.json")):
            async with backend(tmp_path, endpoint):
                pass


async def test_so_many_projects_and_no_more(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, most_projects=2) as served:
        for number in (1, 2):
            await served.set_up(number)
        status, told = await served.post("/setup", {"project": "3.1", "schema": INTERFACE})
        assert (status, told["code"]) == (400, "too-many-projects")


async def test_a_full_disk_is_told_and_the_prompt_is_served_none_the_less(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        (tmp_path / "state/projects").rename(tmp_path / "gone")
        assert (await served.type(PROMPT))["labels"]
        assert await served.set_up() != "no-prompt"
        logged = [one for one in caplog.records if one.name == "runner.label_studio.ml_backend.projects"]
        assert len(logged) == 2 and all(str(tmp_path / "state/projects") in one.getMessage() for one in logged)
        (tmp_path / "gone").rename(tmp_path / "state/projects")


def test_a_projects_number_is_all_that_becomes_a_files_name() -> None:
    assert [project_id(value) for value in ("2.1795473060", "2", 2, {"id": 2}, "002.5")] == ["2"] * 5
    for wrong in ("", "a", "-1", "1/2", "1\n", "٣", None, [], {}, {"id": {"id": 1}}, 10**4000, 0, False):
        with pytest.raises(Refused):
            project_id(wrong)
    assert Project("1").typed is None


async def test_only_what_a_person_typed_becomes_the_projects(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        behind = {**area("filled in by a model"), "origin": "prediction"}
        await served.predict(tasks(1), {"result": [area("typed"), behind]})
        typed = served.parts.projects.get("1").typed
        assert typed and typed.text == "typed"


async def test_a_webhook_nested_deep_is_refused(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        deep: Any = {}
        for _ in range(900):
            deep = [deep]
        body = {"action": "ANNOTATION_CREATED", "project": 1, "annotation": deep}
        status, told = await served.post("/webhook", body)
        assert (status, told["code"]) == (400, "too-deep")


def test_what_comes_from_elsewhere_makes_no_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    with log_to_terminal():
        logging.getLogger("runner.label_studio.ml_backend.x").warning("one\nforged \x1b[2J \x9b%s", "31m")
    assert len(capsys.readouterr().err.splitlines()) == 1


BOTH = "GOLDLOOP_SERVE_USER", "GOLDLOOP_SERVE_PASSWORD"


@pytest.mark.parametrize("only", BOTH)
def test_half_a_login_is_refused_on_both_sides(only: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(only, "half-of-it")
    for reads in (login_of, Credentials.from_environment):
        with refused(ConfigError, "key-missing", key=({*BOTH} - {only}).pop()):
            reads(*BOTH)


async def test_a_full_queue_of_webhooks_is_told(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.fault = lambda body, number: (200, completion("Other"), {})
    held = asyncio.Event()

    async def slow(name: str) -> str:
        await held.wait()
        return "done"

    async with backend(tmp_path, endpoint, most_events=1, train=slow) as served:
        answers = [await served.post("/webhook", {"action": "START_TRAINING", "project": 1}) for _ in range(5)]
        assert answers[0][0] == 201 and answers[-1][0] == 503 and answers[-1][1]["code"] == "too-many-webhooks"
        held.set()
        await served.parts.events.settled()
