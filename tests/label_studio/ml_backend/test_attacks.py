"""What a stranger on this machine's network, or a page in its browser, can do to the backend: nothing that lasts."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from exported import INTERFACE, annotation, area
from goldloop_process import Goldloop
from ml_backend import PROMPT, Backend, backend, tasks
from refusals import refused
from serve_process import serving

from runner.core.errors import ConfigError
from runner.label_studio.ml_backend import arriving
from runner.label_studio.ml_backend.allowed_hosts import AllowedHosts
from runner.label_studio.ml_backend.arriving import Arriving, TooLarge, TooSlow
from runner.label_studio.ml_backend.projects import Projects
from runner.label_studio.ml_backend.request_body import Refused, read_object
from runner.label_studio.ml_backend.served_prompt import Serving


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost", True), ("LOCALHOST:9090", True), ("localhost.", True), ("a.localhost:1", True),
        ("127.0.0.1:9090", True), ("127.9.9.9", True), ("[::1]:9090", True), ("192.168.1.7:9090", True),
        ("host.docker.internal:9090", True), ("host.containers.internal", True), ("label.example:8", True),
        ("evil.example", False), ("evil.example:9090", False), ("localhost.evil.example", False), ("", False),
        ("127.0.0.1.evil.example", False), ("evil.example#@localhost", False), ("[::1", False), ("goldloop", False),
        ("localhost:9090@evil.example", False), ("evil\tlocalhost", False),
    ],
)  # fmt: skip
def test_a_name_that_a_page_could_own_is_no_host(host: str, allowed: bool) -> None:
    hosts = AllowedHosts(["Label.Example", "0.0.0.0"])  # noqa: S104
    assert hosts.allow(host) == allowed
    assert AllowedHosts(["*"]).allow(host)


async def test_another_host_is_refused_in_words_that_say_what_to_do(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        for path in ("/setup", "/predict", "/webhook"):
            status, told = await served.post(path, {"project": "1.2"}, headers={"Host": "evil.example:9090"})
            assert (status, told["code"], told["key"]) == (403, "host-refused", "Host")
            assert "serve.allowed_hosts=[evil.example]" in told["error"]
        for path in ("/", "/versions", "/metrics", "/nowhere"):
            async with served.client.get(path, headers={"Host": "evil.example"}) as answer:
                assert answer.status == 403
        async with served.client.get("/health", headers={"Host": "evil.example"}) as answer:  # which says nothing
            assert answer.status == 200
        async with served.client.get("/versions", headers={"Host": "host.docker.internal:9090"}) as answer:
            assert answer.status == 200


@pytest.mark.uncovered
def test_the_names_of_the_configuration_are_allowed(goldloop: Goldloop, endpoint: Endpoint) -> None:
    import httpx

    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}"]
    for given in ("serve.allowed_hosts=[goldloop,other]", "serve.allowed_hosts=goldloop"):
        with serving(goldloop, *words, given) as url:
            for host, status in (("goldloop:9090", 200), ("evil.example", 403)):
                assert httpx.get(f"{url}/versions", headers={"Host": host}).status_code == status
    done = goldloop("serve", *words, "serve.allowed_hosts={a: 1}")
    assert done.returncode == 2 and "serve.allowed_hosts" in done.stderr and len(done.stderr.splitlines()) == 1


async def drip(pieces: list[bytes], between: float) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(between)


async def read(arriving: Arriving, chunks: AsyncIterator[bytes]) -> bytes:
    async with arriving.body(chunks) as content:
        return content


async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "GRACE", 0.1)
    bodies = Arriving(1000)
    for pieces in ([b"x", b"y"], [b"x"] * 100):  # one that stops, one that drips
        with pytest.raises(TooSlow):
            await read(bodies, drip(pieces, 0.03 if len(pieces) > 2 else 9))
    with pytest.raises(TooLarge):
        await read(bodies, drip([b"x" * 600] * 2, 0))
    assert await read(bodies, drip([b"x" * 500] * 2, 0)) == b"x" * 1000


async def test_of_many_large_bodies_one_always_goes_on() -> None:
    bodies = Arriving(100)
    read_all = asyncio.gather(*(read(bodies, drip([b"x" * 30] * 3, 0)) for _ in range(20)))
    assert [len(content) for content in await asyncio.wait_for(read_all, 10)] == [90] * 20


async def test_slow_clients_keep_nobody_out(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type(PROMPT)
        slow = [
            await half_a_request(served, kind) for kind in ("Content-Length: 9000000", "Transfer-Encoding: chunked") * 4
        ]
        large = json.dumps(served.request([{**task, "padding": "x" * 20_000} for task in tasks(60)])).encode()
        assert len(large) > 1 << 20
        began = time.monotonic()
        async with served.client.post("/predict", data=io.BytesIO(large)) as answer:
            assert answer.status == 200 and all((await answer.json())["results"])
        assert time.monotonic() - began < arriving.GRACE
        for writer in slow:
            writer.close()
            await writer.wait_closed()


async def half_a_request(served: Backend, header: str) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", served.client.port)
    writer.write(f"POST /predict HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n".encode())
    await writer.drain()
    return writer


def nested(depth: int, kind: str) -> str:
    return "[" * depth + "]" * depth if kind == "list" else '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize("kind", ["list", "object"])
@pytest.mark.parametrize("depth", [101, 900, 100_000])
@pytest.mark.parametrize("around", ['{"annotation": VALUE}', '{"tasks": [{"data": VALUE}]}', "VALUE"])
def test_what_is_nested_deep_is_refused_by_name(around: str, depth: int, kind: str) -> None:
    keep = {"tasks": lambda task: task.get("data") if isinstance(task, dict) else task}
    with pytest.raises(Refused) as told:
        read_object(around.replace("VALUE", nested(depth, kind)).encode(), keep)
    assert told.value.code == ("not-json" if around == "VALUE" and kind == "list" else "too-deep")


async def test_what_is_nested_deep_is_no_bug_anywhere(
    tmp_path: Path, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type(PROMPT)
        for depth in (90, 110, 500, 950, 5000):
            deep = nested(depth, "object")
            for path, body in [
                ("/setup", f'{{"project": "1.1", "schema": {deep}}}'),
                ("/predict", f'{{"project": "1.1", "tasks": [{{"data": {{"dialogue": {deep}}}}}]}}'),
                ("/predict", f'{{"project": "1.1", "tasks": [{{"data": {deep}}}], "params": {{"context": {deep}}}}}'),
                ("/webhook", f'{{"action": "ANNOTATION_CREATED", "project": 1, "annotation": {{"result": [{deep}]}}}}'),
            ]:
                async with served.client.post(path, data=body.encode()) as answer:
                    assert answer.status in {200, 201, 400}, (path, depth, await answer.text())
        await served.parts.events.settled()
    assert not [one for one in caplog.records if one.exc_info], caplog.text


async def test_a_prompt_that_cannot_be_read_is_not_kept(
    tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Serving.task

    def fails(self: Serving, interface: Any, prompt: str) -> Any:
        if "bad" in prompt:
            raise ValueError("it cannot be read")
        return task(self, interface, prompt)

    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.type(PROMPT)
        monkeypatch.setattr(Serving, "task", fails)
        async with served.client.post("/predict", json=served.request(tasks(1), {"result": [area("bad")]})) as answer:
            assert answer.status == 500
        await served.event("ANNOTATION_CREATED", annotation=annotation(area("bad too")))
        typed = served.parts.projects.get("1").typed
        assert typed and typed.text == PROMPT
    again = Projects(tmp_path / "state/projects").get("1").typed
    assert again and again.text == PROMPT


async def test_an_interface_that_cannot_be_read_is_not_kept(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        for path in ("/setup", "/predict"):
            body = {"project": "1.1", "tasks": [], "schema": "<View>", "label_config": "<View>"}
            assert (await served.post(path, body))[0] == 400
        changed = {"action": "PROJECT_UPDATED", "project": {"id": 1, "label_config": "<View>"}}
        assert (await served.post("/webhook", changed))[0] == 201
        await served.parts.events.settled()
        assert served.parts.projects.get("1").config == INTERFACE


def test_a_host_that_is_none_is_refused(goldloop: Goldloop) -> None:
    from runner.cli.main import COMMANDS
    from runner.cli.serve import configured
    from runner.config.command_line import parse_command_line

    with refused(ConfigError, "bad-value", None, "serve.allowed_hosts"):
        configured(parse_command_line(["serve", "serve.allowed_hosts=3"], COMMANDS))
