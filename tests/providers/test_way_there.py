"""The way to an endpoint: certificates, proxies that are gone, and what stands in between. Said by name, at once."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from endpoint import Endpoint, completion
from providers import HELLO, Make
from refusals import refused

from runner.core.calls import Call
from runner.core.errors import CallFailed, ProviderError
from runner.providers.litellm import LiteLLM
from runner.providers.litellm_answers import Seen
from runner.providers.meaning.errors import Endpoint as Place
from runner.providers.middleware.throttle import Throttle


@pytest.fixture
async def signed_by_itself(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """An https endpoint whose certificate nobody knows: its address, and the certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*words, *names], check=True, capture_output=True)

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(completion("red"))

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    yield f"https://localhost:{port}/v1", certificate
    await runner.cleanup()


async def test_a_certificate_that_nobody_signed_is_told_with_what_to_set(
    make: Make, signed_by_itself: tuple[str, Path]
) -> None:
    address, _ = signed_by_itself
    throttle = Throttle(make(base_url=address))
    with refused(ProviderError, "certificates-unusable", address, "SSL_CERT_FILE"):
        await throttle.complete(Call(HELLO))
    assert throttle.retries == 0


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_a_certificate_that_the_environment_names_is_trusted(
    variable: str, make: Make, signed_by_itself: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, certificate = signed_by_itself
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(certificate))
    assert (await make(base_url=address).complete(Call(HELLO))).text == "red"


async def test_a_proxy_that_is_gone_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(CallFailed) as failure:
        await make(base_url="http://model.example/v1").complete(Call(HELLO))
    assert failure.value.kind == "unreachable" and "127.0.0.1:9" in str(failure.value)


async def test_every_transport_of_litellm_is_looked_at(endpoint: Endpoint) -> None:
    """Not only that of the providers that speak OpenAI's language."""
    endpoint.any_model = True
    endpoint.fault = lambda body, number: (307, "", {"Location": "https://elsewhere.example/"})
    base = endpoint.url.removesuffix("/v1")
    for model in ("ollama_chat/x", "anthropic/x", "gemini/x"):
        provider = LiteLLM(model, base_url=base)
        with refused(ProviderError, "redirected", base, "elsewhere.example"):
            await provider.complete(Call(HELLO))
        await provider.close()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"stop_reason": "refusal", "content": []}, "refusal"),
        ({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]}, "MALFORMED_FUNCTION_CALL"),
        ({"stopReason": "guardrail_intervened"}, "guardrail_intervened"),
        ({"done_reason": "load"}, "load"),
        ({"candidates": []}, None),
        ({"candidates": "odd"}, None),
        ([1], None),
    ],
    ids=str,
)
def test_the_reason_to_end_is_the_endpoints_own(body: object, expected: str | None) -> None:
    assert Seen(Place("here", "m", None), value=body).ending() == expected


async def test_a_reason_that_litellm_makes_a_stop_of_is_told(endpoint: Endpoint) -> None:
    """An answer in Anthropic's shape, which litellm reads, and whose ending it does not know."""
    endpoint.any_model = True
    broken = {
        "id": "x", "type": "message", "role": "assistant", "model": "x", "stop_reason": "network_error",
        "content": [{"type": "text", "text": "red, an"}], "usage": {"input_tokens": 3, "output_tokens": 2},
    }  # fmt: skip
    endpoint.fault = lambda body, number: (200, broken, {})
    provider = LiteLLM("anthropic/x", base_url=endpoint.url.removesuffix("/v1"))
    with pytest.raises(CallFailed) as failure:
        await provider.complete(Call(HELLO))
    assert failure.value.kind == "interrupted"
    broken["stop_reason"] = "end_turn"
    reply = await provider.complete(Call(HELLO))
    assert (reply.text, reply.finish, reply.input_tokens, reply.output_tokens) == ("red, an", "stop", 3, 2)
    await provider.close()
    await asyncio.sleep(0)
