"""provider=openai: api.openai.com, or any endpoint that speaks its language (vLLM, Ollama, llama.cpp, a proxy)."""

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from runner.bounds import Count, Seconds, Share, Temperature
from runner.errors import CallFailed, ConfigError, ProviderError
from runner.providers.chat import Sampling, meaning_of, reply_from
from runner.providers.prices import declared, listed
from runner.secrets import protect
from runner.types import Call, Pace, Reply

_OPENAI = "https://api.openai.com/v1"


class OpenAI:
    """Chat completions through the openai package.

    Args:
        model: the name the endpoint knows it by.
        base_url: the endpoint; null for api.openai.com.
        api_key_env: the *name* of the environment variable with the key. An endpoint of one's own may need none.
        concurrency: calls at once.
        timeout: seconds for one call.
        requests_per_minute, tokens_per_minute: null is without limit.
        temperature, top_p, max_tokens, seed: sampling; null leaves the parameter out.
        structured_output: ask for replies by a JSON schema made from the label list.
        price: ``{input, output}`` in US dollars for a million tokens; null looks it up for api.openai.com, and
            is unknown elsewhere.
        params: further keys of the request body, passed through as they are (``extra_body`` for unknown ones).
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        api_key_env: str | None = "OPENAI_API_KEY",
        concurrency: Count = 16,
        timeout: Seconds = 60.0,
        requests_per_minute: Count | None = None,
        tokens_per_minute: Count | None = None,
        temperature: Temperature | None = 0.0,
        top_p: Share | None = None,
        max_tokens: Count | None = 256,
        seed: int | None = None,
        structured_output: bool = False,
        price: Mapping[str, float] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.pace = Pace(concurrency, timeout, requests_per_minute, tokens_per_minute)
        self._base_url = (base_url or _OPENAI).rstrip("/")
        self._key_env = api_key_env
        protect(api_key_env)
        self._sampling = Sampling(temperature, top_p, max_tokens, seed, params or {}, structured_output)
        self._price = declared(price) or (listed(model) if self._base_url == _OPENAI else None)
        self._client: Any = None

    async def complete(self, call: Call) -> Reply:
        import openai

        client = self._client or self._connect()
        started = time.perf_counter()
        try:
            answer = await client.chat.completions.create(model=self.model, **self._sampling.request(call))
        except json.JSONDecodeError as error:
            raise CallFailed("broken_reply", f"{self._base_url} answered with broken JSON") from error
        except openai.OpenAIError as error:
            meaning = meaning_of(error, model=self.model, where=self._base_url, key_env=self._key_env)
            raise meaning or error from error
        except TypeError as error:
            raise ConfigError(
                f"provider.params: {str(error).split(') ')[-1]}: put it under params.extra_body"
            ) from error
        return reply_from(answer, self._price, time.perf_counter() - started)

    def describe(self, call: Call) -> dict[str, Any]:
        body = self._sampling.request(call)
        return {"provider": "openai", "model": self.model, "endpoint": self._base_url, "sample": call.sample, **body}

    def cost_at_most(self, call: Call) -> float | None:
        return self._sampling.cost_at_most(call, self._price)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _connect(self) -> Any:
        from openai import AsyncOpenAI, DefaultAioHttpClient

        key = os.environ.get(self._key_env, "") if self._key_env else ""
        if not key and self._base_url == _OPENAI:
            raise ProviderError(
                f"no key: the environment variable {self._key_env} is not set. Set it or put it in .env, "
                "or give provider.base_url for an endpoint that needs none, or use provider=local"
            )
        self._client = AsyncOpenAI(
            api_key=key or "none",
            base_url=self._base_url,
            timeout=self.pace.timeout,
            max_retries=0,
            http_client=DefaultAioHttpClient(),
        )
        return self._client
