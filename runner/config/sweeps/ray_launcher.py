"""Runs the jobs of a sweep as Ray tasks: on this machine, or on a cluster that is up (``ray.init.address=auto``).

A launcher of our own, with the same options, since the one on the shelf brings a cloud's SDK and a profiler along and
holds cloudpickle below 3.
"""

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log, filter_overrides, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.core.errors import ConfigError

_log = logging.getLogger(__name__)
_STORE = 80_000_000  # bytes of shared memory; jobs hand over next to nothing, and Ray would take a third of the machine
# It reports to nobody, and passes each job's lines on as they are.
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0", "RAY_COLOR_PREFIX": "0"}


class RayLauncher(Launcher):
    """``hydra/launcher=ray``.

    Args:
        ray: ``init`` is for ``ray.init``, ``remote`` for ``ray.remote`` (num_cpus and other resources of a job).
    """

    def __init__(self, ray: DictConfig) -> None:
        self._ray = OmegaConf.to_container(ray, resolve=True)
        self._setup: tuple[HydraContext, TaskFunction, DictConfig] | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self._setup = (hydra_context, task_function, config)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        try:
            import ray
        except ImportError as error:
            told = "hydra/launcher=ray needs Ray: pip install 'goldloop[ray]'"
            raise ConfigError(told, code="package-missing", key="ray") from error
        if self._setup is None or not isinstance(self._ray, dict):
            raise RuntimeError("launched before it was set up")
        context, task, config = self._setup
        setup_globals()
        configure_log(config.hydra.hydra_logging, config.hydra.verbose)
        Path(str(config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        if not ray.is_initialized():
            ray.init(**_settings(self._ray.get("init") or {}))
        remote = ray.remote(max_retries=0, **(self._ray.get("remote") or {}))(_job)
        state = Singleton.get_state()
        waiting = []
        for number, overrides in enumerate(job_overrides, initial_job_idx):
            _log.info("\t#%s : %s", number, " ".join(filter_overrides(overrides)))
            waiting.append(remote.remote(context, task, config, list(overrides), number, state, sys.path))
        return [_outcome(ray, one, overrides) for one, overrides in zip(waiting, job_overrides, strict=True)]


def _settings(init: Mapping[str, Any]) -> dict[str, Any]:
    """What ``ray.init`` is given: quiet, small and with this environment, unless told otherwise."""
    given = {name: value for name, value in init.items() if value is not None}
    if "address" not in given:
        given = {"address": "local", "include_dashboard": False, "object_store_memory": _STORE, **given}
    elif given["address"] != "local":  # elsewhere nobody has what .env put into the environment
        variables = {name: value for name, value in os.environ.items() if name.endswith("_API_KEY")}
        given = {"runtime_env": {"env_vars": variables}, **given}
    return {"log_to_driver": True, "logging_level": logging.ERROR, "configure_logging": False, **given}


def _job(
    context: HydraContext,
    task: TaskFunction,
    config: DictConfig,
    overrides: Sequence[str],
    number: int,
    state: Any,
    path: Sequence[str],
) -> JobReturn:
    """One job, in a worker of Ray's."""
    sys.path.extend(place for place in path if place not in sys.path)
    setup_globals()
    Singleton.set_state(state)
    composed = context.config_loader.load_sweep_config(config, list(overrides))
    with open_dict(composed):
        composed.hydra.job.id = f"{composed.hydra.job.name}_{number}"
        composed.hydra.job.num = number
    return run_job(
        hydra_context=context,
        config=composed,
        task_function=task,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )


def _outcome(ray: Any, waiting: Any, overrides: Sequence[str]) -> JobReturn:
    """What came of a job; a worker that died is a job that failed."""
    try:
        done: JobReturn = ray.get(waiting)
    except ray.exceptions.RayError as error:
        done = JobReturn(overrides=overrides, status=JobStatus.FAILED)
        done.return_value = error
    return done
