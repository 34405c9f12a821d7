"""JSON read piece by piece: a large file is not held in memory, and a large text does not hold up other threads."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_READ = 1 << 16  # characters read at a time, at least
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"[0-9.eE+-]*")  # its characters
_PLAIN = json.JSONDecoder()


class JsonStream:
    """The part of a JSON text that is read, and the place that was reached in it.

    All methods raise json.JSONDecodeError where something else stands there. Its ``pos`` counts characters from the
    beginning of the part that is held: of the whole text, where there is no ``read``.

    Args:
        text: the text, or its beginning.
        read: called with a number of characters, gives as many more of the text; an empty text at its end.
        decoder: decodes a value. One with a hook in Python lets other threads run after each object.
    """

    def __init__(
        self, text: str = "", read: Callable[[int], str] | None = None, decoder: json.JSONDecoder = _PLAIN
    ) -> None:
        self._text = text
        self._place = 0
        self._read = read
        self._decoder = decoder

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            self._place = _SPACE.match(self._text, self._place).end()  # type: ignore[union-attr]
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._more():
                return ""

    def expect(self, mark: str) -> None:
        """Take ``mark``, which is the next character."""
        if self.peek() != mark:
            raise self.wrong(f"{mark!r} is missing")
        self._place += 1

    def entries(self, end: str) -> Iterator[None]:
        """Yields before each entry of a list or an object, and reads the commas between them and the end."""
        if self.peek() != end:
            yield
            while self.peek() == ",":
                self._place += 1
                yield
        self.expect(end)

    def value(self) -> Any:
        """The value that begins here.

        Raises:
            ValueError: it holds a number of thousands of digits. RecursionError: it is nested too deep.
        """
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._place)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            whole = _NUMBER.match(self._text, end).end() < len(self._text)  # type: ignore[union-attr]
            if whole or not self._more():  # what ends with the text may be the beginning of a number
                self._place = end
                return value

    def wrong(self, words: str) -> json.JSONDecodeError:
        """An error at this place."""
        return json.JSONDecodeError(words, self._text, self._place)

    def _more(self) -> bool:
        """Read on, as much again as is held, so that a long value is not decoded again too often."""
        if self._read is None:
            return False
        rest = self._text[self._place :]
        more = self._read(max(_READ, len(rest)))
        self._text, self._place = rest + more, 0
        return bool(more)
