"""The body of an answer as a value: JSON that is an answer, or what it means where it is none."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from runner.core.errors import CallFailed
from runner.providers.meaning.errors import Endpoint, is_page, is_stream, shortened, words_of

_SHOWN = 80  # characters of what is no JSON


def answer_in(status: int, headers: Mapping[str, str], content: bytes, endpoint: Endpoint) -> Any:
    """The value in an answer's body.

    Raises:
        CallFailed: this call failed. ProviderError: every call would.
    """
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise endpoint.redirected(headers.get("Location", ""))
    if is_page(content):
        raise endpoint.page(status, content)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        text = content[:2000].decode("utf-8", "replace")
        if status >= HTTPStatus.BAD_REQUEST:
            raise endpoint.refused(status, text, headers) from error
        if is_stream(content):
            raise endpoint.streams() from error
        deep = "JSON that is nested too deeply" if isinstance(error, RecursionError) else "broken JSON"
        shown = f" ({shortened(text[:_SHOWN])})" if text.strip() else ", with nothing in it"
        raise CallFailed("broken_reply", f"{endpoint.where} answered with {deep}{shown}") from error
    if status >= HTTPStatus.BAD_REQUEST:
        raise endpoint.refused(status, words_of(value) or content[:2000].decode("utf-8", "replace"), headers)
    return value
