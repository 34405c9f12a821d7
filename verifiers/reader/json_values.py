"""Finds JSON in a reply: whole, in a fence, a value a line, within text; near-JSON is repaired. Knows no labels.

Each text is looked at a bounded number of times, and only a short one is repaired (``MOST_REPAIRED``): the library
takes longer than in proportion for values that are nested deeply.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from verifiers.reader.json_repairing import repaired
from verifiers.reader.json_shapes import has_schema

_FENCE = re.compile(r"```[^\S\n]*+\w*+[^\S\n]*+\n?+((?:[^`]++|`(?!``))*+)(?:```|\Z)")
_STARTS = re.compile(r"[\[{]")
_OPENS = re.compile(r"\{\s*+(?:[\"'“`}]|[A-Za-z_][\w ]*+[\"']?\s*+:)|\[\s*+[\"'“{\[\]]")
_MOST_FAILED = 200  # brackets that begin no value, after which no more are tried
_OVERRULES = re.compile(
    r"\b(?:final\w{0,4}|correct\w{0,7}|revised|updated?|answer|so|therefore|instead|actually|disregard|ignore"
    r"|discard|replace"
    r"|scratch|mistake|wrong|overlooked|misread|should (?:be|have been)|retract|korrigiert\w?|korrekt\w?"
    r"|richtig\w{0,2}|rectifi\w{1,5}"
    r"|corr[ei]g\w{1,6}|исправ\w{1,8}|правильн\w{1,4})\b|更正|订正|正确|最终|修正|訂正|正しい|最終"
)
_SAMPLE = re.compile(r"\b(?:examples?|e\.g\.|format|draft|schema|such as|template|like this)\b")
_REJECTED = re.compile(
    r"\b(?:wrong|incorrect|invalid|bad|not|previous|earlier|old|original|first|initial|another|possible"
    r"|alternative)\b"
    r"[^.\n]{0,40}\s{0,9}\Z"
)


def _joined(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """An object; a key that stands in it twice has all of its values."""
    held: dict[str, list[object]] = {}
    for key, value in pairs:
        held.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in held.items()}


_decoder = json.JSONDecoder(strict=False, object_pairs_hook=_joined)


@dataclass(frozen=True, slots=True)
class JsonFound:
    """A JSON value in a text.

    Attributes:
        value: what it holds; where it is cut, only what is whole in it (None: nothing is).
        start, end: where it stands in the text.
        state: ``cut`` where the text ends before it does; ``broken`` where it can be read in no way.
        rivals: other values of the text that have the same right to be the answer.
    """

    value: object
    start: int
    end: int
    state: Literal["whole", "repaired", "cut", "broken"] = "whole"
    rivals: tuple[object, ...] = ()


def find_json(text: str) -> JsonFound | None:
    """The JSON that ``text`` gives as its answer; None if there is none.

    Values on lines of their own are one list. Of several that stand apart the last counts where words before it
    say so ("Final: ..."); else the others are its rivals.
    """
    whole = _whole(text)
    if whole is not None:
        return whole
    found = _in_fences(text) or list(_within(text))
    found = [one for one in found if not has_schema(one.value)] or found
    if not found:
        return None
    return _lines(text, found) or _standing(text, found)


def _whole(text: str) -> JsonFound | None:
    """The text as one value, also a bare string or number."""
    stripped = text.strip()
    try:
        value, end = _decoder.raw_decode(stripped)
    except (ValueError, RecursionError):
        return None
    return JsonFound(value, 0, len(text)) if end == len(stripped) else None


def _in_fences(text: str) -> list[JsonFound]:
    """What stands in code fences."""
    found = []
    for fence in _FENCE.finditer(text):
        inner = fence[1].strip()
        if _OPENS.match(inner):
            found += [JsonFound(one.value, fence.start(), fence.end(), one.state) for one in _of(inner)]
    return found


def _of(inner: str) -> list[JsonFound]:
    whole = _whole(inner)
    return [whole] if whole else list(_within(inner))


def _within(text: str) -> Iterator[JsonFound]:
    """The values that stand in a text, outermost, in order."""
    end = failed = 0
    for start in (match.start() for match in _STARTS.finditer(text)):
        if start < end or failed >= _MOST_FAILED:
            continue
        found = _at(text, start)
        if found:
            yield found
        end, failed = (found.end, failed) if found else (end, failed + 1)


def _at(text: str, start: int) -> JsonFound | None:
    """The value that begins here, as it is or repaired; lists of mere numbers within a text are none."""
    try:
        value, end = _decoder.raw_decode(text, start)
    except RecursionError:
        return JsonFound(None, start, len(text), "broken")
    except ValueError:
        return _near(text, start) if _OPENS.match(text, start) else None
    if isinstance(value, list) and not all(isinstance(part, str | dict | list) for part in value):
        return None
    return JsonFound(value, start, end)


def _near(text: str, start: int) -> JsonFound:
    end, value, state = repaired(text, start)
    return JsonFound(value, start, end, state)


def _lines(text: str, found: Sequence[JsonFound]) -> JsonFound | None:
    """Values with nothing but blanks and commas between them as one list."""
    between = [text[one.end : two.start] for one, two in pairwise(found)]
    fenced = len({one.start for one in found}) > 1 and text.startswith("```", found[0].start)
    if len(found) < 2 or fenced or any(part.strip(" \t\r\n,;") for part in between):
        return None
    states = {one.state for one in found}
    state = next((state for state in ("broken", "cut", "repaired", "whole") if state in states), "whole")
    return JsonFound([one.value for one in found], found[0].start, found[-1].end, state)  # type: ignore[arg-type]


def _standing(text: str, found: Sequence[JsonFound]) -> JsonFound:
    """The last value, with those before it that are its rivals."""
    last = found[-1]
    ends = [0, *(one.end for one in found)]
    before = [text[end : one.start][-80:].casefold() for end, one in zip(ends, found, strict=False)]
    overruled = len(found) > 1 and _OVERRULES.search(before[-1]) and not _REJECTED.search(before[-1])
    rivals = [] if overruled else [
        one.value for one, words in zip(found[:-1], before, strict=False)
        if one.value != last.value and not _SAMPLE.search(words)
    ]  # fmt: skip
    return JsonFound(last.value, last.start, last.end, last.state, tuple(rivals))
