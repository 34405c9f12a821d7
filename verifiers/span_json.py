"""Reads spans that a reply gives as JSON: objects with a label and words, or words by label."""

import json
from collections.abc import Container, Mapping, Sequence

from verifiers.label_set import LabelSet
from verifiers.span_told import Said, Told

_WRAPS = ("spans", "entities", "labels", "answer", "annotations", "result", "output", "arguments")
_LABEL_KEYS = ("label", "type", "entity_type", "category", "entity", "tag", "class")
_QUOTE_KEYS = ("text", "quote", "span", "words", "value", "entity")
_NUMBER_KEYS = ("occurrence", "nth", "number")


def told_by_json(value: object, labels: LabelSet, there: Container[str]) -> Told | None:
    """What a JSON value gives: objects with a label and words, or words by label. None where it is neither."""
    value = _unwrapped(value, labels)
    told = Told()
    if value is None or (isinstance(value, list | dict) and not value):
        told.nothing = True
    elif isinstance(value, dict):
        _add_object(value, labels, there, told)
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                _add_object(one, labels, there, told)
            elif isinstance(one, str) and len(labels) == 1:
                told.said.append(Said(labels.names[0], one))
    return told if told.readable else None


def _unwrapped(value: object, labels: LabelSet) -> object:
    for _ in range(3):
        if not isinstance(value, dict) or any(labels.find(key) for key in value):
            break
        inner = next((key for key in _WRAPS if key in value), None)
        if inner is None or not isinstance(value[inner], list | dict | None):
            break
        value = value[inner]
    return value


def _add_object(value: Mapping[str, object], labels: LabelSet, there: Container[str], told: Told) -> None:
    name = next((value[key] for key in _LABEL_KEYS if key in value), None)
    key = next((key for key in _QUOTE_KEYS if key in value and value[key] is not name), None)
    if isinstance(name, str) and key and (labels.find(name) or not labels.find(key)):
        _add(name, value, labels, told)
        return
    known = any(labels.find(key) for key in value)
    for key, words in value.items():
        if not known or (not labels.find(key) and not _all_there(words, there)):
            continue
        listed = words if isinstance(words, list) else [words]
        told.nothing |= not any(listed)
        for one in filter(None, listed):
            _add(key, one if isinstance(one, dict) else {"text": one}, labels, told)


def _all_there(words: object, there: Container[str]) -> bool:
    """Whether something is words of the text, and no reason or score that stands beside them."""
    listed: Sequence[object] = words if isinstance(words, list) else [words]
    return bool(listed) and all(isinstance(one, str) and one in there for one in listed)


def _add(name: str, words: Mapping[str, object], labels: LabelSet, told: Told) -> None:
    """One object with the words of a label."""
    label = labels.find(name)
    quote, number = (next((words[key] for key in keys if key in words), None) for keys in (_QUOTE_KEYS, _NUMBER_KEYS))
    start, end = _count(words.get("start")), _count(words.get("end"))
    stated = None if start is None or end is None else (start, end)
    if quote is None:
        told.nothing = True
    elif not isinstance(quote, str):
        told.unfit.append(("unreadable", json.dumps(quote)[:80]))
    elif label is None:
        told.unfit.append(("out_of_list", name))
    else:
        told.said.append(Said(label, quote, _count(number) or None, stated))


def _count(value: object) -> int | None:
    """A number of characters or of a place; None for all else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def whole_json(reply: str) -> object | None:
    """The list or object that a reply is, with nothing around it; else None."""
    if reply.lstrip()[:1] not in {"[", "{"}:
        return None
    try:
        value: object = json.loads(reply)
    except (ValueError, RecursionError):
        return None
    return value
