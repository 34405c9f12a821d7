"""Runs one job from its composed configuration, as Hydra does after it has composed one.

Left to itself Hydra composes a single run twice, once only to learn its mode, beside the composition that we check.
A replay would spend most of its time on that.
"""

from collections.abc import Callable
from typing import TypeVar

from hydra._internal.callbacks import Callbacks
from hydra.core.utils import run_job
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig

from runner.core.errors import GoldloopError

T = TypeVar("T")


def run(config: DictConfig, task: Callable[[], T]) -> T:
    """Run ``task`` in the directory and with the logging that ``config.hydra`` asks for; returns what it returns.

    Raises:
        GoldloopError: as ``task`` does, without the line that Hydra writes about a job that failed.
    """
    config.hydra.mode = RunMode.RUN
    callbacks = Callbacks(config)
    context = HydraContext(config_loader=None, callbacks=callbacks)  # type: ignore[arg-type]  # it composes nothing

    def kept(_: DictConfig) -> T | GoldloopError:
        try:
            return task()
        except GoldloopError as error:
            return error

    callbacks.on_run_start(config=config, config_name=None)
    done = run_job(kept, config, "hydra.run.dir", None, context)
    callbacks.on_run_end(config=config, config_name=None, job_return=done)
    outcome: T | GoldloopError = done.return_value
    if isinstance(outcome, GoldloopError):
        raise outcome
    return outcome
