"""The providers of an endpoint, asking the local one."""

from collections.abc import Callable
from typing import Any

from endpoint import Endpoint

from runner.core.prompt import Message
from runner.core.protocols import Provider
from runner.providers.litellm import LiteLLM
from runner.providers.openai import OpenAI

HELLO: list[Message] = [{"role": "system", "content": "Say yes."}, {"role": "user", "content": "hello"}]
Make = Callable[..., Provider]


def openai(endpoint: Endpoint, **options: Any) -> Provider:
    return OpenAI(**{"model": "fake-model", "base_url": endpoint.url, **options})


def litellm(endpoint: Endpoint, **options: Any) -> Provider:
    model = options.pop("model", "fake-model")
    options = {"api_key_env": "FAKE_KEY", **options}
    return LiteLLM(**{"model": f"openai/{model}", "base_url": endpoint.url, **options})
