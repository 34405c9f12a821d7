"""Finds labels in JSON that a model wrote: lists, objects, truth maps, lines of objects, JSON within text."""

import json
import re
from collections.abc import Mapping

from verifiers.label_set import LabelSet

_FENCE = re.compile(r"```\w*+\n?+(.*?)```", re.DOTALL)
_LABEL_KEYS = frozenset(
    name + ending
    for name in ("label", "intent", "class", "tag", "topic", "answer", "prediction", "output", "result", "category")
    for ending in ("", "s", "es")
) | {"categories", "name"}
_HOLDS = ("applies", "applicable", "apply", "present", "holds", "selected", "relevant", "value")
_YES = frozenset({"true", "yes", "y", "1", "✅", "✓", "✔", "☑"})
_NO = frozenset({"false", "no", "n", "0", "none", "null", "", "n/a", "na", "absent", "❌", "✗", "✘", "✕", "☐"})
_FIRST = re.compile(  # "No - nothing is said of it"
    r"(yes|no|true|false|[✅✓✔❌✗✘✕])\ufe0f?(?:\s+[-–—]\s|\s*(?:[,.:;(]|$))"
)
_DENIAL = re.compile(
    r"(?:not (?:mentioned|applicable|present|relevant|stated|discussed|indicated|selected)"
    r"|no (?:mention|sign|evidence))\b"
)
_MOST_STARTS = 50  # brackets tried as the start of a JSON value within a text
_SPLIT = re.compile(r"[,;|\n]")


def json_pieces(text: str, labels: LabelSet) -> list[str] | None:
    """What the JSON in ``text`` gives as labels, on the list or not; None if there is no JSON that says anything.

    The whole text counts, else a JSON value on each line, else the last value that stands within the text.
    """
    try:
        for candidate in (text, *(match.group(1) for match in _FENCE.finditer(text))):
            value = _decoded(candidate)
            if isinstance(value, list | dict | str):
                return _named(value, labels)
        lines = [_decoded(line) for line in text.splitlines() if line.strip()]
        if lines and all(isinstance(line, list | dict) for line in lines):
            return _named(lines, labels)
        within = _values_within(text)
        return _named(within[-1], labels) if within else None
    except RecursionError:  # nested deeper than any answer is
        return None


def says_yes(value: object) -> bool | None:
    """Whether a value beside a label says that it applies; None if it says neither (an explanation, say)."""
    if isinstance(value, bool | int | float):
        return value >= 0.5
    if isinstance(value, dict):  # {"applies": true, "why": "..."}
        held = [says_yes(part) for key, part in value.items() if str(key).casefold() in _HOLDS]
        return held[0] if len(held) == 1 else None
    if isinstance(value, list):
        return None
    word = str("" if value is None else value).strip(" .()|\ufe0f").casefold()
    if first := _FIRST.match(word):
        word = first[1]
    if word in _YES | _NO or _DENIAL.match(word):
        return word in _YES
    try:
        return float(word) >= 0.5
    except ValueError:
        return None


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _values_within(text: str) -> list[object]:
    """The JSON objects, and lists of texts or objects, that stand in a text, outermost, in order."""
    decoder = json.JSONDecoder()
    values: list[object] = []
    end = 0
    for start in [match.start() for match in re.finditer(r"[\[{]", text)][:_MOST_STARTS]:
        if start < end:
            continue
        try:
            value, stop = decoder.raw_decode(text, start)
        except ValueError:
            continue
        if isinstance(value, dict) or all(isinstance(part, str | dict) for part in value):
            values.append(value)
            end = stop
    return values


def _named(value: object, labels: LabelSet) -> list[str] | None:
    """The names that a JSON value gives; [] if it says that there are none, None if it says nothing."""
    if isinstance(value, str):
        return [value] if labels.find(value) else [part.strip() for part in _SPLIT.split(value)]
    if isinstance(value, bool | int | float):
        return [json.dumps(value)]
    if isinstance(value, list):
        named = [_named(part, labels) for part in value]
        return [name for names in named if names for name in names] if any(named) or not value else None
    return _named_in_object(value, labels) if isinstance(value, dict) else None


def _named_in_object(value: Mapping[str, object], labels: LabelSet) -> list[str] | None:
    says = {key: says_yes(held) for key, held in value.items()}
    on_list = [key for key in value if labels.find(key)]
    if on_list and None not in says.values():
        return [key for key, holds in says.items() if holds]
    if on_list and len(on_list) == len(value) and all(isinstance(held, str) for held in value.values()):  # and why
        return [key for key in on_list if says[key] is not False]
    keyed = [key for key in value if key.casefold() in _LABEL_KEYS]
    if keyed:
        if len(keyed) == 1 and isinstance(value[keyed[0]], str) and any(value.get(key) is False for key in _HOLDS):
            return []  # {"label": "...", "applies": false}
        named = [_named(value[key], labels) for key in keyed]
        return [name for names in named if names for name in names]
    lists = [held for held in value.values() if isinstance(held, list | dict)]
    texts = [held for held in value.values() if isinstance(held, str) and labels.find(held)]
    return _named(lists[0] if lists else texts[0], labels) if lists or texts else None
