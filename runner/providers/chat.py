"""What the OpenAI-shaped providers share: the request, the reply, and what each error means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.errors import CallFailed, CallFailure, ProviderError
from runner.providers.prices import Price
from runner.secrets import redact
from runner.types import Call, Reply
from verifiers.verdict import Finish

_LONGEST_DETAIL = 200  # characters of a provider's own words in a message


@dataclass(frozen=True)
class Sampling:
    """The parameters sent with each call; None is not sent, and the endpoint's own default holds."""

    temperature: float | None = 0.0
    top_p: float | None = None
    max_tokens: int | None = 256
    seed: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    structured_output: bool = False

    def request(self, call: Call) -> dict[str, Any]:
        """The body of a chat completion. ``params`` win, so that anything can be set; nothing is dropped."""
        own: dict[str, Any] = {
            "temperature": self.temperature if call.temperature is None else call.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens if call.max_tokens is None else call.max_tokens,
            "seed": None if self.seed is None else self.seed + call.sample,
        }
        body = {key: value for key, value in own.items() if value is not None}
        if self.structured_output and call.schema is not None:
            schema = {"name": "labels", "strict": True, "schema": dict(call.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return {"messages": list(call.messages), **body, **self.params}


def reply_from(answer: Any, price: Price | None, seconds: float) -> Reply:
    """A Reply from an OpenAI-shaped answer object.

    Raises:
        CallFailed: the answer has no choice in it (a proxy's error page, cut JSON).
    """
    choices = getattr(answer, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise CallFailed("broken_reply", "the answer has no message in it")
    message, usage = choices[0].message, getattr(answer, "usage", None)
    refusal = getattr(message, "refusal", None)
    finish: Finish = "stop"
    if choices[0].finish_reason == "length":
        finish = "length"
    elif refusal or choices[0].finish_reason == "content_filter":
        finish = "refusal"
    tokens_in = getattr(usage, "prompt_tokens", None) or 0
    tokens_out = getattr(usage, "completion_tokens", None) or 0
    cost = price.of(tokens_in, tokens_out) if price and usage else None
    return Reply(message.content or refusal or "", finish, tokens_in, tokens_out, cost, seconds)


def meaning_of(error: Exception, *, model: str, where: str, key_env: str | None) -> CallFailed | ProviderError | None:
    """What an exception of the openai package, or one of litellm's derived from it, means; None if it is a bug.

    Args:
        where: the endpoint, for the message.
        key_env: the name of the variable that holds the key.
    """
    words = _words_of(error)
    kind = _call_failure(error, words)
    if kind == "unreachable":
        return CallFailed(kind, f"{where} cannot be reached ({words}): is it running, and is the address right?")
    if kind:
        return CallFailed(kind, words, _retry_after(error))
    refusal = _refusal(error, model, key_env)
    return ProviderError(f"{where} {refusal} ({words})") if refusal else None


def _call_failure(error: Exception, words: str) -> CallFailure | None:
    """The kind of failure that concerns one call; None if the error concerns every call."""
    import openai

    kinds: list[tuple[type[Exception], CallFailure]] = [
        (openai.APITimeoutError, "timeout"),
        (openai.APIConnectionError, "unreachable"),
        (openai.InternalServerError, "overloaded"),
        (openai.APIResponseValidationError, "broken_reply"),
    ]
    for exception, kind in kinds:
        if isinstance(error, exception):
            return kind
    if isinstance(error, openai.RateLimitError):
        return None if _out_of_credit(error, words) else "rate_limited"
    if isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
        if re.search(r"context[ _](?:length|window|size)|maximum context|too long", words, re.IGNORECASE):
            return "context_too_long"
        return "content_filter" if re.search(r"content[ _](?:filter|policy|manag)", words, re.IGNORECASE) else None
    if isinstance(error, openai.APIError) and not isinstance(error, openai.APIStatusError):
        return "broken_reply"
    return None


def _refusal(error: Exception, model: str, key_env: str | None) -> str | None:
    """What the endpoint refuses for every call, and what to do, as the end of a sentence."""
    import openai

    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return f"refused the key: check the key in {key_env}" if key_env else "refused us: check provider.api_key_env"
    if isinstance(error, openai.NotFoundError):
        return f"has no model {model!r}: check provider.model and provider.base_url"
    if isinstance(error, openai.RateLimitError):
        return "says that the account has no credit left"
    if isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
        return "does not accept the request: check the provider's parameters"
    if isinstance(error, openai.APIStatusError):
        return f"answered with status {error.status_code}"
    return None


def _out_of_credit(error: Exception, words: str) -> bool:
    return "insufficient_quota" in f"{getattr(error, 'code', '')} {words}"


def _words_of(error: Exception) -> str:
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, Mapping) else None
    words = " ".join(redact(str(message or error)).split())
    return words if len(words) <= _LONGEST_DETAIL else words[: _LONGEST_DETAIL - 3] + "..."


def _retry_after(error: Exception) -> float | None:
    response = getattr(error, "response", None)
    value = response.headers.get("retry-after") if response is not None else None
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None
