"""provider=litellm: every provider that the litellm package knows, by its ``provider/model`` name."""

import gc
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from runner.core.calls import Call, RateLimits, Reply
from runner.core.environment import authorities, certificates, secret
from runner.core.errors import CallFailed, ProviderError
from runner.core.numbers import Count, Seconds, Share, Temperature
from runner.core.secrets import protect
from runner.providers.endpoint_address import refuse_unfit
from runner.providers.litellm_answers import check_answers_of_litellm, seen_answers
from runner.providers.meaning.errors import Endpoint
from runner.providers.meaning.reply import reply_from
from runner.providers.prices import declared, listed
from runner.providers.sampling import Logprobs, Sampling

_PLACES = re.compile(
    r"endpoint|base|url|host|proxy|client|^api_key$|custom_llm_provider|^model|fallbacks|deployment", re.IGNORECASE
)
_SIGNED = ("bedrock/", "sagemaker/", "vertex_ai/")  # their requests are signed; a key would take that way's place
_LOST = ("Connection error", "Cannot connect to host")


class LiteLLM:
    """Chat completions through litellm.

    Args:
        model: litellm's name, such as ``anthropic/claude-sonnet-4-5``.
        base_url: another endpoint than the provider's own.
        api_key_env: the *name* of the environment variable with the key; null where litellm finds its
            credentials itself (Bedrock, Vertex) or none is needed (Ollama).
        concurrency: calls at once.
        timeout: seconds for one call.
        requests_per_minute, tokens_per_minute: null is without limit.
        temperature, top_p, max_tokens, seed: sampling; null leaves the parameter out. What the provider does
            not take is an error that names it, never dropped in silence.
        structured_output: ask for replies by a JSON schema made from the label list.
        logprobs: ask for the log-probabilities of the answer's tokens, and write them down with it: true, false, or
            ``auto``: with the texts that are labelled, as long as nobody on the way refuses them.
        price: ``{input, output}`` in US dollars for a million tokens; null looks it up in litellm's own list.
        params: further arguments of ``litellm.acompletion``, passed through as they are.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        api_key_env: str | None = None,
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
        if astray := sorted(name for name in params or {} if _PLACES.search(name)):
            raise ValueError(f"params.{astray[0]}: who is asked is said by model, base_url and api_key_env alone")
        self.model = model
        self.rate_limits = RateLimits(concurrency, timeout, requests_per_minute, tokens_per_minute)
        self._base_url = base_url
        self._key_env, self._key = api_key_env, ""
        protect(api_key_env)
        self._sampling = Sampling(temperature, top_p, max_tokens, seed, params or {}, structured_output, logprobs)
        self._price = declared(price) or listed(model) or listed(model.partition("/")[2])
        self._endpoint = Endpoint(base_url or self._asked, model, api_key_env)
        self._litellm: Any = None

    async def complete(self, call: Call) -> Reply:
        if self._litellm is None:
            self.prepare()
        litellm = self._litellm
        import openai

        request = {"timeout": self.rate_limits.timeout, **self._sampling.sent(call)}
        if self._base_url:
            request["api_base"] = self._base_url
        if self._key_env or (self._base_url and not self.model.startswith(_SIGNED)):
            request["api_key"] = self._key or "none"  # or litellm sends the key it finds to an endpoint of one's own
        started = time.perf_counter()
        answer: Any = None
        with seen_answers(self._endpoint) as seen:
            try:
                answer = await litellm.acompletion(model=self.model, num_retries=0, drop_params=False, **request)
            except openai.OpenAIError as error:
                if seen.refused or not seen.openai_shaped:
                    raise (seen.refused or self._meaning(error)) from error
        seconds = time.perf_counter() - started
        if seen.openai_shaped:
            return reply_from(seen.value, self._endpoint, self._price, seconds)
        whole = answer.model_dump()
        if ending := seen.ending():
            whole["choices"][0]["finish_reason"] = ending
        return reply_from(whole, self._endpoint, self._price, seconds)

    def prepare(self) -> None:
        refuse_unfit(self._base_url, self._asked)
        self._key = secret(self._key_env, ProviderError) if self._key_env else ""
        if self._key_env and not self._key:
            raise ProviderError(
                f"no key: the environment variable {self._key_env} is not set. Set it or put it in .env",
                code="key-missing",
                key=self._key_env,
            )
        certificates(ProviderError)
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # its price list is in the package
        os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # or it would read .env files of its own
        import litellm

        litellm.telemetry = False
        litellm.suppress_debug_info = True
        if authorities()[0]:
            litellm.ssl_verify = authorities()[1]
        check_answers_of_litellm()
        # What the import made stays: the collector need not look through all of it again and again.
        gc.collect()
        gc.freeze()
        self._litellm = litellm

    def _meaning(self, error: Exception) -> Exception:
        """What an exception of litellm means where no answer came that could be looked at (they derive from openai).

        Lost connections come as a server error with status 500, broken JSON too: the words decide.
        """
        import openai

        words = str(error)
        if isinstance(error, openai.APITimeoutError):
            return CallFailed("timeout", f"no answer in {self.rate_limits.timeout:g} s")
        if type(error) is openai.APIConnectionError or any(lost in words for lost in _LOST):
            return self._endpoint.unreachable(words)
        status = getattr(error, "status_code", None)
        headers = getattr(getattr(error, "response", None), "headers", None) or {}
        return self._endpoint.refused(status, words, headers) if isinstance(status, int) else error

    def describe(self, call: Call) -> dict[str, Any]:
        body = self._sampling.request(call)
        return {"provider": "litellm", "model": self.model, "endpoint": self._base_url, "sample": call.sample, **body}

    def cost_at_most(self, call: Call) -> float | None:
        return self._sampling.cost_at_most(call, self._price)

    async def close(self) -> None:
        if self._litellm is not None:
            from litellm.llms.custom_httpx.async_client_cleanup import close_litellm_async_clients

            await close_litellm_async_clients()
            self._litellm = None

    @property
    def _asked(self) -> str:
        """litellm's name of whom it asks."""
        provider, between, _ = self.model.partition("/")
        return provider if between else "openai"
