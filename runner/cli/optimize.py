"""goldloop optimize: one run of the configured experiment, or a sweep of them."""

import sys
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from runner.cli.job import HydraTask, Place, run_job
from runner.config.command_line import CommandLine
from runner.config.dry_run import dry_run
from runner.config.hydra_job import run as run_as_hydra_does
from runner.config.invocation import SingleRun, SweepRun, invocation_of
from runner.config.resume import resumed
from runner.config.shipped import CONF
from runner.config.validate import CheckedConfig
from runner.core.protocols import SummarizesSweeps
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
    import hydra

    from runner.config.sweeps import enter

    if words.resume is None:  # jobs that were begun do not need their files any more
        for _ in dry_run(job.config for job in sweep.jobs):
            pass
    task = HydraTask(trusted=tuple(words.trust), resumed=words.resume is not None)
    sys.argv = [sys.argv[0], *sweep.words]
    enter()
    with summed_up(sweep.directory, lambda: _summarizer(sweep), sweep.overrides):
        hydra.main(version_base="1.3", config_path=str(CONF), config_name=words.command)(task)()


def _summarizer(sweep: SweepRun) -> SummarizesSweeps | None:
    """A tracker of the jobs that also has something to say of the sweep as a whole."""
    trackers = (job.config.make("tracker") for job in sweep.jobs)
    return next((tracker for tracker in trackers if isinstance(tracker, SummarizesSweeps)), None)
