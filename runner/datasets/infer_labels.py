"""The label list that occurs in gold. What cannot be one is told with its rows, and with what to do."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from runner.core.errors import DataError
from runner.core.items import Item
from runner.core.terminal import shortened
from verifiers.label_set import LabelSet, OddNames
from verifiers.spelling import one_spelling

_SHOWN = 3  # rows of a name; the rest are counted


def labels_in(items: Iterable[Item], rows: Mapping[str, int], within: Sequence[str] = ()) -> LabelSet:
    """The names in the gold of ``items``, sorted.

    Args:
        rows: id -> the number of its row.
        within: marks in names that might have been meant to part them.

    Raises:
        DataError: they cannot be a label list, or a name consists of others with a delimiter between them.
    """
    places: dict[str, list[int]] = {}
    for item in items:
        for name in item.gold or ():
            places.setdefault(name, []).append(rows[item.id])
    for name in places:
        if parts := _several_in(name, places, within):
            raise DataError(
                f"the label {_in_rows(name, places)} reads like several, {' and '.join(map(repr, parts))}, which are "
                "labels too: part the labels of all rows alike, or say what parts them, dataset.delimiter='|'",
                code="labels-run-together",
                key=name,
            )
    try:
        return LabelSet.of(sorted(places))
    except OddNames as error:
        where = ", ".join(_in_rows(name, places) for name in error.names)
        alike = "write them alike, or give the label list, whose spelling counts (dataset.labels='[A,B]')"
        remedy = alike if len(error.names) > 1 else "mend it there"
        raise DataError(
            f"the labels found in gold cannot be used: {error} ({where}): {remedy}",
            code="bad-label-list",
            key=error.names[0],
        ) from error
    except ValueError as error:
        raise DataError(f"the labels found in gold cannot be used: {error}", code="bad-label-list") from error


def alike_as_one(items: Sequence[Item]) -> tuple[list[Item], list[str]]:
    """The items with one spelling for names in gold that look the same, and in words which became which."""
    counts = Counter(name for item in items for name in item.gold or ())
    meant = one_spelling(counts)
    if not meant:
        return list(items), []
    made = [
        replace(item, gold=tuple(dict.fromkeys(meant.get(name, name) for name in item.gold or ()))) for item in items
    ]
    return made, [f"{other!a} ({counts[other]} times) as {name!a}" for other, name in meant.items()]


def _in_rows(name: str, places: Mapping[str, Sequence[int]]) -> str:
    rows = places[name]
    return f"{name!r:.80} in row{'s' if len(rows) > 1 else ''} {shortened([*map(str, rows)], _SHOWN)}"


def _several_in(name: str, names: Mapping[str, object], marks: Sequence[str]) -> list[str]:
    """The other names of which ``name`` consists, with one of ``marks`` between them; empty if it does not."""
    for mark in marks:
        parts = [part.strip() for part in name.split(mark)]
        if len(parts) > 1 and all(part in names for part in parts):
            return parts
    return []
