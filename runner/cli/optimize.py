"""goldloop optimize: one run of the configured experiment, or a sweep of them."""

import os
import sys
from functools import partial
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from runner.cli.job import HydraTask, finished, interrupted, run_job
from runner.cli.place import Place
from runner.config.begun import refuse_other_sweep
from runner.config.command_line import CommandLine
from runner.config.dry_run import dry_run
from runner.config.hydra_job import run as run_as_hydra_does
from runner.config.invocation import SingleRun, SweepRun, invocation_of
from runner.config.resume import resumed
from runner.config.shipped import CONF
from runner.config.validate import CheckedConfig
from runner.core.protocols import SummarizesSweeps
from runner.providers.middleware.shares import begin_sweep
from runner.runs.ownership import owned, refuse_owned
from runner.runs.spent import counted_in
from runner.runs.sweep_jobs import job_name, jobs_in
from runner.trackers.sweep_summary import summed_up


def optimize(words: CommandLine) -> None:
    """Do what the words ask for; prints the directory of the run, or of the sweep, last.

    Raises:
        GoldloopError: in one line, and how to go on where something was done.
    """
    invocation = invocation_of(resumed(words))
    if isinstance(invocation, SingleRun):
        run_single(invocation, resumed=words.resume is not None)
    else:
        _run_sweep(invocation, words)


def run_single(run: SingleRun, *, resumed: bool = False) -> Path:
    """Run it, and push its labels to Label Studio if it says so. Returns the run directory."""
    config = run.job.config
    directory = run_as_hydra_does(run.hydra, lambda: _run_here(config, resumed=resumed))
    if config.settings.studio and config.settings.studio.push:
        from runner.cli.label_studio_push import after_run

        after_run(directory, config)
    return directory


def _run_here(config: CheckedConfig, *, resumed: bool) -> Path:
    run_job(config, Place.now(resumed=resumed))
    return Path(HydraConfig.get().runtime.output_dir)


def _run_sweep(sweep: SweepRun, words: CommandLine) -> None:
    """Run the jobs by Hydra, each where its launcher wants it."""
    if words.resume is None:  # jobs that were begun do not need their files any more
        refuse_other_sweep(sweep.directory, sweep.overrides)
        for _ in dry_run((job.config for job in sweep.jobs), sweep.budgeted):
            pass
    shown = Path(os.path.relpath(sweep.directory))
    with owned(shown):
        refuse_owned(jobs_in(shown))
        if words.resume is None:
            refuse_other_sweep(shown, sweep.overrides)  # it may have been begun in the meantime
        _share_budget(sweep, shown)
        try:
            _launch(sweep, words)
        except KeyboardInterrupt:
            sys.stderr.write(f"{interrupted(shown)}\n")
            raise


def _share_budget(sweep: SweepRun, directory: Path) -> None:
    """Make the budget known that the jobs have together; where the sweep tries several budgets, each has its own."""
    if sweep.shares_budget:
        done = [job_name(job, directory) for job in jobs_in(directory) if finished(job) is not None]
        begin_sweep(directory, sweep.count, done, partial(counted_in, directory))


def _launch(sweep: SweepRun, words: CommandLine) -> None:
    import hydra

    from runner.config.sweeps import enter

    task = HydraTask(trusted=tuple(words.trust), resumed=words.resume is not None, jobs=sweep.budgeted)
    sys.argv = [sys.argv[0], *sweep.words]
    enter()
    with summed_up(sweep.directory, lambda: _summarizer(sweep), sweep.overrides):
        hydra.main(version_base="1.3", config_path=str(CONF), config_name=words.command)(task)()


def _summarizer(sweep: SweepRun) -> SummarizesSweeps | None:
    """A tracker of the jobs that also has something to say of the sweep as a whole."""
    trackers = (job.config.make("tracker") for job in sweep.jobs)
    return next((tracker for tracker in trackers if isinstance(tracker, SummarizesSweeps)), None)
