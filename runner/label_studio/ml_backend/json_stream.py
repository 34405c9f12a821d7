"""A request's JSON, read piece by piece: one large call of the parser would keep everybody else waiting for seconds.

Pure. Runs in a thread of its own; between two elements of a list and after each object other threads get their turn.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
# Called back in Python, the parser, which is all C, lets go of the interpreter's lock.
_decoder = json.JSONDecoder(object_hook=lambda found: found)


def read_object(content: bytes, keep: Mapping[str, Callable[[Any], Any]] | None = None) -> dict[str, Any]:
    """The object that ``content`` holds.

    Args:
        keep: what is kept of each element of the list of that name; the rest of it is let go at once.

    Raises:
        ValueError: it is no JSON object in UTF-8, or is nested too deep; says so in a sentence.
    """
    try:
        return _Object(content.decode("utf-8"), keep or {}).read()
    except UnicodeDecodeError as error:
        raise ValueError(f"the request is not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"the request is no JSON object ({error.msg}, character {error.pos})") from error
    except RecursionError as error:
        raise ValueError("the request is nested too deep") from error
    except ValueError as error:  # a number of thousands of digits
        raise ValueError("the request holds a number that cannot be read") from error


class _Object:
    """The text of an object, and the place that was reached in it."""

    def __init__(self, text: str, keep: Mapping[str, Callable[[Any], Any]]) -> None:
        self._text = text
        self._place = 0
        self._keep = keep

    def read(self) -> dict[str, Any]:
        self._expect("{")
        found = {}
        for _ in self._entries("}"):
            name = self._value()
            if not isinstance(name, str):
                raise self._wrong("a key must be a text")
            self._expect(":")
            found[name] = self._list(self._keep.get(name)) if self._mark() == "[" else self._value()
        if self._mark():
            raise self._wrong("something follows the object")
        return found

    def _list(self, keep: Callable[[Any], Any] | None) -> list[Any]:
        self._expect("[")
        return [keep(self._value()) if keep else self._value() for _ in self._entries("]")]

    def _entries(self, end: str) -> Iterator[None]:
        """Yields before each entry, and reads the commas between them and the end."""
        if self._mark() != end:
            yield
            while self._mark() == ",":
                self._place += 1
                yield
        self._expect(end)

    def _value(self) -> Any:
        self._mark()
        value, self._place = _decoder.raw_decode(self._text, self._place)
        return value

    def _mark(self) -> str:
        """The next character that is no space; empty at the end."""
        self._place = _SPACE.match(self._text, self._place).end()  # type: ignore[union-attr]
        return self._text[self._place : self._place + 1]

    def _expect(self, mark: str) -> None:
        if self._mark() != mark:
            raise self._wrong(f"{mark!r} is missing")
        self._place += 1

    def _wrong(self, words: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(words, self._text, self._place)
