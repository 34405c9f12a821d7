"""Runs one job from its composed configuration, as Hydra does after it has composed one.

Left to itself Hydra composes a single run twice, once only to learn its mode, beside the composition that we check.
A replay would spend most of its time on that.
"""

from collections.abc import Callable

from hydra._internal.callbacks import Callbacks
from hydra.core.utils import run_job
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig


def run(config: DictConfig, task: Callable[[DictConfig], float | None]) -> float | None:
    """Run ``task`` in the directory and with the logging that ``config.hydra`` asks for; returns what it returns."""
    config.hydra.mode = RunMode.RUN
    context = HydraContext(config_loader=None, callbacks=Callbacks())  # type: ignore[arg-type]  # run_job composes nothing
    done = run_job(task, config, "hydra.run.dir", None, context)
    best: float | None = done.return_value
    return best
