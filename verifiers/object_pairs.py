"""How much each object of gold has in common with each that was given. Pure."""

from collections.abc import Hashable, Mapping, Sequence
from math import fsum
from typing import Any, Protocol

from verifiers.field_values import Filled
from verifiers.verdict import Match

Terms = tuple[list[float], list[float]]
"""The summands of 2TP and of 2TP + FP + FN."""


class ByField(Protocol):
    """What verifies an object field by field."""

    def of_field(self, name: str, due: Any, answer: Filled) -> Sequence[Match]: ...


def pair_credits(
    one: ByField, gold: Sequence[Mapping[str, Any]], given: Sequence[Filled]
) -> list[tuple[int, int, float]]:
    """(place in gold, place in given, F1 of the pair) of all pairs whose F1 is above 0.

    Values and objects that come again are compared once: in a list most of them do.
    """
    names = list(dict.fromkeys(name for one_gold in gold for name in one_gold))
    dues, due_of = _distinct([tuple((name, repr(due)) for name, due in one_gold.items()) for one_gold in gold])
    saids, said_of = _distinct([tuple(_said(answer, name) for name in names) for answer in given])
    terms: dict[Hashable, Terms] = {}

    def of_field(name: str, due: int, said: int, key: Hashable) -> Terms:
        if key not in terms:
            terms[key] = _terms(one.of_field(name, gold[due][name], given[said]))
        return terms[key]

    def credit(due: int, said: int, due_key: Sequence[Any], said_key: Sequence[Hashable]) -> float:
        by_name = dict(zip(names, said_key, strict=True))
        found = [of_field(name, due, said, (name, shown, by_name[name])) for name, shown in due_key]
        hits = fsum(hit for own, _ in found for hit in own)
        return hits / fsum(size for _, own in found for size in own) if hits else 0.0

    credits = [
        [credit(due, said, due_key, said_key) for said_key, said in saids.items()] for due_key, due in dues.items()
    ]
    return [
        (due, said, worth)
        for due, row in enumerate(due_of)
        for said, column in enumerate(said_of)
        if (worth := credits[row][column])
    ]


def _distinct(keys: Sequence[Hashable]) -> tuple[dict[Any, int], list[int]]:
    """(key -> the first place that has it, the number of its key for each place)."""
    first: dict[Any, int] = {}
    numbers: dict[Hashable, int] = {}
    for place, key in enumerate(keys):
        first.setdefault(key, place)
        numbers.setdefault(key, len(numbers))
    return first, [numbers[key] for key in keys]


def _said(answer: Filled, name: str) -> Hashable:
    """All that an object says of a field, as a key."""
    return name in answer.values, repr(answer.values.get(name)), repr(answer.unfit.get(name, ()))


def _terms(matches: Sequence[Match]) -> Terms:
    return (
        [2 * match.hit * match.weight for match in matches],
        [(2 * match.hit + match.wrong + match.missing) * match.weight for match in matches],
    )
