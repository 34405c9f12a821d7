"""Where a model goes on after its answer with a turn or an example of its own making. Knows no labels. Pure."""

import re
from collections.abc import Callable

_ECHO = re.compile(r"(?:>[^\n]*+\n)++(?==\s)")
_TURN = re.compile(
    r"^[^\S\n]*+(?:#{1,4}\s++|\*{2}|\d{1,3}[.)]\s++)?(?:text|input|user|human|customer|message|question|q|query"
    r"|review|email|tweet"
    r"|document|sentence|comment|post|next (?:text|item|message|example)|(?:example|case|item|text|message|input)"
    r" ?#?\d{1,3}|instruction|system|client|prompt)(?: ?\d{1,3})?\*{0,2}\s?[:：]|^>\s",
    re.IGNORECASE | re.MULTILINE,
)


def begins_turn(key: str) -> bool:
    """Whether a key, as "Text", begins an example or a turn."""
    return bool(key) and bool(_TURN.match(f"{key}:"))


def after_echo(text: str) -> str | None:
    """What stands behind quoted lines that open the text, where it answers in our own form, "= label"; else None."""
    echo = _ECHO.match(text)
    return text[echo.end() :] if echo else None


def own_turn(text: str, is_name: Callable[[str], bool]) -> str:
    """``text`` up to a line that begins another turn or example, as "Text:"; all of it where nothing comes before.

    Args:
        is_name: whether a line or the word before its colon is an answer itself.
    """
    for turn in _TURN.finditer(text):
        end = text.find("\n", turn.start())
        line = text[turn.start() : len(text) if end < 0 else end]
        if not text[: turn.start()].strip():
            return text
        if not is_name(line) and not is_name(turn[0].strip(" :：#*")):
            return text[: turn.start()].rstrip()
    return text
