"""Configurations from words, as commands make them."""

from pathlib import Path

from omegaconf import DictConfig

from runner.config.build import build
from runner.config.command_line import parse_command_line
from runner.config.compose import composed
from runner.config.dry_run import dry_run
from runner.config.invocation import SingleRun, SweepRun, invocation_of
from runner.config.shipped import CONF
from runner.config.validate import CheckedConfig, validate
from runner.experiment.spec import Experiment


def invoked(*words: str) -> SingleRun | SweepRun:
    """What ``goldloop optimize`` with these words would start."""
    return invocation_of(parse_command_line(list(words), ("optimize",)))


def swept(*words: str) -> SweepRun:
    """The sweep of these words, every job of it built once."""
    sweep = invoked(*words)
    assert isinstance(sweep, SweepRun)
    for _ in dry_run(job.config for job in sweep.jobs):
        pass
    return sweep


def single(*words: str) -> SingleRun:
    run = invoked(*words)
    assert isinstance(run, SingleRun)
    return run


def config_of(*words: str) -> CheckedConfig:
    return validate(composed(CONF, "optimize", list(words)), ())


def checked(config: DictConfig) -> CheckedConfig:
    return validate(config, ())


def built(directory: Path, *words: str) -> Experiment:
    """The experiment of these words."""
    return build(config_of(*words), directory, None)
