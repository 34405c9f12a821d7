"""An audit that may stop after every batch: people check rows in random order until it is settled. Pure.

For "W of the N rows are wrong" the evidence is P(what was seen | a prior on W) / P(what was seen | W), both without
replacement. Whatever W is true, this ratio reaches 1/delta with a chance of at most delta, however often it is looked
at (Ville; the prior-posterior ratio of Waudby-Smith & Ramdas 2020, arXiv 2006.04347). The prior changes how soon it
stops, never whether the claim holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

from runner.stats.audit import tolerated

Values = NDArray[np.float64]
Counts = NDArray[np.int64]
_EXPECTED = 0.25  # the share wrong that is expected of good labels, as a part of what is tolerated
_SURE = 700.0  # of an exponent
_BAD = 2.0  # and of labels that are to be refused


@dataclass(frozen=True)
class BatchedAudit:
    """What has been seen so far, and whether that is enough.

    Attributes:
        verdict: ``reached``: at least ``target`` of the rows are right; ``missed``: fewer are; ``undecided``: go on.
        rows, audited, wrong: all rows, those that were checked, those of them that are wrong.
        e: the evidence for ``reached``, the highest that it has been: at 1/delta it is settled.
        e_missed: the same for ``missed``.
        most_wrong: how many of ``rows`` are wrong at most, with confidence 1 - delta, at any time.
        share: the same as a share.
    """

    verdict: Literal["reached", "missed", "undecided"]
    rows: int
    audited: int
    wrong: int
    e: float
    e_missed: float
    most_wrong: int
    share: float


def batched_audit(rows: int, found: Sequence[bool], target: float, delta: float = 0.05) -> BatchedAudit:
    """Judge what was found so far; each of the two verdicts is false with a chance of at most delta.

    Args:
        rows: all rows that the claim is about.
        found: whether each checked row is wrong, in the random order in which they were drawn, without replacement.

    Raises:
        ValueError: more were checked than there are rows.
    """
    evidence = _evidence(rows, found, target)
    wrong, seen, good = evidence.wrong, evidence.seen, evidence.good
    level = -np.log(delta)
    reached, missed = float(evidence.reached.max()), float(evidence.missed.max())
    verdict: Literal["reached", "missed", "undecided"] = "undecided"
    if max(reached, missed) >= level:
        verdict = "reached" if reached >= missed else "missed"
    bound = _bound(rows, wrong, seen, good, level)
    e, e_missed = (float(np.exp(min(log, _SURE))) for log in (reached, missed))
    share = bound / rows if rows else 0.0
    return BatchedAudit(verdict, rows, len(found), int(wrong[-1]), e, e_missed, bound, share)


def settled_after(rows: int, found: Sequence[bool], target: float, delta: float = 0.05) -> int | None:
    """After how many of the checked rows there was a verdict for the first time; None if there is none yet.

    Args and errors are those of ``batched_audit``.
    """
    evidence = _evidence(rows, found, target)
    settled = np.flatnonzero(np.maximum(evidence.reached, evidence.missed) >= -np.log(delta))
    return int(settled[0]) if len(settled) else None


@dataclass(frozen=True)
class _Evidence:
    """After each row that was checked, from none on: the counts, and logarithms of the evidence for the verdicts."""

    wrong: Counts
    seen: Counts
    good: Values
    reached: Values
    missed: Values


def _evidence(rows: int, found: Sequence[bool], target: float) -> _Evidence:
    if len(found) > rows:
        raise ValueError(f"{len(found)} rows were checked, of {rows}")
    wrong = np.concatenate([[0], np.cumsum(np.asarray(found, dtype=np.int64))])
    seen, most = np.arange(len(wrong)), tolerated(rows, target)
    good = _mixed(wrong, seen, _EXPECTED * (1 - target))
    bad = _mixed(wrong, seen, min(_BAD * (1 - target), 0.5))
    reached = good - _likeliest(rows, wrong, seen, most + 1, rows)
    missed = bad - _likeliest(rows, wrong, seen, 0, most)
    return _Evidence(wrong, seen, good, reached, missed)


def _mixed(wrong: Counts, seen: Counts, expected: float) -> Values:
    """log P(the sequence | each row is wrong with a chance that is Beta(1, 1/expected - 1)): of mean ``expected``."""
    rest = 1 / expected - 1
    return np.asarray(betaln(wrong + 1, seen - wrong + rest) - betaln(1, rest), dtype=float)


def _likeliest(rows: int, wrong: Counts, seen: Counts, low: int, high: int) -> Values:
    """The highest log P(the sequence | W) over low <= W <= high; -inf where none of them is possible."""
    if low > high:
        return np.full(len(seen), -np.inf)
    peak = np.where(seen > 0, np.floor(wrong * (rows + 1) / np.maximum(seen, 1)), low).astype(np.int64)
    peak = np.clip(peak, wrong, rows - (seen - wrong))
    return _log_likelihood(rows, np.clip(peak, low, high), wrong, seen)


def _log_likelihood(rows: int, bad: Counts | int, wrong: Counts, seen: Counts) -> Values:
    """log P(the sequence | ``bad`` of the rows are wrong): falling factorials; -inf where it is impossible."""
    possible = (wrong <= bad) & (seen - wrong <= rows - bad)
    kept, rest = np.where(possible, bad - wrong, 0), np.where(possible, rows - bad - (seen - wrong), 0)
    logs = gammaln(bad + 1) - gammaln(kept + 1) + gammaln(rows - bad + 1) - gammaln(rest + 1)
    logs = logs - gammaln(rows + 1) + gammaln(rows - seen + 1)
    return np.asarray(np.where(possible, logs, -np.inf), dtype=float)


def _bound(rows: int, wrong: Counts, seen: Counts, good: Values, level: float) -> int:
    """The largest W that no moment has ruled out; what is above the share that was seen is ruled out from above."""
    low, high = int(wrong[-1]), int(rows - (seen[-1] - wrong[-1]))
    while low < high:
        middle = (low + high + 1) // 2
        ruled_out = (good - _likeliest(rows, wrong, seen, middle, rows)).max() >= level
        low, high = (low, middle - 1) if ruled_out else (middle, high)
    return low
