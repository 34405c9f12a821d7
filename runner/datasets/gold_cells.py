"""Gold labels as they are written: a list, choices as Label Studio exports them, or names between delimiters."""

import ast
import json
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from runner.datasets.row_problem import RowProblem
from verifiers.label_set import LabelSet

_DELIMITERS = ("|", ";", ",", "\n")
_LISTS = ("[", "{")  # what begins so is a list, or nothing
# One that is not closed goes to the end, or each quote within it would look for the end again.
_STRING = re.compile(r"""'(?:[^'\\]|\\.)*+(?:'|\\?\Z)|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)""", re.DOTALL)


def names_in(value: Any, delimiter: str | None, listed: LabelSet | None = None) -> list[str] | None:
    """The names in ``value``, without repeats; [] says that no label applies, None that nothing stands there.

    Args:
        value: a list, ``{"choices": [...]}``, or a text: either of them in JSON or Python, or names between delimiters.
        delimiter: None is a bar.
        listed: the label list, if there is one: a text that is one of its names is not parted.

    Raises:
        RowProblem: it is none of them.
    """
    text = value.strip() if isinstance(value, str) else None
    if value is None or text == "":
        return None
    names = _names(value if text is None else _literal(text))
    if names is not None:
        return distinct(names)
    if text is None:
        raise RowProblem(f"gold labels must be a list of names or a text, found {value!r}", code="gold-unreadable")
    if listed and listed.find(text):
        return [text]
    if text.startswith(_LISTS):
        raise RowProblem(
            f"gold labels {text!r:.80} are no list of names that can be read: "
            'write ["A", "B"], also where a name begins with [ or {',
            code="gold-unreadable",
        )
    return distinct(part for part in text.split(delimiter or _DELIMITERS[0]) if part.strip())


def delimiters_in(values: Iterable[Any], listed: LabelSet | None = None) -> tuple[str, ...]:
    """What may stand between names in ``values``: those of ``| ; ,`` and line breaks that are in any, in this order.

    The first parts all of them; without any, a bar does. Lists do not count, nor do names of the list.
    """
    there = set[str]()
    for value in values:
        text = value.strip() if isinstance(value, str) else ""
        if not text.startswith(_LISTS) and not (listed and listed.find(text)):
            there.update(mark for mark in _DELIMITERS if mark in text)
    return tuple(mark for mark in _DELIMITERS if mark in there) or _DELIMITERS[:1]


def distinct(names: Iterable[str]) -> list[str]:
    """The names, stripped, each once. Raises RowProblem for half of a character."""
    return list(dict.fromkeys(whole(name.strip()) for name in names))


def whole(text: str) -> str:
    """``text``, unless it holds half of a character, which no file and no endpoint takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RowProblem(
            f"half of a character (a lone surrogate) at position {error.start} of a text", code="text-broken"
        ) from error
    return text


def _names(value: Any) -> Sequence[str] | None:
    """The names of a list, or of the choices of an object; None if it has none."""
    if isinstance(value, Mapping):
        value = value.get("choices")
        value = [value] if isinstance(value, str) else value
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    return value if listed and all(isinstance(name, str) for name in value) else None


def _literal(text: str) -> Any:
    """The list or object that ``text`` writes in JSON or Python; None if it is neither."""
    if not text.startswith(_LISTS):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if _side_by_side(text):
        return None
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes that Python does not know
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _side_by_side(text: str) -> bool:
    """Whether strings stand beside one another without a comma, as NumPy writes them: Python would make them one."""
    return any(not text[one.end() : other.start()].strip() for one, other in pairwise(_STRING.finditer(text)))
