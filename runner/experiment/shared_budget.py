"""What the budget of a sweep is enough for, a job, in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.providers.middleware.limits import Limits

_UNITS = {"calls": "calls", "tokens": "tokens", "usd": "dollars", "seconds": "seconds"}
_MOST = {"calls": "calls_at_most", "usd": "cost_at_most_usd"}
"""Of what can be known before a run: limit -> the key of its plan."""


def shared_out(limits: Limits, jobs: int | None, plans: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A sentence for each limit: what a job has of it; and a warning where that is less than a job can take.

    Args:
        jobs: how many there are, None where nobody knows. plans: those of the jobs that were looked at.
    """
    for name, limit in limits:
        if limit is None:
            continue
        if jobs is None:
            yield (
                f"budget.{name}={limit:,} is for all jobs together. How many there will be is not known, so who comes "
                "first is served first."
            )
            continue
        share = limit // jobs if isinstance(limit, int) else limit / jobs
        yield (
            f"budget.{name}={limit:,} is shared out among {jobs:,} jobs: {share:,.6g} {_UNITS[name]} for each. What a "
            "job leaves goes to those after it."
        )
        known = [plan[_MOST[name]] for plan in plans if name in _MOST and plan[_MOST[name]] is not None]
        short = [most for most in known if most > share]
        if short:
            yield (
                f"WARNING: {len(short)} of the {len(plans)} jobs looked at can take more, {max(short):,.6g} "
                f"{_UNITS[name]} at most, and stop when their share is spent. "
                f"budget.{name}={_enough(max(short), jobs)} is enough for all."
            )
        elif len(known) == len(plans):
            yield "That is enough for every job."


def _enough(most: float, jobs: int) -> str:
    return f"{most * jobs}" if isinstance(most, int) else f"{most * jobs:.2g}"
