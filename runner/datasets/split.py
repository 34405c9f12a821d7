"""Divides the gold items into reflect, select and test: seeded, exact in size, stratified by the classes of gold."""

import math
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from runner.core.errors import ConfigError, DataError
from runner.core.items import Item, Part
from runner.core.twins import one_of_twins, twin_form

PARTS: tuple[Part, ...] = ("reflect", "select", "test")
_REST = "rest"  # where items go that no part wants
_SEALED_SEED = 0
_TRIES, _WORK = 20, 20_000  # placements tried at most; items placed in all of them together, about
Sizes = Mapping[str, float] | Literal["none"]


@dataclass(frozen=True)
class Split:
    """The three parts. With ``shared`` every item is in every part, as in the tutorial: nothing is sealed."""

    reflect: tuple[Item, ...]
    select: tuple[Item, ...]
    test: tuple[Item, ...]
    shared: bool = False


def split(items: Sequence[Item], sizes: Sizes, seed: int, searched: Collection[str] = ()) -> Split:
    """Divide ``items``.

    Args:
        sizes: counts (``{"reflect": 40, "select": 40, "test": 80}``; items left over are not used),
            fractions that sum to 1 or less, or ``"none"`` to use every item for everything.
        seed: decides between reflect and select. The test items depend on the items and sizes alone, so that runs
            with different seeds are judged on the same sealed items.
        searched: texts that an earlier search has learned from: their items are sealed only where others are too few.

    Items whose source says their part stay in it. Of such parts counts take so many items, fractions all; where no item
    is marked ``select``, those marked ``reflect`` are divided between the two.

    Of items that are near-twins (see ``twin_form``) the first stands for all of them, so that no part gives away what
    is in another; the rest are in none.

    Parts are filled by the iterative stratification of Sechidis et al. 2011 (the rarest label first, each of its
    items to the part that lacks it most) with exact sizes; of several such placements the most even is taken. A
    rare label stands in each part that its count and the sizes allow.

    Raises:
        ConfigError: the sizes make no sense. DataError: there are too few items for them.
    """
    if sizes == "none":
        everything = tuple(items)
        return Split(everything, everything, everything, shared=True)
    _refuse_odd(sizes)
    items = one_of_twins(items)
    if any(item.part for item in items):
        parts = _as_marked(items, sizes, seed, searched)
    else:
        room = _counts(sizes, len(items))
        test = _sealed(items, room["test"], searched)
        taken = {item.id for item in test}
        rest = [item for item in items if item.id not in taken]
        parts = {**_divided(rest, room["reflect"], room["select"], seed), "test": test}
    position = {item.id: number for number, item in enumerate(items)}
    reflect, select, sealed = (tuple(sorted(parts[part], key=lambda item: position[item.id])) for part in PARTS)
    return Split(reflect, select, sealed)


def _as_marked(
    items: Sequence[Item], sizes: Mapping[str, float], seed: int, searched: Collection[str]
) -> dict[str, list[Item]]:
    marked: dict[str, list[Item]] = {part: [item for item in items if item.part == part] for part in PARTS}
    counted = all(size >= 1 for size in sizes.values())
    if not marked["select"]:
        learn = marked["reflect"]
        both = sizes["reflect"] + sizes["select"]
        if len(learn) < (least := int(both) if counted else 2):
            raise DataError(
                f"split: {len(learn)} gold items are marked to learn from (train), and it takes {least}",
                code="too-few-items",
                key="reflect",
            )
        reflect = min(max(1, round(sizes["reflect"] / both * len(learn))), len(learn) - 1)
        marked |= _divided(learn, reflect, len(learn) - reflect, seed)
    wanted = {part: int(sizes[part]) if counted else len(marked[part]) for part in PARTS}
    for part, size in wanted.items():
        if not 0 < size <= len(marked[part]):
            raise DataError(
                f"split: {len(marked[part])} gold items are marked as {part}, and it takes {size or 1}",
                code="too-few-items",
                key=part,
            )
    return {
        "reflect": _chosen(marked["reflect"], wanted["reflect"], seed),
        "select": _chosen(marked["select"], wanted["select"], seed),
        "test": _sealed(marked["test"], wanted["test"], searched),
    }


def _divided(items: Sequence[Item], reflect: int, select: int, seed: int) -> dict[str, list[Item]]:
    return _balanced(items, {"reflect": reflect, "select": select, _REST: len(items) - reflect - select}, seed)


def _sealed(items: Sequence[Item], size: int, searched: Collection[str]) -> list[Item]:
    """The items to seal: of those that nobody has learned from as far as they go."""
    known = set(map(twin_form, searched))
    fresh = [item for item in items if twin_form(item.text) not in known]
    if len(fresh) <= size:
        used = [item for item in items if twin_form(item.text) in known]
        return [*fresh, *_chosen(used, size - len(fresh), _SEALED_SEED)]
    return _chosen(fresh, size, _SEALED_SEED)


def _chosen(items: Sequence[Item], size: int, seed: int) -> list[Item]:
    return _balanced(items, {"test": size, _REST: len(items) - size}, seed)["test"] if size else []


def _balanced(items: Sequence[Item], room: Mapping[str, int], seed: int) -> dict[str, list[Item]]:
    """The most even of several placements; a single greedy one can leave a label lopsided."""
    rng = random.Random(seed)
    order = sorted(items, key=lambda item: item.id)
    tries = []
    for _ in range(max(1, min(_TRIES, _WORK // len(order)))):
        rng.shuffle(order)
        tries.append(_place(order, room))
    best = min(tries, key=lambda placed: _unevenness(placed, len(order)))
    # Where each of many labels is due less than half an item of a part, no label gets one, and those that are left at
    # the end fill the part.
    found = _unevenness(best, len(order), none=True)
    if found <= 2 * _of_chance(order, room):
        return best
    fairest = min(
        (_spread(order, room, rng) for _ in range(_TRIES)),
        key=lambda placed: _unevenness(placed, len(order), none=True),
    )
    return fairest if _unevenness(fairest, len(order), none=True) < 0.5 * found else best


def _spread(items: Sequence[Item], room: Mapping[str, int], rng: random.Random) -> dict[str, list[Item]]:
    """Each item to a part: a systematic sample of a line on which the items of a label stand together.

    Each part takes its share all along the line, so that of each label it gets its due, or one more or less; which
    labels that are due less than one, the random order of the labels decides. "No label" is a label.
    """
    counts = Counter(label for item in items for label in _labels(item, none=True))
    ranks = dict(zip(rng.sample(sorted(counts), len(counts)), range(len(counts)), strict=True))
    shuffled = rng.sample(items, len(items))
    line = sorted(shuffled, key=lambda item: ranks[min(_labels(item, none=True), key=lambda label: counts[label])])
    placed: dict[str, list[Item]] = {part: [] for part in room}
    for number, item in enumerate(line, 1):
        part = max(room, key=lambda part: room[part] * number / len(line) - len(placed[part]))
        placed[part].append(item)
    return placed


def _of_chance(items: Sequence[Item], room: Mapping[str, int]) -> float:
    """About the unevenness where each part gets its due of each label, or the next whole number."""
    counts = Counter(label for item in items for label in _labels(item, none=True))
    due = ((size / len(items) * count % 1, count) for size in room.values() for count in counts.values())
    return sum(part * (1 - part) / count for part, count in due)


def _unevenness(placed: Mapping[str, Sequence[Item]], items: int, *, none: bool = False) -> float:
    """Squared distance of each part's label counts from its share of the label, relative to the label's count.

    Args:
        none: whether "no label" counts as a label.
    """
    counts = {
        part: Counter(label for item in chosen for label in _labels(item, none)) for part, chosen in placed.items()
    }
    total = sum(counts.values(), Counter[str]())
    return sum(
        (counts[part][label] - len(chosen) / items * count) ** 2 / count
        for part, chosen in placed.items()
        for label, count in total.items()
    )


def _labels(item: Item, none: bool) -> Sequence[str]:
    """Its labels; with ``none`` that it has none is one too."""
    return item.names or (("",) if none else ())


def _refuse_odd(sizes: Mapping[str, float]) -> None:
    problem = f"split={sizes}: give reflect, select and test as counts or as fractions, or split=none"
    if (
        not isinstance(sizes, Mapping)
        or set(sizes) != set(PARTS)
        or any(not isinstance(size, int | float) or size <= 0 for size in sizes.values())
    ):
        raise ConfigError(f"{problem}; each must be above 0", code="bad-split", key="split")
    if all(size < 1 for size in sizes.values()):
        if sum(sizes.values()) > 1 + 1e-9:
            raise ConfigError(
                f"{problem}; the fractions sum to {sum(sizes.values()):g}, more than 1", code="bad-split", key="split"
            )
    elif not all(float(size).is_integer() for size in sizes.values()):
        raise ConfigError(f"{problem}, not a mixture", code="bad-split", key="split")


def _counts(sizes: Mapping[str, float], available: int) -> dict[Part, int]:
    values: dict[Part, float] = {part: sizes[part] for part in PARTS}
    if all(size < 1 for size in values.values()):
        counts = {part: int(size * available + 1e-9) for part, size in values.items()}
        if sum(values.values()) > 1 - 1e-9:  # nothing is meant to be left over
            counts["test"] += available - sum(counts.values())
    else:
        counts = {part: int(size) for part, size in values.items()}
    if sum(counts.values()) > available or any(count < 1 for count in counts.values()):
        wanted = ", ".join(f"{count} to {part}" for part, count in counts.items())
        least = math.ceil(1 / min(values.values()) - 1e-9) if min(values.values()) < 1 else sum(counts.values())
        raise DataError(
            f"split: {available} gold items are too few for {wanted}: it takes {least} at least, and some fifty to "
            "prove anything; verify more items, or use split=none",
            code="too-few-items",
            key="split",
        )
    return counts


def _place(order: Sequence[Item], room: Mapping[str, int]) -> dict[str, list[Item]]:
    """Each item to a part, the parts' sizes exactly ``room``, which sum to the number of items."""
    left = dict(room)
    total = Counter(label for item in order for label in item.names)
    lack = {part: {label: size / len(order) * count for label, count in total.items()} for part, size in left.items()}
    placed: dict[str, list[Item]] = {part: [] for part in left}
    waiting = list(order)
    while waiting:
        remaining = Counter(label for item in waiting for label in item.names)
        rarest = min(remaining, key=lambda label: (remaining[label], label)) if remaining else None
        batch = [item for item in waiting if rarest is None or rarest in (item.names)]
        for item in batch:
            open_parts = [part for part in left if left[part] > 0]
            part = max(open_parts, key=lambda part: (lack[part][rarest] if rarest else 0, left[part]))
            placed[part].append(item)
            left[part] -= 1
            for label in item.names:
                lack[part][label] -= 1
        taken = {item.id for item in batch}
        waiting = [item for item in waiting if item.id not in taken]
    return placed
