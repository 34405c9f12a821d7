"""Repairs what is nearly JSON with json-repair, within bounds, and keeps of what is cut only what is whole."""

import re
from typing import Any, Literal, TypeAlias

MOST_REPAIRED = 20_000  # characters
_DEEPEST = 20  # brackets one in another
_MOST_BRACKETS = 2_000
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_CLOSES = {"[": "]", "{": "}"}

State: TypeAlias = Literal["repaired", "cut", "broken"]


def repaired(text: str, start: int) -> tuple[int, object, State]:
    """(where it ends, the value, how it was read) of what begins with a bracket at ``start`` and is no JSON."""
    end = _end(text, start)
    segment = text[start : len(text) if end is None else end]
    if len(segment) > MOST_REPAIRED or _nested(segment) or segment.count("{") + segment.count("[") > _MOST_BRACKETS:
        return start + len(segment), None, "broken"
    from json_repair import repair_json

    try:
        value: Any = repair_json(segment, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError):
        return start + len(segment), None, "broken"
    if not isinstance(value, dict if segment[0] == "{" else list):
        return start + len(segment), None, "broken"
    if end is None:
        return len(text), _whole_of(value, segment), "cut"
    return end, value, "repaired"


def _end(text: str, start: int) -> int | None:
    """Where the value ends: at the bracket that closes it, else at the last one of its kind; None where it is cut.

    Quotes within a text make its brackets hard to tell, hence the second way: there all brackets count, and as many
    must close as open. ``{"spans": [{...}`` ends with a bracket of its kind, and is cut.
    """
    depth = 0
    for token in _TOKEN.finditer(text, start, start + MOST_REPAIRED):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth == 0 and token[0] in "]}":
            return token.end()
    last = text.rfind(_CLOSES[text[start]], start, start + MOST_REPAIRED)
    if last < 0 or text[last + 1 : last + 3].lstrip(" \t")[:1].strip("\r\n`."):
        return None
    opened = sum(1 if bracket[0] in "[{" else -1 for bracket in _BRACKET.finditer(text, start, last + 1))
    return last + 1 if opened <= 0 else None


def _nested(segment: str) -> bool:
    """Whether brackets stand deeper in one another than in any answer, with and without those in quotes."""
    for pattern in (_TOKEN, _BRACKET):
        depth = deepest = 0
        for token in pattern.finditer(segment):
            depth += (token[0] in "[{") - (token[0] in "]}")
            deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            return True
    return False


def _open(segment: str) -> tuple[int, bool]:
    """(how many brackets are open at the end, whether the last value there is whole)."""
    depth, last, begins = 0, "", 0
    for token in _TOKEN.finditer(segment):
        depth += (token[0] in "[{") - (token[0] in "]}")
        last, begins = token[0], token.start()
    if last.startswith('"') and (len(last) < 2 or not last.endswith('"')):  # a key that is cut takes nothing with it
        return max(depth, 1), segment[:begins].rstrip().endswith(",")
    return max(depth, 1), segment.rstrip(" \t\r\n,").endswith(('"', "]", "}"))


def _whole_of(value: object, segment: str) -> object:
    """What is whole in a value whose end is missing: of an object its closed entries, of a list nothing."""
    depth, closed = _open(segment)
    return _closed_in(value, depth, closed)


def _closed_in(value: object, depth: int, closed: bool) -> object:
    if isinstance(value, list) or not isinstance(value, dict) or not value:
        return None
    entries = list(value.items())
    key, last = entries[-1]
    if depth > 1:
        inner = _closed_in(last, depth - 1, closed)
        return dict(entries[:-1]) | ({} if inner is None else {key: inner})
    return dict(entries if closed and last != "" else entries[:-1])
