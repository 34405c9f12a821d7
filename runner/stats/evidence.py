"""Whether one prompt is better than another, or only looks so: a paired test on the sealed items.

Pure: arrays in, numbers out. Differences are of per-item credits, whose mean is the reward, so that every
reward is tested the same way (exactly for rewards that are means over items, by the delta method for micro
and macro F1).
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from runner.core.run_result import Decision, Interval

ALPHA = 0.05
RESAMPLES = 10_000
_CELLS = 1 << 20  # numbers drawn at a time
_EXACT = 13  # items up to which every exchange is counted
_CURSES = 2000  # resamples for the winner's curse
Values = NDArray[np.float64]
_Z_ALPHA, _Z_POWER = 1.959964, 0.841621  # two-sided 5%, power 80%


def decide(before: Sequence[float], after: Sequence[float], seed: int = 0) -> Decision:
    """Compare the credits of two prompts on the same items, in the same order.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    if len(before) != len(after) or len(before) == 0:
        raise ValueError(f"{len(before)} and {len(after)} credits: give both prompts' credits on the same items")
    differences = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    difference = float(differences.mean())
    if not np.any(np.abs(differences) > 1e-12):
        return Decision("undecided", 0.0, (0.0, 0.0), 1.0, len(before), None)
    p, interval = sign_flip_test(differences, np.random.default_rng(seed))
    if p < ALPHA:
        return Decision("better" if difference > 0 else "worse", difference, interval, p, len(before), None)
    return Decision("undecided", difference, interval, p, len(before), _needed(differences))


def sign_flip_test(differences: Sequence[float] | Values, rng: np.random.Generator) -> tuple[float, Interval]:
    """Two-sided p of a mean difference, and the interval that inverts the test.

    The two prompts' outputs are exchanged item by item: all 2ⁿ exchanges up to 13 items, then 9,999 random ones and
    the observed one, p = (k + 1)/(N + 1), as scipy.stats.permutation_test does it (whose import would take longer
    than replaying a run). For a shift δ and an exchange with signs s, the exchanged sum is at least as far from 0 as
    the observed one for exactly those δ between (D - A)/(n - B) and (D + A)/(n + B), where D = Σd, A = Σsd, B = Σs;
    the δ that at least 5% of the exchanges bear are the interval (Tritchler 1984; Garthwaite 1996).
    """
    data = np.asarray(differences, dtype=float)
    n, total = len(data), data.sum()
    if n <= _EXACT:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        sums, balance = signs @ data, signs.sum(axis=1)
    else:
        sums, balance = np.empty(RESAMPLES), np.empty(RESAMPLES, dtype=np.int64)
        for rows in resamples(n):
            signs = 1 - 2 * rng.integers(0, 2, (rows.stop - rows.start, n))
            sums[rows], balance[rows] = signs @ data, signs.sum(axis=1)
        sums[0], balance[0] = total, n  # the exchange that was observed
    p = float(np.mean(np.abs(sums) >= abs(total) - 1e-9))
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.array([(total - sums) / (n - balance), (total + sums) / (n + balance)])
    # All signs alike exchange nothing, or everything: they bear every shift.
    low = np.where(np.abs(balance) == n, -np.inf, np.minimum(*ends))
    high = np.where(np.abs(balance) == n, np.inf, np.maximum(*ends))
    # So many may be dropped with at least 5% left; a p of exactly 5% is undecided, and 0 in the interval.
    place = min(len(sums) - 1, max(0, math.ceil(ALPHA * len(sums)) - 1))
    interval = max(float(np.sort(low)[place]), -1.0), min(float(np.sort(high)[-1 - place]), 1.0)
    if p >= ALPHA:  # sums that are equal on paper differ in their last bit
        interval = min(interval[0], 0.0), max(interval[1], 0.0)
    return p, interval


def resamples(items: int) -> Iterator[slice]:
    """All resamples in slices, so that memory stays below a few tens of megabytes however many items there are."""
    rows = max(1, _CELLS // items)
    return (slice(start, min(start + rows, RESAMPLES)) for start in range(0, RESAMPLES, rows))


def winners_curse(credits: Sequence[Sequence[float]], seed: int = 0) -> float:
    """By how much the best of several candidates overstates itself, on average, if all were equally good.

    The expected maximum of the candidates' mean credits with their own means taken out, over resamples of the items
    (bootstrap), so that candidates that answer alike count as what they are, hardly more than one. Of independent
    candidates with accuracy 0.80 on 50 items: 6, 8 and 10 points for 5, 10 and 30; correlated by a half, 5, 6 and 8.

    A candidate that was given up on the way counts as if it had been measured on all items: its differences from the
    items' own means go on as they were. In simulations of halving that says 4 to 30% too much, and to leave it out
    20 to 40% too little.

    Args:
        credits: a row a candidate, a column an item; NaN where it was not measured. Each item was, with one at least.
    """
    rng = np.random.default_rng(seed)
    whole = _whole(credits, rng)
    return float(_means_drawn(whole - whole.mean(axis=1, keepdims=True), rng).max(axis=1).mean())


def selection_bias(credits: Sequence[Sequence[float]], seed: int = 0) -> float:
    """By how much the best of several candidates overstates itself, on average, if they are as good as they look.

    The items are drawn again, the best of each draw is chosen, and what it earned there is set beside what it earned on
    all items (bootstrap). It takes off about two thirds of the winner's curse where all are equally good, and nearly
    all of it where they differ much; the error of the best's reward is smaller without it in every case simulated.

    Args:
        credits: as for ``winners_curse``.
    """
    rng = np.random.default_rng(seed)
    whole = _whole(credits, rng)
    drawn = _means_drawn(whole, rng)
    lucky = drawn - whole.mean(axis=1)
    lucky -= lucky.mean(axis=1, keepdims=True)  # on average 0: what is left of chance is less without it
    return float(lucky[np.arange(len(drawn)), drawn.argmax(axis=1)].mean())


def _whole(credits: Sequence[Sequence[float]], rng: np.random.Generator) -> Values:
    """The credits, with those of given-up candidates drawn where they are missing."""
    table = np.asarray(credits, dtype=float)
    easy = np.nanmean(table, axis=0)
    apart: Values = table - easy
    for row in apart:
        if (missing := np.isnan(row)).any():
            row[missing] = rng.choice(row[~missing], missing.sum())
    apart += easy
    return apart


def _means_drawn(table: Values, rng: np.random.Generator) -> Values:
    """Each row's mean over each of many resamples of the columns; a row a resample."""
    items = table.shape[1]
    counts = rng.multinomial(items, np.full(items, 1 / items), size=_CURSES)  # how often each item is drawn
    means: Values = counts @ table.T / items
    return means


def behind_the_best(credits: Sequence[Sequence[float]] | Values, seed: int = 0) -> list[float]:
    """For each row, the p of its mean being below the highest one by chance, where which one is highest is chance too.

    Tukey's studentless range by the bootstrap: the items are drawn anew, each row's own mean is taken out, and the p
    is how often the rows' means then spread as far. Whoever has p <= 0.05 is behind; that one of equals is among them
    has a chance of about 1 in 20, however many rows there are (the set that is left is Hansen, Lunde and Nason's 2011
    model confidence set). To test each against the best with Holm's correction errs up to four times as often, since
    the best was chosen on the same items.

    Args:
        credits: a row a prompt or run, a column an item; NaN where there is none.
    """
    table = np.asarray(credits, dtype=float)
    there = ~np.isnan(table)
    means = np.nanmean(table, axis=1)
    centred, have = np.nan_to_num(table - means[:, None]), there.astype(float)
    items = table.shape[1]
    best = table[int(np.argmax(means))]
    behind = np.array([np.nanmean(best - row) if (~np.isnan(best - row)).any() else 0.0 for row in table])
    rng = np.random.default_rng(seed)
    reached = np.ones(len(table))  # what was observed is one of them
    widen = math.sqrt(items / max(1, items - 1))  # a bootstrap's spread is that much too small
    for rows in resamples(max(items, len(table))):
        drawn = rng.multinomial(items, np.full(items, 1 / items), size=rows.stop - max(1, rows.start)).astype(float)
        spread = widen * (drawn @ centred.T) / np.maximum(drawn @ have.T, 1)
        ranges = np.sort(spread.max(axis=1) - spread.min(axis=1))
        reached += len(ranges) - np.searchsorted(ranges, behind - 1e-9)
    return [float(p) for p in reached / RESAMPLES]


def _needed(differences: Values) -> int | None:
    """More items for power 80%: n = (1.96 sqrt(q) + 0.84 sqrt(q - d²))² / d², q the mean squared difference."""
    d, q = float(differences.mean()), float(np.mean(differences**2))
    if abs(d) < 1e-9:
        return None
    n = (_Z_ALPHA * math.sqrt(q) + _Z_POWER * math.sqrt(max(0.0, q - d * d))) ** 2 / (d * d)
    return max(1, math.ceil(n) - len(differences))
