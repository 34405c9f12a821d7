"""goldloop check: what a run or a sweep would do, and what it takes at most. No model is asked, nothing is written."""

from dataclasses import replace

from runner.config.command_line import CommandLine
from runner.config.dry_run import dry_run
from runner.config.invocation import invocation_of
from runner.core.errors import ConfigError
from runner.core.terminal import printable
from runner.experiment.diagnostics import remarks
from runner.experiment.estimate import plan
from runner.trackers.terminal import opening


def check(words: CommandLine) -> None:
    """Say what ``goldloop optimize`` with the same words would say before its first call, of each job.

    Raises:
        GoldloopError: what it would be refused with.
    """
    if words.resume is not None:
        told = "check looks at what is about to begin: leave out resume="
        raise ConfigError(told, code="nothing-to-resume", key="resume")
    invocation = invocation_of(replace(words, command="optimize"), every=True)
    jobs, count = invocation.jobs, invocation.count
    plans, before = [], list[str]()
    for job, experiment in zip(jobs, dry_run(job.config for job in jobs), strict=True):
        plans.append(plan(experiment))
        if len(jobs) > 1:
            print(f"\n{printable(' '.join(job.words))}")
        said = opening(plans[-1], remarks(experiment))
        print("\n".join(printable(line) for line in said if line not in before) or "as before")
        before = said
    if len(jobs) > 1 or count != 1:
        print(f"\n{_whole(count, [each['calls_at_most'] for each in plans])}")
    print("All is in order. Nothing was asked, nothing was written.")


def _whole(count: int | None, calls: list[int | None]) -> str:
    """How many jobs a sweep has, and what they take together, as far as that can be known."""
    jobs = "A sweep; how many jobs it has its sweeper decides" if count is None else f"A sweep of {count} jobs"
    if count != len(calls):
        return f"{jobs} (each value was looked at once, with the first ones of the others)."
    known = [most for most in calls if most is not None]
    return f"{jobs}, {sum(known):,} calls at most." if len(known) == len(calls) else f"{jobs}."
