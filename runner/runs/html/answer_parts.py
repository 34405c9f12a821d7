"""An item's gold and answer as a page draws them: marks in its text, a row for each field, parts side by side. Pure.

What is drawn follows from the values alone, whatever type of answer they are of; any of them may be hostile.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any, Literal

from runner.core.run_rows import PredictionRow, parts_of

Side = Literal["both", "missed", "added"]
Names = tuple[str, ...]
BETWEEN = " › "  # the names of a path
_MOST = 500  # marks of one text; more could not be told apart, and would take long to draw


@dataclass(frozen=True)
class Mark:
    """A place in a text: ``text[start:end]`` has a label in gold, in the answer, or in both."""

    label: str
    start: int
    end: int
    side: Side


@dataclass(frozen=True)
class Piece:
    """A piece of a text, which marks cover, and those of them that end with it."""

    text: str
    sides: Sequence[Side]
    ends: Sequence[Mark]

    @property
    def side(self) -> str:
        """The worst of its marks decides how it looks; empty where there is none."""
        return next((side for side in ("missed", "added", "both") if side in self.sides), "")


@dataclass(frozen=True)
class FieldRow:
    """A field of an answer: its name, the parts of gold and answer, and whether they are the same."""

    name: str
    gold: Sequence[str]
    given: Sequence[str]
    same: bool


def marked(row: PredictionRow) -> list[Piece]:
    """The text in pieces between the ends of marks; one piece where there are none."""
    marks = marks_of(row)
    ends = sorted({0, len(row.text), *(mark.start for mark in marks), *(mark.end for mark in marks)})
    pieces = []
    for start, end in pairwise(ends):
        over = [mark.side for mark in marks if mark.start < end and mark.end > start]
        pieces.append(Piece(row.text[start:end], over, [mark for mark in marks if mark.end == end and over]))
    return pieces or [Piece(row.text, (), ())]


def marks_of(row: PredictionRow) -> list[Mark]:
    """All places that gold or the answer marks, in the order of the text, at most so many."""
    gold, given = (dict.fromkeys(_places(value, len(row.text))) for value in (row.gold, row.prediction))
    found = [Mark(*place, "both" if place in given else "missed") for place in gold]
    found += [Mark(*place, "added") for place in given if place not in gold]
    return sorted(found, key=lambda mark: (mark.start, mark.end))[:_MOST]


def fields_of(row: PredictionRow, paths: Collection[Names] = ()) -> list[FieldRow]:
    """A row for each field, where gold or the answer is an object; one row for numbers, texts and lists of objects.

    None for labels, places and paths, which are drawn otherwise. ``paths`` as ``told`` takes them.
    """
    people = _raters(row.gold)
    if not isinstance(row.prediction, Mapping) and (people or _is_plain(row.gold) or _is_plain(row.prediction)):
        gold = (f"{number_in(row.gold):g}, of {people} people",) if people else told(row.gold)
        return [FieldRow("answer", gold, told(row.prediction), _same(row.gold, row.prediction))]
    gold, given = (
        worded(value, row.text) if isinstance(value, Mapping) else {} for value in (row.gold, row.prediction)
    )
    names = dict.fromkeys([*gold, *given])
    return [
        FieldRow(
            str(name),
            told(gold.get(name), _below(name, paths)),
            told(given.get(name), _below(name, paths)),
            _same(gold.get(name), given.get(name)),
        )
        for name in names
    ]


def told(value: Any, paths: Collection[Names] = ()) -> tuple[str, ...]:
    """A value in parts for a person: places by their label and words, paths with marks between their names.

    Args:
        paths: the lists of names that are paths; others are names of labels. Those of a field begin with its name.
    """
    if _is_path(value) and tuple(value) in paths:
        return (BETWEEN.join(value),)
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        if all(_is_path(part) for part in value):
            return tuple(BETWEEN.join(part) for part in value)
        if all(isinstance(part, Mapping) and "label" in part for part in value):
            return tuple(f"{part['label']} {part.get('text', '')}".strip() for part in value)
        if all(isinstance(part, Mapping) for part in value):
            return tuple(", ".join(told(part, paths)) for part in value)
    if isinstance(value, Mapping):
        return tuple(
            f"{name}: {', '.join(told(inner, _below(name, paths))) or 'none'}" for name, inner in value.items()
        )
    return parts_of(value)


def worded(value: Any, text: str) -> Any:
    """A value in which each place has its words, which gold need not say."""
    if isinstance(value, list | tuple):
        return [worded(part, text) for part in value]
    if not isinstance(value, Mapping):
        return value
    [*place] = _places([value], len(text))
    if place and "text" not in value:
        return {**value, "text": text[value["start"] : value["end"]]}
    return {name: worded(inner, text) for name, inner in value.items()}


def _same(gold: Any, given: Any) -> bool:
    """Whether two values are equal, lists in any order."""
    if isinstance(gold, list) and isinstance(given, list):
        return sorted(map(_as_json, gold)) == sorted(map(_as_json, given))
    return bool(gold == given)


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _below(name: Any, paths: Collection[Names]) -> set[Names]:
    """The paths of a field without its name."""
    return {path[1:] for path in paths if path[0] == name}


def nothing_of(rows: Sequence[PredictionRow]) -> str:
    """What an answer with nothing in it is called: among names of labels, no label."""
    named = all(isinstance(row.gold, list | tuple) and all(isinstance(one, str) for one in row.gold) for row in rows)
    return "no label" if named else "nothing"


def numbers_of(rows: Sequence[PredictionRow]) -> list[tuple[float, float]]:
    """(gold, answer) of each row, where all gold is numbers and so is the answer; none else."""
    golds = [number_in(row.gold) for row in rows]
    if None in golds:
        return []
    pairs = zip(golds, (row.prediction for row in rows), strict=True)
    return [(gold, float(answer)) for gold, answer in pairs if gold is not None and _is_number(answer)]


def number_in(gold: Any) -> float | None:
    """The number that gold is; of several people's ratings the one that stands beside them, else their mean."""
    if isinstance(gold, Mapping):
        own = gold.get("rating")
        gold = gold.get("ratings") if own is None else own
    if isinstance(gold, list) and gold and all(map(_is_number, gold)):
        return fmean(gold)
    return float(gold) if _is_number(gold) else None


def _raters(gold: Any) -> int:
    """How many people rated; 0 where gold is no list of ratings."""
    ratings = gold.get("ratings") if isinstance(gold, Mapping) else gold
    return len(ratings) if isinstance(ratings, list) and number_in(gold) is not None else 0


def _places(value: Any, length: int) -> Iterator[tuple[str, int, int]]:
    """The places in a value, also of the fields of an object."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from ((f"{name}: {label}", start, end) for label, start, end in _places(inner, length))
    for part in value if isinstance(value, list | tuple) else ():
        if isinstance(part, Mapping) and isinstance(part.get("start"), int) and isinstance(part.get("end"), int):
            start, end = part["start"], part["end"]
            if 0 <= start < end <= length:
                yield str(part.get("label", "")), start, end


def _is_plain(value: Any) -> bool:
    """Whether a value is a number, a text, or objects without places."""
    objects = isinstance(value, list) and all(isinstance(one, Mapping) and "start" not in one for one in value)
    return isinstance(value, str) or _is_number(value) or (objects and bool(value))


def _is_path(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(name, str) for name in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
