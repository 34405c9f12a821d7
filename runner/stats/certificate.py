"""Which rows can be trusted: a threshold of certainty above which, certified on sealed items, few labels are wrong.

Rows with a certainty of at least the threshold are accepted. The claim is about rows that are drawn like the sealed
items: the rate of errors among the accepted ones is at most 1 - target, with the given confidence. It is not about the
share that is wrong among particular rows; that takes an audit (``audit.py``).

Two steps. ``plan`` sees no sealed label and fixes everything: the thresholds, in which order they are tested, where the
test begins. ``certify`` then tests one threshold after the other on the sealed items, from strict to loose, until one
fails; the last that passed is certified. Each is tested at full delta, and still a false certificate has a chance of at
most delta: it needs the first false threshold of a fixed order to pass (fixed-sequence testing, as in Learn then Test,
Angelopoulos et al. 2021, arXiv 2110.01052).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from runner.stats.exact import allowed_errors, best_possible, items_needed, upper_bound
from runner.stats.expected_pass import chance_to_pass
from runner.stats.losses import Loss, bound_of, checked_losses, low_enough

Values = NDArray[np.float64]
_STEPS = 20  # coverages of the grid: 5%, 10%, ... 100%
_ROOM = 1.25  # times the fewest items that can pass: what a threshold is expected to accept to be begun at
_STRICTER = 2  # steps of the grid by which the test begins before the best guess: more is certified, by simulation


@dataclass(frozen=True)
class Plan:
    """All that is fixed before a sealed item is looked at; it holds no label of one.

    Attributes:
        target: the share of accepted rows that is to be right.
        confidence: of the whole claim, over everything that could have been chosen.
        choices: how many prompts, runs, fields and looks share the confidence.
        loss: what the losses are.
        growing: whether it may be tested again and again while sealed items are added behind.
        thresholds: falling; every one that may be certified. Empty where no row has a certainty.
        first: the place among ``thresholds`` at which the test begins.
    """

    target: float
    confidence: float
    choices: int
    loss: Loss
    growing: bool
    thresholds: tuple[float, ...]
    first: int

    @property
    def bound(self) -> float:
        """The rate of errors that accepted rows may have."""
        return round(1 - self.target, 12)

    @property
    def delta(self) -> float:
        """The chance of a false certificate that is left for this one test."""
        return round(1 - self.confidence, 12) / self.choices

    @property
    def exact(self) -> bool:
        """Whether the exact binomial test applies; else betting (``low_enough``)."""
        return self.loss == "wrong" and not self.growing


@dataclass(frozen=True)
class Certificate:
    """What the sealed items say of a plan.

    Attributes:
        target, confidence, delta: as the plan has them.
        certified: whether a threshold is.
        threshold: the loosest that is certified; None if none is.
        items: sealed items, those whose call failed too.
        accepted: of them, at ``threshold``, or where the test began if none is certified.
        errors: their summed loss.
        reached: what is certified at least, with the same confidence, where the test began: a target that these items
            do reach. It comes free: if it is false, so was the test. 0 where nothing was accepted there.
        reached_at: that threshold; None if there is none.
        best_possible: what so many items certify if all are accepted and none is wrong.
        more_items: how many more verified items certify the target with a chance of about 80%, if errors and
            certainties stay as they are. 0 if certified; None where no number would do.
    """

    target: float
    confidence: float
    delta: float
    certified: bool
    threshold: float | None
    items: int
    accepted: int
    errors: float
    reached: float
    reached_at: float | None
    best_possible: float
    more_items: int | None


def plan(
    rows: Sequence[float] | Values,
    select: tuple[Sequence[float] | Values, Sequence[float] | Values],
    items: int,
    target: float,
    confidence: float = 0.95,
    choices: int = 1,
    loss: Loss = "wrong",
    growing: bool = False,
    own: bool = False,
) -> Plan:
    """Fix thresholds and where to begin.

    The grid is coverages of 5% to 100% of the rows; rows of the same certainty are accepted together. Coverages at
    which less than 1.25 times the fewest items that can pass are expected to be accepted are never begun at (the
    strictest would accept one item, whose test always fails); with ``own``, less than the fewest. Of the others, the
    one where the select items predict the largest certified share is found, and the test begins 10 points of coverage
    before it.

    Args:
        rows: certainties of unlabelled rows, in any order; NaN where the call failed. Where there are none, those of
            the select items, or those of the sealed items themselves: thresholds may depend on their certainties.
        select: certainties and losses of the select items, in the same order, NaN as above; may be empty.
        items: how many sealed items there will be.
        target, confidence: both in (0, 1).
        choices: how many prompts, runs and fields could have been chosen on these items, or will be.
        growing: the plan will be tested again whenever verified items are added. It holds at every such time, and takes
            about a third more items than one test (74 without an error for 95%, not 59).
        own: whether ``rows`` are the sealed items, so that it is known how many of them each threshold accepts.

    Raises:
        ValueError: ``target``, ``confidence`` or ``choices`` is outside its range, or ``select`` is not of one length.
        DataError: a loss of a select item is not what ``loss`` says.
    """
    if not (0 < target < 1 and 0 < confidence < 1 and choices >= 1):
        raise ValueError(f"target {target}, confidence {confidence}, choices {choices}: in (0, 1), (0, 1), 1 or more")
    known, wrong = np.asarray(select[0], dtype=float), checked_losses(select[1], loss)
    if known.shape != wrong.shape:
        raise ValueError(f"{len(known)} certainties and {len(wrong)} losses of the select items")
    thresholds, coverages = _grid(np.asarray(rows, dtype=float))
    empty = Plan(target, confidence, choices, loss, growing, tuple(thresholds.tolist()), 0)
    if not len(thresholds):
        return empty
    expected = np.rint(items * coverages).astype(np.int64)
    fewest = math.log(empty.delta) / math.log(target)
    room = 1.0 if own else _ROOM
    accepted = known[:, None] >= thresholds
    if fewest > items:  # no threshold can pass: what is reached is of interest
        first = _likely_reach(expected, accepted.sum(axis=0), wrong @ accepted, empty.delta)
        return replace(empty, first=first)
    begin = min(int(np.searchsorted(coverages, room * fewest / max(items, 1))), len(thresholds) - 1)
    allowed = allowed_errors(items, empty.bound, empty.delta)[expected]
    chances = chance_to_pass(expected, allowed, accepted.sum(axis=0), wrong @ accepted)
    best = begin + int((chances * coverages)[begin:].argmax())
    earlier = int(np.searchsorted(coverages, coverages[best] - (_STRICTER + 0.5) / _STEPS))
    return replace(empty, first=max(begin, earlier))


def certify(frozen: Plan, certainties: Sequence[float] | Values, losses: Sequence[float] | Values) -> Certificate:
    """Test the plan on the sealed items.

    Args:
        certainties, losses: of all sealed items, in the same order, which must not depend on the losses; for growing
            gold the order in which they came. NaN as certainty where the call failed: never accepted.

    Raises:
        ValueError: the two differ in length.
        DataError: a loss is not what the plan says.
    """
    sure, wrong = np.asarray(certainties, dtype=float), checked_losses(losses, frozen.loss)
    if sure.shape != wrong.shape:
        raise ValueError(f"{len(sure)} certainties and {len(wrong)} losses of the sealed items")
    passed: float | None = None
    for threshold in frozen.thresholds[frozen.first :]:
        if not low_enough(wrong[sure >= threshold], frozen.bound, frozen.delta, frozen.exact):
            break
        passed = threshold
    began = frozen.thresholds[frozen.first] if frozen.thresholds else None
    shown = passed if passed is not None else began
    accepted = wrong[sure >= shown] if shown is not None else wrong[:0]
    at_first = wrong[sure >= began] if began is not None else wrong[:0]
    return Certificate(
        target=frozen.target,
        confidence=frozen.confidence,
        delta=frozen.delta,
        certified=passed is not None,
        threshold=passed,
        items=len(sure),
        accepted=len(accepted),
        errors=float(accepted.sum()),
        reached=1 - bound_of(at_first, frozen.delta, frozen.exact),
        reached_at=began,
        best_possible=best_possible(len(sure), 1 - frozen.delta),
        more_items=0 if passed is not None else _more(frozen, sure, wrong),
    )


def _grid(rows: Values) -> tuple[Values, Values]:
    """Thresholds, falling, and the share of all rows that each accepts, rising; a failed call counts as a row."""
    there = np.sort(rows[~np.isnan(rows)])[::-1]
    if not len(there):
        return there, there
    places = np.ceil(np.arange(1, _STEPS + 1) / _STEPS * len(there) - 1e-9).astype(np.int64) - 1
    thresholds = np.unique(there[places])[::-1]
    accepted = len(there) - np.searchsorted(there[::-1], thresholds, side="left")
    return thresholds, accepted / len(rows)


def _likely_reach(expected: NDArray[np.int64], items: NDArray[np.int64], lost: Values, delta: float) -> int:
    """The place of the threshold where, by the select items, the highest share of right answers is certified."""
    rates = (lost + 0.5) / (items + 1)
    bounds = [upper_bound(rate * size, int(size), delta) for rate, size in zip(rates, expected, strict=True)]
    return int(np.argmin(bounds))


def _more(frozen: Plan, sure: Values, wrong: Values) -> int | None:
    """The fewest more items over all thresholds, each with the rate of errors that it has now."""
    found = []
    for threshold in frozen.thresholds:
        accepted = wrong[sure >= threshold]
        if len(accepted):
            needed = items_needed(float(accepted.mean()), frozen.bound, frozen.delta)
            if needed is not None:
                found.append(math.ceil(needed * len(sure) / len(accepted)) - len(sure))
    return max(1, min(found)) if found else None
