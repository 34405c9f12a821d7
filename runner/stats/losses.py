"""What a certificate can be about: a loss for each item, from 0 (right) to 1. Pure."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from runner.core.errors import DataError
from runner.stats.betting import anytime_p
from runner.stats.exact import allowed_errors, upper_bound

Values = NDArray[np.float64]
Loss = Literal["wrong", "graded"]
"""``wrong``: each is 0 or 1. ``graded``: anything from 0 to 1."""
_STEPS = 40  # halvings of an interval


def checked_losses(losses: Sequence[float] | Values, kind: Loss) -> Values:
    """The losses as an array, shape (items,).

    Raises:
        DataError: one of them is not what ``kind`` says. The credits of micro and macro F1 are influences of an item
            on the whole (-1.8 and +2.2 occur), so that no certificate can be about them.
    """
    values = np.asarray(losses, dtype=float)
    fit = (values == 0) | (values == 1) if kind == "wrong" else (values >= 0) & (values <= 1)
    if not fit.all():
        place = int(np.argmin(fit))
        wanted = "0 or 1" if kind == "wrong" else "from 0 to 1"
        raise DataError(
            f"a certificate takes losses that are {wanted}, and item {place + 1} has {values[place]:g}; rewards "
            "of single items have such losses (reward=exact_match, reward=f1), micro_f1 and macro_f1 have none",
            code="losses-unusable",
            key="reward",
        )
    return values


def low_enough(losses: Values, bound: float, delta: float, exact: bool) -> bool:
    """Whether the losses reject a mean of ``bound`` or more at ``delta``: the mean is below, with confidence 1 - delta.

    Args:
        losses: of items that were drawn independently, in an order that does not depend on them.
        exact: the exact binomial test, for losses of 0 and 1 that are looked at once. Else betting: for losses from 0
            to 1, and for any that are looked at again while items are added behind. In simulations it beats
            Hoeffding-Bentkus widely where many losses are small (100 items of mean 0.05, bound 0.1: 97% against 1%).
    """
    if exact:
        return bool(losses.sum() <= allowed_errors(len(losses), bound, delta)[-1])
    return anytime_p(bound - losses, bound - 1) <= delta


def bound_of(losses: Values, delta: float, exact: bool) -> float:
    """The largest mean that the losses do not reject at ``delta``; 1 without losses."""
    if exact:
        return upper_bound(losses.sum(), len(losses), delta)
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if low_enough(losses, middle, delta, exact) else (middle, high)
    return high
