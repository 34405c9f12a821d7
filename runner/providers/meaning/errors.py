"""What an endpoint sends in an answer's place: a failure of this call, or of all calls."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, get_args
from urllib.parse import urlsplit

from runner.core.errors import CallFailed, CallFailure, ProviderError
from runner.core.secrets import redact
from runner.providers.meaning.error_table import NAMED_STATUS, Refusal, meaning_of
from runner.providers.meaning.waits import asked_wait

_LONGEST = 200  # characters of an endpoint's own words in a message
_LOOKED_AT = 100_000  # characters of them that are looked at
_DEEPEST = 6  # mappings in mappings that are looked through for words
_MOST_WORDS = 40


_SPEAKING = (
    "message", "msg", "status_msg", "error_message", "detail", "error_description", "raw", "error", "errors",
    "base_resp",
    "metadata", "innererror", "details", "code", "type", "status", "status_code", "reason", "title",
)  # fmt: skip
_STATUSES = ("code", "status", "status_code", "type")
_PAGE = re.compile(rb"\s{0,100}(?:<!--|<\?xml|<!doctype html|<html|<head|<body)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^<>]{0,100}>([^<>]{1,200})<", re.IGNORECASE)
_SSL = re.compile(r" ssl:(?:<[^>]{0,200}>|default|True)")  # of aiohttp's words, which no person needs
_LITELLM_PREFIX = re.compile(r"^litellm\.\w+: (?:\w+: )?\w*Exception - ")


@dataclass(frozen=True)
class Endpoint:
    """Where a provider asks, for the words of an error.

    Attributes:
        where: its address. model: as configured. key_env: the name of the variable that holds the key.
    """

    where: str
    model: str
    key_env: str | None

    def unreachable(self, words: str) -> CallFailed:
        """There is no connection."""
        words = _SSL.sub("", shortened(words))
        words = f"{self.where} cannot be reached ({words}): is it running, and is the address right?"
        return CallFailed("unreachable", words)

    def untrusted(self, words: str) -> ProviderError:
        """Its certificate is signed by nobody who is trusted here."""
        told = (
            f"{self.where} has a certificate that is not trusted here ({_SSL.sub('', shortened(words))}): if you know "
            "the endpoint, name the file of its authority's certificate in the environment variable SSL_CERT_FILE"
        )
        return ProviderError(told, code="certificates-unusable", key=self.where)

    def proxy_failed(self, proxy: str, words: str) -> CallFailed:
        """The proxy on the way to it does not let through, or is not there."""
        told = (
            f"the proxy {proxy}, which the environment names for {self.where}, cannot be used "
            f"({_SSL.sub('', shortened(words))}): is it running? no_proxy names hosts that need none"
        )
        return CallFailed("unreachable", told)

    def redirected(self, to: str) -> ProviderError:
        """It sends callers elsewhere. Texts are not carried to an address that nobody gave."""
        target = urlsplit(to)
        there = f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}" if target.netloc else target.path
        told = (
            f"{self.where} sends callers on to {shortened(there)}, where goldloop does not follow with your texts: "
            "if that is the endpoint, give its address as provider.base_url"
        )
        return ProviderError(told, code="redirected", key=self.where)

    def refused(
        self, status: int | None, words: str, headers: Mapping[str, str] | None = None
    ) -> CallFailed | ProviderError:
        """What an error means, by the table.

        Args:
            status: of HTTP, 400 or more; None where the error came in an answer with status 200 and names none.
            words: all that it says. headers: of the answer.
        """
        told = shortened(words)
        means = meaning_of(status, words)
        if means is None:
            told = f"{self.where} answered with status {status} ({told})"
            return ProviderError(told, code="status-unexpected", key=self.where)
        if means == "bad_request":
            return CallFailed(means, f"{self._not_accepted()} ({told})")
        if means in _FAILURES:
            return CallFailed(means, told, asked_wait(headers or {}, words))  # type: ignore[arg-type]
        return self._refusal(means, told)  # type: ignore[arg-type]

    def page(self, status: int, content: bytes) -> CallFailed | ProviderError:
        """What a web page means that came in an answer's place; one that tells of an outage may be gone soon."""
        title = _TITLE.search(content[:20_000].decode("utf-8", "replace"))
        named = f" ({shortened(title[1])})" if title else ""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            kind: CallFailure = "rate_limited" if status == HTTPStatus.TOO_MANY_REQUESTS else "overloaded"
            return CallFailed(kind, f"{self.where} answered with status {status} and a web page{named}")
        told = (
            f"{self.where} answered with a web page{named} and status {status}: a login, a firewall or a proxy stands "
            "before the model, or provider.base_url is not that of its API (it often ends in /v1)"
        )
        return ProviderError(told, code="page-not-answer", key=self.where)

    def streams(self) -> ProviderError:
        """It answers in pieces, though it was not asked to."""
        told = (
            f"{self.where} answers in streams only (lines that begin with 'data:'), which goldloop does not read: ask "
            "it for whole answers (provider.params.stream=false), or put a proxy before it that collects them"
        )
        return ProviderError(told, code="streams-only", key=self.where)

    def _refusal(self, means: Refusal, told: str) -> ProviderError:
        """What is refused for every call, and what to do."""
        if means == "key-refused":
            if not self.key_env:
                return ProviderError(
                    f"{self.where} wants a key (api_key_env) ({told})", code="key-missing", key="api_key_env"
                )
            words = f"{self.where} refused the key: check the key in {self.key_env}, and what it may be used for"
            return ProviderError(f"{words} ({told})", code="key-refused", key=self.key_env)
        if means == "model-unknown":
            words = f"{self.where} has no model {self.model!r}: check provider.model and provider.base_url"
            return ProviderError(f"{words} ({told})", code="model-unknown", key=self.model)
        if means == "no-credit":
            words = f"{self.where} says that the account has no credit left, or has reached its limit"
            return ProviderError(f"{words} ({told})", code="no-credit", key=self.where)
        words = f"{self.where} does not serve the country or region that it is asked from"
        return ProviderError(f"{words} ({told})", code="region-refused", key=self.where)

    def _not_accepted(self) -> str:
        return (
            f"{self.where} does not accept the request: provider.KEY=null leaves a parameter out "
            "(provider.max_tokens=null), provider.params.KEY=VALUE sends one "
            "(provider.params.max_completion_tokens=4000)"
        )


_FAILURES = frozenset(get_args(CallFailure))


def is_page(content: bytes) -> bool:
    """Whether a body is a web page."""
    return bool(_PAGE.match(content[:1000]))


def is_stream(content: bytes) -> bool:
    """Whether a body is one of server-sent events."""
    return content[:1000].lstrip().startswith((b"data:", b"event:", b": "))


def words_of(error: Any) -> str:
    """All that an error's body says, its message first; empty where it says nothing."""
    return " ".join(dict.fromkeys(_said(error)))


def status_in(error: Any) -> int | None:
    """The status that an error names itself, as those do that come with status 200."""
    found = error.get("error", error) if isinstance(error, Mapping) else None
    if not isinstance(found, Mapping):
        return None
    for name in _STATUSES:
        value = found.get(name)
        if isinstance(value, str):
            named = int(value) if len(value) == 3 and value.isascii() and value.isdigit() else None
            value = NAMED_STATUS.get(value.upper(), named)
        if isinstance(value, int) and HTTPStatus.BAD_REQUEST <= value < 600:
            return value
    return None


def shortened(words: str) -> str:
    """An endpoint's own words on one line, without secrets and litellm's prefixes, and not too long."""
    words = _LITELLM_PREFIX.sub("", " ".join(redact(words[:_LOOKED_AT]).split()))
    return words if len(words) <= _LONGEST else words[: _LONGEST - 3] + "..."


def _said(value: Any, depth: int = 0) -> Iterator[str]:
    """The words in an error's body, those of its message first; of a long list not all."""
    if isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif isinstance(value, bool | int | float):
        yield str(value)[:_LONGEST]
    elif depth < _DEEPEST and isinstance(value, Mapping):
        for name in _SPEAKING:
            if value.get(name) is not None:
                yield from _said(value[name], depth + 1)
    elif depth < _DEEPEST and isinstance(value, list):
        for one in value[:_MOST_WORDS]:
            yield from _said(one, depth + 1)
