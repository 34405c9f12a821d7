"""Prompts without the words of items, for whoever may not see them (``log_texts=False``). Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence

from runner.core.prompt import HEADING, IN_WORDS

_EXAMPLES = re.compile(rf"^[ \t]*+(?:{re.escape(IN_WORDS)}|{HEADING})[ \t]*+\r?$", re.MULTILINE)
_WINDOW, _STEP = 20, 10  # characters; a quotation of _WINDOW + _STEP - 1 or more is always found
_SHORT = 12  # characters; a shorter item stands in a prompt by chance
EXAMPLES_OUT = "[worked examples left out: tracker.log_texts=false]"
LINE_OUT = "[a line left out that quotes an item: tracker.log_texts=false]"


def redact_texts(prompts: Sequence[str], items: Iterable[str]) -> list[str]:
    """The prompts without their worked examples, and without lines that quote an item (a rewriter may).

    Letter case and white space make no difference. What is shorter than 29 characters, and not a whole item of 12 or
    more, may pass.
    """
    bare = [_Lines(_EXAMPLES.split(prompt, maxsplit=1)[0].rstrip()) for prompt in prompts]
    told = {window for prompt in bare for window, _ in prompt.windows()}
    quoted, short = set(), []
    for item in map(_plain, items):
        quoted.update(told.intersection(_every(item, _STEP)))
        if _SHORT <= len(item) < _WINDOW + _STEP - 1 and any(item in prompt.plain for prompt in bare):
            short.append(item)
    return [
        lines.left(quoted, short) + (f"\n\n{EXAMPLES_OUT}" if _EXAMPLES.search(prompt) else "")
        for prompt, lines in zip(prompts, bare, strict=True)
    ]


class _Lines:
    """A prompt as one plain string that remembers which line each character stands in."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._homes: list[int] = []
        parts = []
        for number, line in enumerate(self._lines):
            if words := _plain(line):
                parts.append(words)
                self._homes += [number] * (len(words) + 1)
        self.plain = " ".join(parts)

    def windows(self) -> Iterator[tuple[str, int]]:
        """Every ``_WINDOW`` characters, and where they begin."""
        return ((window, place) for place, window in enumerate(_every(self.plain, 1)))

    def left(self, quoted: set[str], short: Sequence[str]) -> str:
        """The text, with a remark for each line that has some of ``quoted`` or ``short``."""
        out: set[int] = set()
        for window, place in self.windows():
            if window in quoted:
                out.update(self._homes[place : place + _WINDOW])
        for item in short:
            place = self.plain.find(item)
            while place >= 0:
                out.update(self._homes[place : place + len(item)])
                place = self.plain.find(item, place + 1)
        return "\n".join(LINE_OUT if number in out else line for number, line in enumerate(self._lines))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _every(text: str, step: int) -> Iterator[str]:
    return (text[place : place + _WINDOW] for place in range(0, len(text) - _WINDOW + 1, step))
