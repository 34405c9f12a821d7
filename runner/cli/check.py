"""goldloop check: what a run or a sweep would do, and what it takes at most. No model is asked, nothing is written."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runner.config.command_line import CommandLine
from runner.config.dry_run import dry_run
from runner.config.invocation import SweepRun, invocation_of
from runner.core.errors import ConfigError
from runner.core.terminal import printable
from runner.experiment.diagnostics import remarks
from runner.experiment.estimate import plan
from runner.experiment.shared_budget import shared_out
from runner.labelling.guarantee.guarantee import floor, percent
from runner.labelling.settings import CONFIDENCE
from runner.stats.exact import best_possible
from runner.trackers.terminal import opening


def check(words: CommandLine) -> None:
    """Say what ``goldloop optimize`` with the same words would say before its first call, of each job; or ``guard``.

    Raises:
        GoldloopError: what it would be refused with.
    """
    if words.rest[:1] == ["guard"]:
        from runner.cli.guard import check_guard

        return check_guard(replace(words, command="guard", rest=words.rest[1:]))
    if words.resume is not None:
        told = "check looks at what is about to begin: leave out resume="
        raise ConfigError(told, code="nothing-to-resume", key="resume")
    invocation = invocation_of(replace(words, command="optimize"), every=True)
    jobs, count = invocation.jobs, invocation.count
    shares = invocation.budgeted if isinstance(invocation, SweepRun) else None
    plans, before, doubts = [], list[str](), set[str]()
    for job, experiment in zip(jobs, dry_run((job.config for job in jobs), shares), strict=True):
        plans.append(plan(experiment))
        if len(jobs) > 1:
            print(f"\n{printable(' '.join(job.words))}")
        said = [*opening(plans[-1], remarks(experiment)), *_certifiable(plans[-1])]
        print("\n".join(printable(line) for line in said if line not in before) or "as before")
        before = said
        doubts.update(line for line in said if line.startswith("WARNING"))
    if len(jobs) > 1 or count != 1:
        print(f"\n{_whole(count, [each['calls_at_most'] for each in plans])}")
    if isinstance(invocation, SweepRun) and invocation.shares_budget:
        said = list(shared_out(jobs[0].config.settings.budget, count, plans))
        print("\n".join(said))
        doubts.update(line for line in said if line.startswith("WARNING"))
    print(f"{_verdict(len(doubts))} Nothing was asked, nothing was written.")


def _certifiable(plan: Mapping[str, Any]) -> list[str]:
    """What ``target=`` of a label run can be at most, with what is sealed."""
    if not plan["sealed"]:
        return []
    items = plan["split"]["test"]
    most = floor(best_possible(items, CONFIDENCE))
    return [
        f"its {items} sealed items certify target={most:g} of goldloop label at best, if all of them are right "
        f"({percent(CONFIDENCE)} confidence)"
    ]


def _verdict(warnings: int) -> str:
    if not warnings:
        return "All is in order."
    return f"It can run, with {warnings} warning{'s' if warnings > 1 else ''}: see above."


def _whole(count: int | None, calls: list[int | None]) -> str:
    """How many jobs a sweep has, and what they take together, as far as that can be known."""
    jobs = "A sweep; how many jobs it has its sweeper decides" if count is None else f"A sweep of {count} jobs"
    if count != len(calls):
        return f"{jobs} (each value was looked at once, with the first ones of the others)."
    known = [most for most in calls if most is not None]
    return f"{jobs}, {sum(known):,} calls at most." if len(known) == len(calls) else f"{jobs}."
