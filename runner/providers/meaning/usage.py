"""What an answer says that it took; what cannot be is unknown, and is named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MOST = 20_000_000  # tokens of one call: ten times the largest context there is
_IN = (("prompt_tokens",), ("input_tokens",))
_OUT = (("completion_tokens",), ("output_tokens",))
_REASONING = (
    ("completion_tokens_details", "reasoning_tokens"),
    ("output_tokens_details", "reasoning_tokens"),
    ("reasoning_tokens",),
)
_CACHED = (
    ("prompt_tokens_details", "cached_tokens"),
    ("input_tokens_details", "cached_tokens"),
    ("prompt_cache_hit_tokens",),
    ("cache_read_input_tokens",),
)
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call; None where the endpoint does not say, or says what cannot be.

    Attributes:
        reasoning: the part of ``output`` that was thinking. cached: the part of ``input`` that was kept from before.
        odd: what cannot be, in words; empty where all can.
    """

    input: int | None = None
    output: int | None = None
    reasoning: int | None = None
    cached: int | None = None
    odd: str = ""


def usage_in(answer: Mapping[str, Any]) -> TokenUsage:
    """The ``usage`` of an OpenAI-shaped answer. Never raises."""
    given = answer.get("usage")
    if given is None:
        return TokenUsage()
    if not _is_mapping(given):
        return TokenUsage(odd=f"usage={_shown(given)}")
    tokens_in, odd_in = _first(given, _IN)
    tokens_out, odd_out = _first(given, _OUT)
    if odd := odd_in or odd_out:
        return TokenUsage(odd=odd)
    reasoning, cached = _first(given, _REASONING)[0], _first(given, _CACHED)[0]
    return TokenUsage(tokens_in, tokens_out, _part_of(reasoning, tokens_out), _part_of(cached, tokens_in))


def _first(usage: Any, places: tuple[Path, ...]) -> tuple[int | None, str]:
    """The first figure that is given, and what is odd about it."""
    for path in places:
        value = _at(usage, path)
        if value is None:
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST:
            return value, ""
        return None, f"usage.{'.'.join(path)}={_shown(value)}"
    return None, ""


def _at(usage: Any, path: Path) -> Any:
    for name in path:
        if not _is_mapping(usage):
            return None
        usage = usage.get(name)
    return usage


def _part_of(part: int | None, whole: int | None) -> int | None:
    return part if part is not None and whole is not None and part <= whole else None


def _is_mapping(value: Any) -> bool:
    """Whether it is one; litellm's objects, which have ``get`` too, count."""
    return isinstance(value, Mapping) or (hasattr(value, "get") and not isinstance(value, str))


def _shown(value: Any) -> str:
    return "".join(_pieces(value))[:40]


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple):
        yield f"a {type(value).__name__}"
    else:
        yield str(value) if not isinstance(value, int) or abs(value) < 10**30 else "a number of many digits"
