"""What runs have spent, counted from what each wrote down of its own calls, where a budget's own file does not say."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from math import isfinite
from pathlib import Path

from runner.core.errors import DataError
from runner.core.files import atomic_write
from runner.providers.middleware.journal.keys import unpacked
from runner.providers.middleware.journal.run_log import failed_in, known_in
from runner.providers.middleware.ledger import Book, Spent
from runner.runs.run_files import result_of, yaml_of
from runner.runs.sweep_jobs import job_name, jobs_in

_JOURNAL = "journal.jsonl"
_LOST = ".lost_calls"


def spent_by(answered: Mapping[str, tuple[str, bool]], failed: int) -> Spent:
    """What the calls of a run's own journal took; one that failed for good counts once, though it was tried more often.

    Args:
        answered: as ``known_in`` has them.
    """
    replies = [unpacked(text, from_journal=False) for text, paid in answered.values() if paid]
    tokens = sum(int(_sane(reply.input_tokens) + _sane(reply.output_tokens)) for reply in replies)
    return Spent(len(replies) + failed, len(replies), tokens, sum(_sane(reply.cost_usd) for reply in replies))


def spent_in(directory: Path) -> Spent:
    """What a run has spent at least, by its journal and its result."""
    path = directory / _JOURNAL
    found = spent_by(known_in(path), len(failed_in(path))) if path.is_file() else Spent()
    found = replace(found, calls=found.calls + lost_in(directory))
    with suppress(DataError):
        if result := result_of(directory):
            begun = result.calls.provider + result.calls.failed + result.calls.retries
            found = replace(found, calls=max(found.calls, begun))
    return found


def note_lost(directory: Path, calls: int) -> None:
    """Write down that so many calls more were begun than the run's own journal has: those that a kill cut off, retries.

    The budget's file knows of them too; should that be damaged, they are not forgotten.
    """
    atomic_write(directory / _LOST, f"{lost_in(directory) + calls}\n")


def lost_in(directory: Path) -> int:
    """What ``note_lost`` wrote; 0 where it wrote nothing, or nobody can read it."""
    with suppress(OSError, ValueError):
        return max(0, int((directory / _LOST).read_text("utf-8")[:20]))
    return 0


def counted(directory: Path, damaged: bool) -> Book:
    """The book of a run, by its journal and its result.

    Args:
        damaged: whether its own file cannot be read: then what may have been under way when it was killed counts too.
    """
    return Book(_with_lost(directory, damaged), seconds=_seconds_of(directory))


def counted_in(sweep: Path, damaged: bool) -> Book:
    """The same of a sweep, by the records of its jobs; of jobs that ran at the same time each has its seconds."""
    book = Book()
    for job in jobs_in(sweep):
        book.raise_to(job_name(job, sweep), _with_lost(job, damaged))
        book.seconds += _seconds_of(job)
    return book


def _with_lost(directory: Path, damaged: bool) -> Spent:
    found = spent_in(directory)
    return replace(found, calls=found.calls + _under_way(directory)) if damaged else found


def _under_way(directory: Path) -> int:
    """How many calls of a run may be in no record: as many as it asks at once, where it did not end in good order."""
    with suppress(DataError):
        path, result = directory / _JOURNAL, result_of(directory)
        noted = sum(paid for _, paid in known_in(path).values()) if path.is_file() else 0
        if result and result.calls.provider >= noted:
            return 0
        config = yaml_of(directory, ".hydra/config.yaml")
        roles = [config.get(role) or {} for role in ("provider", "rewriter")]
        return sum(role["concurrency"] for role in roles if isinstance(role.get("concurrency"), int))
    return 0


def _seconds_of(directory: Path) -> float:
    """How long a run took, the last time that it came to a result."""
    with suppress(DataError):
        if result := result_of(directory):
            return _sane(result.seconds)
    return 0.0


def _sane(figure: object) -> float:
    """A figure of a journal; 0 where it is none, as older ones can have."""
    usable = isinstance(figure, int | float) and isfinite(figure) and figure > 0
    return float(figure) if usable else 0.0  # type: ignore[arg-type]
