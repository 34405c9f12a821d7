"""Reads boxes that are ticked or not. Knows no labels. Pure."""

import re

_BOX = re.compile(
    r"^[^\S\n]*+(?:(?:[-*•]|\d{1,3}[.)])\s++)?(?:\[([ xX✓✔✗✘*]?)\]|\(([ xX✓✔*])\)|([☑☒☐🗹🔲⬜]))\ufe0f?\s*+(.*)$",
    re.MULTILINE,
)
_EMPTY = {"", " ", "☐", "🔲", "⬜", "✗", "✘"}


def boxes_in(text: str) -> list[tuple[str, bool]]:
    """(what stands behind a box, whether it is ticked) of each line that opens with one."""
    found = []
    for square, round_, sign, words in _BOX.findall(text):
        mark = square or round_ or sign
        found.append((words.strip(), mark not in _EMPTY))
    return found
