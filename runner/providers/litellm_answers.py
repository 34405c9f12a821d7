"""Looks at what endpoints send to litellm before litellm does, which reads anything and tells little of it.

litellm has its own words for errors, follows redirects to other hosts, reads answers of any size, and fails on a usage
that it does not expect, after the answer was paid for. All its providers send through transports that one function
makes; each transport is given one more step there.
"""

import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from runner.core.errors import CallFailed, ProviderError
from runner.providers.bounded_body import bounded_body
from runner.providers.meaning.body import answer_in
from runner.providers.meaning.errors import Endpoint
from runner.providers.meaning.usage import usage_in
from runner.providers.proxy import proxy_for

_OF_THE_BODY = {"content-encoding", "content-length", "transfer-encoding"}
_seen: ContextVar["Seen | None"] = ContextVar("seen", default=None)


@dataclass
class Seen:
    """What was sent to litellm in one call.

    Attributes:
        endpoint: who was asked.
        refused: what is wrong with it, None if nothing is. value: the body, once there is one that is an answer.
    """

    endpoint: Endpoint
    refused: CallFailed | ProviderError | None = None
    value: Any = None

    @property
    def openai_shaped(self) -> bool:
        """Whether the body is read without litellm, which makes ``stop`` of reasons to end that it does not know."""
        return isinstance(self.value, dict) and ("choices" in self.value or "error" in self.value)

    def ending(self) -> object:
        """The reason to end as the endpoint gave it, in whatever shape it answers; None if it is not found."""
        found = self.value if isinstance(self.value, dict) else {}
        candidates = found.get("candidates") or [{}]
        first = candidates[0] if isinstance(candidates, list) and isinstance(candidates[0], dict) else {}
        places = ((found, "stop_reason"), (first, "finishReason"), (found, "stopReason"), (found, "done_reason"))
        return next((place[name] for place, name in places if isinstance(place.get(name), str)), None)


@contextmanager
def seen_answers(endpoint: Endpoint) -> Iterator[Seen]:
    """While this is entered, what litellm is sent is looked at first."""
    seen = Seen(endpoint)
    before = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(before)


def check_answers_of_litellm() -> None:
    """Have every transport that litellm makes from now on look at its answers. A second time does nothing."""
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    made = AsyncHTTPHandler.create_async_transport
    if getattr(made, "checks_answers", False):
        return

    def create(*args: Any, **options: Any) -> Any:
        transport = made(*args, **options)
        if transport is not None:
            send = transport.handle_async_request

            async def checked(request: Any) -> Any:
                with _lost_named(str(request.url)):
                    response = await send(request)
                return await _checked(response)

            transport.handle_async_request = checked
        return transport

    create.checks_answers = True  # type: ignore[attr-defined]
    AsyncHTTPHandler.create_async_transport = staticmethod(create)


@contextmanager
def _lost_named(url: str) -> Iterator[None]:
    """Name what is in the way to an endpoint: litellm says of all of it "Connection error"."""
    try:
        yield
    except Exception as error:
        if seen := _seen.get():
            seen.refused = _lost(seen.endpoint, url, error)
        raise


def _lost(endpoint: Endpoint, url: str, error: BaseException | None) -> CallFailed | ProviderError | None:
    """What the first telling error of a chain means; None if none of them tells."""
    import aiohttp
    import httpx

    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
            return endpoint.untrusted(str(error))
        if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError | httpx.ProxyError):
            proxy = proxy_for(url)
            return endpoint.proxy_failed(proxy.url if proxy else "of the environment", str(error))
        if isinstance(error, aiohttp.ClientConnectorError):
            return endpoint.unreachable(str(error))
        error = error.__cause__ or error.__context__
    return None


async def _checked(response: Any) -> Any:
    """The same response, its body read; raises what it means if it is no answer."""
    import httpx

    seen = _seen.get()
    if seen is None:
        return response
    try:
        content = await bounded_body(_pieces(response), response.headers.get("content-encoding"))
        seen.value = answer_in(response.status_code, response.headers, content, seen.endpoint)
    except (CallFailed, ProviderError) as error:
        seen.refused = error
        raise httpx.RemoteProtocolError(str(error)) from error
    finally:
        await response.aclose()
    headers = {name: text for name, text in response.headers.items() if name not in _OF_THE_BODY}
    return httpx.Response(response.status_code, headers=headers, content=_without_odd_usage(seen.value, content))


async def _pieces(response: Any) -> AsyncIterator[bytes]:
    async for piece in response.stream:
        yield piece


def _without_odd_usage(value: Any, content: bytes) -> bytes:
    """The body, without a usage that cannot be: litellm would lose the answer over it."""
    if isinstance(value, dict) and "usage" in value and usage_in(value).odd:
        return json.dumps({name: inner for name, inner in value.items() if name != "usage"}).encode()
    return content
