"""How a budget is shared out among the jobs of a sweep: equally, and what a job leaves flows on to those that come."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from runner.core.errors import LimitName
from runner.providers.middleware.ledger import FOLDER, Book, Ledger
from runner.providers.middleware.limits import Limits


def shares(book: Book, limits: Limits, began_at: float, before: Mapping[LimitName, float]) -> Mapping[LimitName, float]:
    """How much of each limit one job may spend: an equal part, for each job that has not ended, of what those left.

    Args:
        began_at: the seconds that all jobs had taken when this one began.
        before: its shares so far; none of them shrinks.
    """
    left = max(1, book.of - book.number("ended"))
    gone = book.gone
    found: dict[LimitName, float] = {}
    if limits.calls is not None:
        found["calls"] = (limits.calls - gone.calls) // left
    if limits.tokens is not None:
        found["tokens"] = (limits.tokens - gone.tokens) // left
    if limits.usd is not None:
        found["usd"] = (limits.usd - gone.usd) / left
    if limits.seconds is not None:  # jobs that run at the same time take the same seconds
        found["seconds"] = (limits.seconds - began_at) * min(1.0, max(1, book.number("running")) / left)
    return {name: max(share, before.get(name, 0.0)) for name, share in found.items()}


def begin_sweep(sweep: Path, jobs: int | None, ended: Collection[str], counted: Callable[[bool], Book]) -> None:
    """Share the budget of a sweep out among so many jobs; of one that is resumed, among those that have not ended.

    Args:
        jobs: None where nobody knows: then who comes first is served first.
        ended: the names of jobs that will not run again. counted: what each job has spent, by its own record, as the
            ledger takes it.

    Raises:
        JournalError: what was spent cannot be known, or not be written down.
    """
    ledger = Ledger(sweep / FOLDER, counted)
    try:
        with ledger.held() as book:
            book.of = jobs or 0
            for name, (spent, _) in counted(False).jobs.items():
                book.raise_to(name, spent)
            for name in {*book.jobs, *ended}:
                book.set_state(name, "ended" if name in ended else "waiting")
    finally:
        ledger.close()


def end_job(sweep: Path, job: str, counted: Callable[[bool], Book]) -> None:
    """Let what a job left of its share flow on to the others, where its sweep has a budget; the rest as above."""
    if (sweep / FOLDER).is_dir():
        ledger = Ledger(sweep / FOLDER, counted)
        try:
            with ledger.held() as book:
                book.set_state(job, "ended")
        finally:
            ledger.close()
