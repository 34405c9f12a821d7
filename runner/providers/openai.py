"""provider=openai: api.openai.com, or any endpoint that speaks its language (vLLM, Ollama, llama.cpp, a proxy)."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from runner.core.calls import Call, RateLimits, Reply
from runner.core.environment import certificates, secret
from runner.core.errors import CallFailed, ProviderError
from runner.core.numbers import Count, Seconds, Share, Temperature
from runner.core.secrets import protect
from runner.providers.bounded_body import bounded_body
from runner.providers.endpoint_address import refuse_unfit
from runner.providers.meaning.body import answer_in
from runner.providers.meaning.errors import Endpoint
from runner.providers.meaning.reply import reply_from
from runner.providers.prices import declared, listed
from runner.providers.proxy import proxy_for, request_by
from runner.providers.sampling import Logprobs, Sampling

_OPENAI = "https://api.openai.com/v1"


class OpenAI:
    """Chat completions over aiohttp, connections kept.

    The openai package takes three times the processor time a call (docs/benchmarks.md), which on one machine is
    the limit; the request and the reply are the same.

    Args:
        model: the name the endpoint knows it by.
        base_url: the endpoint; null for api.openai.com.
        api_key_env: the *name* of the environment variable with the key. An endpoint of one's own may need none.
        concurrency: calls at once.
        timeout: seconds for one call.
        requests_per_minute, tokens_per_minute: null is without limit.
        temperature, top_p, max_tokens, seed: sampling; null leaves the parameter out.
        structured_output: ask for replies by a JSON schema made from the label list.
        logprobs: ask for the log-probabilities of the answer's tokens, and write them down with it: true, false, or
            ``auto``: with the texts that are labelled, as long as the endpoint does not refuse them.
        price: ``{input, output}`` in US dollars for a million tokens; null looks it up for api.openai.com, and
            is unknown elsewhere.
        params: further keys of the request body, passed through as they are.
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
        logprobs: Logprobs = "auto",
        price: Mapping[str, float] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        if base_url and "://" not in base_url:
            raise ValueError(f"base_url={base_url}: http:// or https:// is missing")
        self.model = model
        self.rate_limits = RateLimits(concurrency, timeout, requests_per_minute, tokens_per_minute)
        self._given_url = base_url
        self._base_url = (base_url or _OPENAI).rstrip("/")
        self._key_env = api_key_env
        protect(api_key_env)
        self._sampling = Sampling(temperature, top_p, max_tokens, seed, params or {}, structured_output, logprobs)
        self._price = declared(price) or (listed(model) if self._base_url == _OPENAI else None)
        self._url = f"{self._base_url}/chat/completions"
        self._endpoint = Endpoint(self._base_url, model, api_key_env)
        self._session: Any = None
        self._request: dict[str, Any] = {}
        self._trusted: Any = None

    async def complete(self, call: Call) -> Reply:
        import aiohttp

        session = self._session or self._connect()
        body = json.dumps({"model": self.model, **self._sampling.sent(call)}, ensure_ascii=False).encode()
        started = time.perf_counter()
        try:
            async with session.post(self._url, data=body, allow_redirects=False, **self._request) as answer:
                status, headers = answer.status, answer.headers
                content = await bounded_body(answer.content.iter_any(), headers.get("Content-Encoding"))
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError) as error:
            raise CallFailed("broken_reply", f"{self._base_url} cut the answer off") from error
        except TimeoutError as error:  # aiohttp's own time-outs are among the next
            raise CallFailed("timeout", f"no answer in {self.rate_limits.timeout:g} s") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._endpoint.untrusted(str(error.certificate_error)) from error
        except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError) as error:
            raise self._endpoint.proxy_failed(self._request["proxy"], str(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._endpoint.unreachable(str(error)) from error
        value = answer_in(status, headers, content, self._endpoint)
        return reply_from(value, self._endpoint, self._price, time.perf_counter() - started)

    def prepare(self) -> None:
        import aiohttp  # noqa: F401  # loaded now: within a call it would hold up the others

        refuse_unfit(self._given_url, "openai")

        key = secret(self._key_env, ProviderError) if self._key_env else ""
        if not key and self._base_url == _OPENAI:
            raise ProviderError(
                f"no key: the environment variable {self._key_env} is not set. Set it or put it in .env, "
                "or give provider.base_url for an endpoint that needs none, or use provider=local",
                code="key-missing",
                key=self._key_env or "",
            )
        headers = {
            "Authorization": f"Bearer {key or 'none'}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        self._request = request_by(proxy_for(self._base_url), self._url, headers)
        self._trusted = certificates(ProviderError)

    def describe(self, call: Call) -> dict[str, Any]:
        body = self._sampling.request(call)
        return {"provider": "openai", "model": self.model, "endpoint": self._base_url, "sample": call.sample, **body}

    def cost_at_most(self, call: Call) -> float | None:
        return self._sampling.cost_at_most(call, self._price)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # lets the connections' transports close before the loop does
            self._session = None

    def _connect(self) -> Any:
        import aiohttp

        self.prepare()
        # No headers here: a proxy would be sent them. No trust_env: it would look the proxy up at each call, in
        # threads, and have a login in .netrc collide with the key.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._trusted),
            timeout=aiohttp.ClientTimeout(total=self.rate_limits.timeout),
            auto_decompress=False,
        )
        return self._session
