"""What the OpenAI-shaped providers share: the request, the reply, and what each error means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from runner.errors import CallFailed, CallFailure, ProviderError
from runner.providers.prices import Price
from runner.secrets import redact
from runner.types import Call, Reply
from verifiers.verdict import Finish

_T = TypeVar("_T")
_LONGEST_DETAIL = 200  # characters of a provider's own words in a message
_BROKEN_JSON = re.compile(r"Unterminated string|Expecting (?:value|property|',')|JSONDecodeError|Extra data")
_BAD_REQUESTS: dict[CallFailure, re.Pattern[str]] = {
    "context_too_long": re.compile(r"context[ _](?:length|window|size)|maximum context|too long", re.IGNORECASE),
    "content_filter": re.compile(r"content[ _](?:filter|policy|management)", re.IGNORECASE),
}
_NO_CREDIT = re.compile(r"insufficient_quota|exceeded your current quota|credit balance", re.IGNORECASE)
_LITELLM_PREFIX = re.compile(r"^litellm\.\w+: (?:\w+: )?\w*Exception - ")


@dataclass(frozen=True)
class Sampling:
    """The parameters sent with each call; None is never sent, and the endpoint's own default holds."""

    temperature: float | None = 0.0
    top_p: float | None = None
    max_tokens: int | None = 256
    seed: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    structured_output: bool = False

    def request(self, call: Call) -> dict[str, Any]:
        """The body of a chat completion. ``params`` win, so that anything can be set; nothing is dropped."""
        own: dict[str, Any] = {
            "temperature": _chosen(self.temperature, call.temperature),
            "top_p": self.top_p,
            "max_tokens": _chosen(self.max_tokens, call.max_tokens),
            "seed": None if self.seed is None else self.seed + call.sample,
        }
        body = {key: value for key, value in own.items() if value is not None}
        if self.structured_output and call.schema is not None:
            schema = {"name": "labels", "strict": True, "schema": dict(call.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return {"messages": list(call.messages), **body, **self.params}

    def cost_at_most(self, call: Call, price: Price | None) -> float | None:
        """Dollars, from a token for every three characters in and the most tokens out; None without a price."""
        longest = _chosen(self.max_tokens, call.max_tokens)
        if price is None or longest is None:
            return None
        return price.of(sum(len(message["content"]) for message in call.messages) // 3, longest)


def _chosen(own: _T | None, asked: _T | None) -> _T | None:
    """What the call asks for, if the provider sends the parameter at all (some models refuse it)."""
    return asked if own is not None and asked is not None else own


def reply_from(answer: Any, price: Price | None, seconds: float) -> Reply:
    """A Reply from an OpenAI-shaped answer object.

    Raises:
        CallFailed: the answer has no choice in it (a proxy's error page, cut JSON), or a filter stopped it.
    """
    choices = getattr(answer, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise CallFailed("broken_reply", "the answer has no message in it")
    message, usage = choices[0].message, getattr(answer, "usage", None)
    refusal = getattr(message, "refusal", None)
    finish: Finish = "stop"
    if choices[0].finish_reason == "length":
        finish = "length"
    elif choices[0].finish_reason == "content_filter":
        raise CallFailed("content_filter", "the endpoint's content filter stopped the reply")
    elif refusal:
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
    """The kind of failure that concerns one call; None if the error concerns every call.

    litellm raises other classes than openai for the same event, so status and words decide where classes differ.
    """
    import openai

    status = getattr(error, "status_code", None)
    if _never_connected(error) or words == "Connection error." or type(error) is openai.APIConnectionError:
        return "unreachable"
    if isinstance(error, openai.APITimeoutError):
        return "timeout"
    if isinstance(error, openai.APIResponseValidationError) or _BROKEN_JSON.search(words):
        return "broken_reply"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return None if _out_of_credit(error, words) else "rate_limited"
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return next((kind for kind, pattern in _BAD_REQUESTS.items() if pattern.search(words)), None)
    return "overloaded" if status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR else None


def _refusal(error: Exception, model: str, key_env: str | None) -> str | None:
    """What the endpoint refuses for every call, and what to do, as the end of a sentence; None if it says nothing."""
    status = getattr(error, "status_code", None)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return f"refused the key: check the key in {key_env}" if key_env else "refused us: check provider.api_key_env"
    if status == HTTPStatus.NOT_FOUND:
        return f"has no model {model!r}: check provider.model and provider.base_url"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "says that the account has no credit left"
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return "does not accept the request: check the provider's parameters"
    return None if status is None else f"answered with status {status}"


def _never_connected(error: BaseException | None) -> bool:
    """Whether a failed connection stands behind the error; the aiohttp transport reports it as a time-out."""
    while error is not None:
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _out_of_credit(error: Exception, words: str) -> bool:
    return bool(_NO_CREDIT.search(f"{getattr(error, 'code', '')} {words}"))


def _words_of(error: Exception) -> str:
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, Mapping) else None
    words = _LITELLM_PREFIX.sub("", " ".join(redact(str(message or error)).split()))
    return words if len(words) <= _LONGEST_DETAIL else words[: _LONGEST_DETAIL - 3] + "..."


def _retry_after(error: Exception) -> float | None:
    response = getattr(error, "response", None)
    value = response.headers.get("retry-after") if response is not None else None
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None
