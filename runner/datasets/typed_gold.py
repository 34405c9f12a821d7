"""Gold as an answer type has it: each item's is read once before a run, and the vocabulary is that of the source."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from runner.core.errors import DataError
from runner.core.items import Data, Item
from runner.core.terminal import shortened
from verifiers.label_set import LabelSet
from verifiers.verifier import NeedsVocabulary, Verifier, keys

_SHOWN = 5  # problems of gold
_NO_ROWS: Mapping[str, int] = {}


def typed(data: Data, verifier: Verifier) -> tuple[Data, Verifier]:
    """The data with the classes of each item's gold, and the verifier with its vocabulary.

    Raises:
        DataError: gold that cannot be an answer of this type, each item by its row, or by its id where it has none.
    """
    if isinstance(verifier, NeedsVocabulary) and verifier is not data.verifier:  # which has its vocabulary
        verifier = bound(verifier, data.labels, data.items, data.rows)
    golds = _golds(data.items, verifier, data.rows)
    items = [
        item if isinstance(item.gold, tuple) else replace(item, classes=tuple(dict.fromkeys(keys(verifier, gold))))
        for item, gold in zip(data.items, golds, strict=True)
    ]
    return replace(data, items=items), verifier


def bound(verifier: Any, given: LabelSet, items: Sequence[Item], rows: Mapping[str, int] = _NO_ROWS) -> Any:
    """The verifier with the vocabulary that is given, else with the names that occur in gold.

    Args:
        rows: id -> the number of its row, for messages.

    Raises:
        DataError: gold cannot be an answer of this type, or its names cannot be a vocabulary.
    """
    names = [] if given else [name for gold in _golds(items, verifier, rows) for name in verifier.names(gold)]
    try:
        return verifier.bind(given or None, sorted(set(names)))
    except ValueError as error:
        raise DataError(f"gold does not fit the verifier: {error}", code="bad-label-list", key="verifier") from error


def _golds(items: Sequence[Item], verifier: Verifier, rows: Mapping[str, int]) -> list[Any]:
    golds, problems = [], []
    for item in items:
        try:
            golds.append(verifier.gold(() if item.gold is None else item.gold, item))
        except ValueError as error:
            problems.append(f"{_named(item.id, rows)}: {error}")
    if problems:
        words = f"gold does not fit the verifier: {shortened(problems, _SHOWN, sentences=True)}"
        raise DataError(words, code="gold-unfit", key=problems[0].partition(":")[0])
    return golds


def _named(item: str, rows: Mapping[str, int]) -> str:
    """An item as people find it: the row of a file, with the id where that is another."""
    if item not in rows:
        return f"item {item}"
    return f"row {rows[item]}" + ("" if item == str(rows[item]) else f" (id {item!r:.60})")
