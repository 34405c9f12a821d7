"""What the OpenAI-shaped providers share: the request, the reply, and what each error means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, CallFailure, ProviderError
from runner.core.secrets import redact
from runner.providers.prices import Price
from verifiers.verdict import Finish

_T = TypeVar("_T")
_LONGEST_DETAIL = 200  # characters of a provider's own words in a message
_BAD_REQUEST = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_BROKEN_JSON = re.compile(r"Unterminated string|Expecting (?:value|property|',')|JSONDecodeError|Extra data")
_BAD_REQUESTS: dict[CallFailure, re.Pattern[str]] = {
    "context_too_long": re.compile(
        r"context[ _]?(?:length|window|size)|maximum context|too long|exceeds the maximum number of tokens",
        re.IGNORECASE,
    ),
    "content_filter": re.compile(
        r"content[ _]?(?:filter|policy|management)|flagged as potentially|invalid[ _]prompt", re.IGNORECASE
    ),
}
_NO_CREDIT = re.compile(r"insufficient_quota|exceeded your current quota|credit balance", re.IGNORECASE)
# Gemini says "exceeded your current quota" of a limit that is over in a minute, too.
_SOON = re.compile(r"retry in (\d+(?:\.\d+)?) ?s|retry ?delay|per ?minute", re.IGNORECASE)
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
        body = self.request(call)
        longest = body.get("max_completion_tokens", body.get("max_tokens"))
        if price is None or not isinstance(longest, int):
            return None
        return price.of(sum(len(message["content"]) for message in call.messages) // 3, longest)


def _chosen(own: _T | None, asked: _T | None) -> _T | None:
    """What the call asks for, if the provider sends the parameter at all (some models refuse it)."""
    return asked if own is not None and asked is not None else own


def reply_from(answer: Any, price: Price | None, seconds: float) -> Reply:
    """A Reply from an OpenAI-shaped answer, a mapping all the way down.

    Raises:
        CallFailed: the answer has no choice in it (a proxy's error page, cut JSON), or a filter stopped it.
    """
    try:
        choice, usage = answer["choices"][0], answer.get("usage")
        message = choice["message"]
        content, refusal, ending = message.get("content"), message.get("refusal"), choice.get("finish_reason")
        if isinstance(content, list):  # in parts, as of models that show their reasoning
            content = "".join(part["text"] for part in content if part.get("type") == "text")
    except (LookupError, TypeError, AttributeError) as error:
        raise CallFailed("broken_reply", "the answer has no message in it") from error
    if not isinstance(content or refusal or "", str):
        raise CallFailed("broken_reply", "the answer's message is no text")
    if ending == "content_filter":
        raise CallFailed("content_filter", "the endpoint's content filter stopped the reply")
    finish: Finish = "length" if ending == "length" else "refusal" if refusal else "stop"
    tokens_in = (usage or {}).get("prompt_tokens") or 0
    tokens_out = (usage or {}).get("completion_tokens") or 0
    cost = price.of(tokens_in, tokens_out) if price and usage else None
    return Reply(content or refusal or "", finish, tokens_in, tokens_out, cost, seconds)


_SSL = re.compile(r" ssl:(?:<[^<>]*+>|default)")  # of aiohttp's words, which no person needs


@dataclass(frozen=True)
class Place:
    """Where a provider asks, for the words of an error.

    Attributes:
        where: the endpoint. model: as configured. key_env: the name of the variable that holds the key.
    """

    where: str
    model: str
    key_env: str | None

    def unreachable(self, words: str) -> CallFailed:
        words = _SSL.sub("", shortened(words))
        words = f"{self.where} cannot be reached ({words}): is it running, and is the address right?"
        return CallFailed("unreachable", words)

    def refused(self, status: int, words: str, retry_after: str | None = None) -> CallFailed | ProviderError:
        """What an answer with a status of 400 or more means: a failure of this call, or of all calls."""
        words = shortened(words)
        kind = _call_failure(status, words)
        if kind:
            soon = _SOON.search(words)
            return CallFailed(kind, words, _seconds(retry_after or (soon[1] if soon else None)))
        refusal = self._refusal(status).with_words(f" ({words})")
        return CallFailed("bad_request", str(refusal)) if status in _BAD_REQUEST else refusal

    def _refusal(self, status: int) -> ProviderError:
        """What the endpoint refuses for every call, and what to do."""
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            if not self.key_env:
                return ProviderError(f"{self.where} wants a key (api_key_env)", code="key-missing", key="api_key_env")
            words = f"{self.where} refused the key: check the key in {self.key_env}"
            return ProviderError(words, code="key-refused", key=self.key_env)
        if status == HTTPStatus.NOT_FOUND:
            words = f"{self.where} has no model {self.model!r}: check provider.model and provider.base_url"
            return ProviderError(words, code="model-unknown", key=self.model)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            words = f"{self.where} says that the account has no credit left"
            return ProviderError(words, code="no-credit", key=self.where)
        if status in _BAD_REQUEST:
            words = (
                f"{self.where} does not accept the request: provider.KEY=null leaves a parameter out "
                "(provider.max_tokens=null), provider.params.KEY=VALUE sends one "
                "(provider.params.max_completion_tokens=4000)"
            )
            return ProviderError(words, code="bad-request", key=self.where)
        return ProviderError(f"{self.where} answered with status {status}", code="status-unexpected", key=self.where)


def shortened(words: str) -> str:
    """A provider's own words on one line, without secrets and litellm's prefixes, and not too long."""
    words = _LITELLM_PREFIX.sub("", " ".join(redact(words).split()))
    return words if len(words) <= _LONGEST_DETAIL else words[: _LONGEST_DETAIL - 3] + "..."


def _call_failure(status: int, words: str) -> CallFailure | None:
    """The kind of failure that concerns one call; None if it concerns every call."""
    if _BROKEN_JSON.search(words):
        return "broken_reply"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limited" if _SOON.search(words) or not _NO_CREDIT.search(words) else None
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return "context_too_long"
    if status in _BAD_REQUEST:
        return next((kind for kind, pattern in _BAD_REQUESTS.items() if pattern.search(words)), None)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return "timeout"
    return "overloaded" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None


def _seconds(retry_after: str | None) -> float | None:
    try:
        return float(retry_after) if retry_after is not None else None
    except ValueError:
        return None
