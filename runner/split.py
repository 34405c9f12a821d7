"""Divides the gold items into reflect, select and test: seeded, exact in size, stratified by label."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from runner.errors import ConfigError, DataError
from runner.types import Item, Part

PARTS: tuple[Part, ...] = ("reflect", "select", "test")
_REST = "rest"  # where items go that no part wants
Sizes = Mapping[str, float] | Literal["none"]


@dataclass(frozen=True)
class Split:
    """The three parts. With ``shared`` every item is in every part, as in the tutorial: nothing is sealed."""

    reflect: tuple[Item, ...]
    select: tuple[Item, ...]
    test: tuple[Item, ...]
    shared: bool = False


def split(items: Sequence[Item], sizes: Sizes, seed: int) -> Split:
    """Divide ``items``.

    Args:
        sizes: counts (``{"reflect": 40, "select": 40, "test": 80}``; items left over are not used),
            fractions that sum to 1 or less, or ``"none"`` to use every item for everything.
        seed: the same items, sizes and seed always give the same parts.

    The placement is the iterative stratification of Sechidis et al. 2011 (the rarest label first, each of
    its items to the part that lacks it most) with exact sizes: a label that occurs at least three times
    stands in each part where there is room, and one that occurs twice in two parts.

    Raises:
        ConfigError: the sizes make no sense. DataError: there are too few items for them.
    """
    if sizes == "none":
        everything = tuple(items)
        return Split(everything, everything, everything, shared=True)
    room = _counts(sizes, len(items))
    rng = random.Random(seed)
    order = sorted(items, key=lambda item: item.id)
    rng.shuffle(order)
    placed = _place(order, room)
    position = {item.id: number for number, item in enumerate(items)}
    parts = {part: tuple(sorted(placed[part], key=lambda item: position[item.id])) for part in PARTS}
    return Split(parts["reflect"], parts["select"], parts["test"])


def _counts(sizes: Mapping[str, float], available: int) -> dict[Part, int]:
    problem = f"split={dict(sizes)}: give reflect, select and test as counts or as fractions, or split=none"
    if set(sizes) != set(PARTS) or any(not isinstance(size, int | float) or size <= 0 for size in sizes.values()):
        raise ConfigError(f"{problem}; each must be above 0")
    values: dict[Part, float] = {part: sizes[part] for part in PARTS}
    if all(size < 1 for size in values.values()):
        if sum(values.values()) > 1 + 1e-9:
            raise ConfigError(f"{problem}; the fractions sum to {sum(values.values()):g}, more than 1")
        counts = {part: int(size * available + 1e-9) for part, size in values.items()}
        if sum(values.values()) > 1 - 1e-9:  # nothing is meant to be left over
            counts["test"] += available - sum(counts.values())
    elif all(float(size).is_integer() for size in values.values()):
        counts = {part: int(size) for part, size in values.items()}
    else:
        raise ConfigError(f"{problem}, not a mixture")
    if sum(counts.values()) > available or any(count < 1 for count in counts.values()):
        wanted = ", ".join(f"{count} to {part}" for part, count in counts.items())
        raise DataError(f"split: {available} gold items are too few for {wanted}: verify more items, or use split=none")
    return counts


def _place(order: Sequence[Item], room: Mapping[Part, int]) -> dict[str, list[Item]]:
    left: dict[str, int] = {**dict(room.items()), _REST: len(order) - sum(room.values())}
    total = Counter(label for item in order for label in item.gold or ())
    lack = {part: {label: size / len(order) * count for label, count in total.items()} for part, size in left.items()}
    placed: dict[str, list[Item]] = {part: [] for part in left}
    waiting = list(order)
    while waiting:
        remaining = Counter(label for item in waiting for label in item.gold or ())
        rarest = min(remaining, key=lambda label: (remaining[label], label)) if remaining else None
        batch = [item for item in waiting if rarest is None or rarest in (item.gold or ())]
        for item in batch:
            open_parts = [part for part in left if left[part] > 0]
            part = max(open_parts, key=lambda part: (lack[part][rarest] if rarest else 0, left[part]))
            placed[part].append(item)
            left[part] -= 1
            for label in item.gold or ():
                lack[part][label] -= 1
        taken = {item.id for item in batch}
        waiting = [item for item in waiting if item.id not in taken]
    return placed
