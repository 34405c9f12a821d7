"""provider=openai alone: replies in parts, waits, certificates, prices."""

from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, completion
from providers import HELLO
from refusals import refused

from runner.core.calls import Call
from runner.core.errors import CallFailed, ConfigError, ProviderError
from runner.providers import prices
from runner.providers.openai import OpenAI
from runner.providers.prepare import prepare
from runner.providers.sampling import Sampling


async def test_a_reply_in_parts_is_its_text_and_what_is_no_text_is_broken(endpoint: Endpoint) -> None:
    parts: Any = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "re"}, {"type": "text", "text": "d"}]
    for content, expected in ((parts, "red"), (7, None), ([7], None), ({"a": 1}, None)):
        whole = {**completion("x"), "choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
        endpoint.fault = lambda body, number, whole=whole: (200, whole, {})
        provider = OpenAI("fake-model", endpoint.url)
        if expected is None:
            with pytest.raises(CallFailed) as failure:
                await provider.complete(Call(HELLO))
            assert failure.value.kind == "broken_reply"
        else:
            assert (await provider.complete(Call(HELLO))).text == expected
        await provider.close()


async def test_retry_after_is_passed_on(endpoint: Endpoint) -> None:
    waits = {1: "7", 2: "soon"}
    endpoint.fault = lambda body, number: (429, {"error": {"message": "slow"}}, {"retry-after": waits[number]})
    provider = OpenAI("fake-model", endpoint.url)
    for expected in (7.0, None):
        with pytest.raises(CallFailed) as failure:
            await provider.complete(Call(HELLO))
        assert failure.value.retry_after == expected
    await provider.close()


async def test_openai_needs_its_key_and_names_the_variable() -> None:
    with refused(ProviderError, "key-missing", "OPENAI_API_KEY"):
        await OpenAI("gpt-4o-mini").complete(Call(HELLO))


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), ("no certificate", "no certificate")])
def test_certificates_that_cannot_be_read_are_named(
    content: str | None, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "authorities.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with refused(ProviderError, "certificates-unusable", "SSL_CERT_FILE", file, why):
        prepare(OpenAI("fake-model", "https://model.example/v1"))


async def test_ones_own_endpoint_needs_no_key(endpoint: Endpoint) -> None:
    provider = OpenAI("fake-model", endpoint.url)
    await provider.complete(Call(HELLO))
    await provider.close()
    assert endpoint.keys == {"none"}


async def test_params_are_passed_through_as_they_are(endpoint: Endpoint) -> None:
    provider = OpenAI("fake-model", endpoint.url, params={"top_k": 5})
    await provider.complete(Call(HELLO))
    await provider.close()
    assert endpoint.requests[-1]["top_k"] == 5


def test_prices_come_from_the_package_and_are_never_zero_for_the_unknown() -> None:
    known = prices.listed("gpt-4o-mini")
    assert known is not None
    assert 0 < known.input < known.output
    assert known.of(1_000_000, 0) == pytest.approx(known.input)
    assert prices.listed("no-such-model-anywhere") is None


@pytest.mark.parametrize("price", [{"input": 1}, {"input": 1, "output": -1}, {"in": 1, "out": 2}], ids=str)
def test_a_price_needs_both_sides(price: dict[str, float]) -> None:
    with refused(ConfigError, "bad-value", "provider.price", price):
        OpenAI("x", price=price)


def test_params_win_over_options() -> None:
    body = Sampling(temperature=0.0, params={"temperature": 1}).request(Call(HELLO))
    assert body["temperature"] == 1
