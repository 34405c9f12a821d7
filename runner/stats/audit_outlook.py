"""How many more rows an audit is expected to take. Pure."""

import math
from collections.abc import Sequence

from runner.stats.batched_audit import settled_after

MOST = 20_000  # rows that are looked ahead


def rows_to_settle(rows: int, found: Sequence[bool], target: float, delta: float, rate: float) -> int | None:
    """How many rows must be checked in all until there is a verdict, if the next ones are wrong at ``rate``.

    The wrong ones among the next rows are spread evenly, and chance often settles it sooner.

    Args:
        rows, found, target, delta: as ``batched_audit`` has them.

    Returns:
        At least ``len(found)``; None where more than ``MOST`` rows would not do.
    """
    ahead = max(0, min(rows, MOST) - len(found))
    settled = settled_after(rows, [*found, *_spread(rate, ahead)], target, delta)
    return None if settled is None else max(settled, len(found))


def _spread(rate: float, count: int) -> list[bool]:
    """``count`` rows of which a share is wrong, evenly."""
    return [math.floor((place + 1) * rate + 0.5) > math.floor(place * rate + 0.5) for place in range(count)]
