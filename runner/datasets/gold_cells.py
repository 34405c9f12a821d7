"""Gold labels as they are written: a list, choices as Label Studio exports them, a number, or names between marks."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from runner.datasets.literals import begins_like_one, literal
from runner.datasets.row_problem import RowProblem
from verifiers.label_set import LabelSet

_DELIMITERS = ("|", ";", ",", "\n")
_LISTS = ("[", "{", "('", '("')  # what begins so is a list, or nothing
_MISSING = frozenset({"nan", "NaN", "NaT", "<NA>"})  # how tables write that a cell has nothing
_QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("„", "“"), ("‘", "’"), ("«", "»"))
_LONGEST_NAME = 500  # characters between quotes
_QUOTED = "|".join(f"{opens}[^{opens}{closes}]{{0,{_LONGEST_NAME}}}+{closes}" for opens, closes in _QUOTES)
_ANY_QUOTED = re.compile(_QUOTED)
_SPANS = "these are places in the text: give verifier=spans"
_REMEDY = 'write names as texts, "A" or ["A", "B"], [] where no label applies, and nothing where nobody verified'


def names_in(
    value: Any, delimiter: str | None, listed: LabelSet | None = None, *, divided: bool = True
) -> list[str] | None:
    """The names in ``value``, without repeats; [] says that no label applies, None that nothing stands there.

    Args:
        value: a list, ``{"choices": [...]}``, a whole number, true or false, or a text: a list or choices in JSON or
            Python, or names between delimiters, each perhaps in quotes.
        delimiter: None is a bar.
        listed: the label list, if there is one: a text that is one of its names is not parted.
        divided: whether a text is parted where no delimiter is given; else it is one name.

    Raises:
        RowProblem: it is none of them.
    """
    value = _plain(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str):
        return distinct(_names_or_number(value, listed))
    text = value.strip()
    names = _names_of_text(text, listed)
    if names is None:
        names = _parted(text, delimiter or _DELIMITERS[0]) if delimiter or divided else [_bare(text)]
    return distinct(names)


def value_in(value: Any) -> Any:
    """A cell as a value that JSON can hold; of a text that is a list or an object in JSON or Python, that.

    None if it is empty.

    Raises:
        RowProblem: it is no such value, as a date.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        written = literal(text) if text.startswith(("[", "{")) else None
        return value if written is None else written
    try:
        return _for_json(value)
    except RecursionError as error:
        raise RowProblem("gold is nested deeper than any answer is", code="too-deep") from error


def _for_json(value: Any) -> Any:
    """A value as JSON can hold it, with all that is in it: a map of Parquet is an object, what is no number is null."""
    value = _plain(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(name): _for_json(part) for name, part in value.items()}
    if isinstance(value, list) and value and all(isinstance(part, tuple) for part in value):
        return {str(name): _for_json(part) for name, part in value}
    if isinstance(value, list):
        return [_for_json(part) for part in value]
    raise RowProblem(
        f"gold must be a text, a number, a list or an object, found {value!r:.60} ({type(value).__name__}): write it "
        "as a text",
        code="bad-value",
    )


def _names_of_text(text: str, listed: LabelSet | None) -> Sequence[str] | None:
    """The names of a text that is a list, or one name of the list of labels; None where it is to be parted.

    Raises:
        RowProblem: it begins like a list and is none.
    """
    on_list = [text] if listed and listed.find(text) else None
    if on_list and not text.startswith(("[", "{")):
        return on_list
    names = _names(literal(text))
    if names is None and on_list is None and (text.startswith(_LISTS) or text in _MISSING):
        raise RowProblem(
            f"gold labels {text!r:.60} are no list of names that can be read: {_REMEDY} "
            "(write a name that begins with [ or { in a list)",
            code="gold-unreadable",
        )
    return on_list if names is None else names


def delimiters_in(values: Iterable[Any], listed: LabelSet | None = None) -> dict[str, int]:
    """What may stand between names in ``values``: those of ``| ; ,`` and line breaks that are in any, in this order.

    Each with how many values have it. The first parts all of them; without any, a bar does. Lists do not count, nor
    do names of the list, nor what stands in quotes.
    """
    there = Counter[str]()
    for value in values:
        text = value.strip() if isinstance(value, str) else ""
        if text.startswith(_LISTS) or (listed and listed.find(text)):
            continue
        if begins_like_one(text) and literal(text) is not None:
            continue
        bare = _ANY_QUOTED.sub("", text) if text.startswith(tuple(opens for opens, _ in _QUOTES)) else text
        there.update(mark for mark in _DELIMITERS if mark in bare)
    return {mark: there[mark] for mark in _DELIMITERS if mark in there} or {_DELIMITERS[0]: 0}


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


def decoded(value: bytes) -> str:
    """The text in the bytes of a binary column. Raises RowProblem: they are no text."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowProblem(
            f"bytes that are no UTF-8 text (from byte {error.start} on): write the column as text", code="not-utf8"
        ) from error


def is_missing(value: Any) -> bool:
    """Whether a value is how a table of numbers says that there is nothing."""
    return value is None or (isinstance(value, float | Decimal) and math.isnan(value))


def _plain(value: Any) -> Any:
    """A value as it is meant: bytes are a text, and what is not a number is nothing."""
    return decoded(value) if isinstance(value, bytes) else None if is_missing(value) else value


def _names_or_number(value: Any, listed: LabelSet | None) -> Sequence[str]:
    names = _names(value)
    if names is None:
        name = _number(value)
        names = [name] if name is not None and (listed is None or listed.find(name)) else None
    if names is None:
        on_list = f", which is not on the label list ({len(listed)} labels)" if listed and _number(value) else ""
        raise RowProblem(
            f"gold labels must be a list of names or a text, found {value!r:.80}{on_list}: "
            f"{_SPANS if _are_places(value) else _REMEDY}",
            code="gold-unreadable",
        )
    return names


def _are_places(value: Any) -> bool:
    """Whether a value is a list of places in a text."""
    listed = isinstance(value, list) and bool(value)
    return listed and all(isinstance(one, Mapping) and {"start", "end"} <= one.keys() for one in value)


def _number(value: Any) -> str | None:
    """The name that a whole number or a truth value is, as JSON writes it; None for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, int | float | Decimal) or not math.isfinite(value) or value != int(value):
        return None
    return str(int(value))


def _names(value: Any) -> Sequence[str] | None:
    """The names of a list, or of the choices of an object; None if it has none."""
    if isinstance(value, Mapping):
        value = value.get("choices")
        value = [value] if isinstance(value, str) else value
    listed = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    return value if listed and all(isinstance(name, str) for name in value) else None


def _parted(text: str, mark: str) -> list[str]:
    """The names between marks; a mark within quotes parts nothing, and quotes around a name are no part of it."""
    quoted = _quoted_before(mark)
    names, place = list[str](), 0
    while place <= len(text):
        if found := quoted.match(text, place):
            name, place = found[1][1:-1], found.end() if found[2] else len(text) + 1
        else:
            end = text.find(mark, place)
            end = len(text) if end < 0 else end
            name, place = text[place:end], end + len(mark)
        names.append(name)
    return [name for name in names if name.strip()]


def _bare(name: str) -> str:
    return name[1:-1] if _ANY_QUOTED.fullmatch(name) else name


@cache
def _quoted_before(mark: str) -> re.Pattern[str]:
    lead = r"(?<![^\S\n])[^\S\n]*+" if mark == "\n" else r"(?<!\s)\s*+"  # blanks, but for the mark itself
    return re.compile(rf"{lead}({_QUOTED})(?:\s*?({re.escape(mark)})|\s*+\Z)")
