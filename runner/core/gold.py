"""What gold is by its answer type: its classes, and an item as a worked example."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.core.items import Item
from runner.core.prompt import Demo
from verifiers.verifier import Verifier, classes_of, keys


@dataclass(frozen=True)
class Worked:
    """An item as a worked example, with the classes that it shows."""

    demo: Demo
    classes: tuple[str, ...]


def gold_of(verifier: Verifier, item: Item) -> Any:
    """The gold answer. Raises ValueError: it cannot be one, which ``config.build`` has refused before a run."""
    return verifier.gold(() if item.gold is None else item.gold, item)


def keys_in(verifier: Verifier, item: Item) -> tuple[str, ...]:
    """The classes of an item's gold, in its order; none where it has nothing."""
    return keys(verifier, gold_of(verifier, item))


def classes_by_item(verifier: Verifier, items: Iterable[Item]) -> Mapping[str, tuple[str, ...]]:
    """Id -> the classes of the gold, each once; ``EMPTY`` where it has nothing."""
    return {item.id: classes_of(verifier, gold_of(verifier, item)) for item in items}


def demo_of(verifier: Verifier, item: Item) -> Demo:
    """The item with a right answer, as a prompt shows it."""
    answer = verifier.example(gold_of(verifier, item))
    return Demo(item.text, tuple(verifier.show(answer)), verifier.words.noun)


def worked(verifier: Verifier, item: Item) -> Worked:
    """The item as a worked example."""
    return Worked(demo_of(verifier, item), classes_of(verifier, gold_of(verifier, item)))
