"""provider=litellm alone: whose key it sends, and what it says of a server that is away."""

import pytest
from endpoint import Endpoint
from providers import HELLO
from refusals import refused

from runner.core.calls import Call
from runner.core.errors import CallFailed, ProviderError
from runner.providers.litellm import LiteLLM


async def test_an_ollama_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(CallFailed) as failure:
        await LiteLLM("ollama_chat/x", base_url="http://127.0.0.1:9").complete(Call(HELLO))
    assert failure.value.kind == "unreachable"


async def test_an_endpoint_of_ones_own_gets_no_key_that_litellm_finds(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else-1234")
    await LiteLLM("openai/fake-model", base_url=endpoint.url).complete(Call(HELLO))
    assert endpoint.keys == {"none"}
    for name in ("api_base", "aws_bedrock_runtime_endpoint", "aws_sts_endpoint"):
        with pytest.raises(ValueError) as refusal:
            LiteLLM("openai/fake-model", params={name: endpoint.url})
        assert f"params.{name}" in str(refusal.value)


async def test_litellm_needs_its_key_and_names_the_variable() -> None:
    with refused(ProviderError, "key-missing", "ANTHROPIC_API_KEY"):
        await LiteLLM("anthropic/x", api_key_env="ANTHROPIC_API_KEY").complete(Call(HELLO))
