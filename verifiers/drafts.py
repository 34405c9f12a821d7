"""What a column of gold looks like: each type of answer says whether it could hold it, and how surely. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_LONGEST_NAME = 60  # characters of a label
_MOST_NAMES = 200
_MARKS = ("|", ";", ",")


@dataclass(frozen=True)
class Draft:
    """A type of answer that could hold a column.

    Attributes:
        certainty: from 0 to 1, to be held against other types. options: of the verifier; ``labels`` is its list.
    """

    certainty: float
    options: Mapping[str, Any] = field(default_factory=dict)


def as_names(values: Sequence[Any]) -> Draft | None:
    """Lists of names, or texts with a mark between names that come again and again."""
    lists = [value for value in values if isinstance(value, list)]
    if lists:
        fits = len(lists) == len(values) and all(isinstance(one, str) for value in lists for one in value)
        names = sorted({one for value in lists for one in value}) if fits else []
        return Draft(0.8, {"labels": names}) if 0 < len(names) <= _MOST_NAMES else None
    texts = [value for value in values if isinstance(value, str)]
    for mark in _MARKS:
        parted = [[part.strip() for part in text.split(mark)] for text in texts]
        several = sum(len(parts) > 1 for parts in parted)
        names = sorted({part for parts in parted for part in parts if part})
        if several * 5 >= len(texts) > 0 and _are_names(names, sum(map(len, parted))):
            return Draft(0.75, {"labels": names})
    return None


def as_name(values: Sequence[Any]) -> Draft | None:
    """Short texts of which each comes again."""
    texts = [value.strip() for value in values if isinstance(value, str)]
    names = sorted(set(texts))
    if len(texts) < len(values) or not _are_names(names, len(texts)):
        return None
    return Draft(0.7, {"labels": names})


def as_places(values: Sequence[Any]) -> Draft | None:
    """Lists of places in a text, ``{"label", "start", "end"}``."""
    parts = [part for value in values if isinstance(value, list) for part in value]
    if not parts or not all(isinstance(part, Mapping) and {"label", "start", "end"} <= set(part) for part in parts):
        return None
    return Draft(1.0, {"labels": sorted({str(part["label"]) for part in parts})})


def as_paths(values: Sequence[Any], separator: str = " > ") -> Draft | None:
    """Texts with the separator in most of them, or lists in which what stands behind has one parent."""
    texts = [value for value in values if isinstance(value, str)]
    if texts and len(texts) == len(values):
        return Draft(0.9) if 2 * sum(separator in text for text in texts) > len(texts) else None
    lists = [value for value in values if isinstance(value, list) and value]
    if not lists or not all(isinstance(one, str) for value in lists for one in value):
        return None
    deep = [tuple(value) for value in lists if len(value) > 1]
    parents = Counter(last for *_, last in {value[-2:] for value in deep})
    above = {value[0] for value in deep}
    tree = len(deep) == len(lists) and max(parents.values(), default=2) == 1 and 2 * len(above) <= len(parents)
    return Draft(0.85) if tree else None


def as_grades(values: Sequence[Any]) -> Draft | None:
    """Whole numbers of a few kinds, which could be a scale."""
    numbers = as_floats(values)
    if numbers is None or len(set(numbers)) > 11 or not all(number.is_integer() for number in numbers):
        return None
    low, high = int(min(numbers)), int(max(numbers))
    return Draft(0.8, {"low": low, "high": high, "step": 1}) if low < high else None


def as_floats(values: Sequence[Any]) -> list[float] | None:
    """All values as numbers; None if one is none."""
    try:
        return [float(value) for value in values if not isinstance(value, bool | list | dict)] or None
    except (TypeError, ValueError):
        return None


def _are_names(names: Sequence[str], given: int) -> bool:
    """Whether a few short names come again and again."""
    few = 1 < len(names) <= min(_MOST_NAMES, max(2, given // 2))
    return few and all(0 < len(name) <= _LONGEST_NAME and "\n" not in name for name in names)
