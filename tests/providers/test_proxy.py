"""What leaves this machine when the environment names a proxy, or .netrc a login: read byte by byte."""

import asyncio
import json
import shutil
import ssl
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from endpoint import Endpoint, completion
from real_server import missing
from refusals import refused

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, ProviderError
from runner.providers.openai import OpenAI
from runner.providers.prepare import prepare
from runner.providers.proxy import Proxy, proxy_for

pytestmark = [pytest.mark.uncovered, pytest.mark.unforked]

KEY = "key-of-ours"
LOGIN = "Proxy-Authorization: Basic " + b64encode(b"user:p@ss word").decode()
ANSWER = json.dumps(completion("Yes.")).encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)
TYPED_LOGIN = "user:p%40ss%20word@"


class Recorded:
    """A server that keeps the head of every request as it came, and answers it.

    Attributes:
        heads: the requests, up to the empty line. through: all bytes of the tunnels that it opened.
    """

    def __init__(self, *answers: bytes, tunnel_to: "Recorded | None" = None) -> None:
        self.heads: list[str] = []
        self.through = b""
        self.port = 0
        self._answers = list(answers)
        self._tunnel_to = tunnel_to

    async def start(self, stack: AsyncExitStack, trusted: ssl.SSLContext | None = None) -> "Recorded":
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=trusted)
        self.port = (await stack.enter_async_context(server)).sockets[0].getsockname()[1]
        return self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                if head.startswith("CONNECT") and self._tunnel_to:
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    return await self._tunnel(reader, writer, self._tunnel_to.port)
                length = next(line for line in head.splitlines() if line.lower().startswith("content-length:"))
                await reader.readexactly(int(length.split(":")[1]))
                writer.write(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])
        except asyncio.IncompleteReadError:
            pass  # the client has gone
        finally:
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                self.through += data
                sink.write(data)
            sink.close()

        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as open_:
        yield open_


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


async def ask(url: str, times: int = 1) -> Reply:
    provider = OpenAI("fake-model", base_url=url)
    try:
        return [await provider.complete(Call([{"role": "user", "content": "hello"}])) for _ in range(times)][-1]
    finally:
        await provider.close()


@pytest.mark.parametrize("login", ["", TYPED_LOGIN])
async def test_an_http_endpoint_is_asked_by_way_of_the_proxy(
    login: str, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = await Recorded(OK).start(stack)
    monkeypatch.setenv("http_proxy", f"http://{login}127.0.0.1:{proxy.port}")
    assert (await ask("http://model.example:8000/v1", times=2)).text == "Yes."
    assert len(proxy.heads) == 2
    for head in proxy.heads:  # the second goes over a connection that was kept
        assert head.startswith("POST http://model.example:8000/v1/chat/completions HTTP/1.1\r\n")
        assert f"\r\nAuthorization: Bearer {KEY}\r\n" in head
        assert (LOGIN in head) == bool(login)
        assert head.count("Basic") == bool(login)


@pytest.mark.parametrize("login", ["", TYPED_LOGIN])
async def test_the_key_for_an_https_endpoint_is_only_inside_the_tunnel(
    login: str, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    endpoint = await Recorded(OK).start(stack, certified("model.example", tmp_path))
    proxy = await Recorded(tunnel_to=endpoint).start(stack)
    monkeypatch.setenv("https_proxy", f"http://{login}127.0.0.1:{proxy.port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    assert (await ask("https://model.example/v1", times=2)).text == "Yes."
    [opened] = proxy.heads
    assert opened.startswith("CONNECT model.example:443 HTTP/1.1\r\n")
    assert KEY not in opened and "\r\nAuthorization" not in opened and "Bearer" not in opened
    assert (LOGIN in opened) == bool(login)
    assert len(proxy.through) > 1000 and KEY.encode() not in proxy.through
    assert len(endpoint.heads) == 2
    for head in endpoint.heads:
        assert head.startswith("POST /v1/chat/completions HTTP/1.1\r\n")
        assert f"\r\nAuthorization: Bearer {KEY}\r\n" in head
        assert "Proxy-" not in head and "Basic" not in head


def certified(host: str, folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate of its own for ``host``, in ``folder/certificate.pem``."""
    if shutil.which("openssl") is None:
        missing("openssl is not installed")
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem"
    words += f" -out certificate.pem -subj /CN={host} -addext subjectAltName=DNS:{host}"
    subprocess.run(words.split(), cwd=folder, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize("excepted", ["127.0.0.1", "other.example, 127.0.0.1:{port}", "*"])
async def test_no_proxy_is_heeded(
    excepted: str, stack: AsyncExitStack, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = await Recorded(OK).start(stack)
    monkeypatch.setenv("http_proxy", f"http://{TYPED_LOGIN}127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", excepted.format(port=endpoint.port))
    await ask(endpoint.url)
    assert proxy.heads == [] and len(endpoint.requests) == 1


async def test_a_login_in_netrc_for_the_endpoint_never_takes_the_place_of_the_key(
    endpoint: Endpoint, stack: AsyncExitStack, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password elsewhere\n")
    server = await Recorded(OK).start(stack)
    await ask(f"http://127.0.0.1:{server.port}/v1")
    [head] = server.heads
    assert f"\r\nAuthorization: Bearer {KEY}\r\n" in head
    assert head.count("uthorization") == 1 and "Basic" not in head


async def test_a_login_in_netrc_for_the_proxy_is_its_login(
    stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text('machine 127.0.0.1 login user password "p@ss word"\n')
    proxy = await Recorded(OK).start(stack)
    monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{proxy.port}")
    await ask("http://model.example/v1")
    [head] = proxy.heads
    assert LOGIN in head and f"\r\nAuthorization: Bearer {KEY}\r\n" in head


async def test_an_endpoint_that_sends_elsewhere_gives_neither_key_nor_login_away(
    stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = b"HTTP/1.1 307 Temporary\r\nLocation: http://other.example/v1\r\nContent-Length: 0\r\n\r\n"
    proxy = await Recorded(elsewhere, OK).start(stack)
    monkeypatch.setenv("http_proxy", f"http://{TYPED_LOGIN}127.0.0.1:{proxy.port}")
    with refused(ProviderError, "redirected", "http://model.example/v1", "http://other.example/v1"):
        await ask("http://model.example/v1")
    [head] = proxy.heads
    assert KEY in head and LOGIN in head


async def test_a_proxy_that_is_away_is_named_without_its_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://{TYPED_LOGIN}127.0.0.1:9")
    with pytest.raises(CallFailed) as failure:
        await ask("http://model.example/v1")
    assert failure.value.kind == "unreachable" and "127.0.0.1:9" in str(failure.value)
    assert "p%40ss" not in str(failure.value) and "p@ss" not in str(failure.value)


@pytest.mark.parametrize("named", ["socks5://user:word@inside:1080", "https://user:word@inside:3128", "http://:x"])
async def test_what_is_no_proxy_of_http_is_refused_in_one_line(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", named)
    with refused(ProviderError, "address-unusable", "https_proxy", "model.example in no_proxy") as refusal:
        await ask("https://model.example/v1")
    assert "word" not in str(refusal.value)


@pytest.mark.parametrize("named", ["http://user:word@[::1", "http://user:word℀@inside", "[user:word"])
def test_a_proxy_that_has_no_address_is_refused_by_the_variables_name(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", named)
    with refused(ProviderError, "address-unusable", "http_proxy", "model.example in no_proxy") as refusal:
        prepare(OpenAI("fake-model", "http://model.example/v1"))
    assert "word" not in str(refusal.value)


def test_each_scheme_has_its_own_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://[::1]:3128/")
    assert proxy_for("https://model.example/v1") == Proxy("http://[::1]:3128", None)
    assert proxy_for("http://model.example/v1") is None


@pytest.mark.parametrize("login", ["", "user:word@"])
async def test_a_proxy_is_asked_and_never_gets_the_key(login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An https endpoint's key goes through the tunnel only: what opens the tunnel is read by the proxy."""
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    opened: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 502 no\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        monkeypatch.setenv("https_proxy", f"http://{login}127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        monkeypatch.setenv("OPENAI_API_KEY", "key-of-ours")
        provider = OpenAI("fake-model", base_url="https://model.example/v1")
        with pytest.raises(CallFailed):
            await provider.complete(Call([{"role": "user", "content": "hello"}]))
        await provider.close()
    assert opened[0].startswith("CONNECT model.example:443") and "key-of-ours" not in opened[0]
    assert ("Proxy-Authorization: Basic" in opened[0]) == bool(login)
