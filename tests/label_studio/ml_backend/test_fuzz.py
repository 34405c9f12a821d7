"""Whatever is sent to the backend, it answers in time, never with 500, and nothing secret stands in what it says."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
from endpoint import Endpoint, Running
from exported import INTERFACE, annotation, area, choices, gold_tasks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ml_backend import Backend, backend

from runner.label_studio.ml_backend.basic_auth import BasicAuth

KEY, PASSWORD, TOKEN = "key-abcdefgh-1234", "password-abcdefgh-1234", "token-abcdefgh-1234"
PATHS = ("/setup", "/predict", "/webhook")
few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


class Thread:
    """The backend in a thread of its own, and a client that may enter."""

    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        self._folder, self._endpoint = folder, endpoint
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))
        self.backend: Backend | None = None
        self.log: list[str] = []

    async def _serve(self) -> None:
        async with backend(self._folder, self._endpoint, login=BasicAuth("me", PASSWORD)) as self.backend:
            self._ready.set()
            await self._end.wait()

    def __enter__(self) -> "Thread":
        self._thread.start()
        assert self._ready.wait(20) and self.backend
        url = str(self.backend.client.make_url(""))
        self.client = httpx.Client(base_url=url, auth=("me", PASSWORD), timeout=30)
        return self

    def __exit__(self, *error: object) -> None:
        self.client.close()
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)
        self._loop.close()

    def send(self, path: str, content: bytes) -> httpx.Response:
        answer = self.client.post(path, content=content, headers={"X-Token": TOKEN})
        assert answer.status_code in {200, 201, 400, 413}, (answer.status_code, answer.text)
        assert isinstance(answer.json(), dict)
        for secret in (KEY, PASSWORD, TOKEN):
            assert secret not in answer.text + str(answer.headers)
        if answer.status_code >= 400:
            assert "\n" not in answer.json()["error"] and len(answer.json()["error"]) <= 300
        elif path == "/predict":
            assert len(answer.json()["results"]) == len(json.loads(content)["tasks"])
        return answer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thread]:
    folder = tmp_path_factory.mktemp("fuzzed")
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(logging.Formatter().format(record))  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    with pytest.MonkeyPatch.context() as patch, Running(Endpoint()) as endpoint:
        patch.setenv("OPENAI_API_KEY", KEY)
        with Thread(folder, endpoint) as thread:
            thread.send("/setup", json.dumps(SETUP).encode())
            yield thread
            assert thread.client.get("/health").status_code == 200
            told = [thread.client.get(path).text for path in ("/versions", "/metrics")]
    logging.getLogger().removeHandler(handler)
    written = [path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file()]
    for secret in (KEY, PASSWORD, TOKEN):
        assert secret not in "\n".join([*told, *lines, *written])
    assert not [line for line in lines if "Traceback" in line or "a bug" in line]


@pytest.fixture(autouse=True)
def nothing_but_the_servers_own(no_keys: None) -> None:
    """The keys are taken out of the environment around each test; the server has read its own."""


TASK = gold_tasks()[0]
SETUP = {"project": "1.2", "schema": INTERFACE, "hostname": "http://h", "access_token": TOKEN, "extra_params": None}
SCREEN = {"result": [area("Which intents?"), choices(["Other"])]}
PREDICT = {
    "tasks": [TASK, gold_tasks()[1]], "project": "1.2", "label_config": INTERFACE,
    "params": {"login": TOKEN, "password": TOKEN, "context": None},
}  # fmt: skip
TYPED = {**PREDICT, "params": {"login": None, "password": None, "context": SCREEN}}
HOOK = {
    "action": "ANNOTATION_CREATED", "annotation": annotation(area("Which?")), "project": {"id": 1}, "task": TASK,
}  # fmt: skip
VALID = [("/setup", SETUP), ("/predict", PREDICT), ("/predict", TYPED), ("/webhook", HOOK)]
VALID += [("/webhook", {**HOOK, "action": "ANNOTATIONS_CREATED", "annotation": [annotation(area("A")), {}]})]
VALID += [("/webhook", {"action": "PROJECT_UPDATED", "project": {"id": 1, "label_config": INTERFACE}})]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["1.2", "$x", TOKEN]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any]:
    """A valid request with a few of its parts replaced, taken out, or doubled."""
    path, body = draw(st.sampled_from(VALID))
    body = deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        node: Any = body
        while True:
            if not isinstance(node, dict | list) or not node:
                break
            key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            if isinstance(node[key], dict | list) and node[key] and draw(st.booleans()):
                node = node[key]
                continue
            match draw(st.sampled_from(["replace", "delete", "double"])):
                case "replace":
                    node[key] = draw(values)
                case "delete":
                    del node[key]
                case "double":
                    node[key] = [node[key], node[key]]
            break
    return path, body


@few
@given(st.sampled_from(PATHS), st.binary(max_size=200))
def test_random_bytes(server: Thread, path: str, content: bytes) -> None:
    assert server.send(path, content).status_code == 400


@few
@given(st.sampled_from(PATHS), values)
def test_random_json(server: Thread, path: str, body: Any) -> None:
    server.send(path, json.dumps(body).encode())


@settings(few, max_examples=300)
@given(mutated())
def test_requests_that_are_nearly_right(server: Thread, request_: tuple[str, Any]) -> None:
    path, body = request_
    server.send(path, json.dumps(body).encode())


@few
@given(st.sampled_from(VALID), st.data())
def test_requests_that_are_cut_or_damaged(server: Thread, valid: tuple[str, Any], data: st.DataObject) -> None:
    content = json.dumps(valid[1]).encode()
    place = data.draw(st.integers(0, len(content) - 1))
    rest = data.draw(st.sampled_from([b"", bytes([0]), b"\xff", b'"', b"]", b"}" * 3])) + content[place + 1 :]
    server.send(valid[0], content[:place] + data.draw(st.sampled_from([b"", rest])))


@few
@given(st.lists(values, max_size=30))
def test_as_many_results_as_tasks_whatever_these_are(server: Thread, tasks: list[Any]) -> None:
    body = {**PREDICT, "tasks": tasks}
    assert server.send("/predict", json.dumps(body).encode()).status_code == 200


@few
@given(st.text(max_size=300))
def test_whatever_is_typed_is_answered(server: Thread, prompt: str) -> None:
    body = {**TYPED, "tasks": [TASK], "params": {"context": {"result": [area(prompt)]}}}
    [result] = server.send("/predict", json.dumps(body).encode()).json()["results"]
    assert bool(result["result"]) == bool(prompt.strip())
