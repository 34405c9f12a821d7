"""A reply from an answer in the shape of OpenAI's chat completions, or the failure that it tells of."""

from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from runner.core.calls import Reply
from runner.core.errors import CallFailed
from runner.providers.meaning.endings import Ending, ending_of
from runner.providers.meaning.errors import Endpoint, status_in, words_of
from runner.providers.meaning.usage import TokenUsage, usage_in
from runner.providers.prices import Price
from verifiers.verdict import Finish

LONGEST = 1_000_000  # characters of a reply; no label list is as long
_DEEPEST = 4
_PLACES = 6  # of a log-probability: they are written down with each reply
_BYTE = 255
_REASONS = ("finish_reason", "finishReason", "stop_reason", "block_reason", "blockReason", "status_msg")
_WRITING = frozenset({None, "text", "output_text"})  # types of parts that hold the answer; others are thinking or tools


def reply_from(answer: Any, endpoint: Endpoint, price: Price | None, seconds: float) -> Reply:
    """The reply in ``answer``, a mapping all the way down (or litellm's objects, which behave like one).

    Raises:
        CallFailed: the answer tells of an error or of a filter, was broken off, or has no message in it.
        ProviderError: the error is one of every call.
    """
    choice = _choice(answer)
    if choice is None:
        raise _without_choice(answer, endpoint)
    if error := _error_in(choice) or _error_in(answer):
        raise endpoint.refused(status_in(error), words_of(error))
    ending = ending_of(_get(choice, "finish_reason"))
    message = _get(choice, "message")
    refusal = _get(message, "refusal") if message is not None else None
    text = _text(message, choice)
    _refuse_failed(ending, choice)
    if len(text) > LONGEST:
        raise CallFailed("reply_too_large", f"the reply has {len(text):,} characters, more than {LONGEST:,}")
    usage = usage_in(answer)
    if not text.strip() and isinstance(refusal, str) and refusal.strip():
        return _reply(refusal, "refusal", usage, price, seconds)
    return _reply(text, _finish(ending, text, refusal), usage, price, seconds, _logprobs(choice))


def _reply(
    text: str,
    finish: Finish,
    usage: TokenUsage,
    price: Price | None,
    seconds: float,
    logprobs: Sequence[tuple[str, float]] | None = None,
) -> Reply:
    told = usage.input is not None or usage.output is not None
    tokens_in, tokens_out = usage.input or 0, usage.output or 0
    cost = price.of(tokens_in, tokens_out) if price and told else None
    return Reply(
        text,
        finish,
        tokens_in,
        tokens_out,
        cost,
        seconds,
        reasoning_tokens=usage.reasoning,
        cached_tokens=usage.cached,
        logprobs=logprobs,
        odd_usage=usage.odd,
    )


def _finish(ending: Ending, text: str, refusal: object) -> Finish:
    if not text.strip():
        return "refusal" if ending == "refusal" else "empty"
    if ending == "length":
        return "length"
    return "refusal" if ending == "refusal" or refusal else "stop"


def _refuse_failed(ending: Ending, choice: Any) -> None:
    """Raise what an ending means that is no answer's."""
    reason = str(_get(choice, "native_finish_reason") or _get(choice, "finish_reason"))[:60]
    if ending == "content_filter":
        raise CallFailed("content_filter", "the endpoint's content filter stopped the reply")
    if ending == "interrupted":
        raise CallFailed("interrupted", f"the endpoint broke the answer off (finish_reason {reason!r})")
    if ending == "unknown_ending":
        told = f"the endpoint ended the answer with finish_reason {reason!r}, which goldloop does not know"
        raise CallFailed("unknown_ending", told)


def _without_choice(answer: Any, endpoint: Endpoint) -> Exception:
    """What an answer means that has nothing to choose: a filter's, an error, or nothing that can be read."""
    if any(ending_of(reason) == "content_filter" for reason in _reasons(answer)):
        return CallFailed("content_filter", "the endpoint's content filter stopped the text")
    error = _error_in(answer) or answer
    if words := words_of(error):
        return endpoint.refused(status_in(error), words)
    return CallFailed("broken_reply", "the answer has no message in it")


def _reasons(value: Any, depth: int = 0) -> Iterator[object]:
    """What is given as a reason anywhere near the top of an answer; a filter that found something is one."""
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in _REASONS:
                yield inner
            elif name in {"filtered", "input_sensitive", "output_sensitive"} and inner is True:
                yield "content_filter"
            else:
                yield from _reasons(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[:20]:
            yield from _reasons(inner, depth + 1)


def _choice(answer: Any) -> Any:
    choices = _get(answer, "choices")
    if not isinstance(choices, Sequence) or isinstance(choices, str) or not choices:
        return None
    return choices[0] if hasattr(choices[0], "get") else None


def _error_in(value: Any) -> Any:
    """The error that something holds, if any: some endpoints send an empty one with each answer."""
    error = _get(value, "error")
    return {"error": error} if error and words_of(error) else None


def _text(message: Any, choice: Any) -> str:
    """What the model wrote, its parts joined; thinking is no part of it.

    Raises:
        CallFailed: it is no text.
    """
    content = _get(message, "content") if message is not None else _get(choice, "text")
    if message is None and content is None:
        if ending_of(_get(choice, "finish_reason")) in {"interrupted", "content_filter"}:
            return ""
        raise CallFailed("broken_reply", "the answer has no message in it")
    if isinstance(content, list):
        content = "".join(_parts(content))
    if content is None:
        return ""
    if not isinstance(content, str):
        raise CallFailed("broken_reply", "the answer's message is no text")
    return content


def _parts(content: list[Any]) -> Iterator[str]:
    for part in content:
        if isinstance(part, str):
            yield part
            continue
        text = _get(part, "text") if _get(part, "type") in _WRITING else None
        text = _get(text, "value") if isinstance(text, Mapping) else text
        if isinstance(text, str):
            yield text
        elif not hasattr(part, "get"):
            raise CallFailed("broken_reply", "the answer's message is no text")


def _logprobs(choice: Any) -> list[tuple[str, float]] | None:
    """The answer's tokens with their log-probabilities, where all of them are given."""
    content = _get(_get(choice, "logprobs"), "content")
    if not isinstance(content, list) or not content:
        return None
    values = [_get(one, "logprob") for one in content]
    tokens = [_bytes(one) for one in content]
    if not all(map(_is_logprob, values)) or None in tokens:
        return None
    decoder = getincrementaldecoder("utf-8")("replace")  # a token may end within a character: the next one has it
    texts = [decoder.decode(token or b"") for token in tokens]
    return [(text, round(float(value), _PLACES)) for text, value in zip(texts, values, strict=True)]


def _is_logprob(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value <= 0


def _bytes(token: Any) -> bytes | None:
    """What a token spells; None where that is not said."""
    given, text = _get(token, "bytes"), _get(token, "token")
    if isinstance(given, list) and all(isinstance(one, int) and 0 <= one <= _BYTE for one in given):
        return bytes(given)
    return text.encode("utf-8", "replace") if isinstance(text, str) else None


def _get(value: Any, name: str) -> Any:
    return value.get(name) if hasattr(value, "get") else None
