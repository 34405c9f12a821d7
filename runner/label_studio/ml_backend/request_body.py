"""A request's JSON, read piece by piece: one large call of the parser would keep everybody else waiting for seconds.

Pure. Runs in a thread of its own; between two elements of a list and after each object other threads get their turn.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from runner.core.error_codes import Code
from runner.core.json_stream import JsonStream

_DEEPEST = 100  # lists and objects within one another; a task of Label Studio's has ten
# Called back in Python, the parser, which is all C, lets go of the interpreter's lock.
_decoder = json.JSONDecoder(object_hook=lambda found: found)


class Refused(Exception):
    """A request that is no question of Label Studio's.

    Args:
        message: one sentence. code: what is wrong, whatever the words. key: the part of the request it is about.
    """

    def __init__(self, message: str, *, code: Code | Literal[""] = "", key: str = "") -> None:
        super().__init__(message)
        self.code: Code | Literal[""] = code
        self.key = key


def read_object(content: bytes, keep: Mapping[str, Callable[[Any], Any]] | None = None) -> dict[str, Any]:
    """The object that ``content`` holds.

    Args:
        keep: what is kept of each element of the list of that name; the rest of it is let go at once.

    Raises:
        Refused: it is no JSON object in UTF-8, or is nested too deep.
    """
    try:
        return _object(JsonStream(content.decode("utf-8"), decoder=_decoder), keep or {})
    except UnicodeDecodeError as error:
        raise Refused(f"the request is not UTF-8 (byte {error.start})", code="not-utf8") from error
    except json.JSONDecodeError as error:
        words = f"the request is no JSON object ({error.msg}, character {error.pos})"
        raise Refused(words, code="not-json") from error
    except RecursionError as error:
        raise Refused("the request is nested too deep", code="too-deep") from error
    except ValueError as error:  # a number of thousands of digits
        raise Refused("the request holds a number that cannot be read", code="bad-value") from error


def _object(stream: JsonStream, keep: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    stream.expect("{")
    for _ in stream.entries("}"):
        name = stream.value()
        if not isinstance(name, str):
            raise stream.wrong("a key must be a text")
        stream.expect(":")
        found[name] = _list(stream, keep.get(name)) if stream.peek() == "[" else _shallow(stream.value())
    if stream.peek():
        raise stream.wrong("something follows the object")
    return found


def _list(stream: JsonStream, keep: Callable[[Any], Any] | None) -> list[Any]:
    stream.expect("[")
    return [_shallow(keep(stream.value()) if keep else stream.value()) for _ in stream.entries("]")]


def _shallow(value: Any) -> Any:
    """``value``, which is nested no deeper than what walks through it can follow."""
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        if not level:
            return value
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [part for parts in inner for part in parts if isinstance(part, dict | list)]
    raise RecursionError
