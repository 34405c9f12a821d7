"""What the loop relies on, whatever the provider: each file in conf/provider is one, here asking a local endpoint."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from endpoint import Endpoint, completion
from options import lacking, made, options

from runner.core.calls import Call
from runner.core.errors import CallFailed
from runner.core.prompt import Message
from runner.core.protocols import Preparing, Provider
from runner.providers.prepare import prepare

HELLO: list[Message] = [{"role": "system", "content": "Say yes."}, {"role": "user", "content": "hello"}]
KEY = "a-key-of-the-tests"
IN_PROCESS = {"provider/local"}
"""What asks no endpoint: its weights are in this process."""
remote = pytest.mark.parametrize("option", [case for case in options("provider") if case.values[0] not in IN_PROCESS])


def at(endpoint: Endpoint, option: str, *words: str) -> Any:
    """The provider of an option, with the values of its file but for where it asks, and whom."""
    if option in IN_PROCESS:
        return made(option, *words)
    model = "fake-model" if option == "provider/openai" else "openai/fake-model"
    where = [f"provider.model={model}", f"provider.base_url={endpoint.url}", "provider.api_key_env=FAKE_KEY"]
    return made(option, *where, *words)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_KEY", KEY)


@pytest.fixture
async def provider(option: str, endpoint: Endpoint) -> AsyncIterator[Any]:
    opened = at(endpoint, option)
    yield opened
    await opened.close()


@pytest.mark.parametrize("option", options("provider"))
class TestContract:
    async def test_it_has_all_of_its_protocol(self, option: str, provider: Any) -> None:
        assert lacking(provider, Provider) == []
        assert isinstance(provider, Preparing)
        assert provider.model and provider.rate_limits.concurrency >= 1 and provider.rate_limits.timeout > 0

    async def test_a_call_is_described_by_its_content_and_not_by_its_key(
        self, option: str, provider: Any, endpoint: Endpoint
    ) -> None:
        other = at(endpoint, option, "provider.temperature=0.5")
        said = provider.describe(Call(HELLO))
        assert said == at(endpoint, option).describe(Call(HELLO)) != other.describe(Call(HELLO))
        assert said not in (provider.describe(Call(HELLO, sample=1)), provider.describe(Call(HELLO[:1])))
        assert KEY not in str(said)

    async def test_to_describe_and_to_reckon_asks_nobody(self, option: str, provider: Any, endpoint: Endpoint) -> None:
        provider.describe(Call(HELLO))
        cost = provider.cost_at_most(Call(HELLO))
        assert cost is None or cost >= 0
        assert endpoint.requests == []

    async def test_it_is_closed_as_often_as_one_likes(self, option: str, provider: Any) -> None:
        await provider.close()
        await provider.close()


@remote
class TestContractOfEndpoints:
    async def test_a_reply_has_text_tokens_and_time(self, option: str, provider: Any, endpoint: Endpoint) -> None:
        endpoint.fault = lambda body, number: (200, completion("Yes."), {})
        reply = await provider.complete(Call(HELLO))
        assert (reply.text, reply.finish) == ("Yes.", "stop")
        assert (reply.input_tokens, reply.output_tokens) == (100, 10)
        assert reply.seconds > 0 and endpoint.keys == {KEY}

    async def test_it_prepares_as_often_as_one_likes_and_asks_nobody(
        self, option: str, provider: Any, endpoint: Endpoint
    ) -> None:
        prepare(provider, provider)
        assert endpoint.requests == []
        assert (await provider.complete(Call(HELLO))).seconds > 0
        prepare(provider)

    async def test_many_at_once(self, option: str, provider: Any, endpoint: Endpoint) -> None:
        await asyncio.gather(*(provider.complete(Call(HELLO)) for _ in range(20)))
        assert len(endpoint.requests) == 20

    async def test_a_call_that_fails_is_named_and_the_next_may_do(
        self, option: str, provider: Any, endpoint: Endpoint
    ) -> None:
        endpoint.fault = lambda body, number: (503, {"error": {"message": "busy"}}, {}) if number == 1 else None
        with pytest.raises(CallFailed) as failure:
            await provider.complete(Call(HELLO))
        assert failure.value.kind == "overloaded" and len(endpoint.requests) == 1  # to try again is the throttle's
        assert (await provider.complete(Call(HELLO))).text


@pytest.mark.model
@pytest.mark.parametrize("option", [case for case in options("provider") if case.values[0] in IN_PROCESS])
def test_a_model_in_this_process_keeps_the_contract_too(option: str) -> None:
    provider = made(option, "provider.context=512", "provider.max_tokens=4")

    async def asked() -> Any:
        try:
            return await asyncio.gather(*(provider.complete(Call(HELLO)) for _ in range(2)))
        finally:
            await provider.close()

    prepare(provider)
    first, second = asyncio.run(asked())
    assert first.text == second.text != ""
    assert first.input_tokens > 0 and first.output_tokens > 0 and first.seconds > 0
