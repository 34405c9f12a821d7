"""Shapes of JSON that models write: tool calls, wrappers, schemas, pairs; and what comes out of reading them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from verifiers.reader.keys import role_of

_CALLS = ("arguments", "parameters", "args", "params", "kwargs", "function", "tool_calls", "tool_input", "action_input")
_WRAPPERS = ("message", "messages", "content", "choices", "data", "body", "items", "text")
_LONGEST_FIGURE = 400  # digits
_STATUS = {"code", "status", "status_code", "statuscode", "http_status"}
_DEEPEST = 8  # values in one another in which a schema is looked for


class NotCertain(Exception):
    """A value that may be read in more than one way."""


class Refused(Exception):
    """A value that says that the model declines."""


@dataclass(frozen=True, slots=True)
class Given:
    """Names on the list, in order, and others; both empty says that there are none."""

    found: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    @classmethod
    def all_of(cls, parts: "Iterable[Given]") -> "Given":
        """Those of all parts."""
        every = list(parts)
        return cls([name for one in every for name in one.found], [name for one in every for name in one.strangers])


def is_open(key: str) -> bool:
    """Whether a key says nothing of its value, or only wraps it."""
    return role_of(key) is None or key.casefold() in _WRAPPERS


def is_call(key: str, part: object) -> bool:
    """Whether a key holds what a tool is called with."""
    key = key.casefold()
    return isinstance(part, str | dict | list) and (key in _CALLS or (key == "input" and isinstance(part, dict)))


def is_schema(value: Mapping[str, object]) -> bool:
    """Whether an object is a JSON schema, which names labels and gives none."""
    listed = isinstance(value.get("enum"), list) or any(
        key in value for key in ("anyOf", "oneOf", "$defs", "json_schema")
    )
    return listed or (isinstance(value.get("properties"), dict) and "type" in value) or set(value) == {"$schema"}


def has_schema(value: object, depth: int = _DEEPEST) -> bool:
    """Whether a schema stands anywhere in a value: a tool's parameters, a response format."""
    if isinstance(value, dict) and is_schema(value):
        return True
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return depth > 0 and any(has_schema(part, depth - 1) for part in parts)


def is_error(value: Mapping[str, object]) -> bool:
    """Whether an object is what a server says that failed: ``{"code": 504, "message": "..."}``."""
    return any(
        key.casefold() in _STATUS and str(part)[:1] in "45" and len(str(part)) == 3 for key, part in value.items()
    )


def reasons_in(value: object) -> str:
    """The texts of an object that stand beside its answer."""
    parts = value.items() if isinstance(value, dict) else ()
    return "\n".join(part for key, part in parts if isinstance(part, str) and role_of(key) == "reason")


def pairs_in(values: Iterable[object]) -> dict[str, object] | None:
    """Pairs of a text and what is said of it, as ``[["refund", 0.9]]``; None if any value is something else."""
    pairs: dict[str, object] = {}
    for value in values:
        if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str) or isinstance(value[1], str):
            return None
        pairs[value[0]] = value[1]
    return pairs or None


def figure(value: float) -> str:
    """A number as text, a whole one without a fraction."""
    whole = int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
    try:
        return str(whole)[:_LONGEST_FIGURE]
    except ValueError:  # more digits than Python writes
        return "a number"


def shown(value: object) -> str:
    """A value as text."""
    return figure(value) if isinstance(value, int | float) else str(value)
