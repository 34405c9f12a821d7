"""Gold as an answer type has it: each item's is read once before a run, and the vocabulary is that of the source."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from runner.core.errors import DataError
from runner.core.items import Data, Item
from runner.core.terminal import shortened
from verifiers.label_set import LabelSet
from verifiers.verifier import NeedsVocabulary, Verifier, keys

_SHOWN = 5  # problems of gold


def typed(data: Data, verifier: Verifier) -> tuple[Data, Verifier]:
    """The data with the classes of each item's gold, and the verifier with its vocabulary.

    Raises:
        DataError: gold that cannot be an answer of this type, each item by its id.
    """
    if isinstance(verifier, NeedsVocabulary) and verifier is not data.verifier:  # which has its vocabulary
        verifier = bound(verifier, data.labels, data.items)
    golds = _golds(data.items, verifier)
    items = [
        item if isinstance(item.gold, tuple) else replace(item, classes=tuple(dict.fromkeys(keys(verifier, gold))))
        for item, gold in zip(data.items, golds, strict=True)
    ]
    return replace(data, items=items), verifier


def bound(verifier: Any, given: LabelSet, items: Sequence[Item]) -> Any:
    """The verifier with the vocabulary that is given, else with the names that occur in gold.

    Raises:
        DataError: gold cannot be an answer of this type, or its names cannot be a vocabulary.
    """
    names = [] if given else [name for gold in _golds(items, verifier) for name in verifier.names(gold)]
    try:
        return verifier.bind(given or None, sorted(set(names)))
    except ValueError as error:
        raise DataError(f"gold does not fit the verifier: {error}", code="bad-label-list", key="verifier") from error


def _golds(items: Sequence[Item], verifier: Verifier) -> list[Any]:
    golds, problems = [], []
    for item in items:
        try:
            golds.append(verifier.gold(() if item.gold is None else item.gold, item))
        except ValueError as error:
            problems.append(f"item {item.id}: {error}")
    if problems:
        words = f"gold does not fit the verifier: {shortened(problems, _SHOWN, sentences=True)}"
        raise DataError(words, code="gold-unfit", key=problems[0].partition(":")[0])
    return golds
