"""A sweep that searches numbers (and choices) with Optuna instead of running every combination.

Its options are those of Hydra's own Optuna sweeper, which holds optuna below 3. The value of a trial is what the job
returns: the best select reward. Optuna is asked and told here in the order of the trials, so the same sweep with the
same answers proposes the same trials again; that is how a sweep that was interrupted goes on.
"""

import json
import logging
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from runner.core.errors import ConfigError
from runner.core.files import atomic_write

_log = logging.getLogger(__name__)
_SAMPLERS = {"tpe": "TPESampler", "random": "RandomSampler", "qmc": "QMCSampler"}
_SHOWN = 5

Params = Mapping[str, Any]


class OptunaSweeper(Sweeper):
    """``hydra/sweeper=optuna``.

    Args:
        sampler: ``name`` is tpe, random or qmc; the rest is for Optuna's class (``seed`` and so on).
        direction: maximize or minimize.
        n_trials: how many jobs in all. n_jobs: how many at once, if the launcher can.
        params: like the sweeps of a command line, which go before.
    """

    def __init__(
        self, sampler: DictConfig, direction: str, n_trials: int, n_jobs: int, params: DictConfig | None
    ) -> None:
        self._sampler = {str(key): value for key, value in sampler.items()}
        self._direction = direction
        self._n_trials = n_trials
        self._n_jobs = max(1, n_jobs)
        self._params = [f"{key!s}={value}" for key, value in (params or {}).items()]
        self._trials: list[dict[str, Any]] = []

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config = config
        self.hydra_context = hydra_context
        self._launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )
        self._directory = Path(str(config.hydra.sweep.dir))

    def sweep(self, arguments: list[str]) -> Any:
        optuna = _optuna()
        parsed = OverridesParser.create().parse_overrides([*self._params, *arguments])
        overrides = {override.get_key_element(): override for override in parsed}  # what was typed stands last
        space = {key: found for key, one in overrides.items() if (found := distribution(one, optuna)) is not None}
        if not space:
            told = "hydra/sweeper=optuna has nothing to search: give KEY=interval(LOW,HIGH) or KEY=A,B"
            raise ConfigError(told, code="option-missing", key="hydra/sweeper")
        fixed = [_fixed(one) for key, one in overrides.items() if key not in space]
        self._directory.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self.config, self._directory / "multirun.yaml")
        before = self._read()
        study = optuna.create_study(direction=self._direction, sampler=self._made(optuna))
        failed: list[JobReturn] = []
        for start in range(0, self._n_trials, self._n_jobs):
            numbers = range(start, min(start + self._n_jobs, self._n_trials))
            asked = [study.ask(space) for _ in numbers]
            batch = [before.get(number, trial.params) for number, trial in zip(numbers, asked, strict=True)]
            rows: list[dict[str, Any]] = [
                {"trial": number, "params": dict(params), "value": None, "status": "running"}
                for number, params in zip(numbers, batch, strict=True)
            ]
            self._trials += rows
            self._write()
            jobs = [[*fixed, *(f"{key}={value}" for key, value in params.items())] for params in batch]
            done = self._launcher.launch(jobs, initial_job_idx=start)
            for trial, params, job, row in zip(asked, batch, done, rows, strict=True):
                value = _value(job)
                row.update(value=value, status="failed" if value is None else "finished", job=self._job(job, row))
                _tell(optuna, study, trial, params, value)
            failed += [job for job in done if job.status != JobStatus.COMPLETED]
            self._write()
        self._conclude()
        if failed:
            return failed[0].return_value  # raises: the exit code must say that a job failed
        return None

    def _job(self, job: JobReturn, row: Params) -> str:
        """Where a trial's run directory lies in the sweep's."""
        ran = job.hydra_cfg
        return str(row["trial"]) if ran is None else os.path.relpath(ran.hydra.runtime.output_dir, self._directory)

    def _made(self, optuna: Any) -> Any:
        """The sampler; one that proposes several trials at once is told which are under way."""
        options = {key: value for key, value in self._sampler.items() if key != "name"}
        name = self._sampler.get("name")
        if name not in _SAMPLERS:
            told = f"hydra.sweeper.sampler.name={name}: there are {', '.join(_SAMPLERS)}"
            raise ConfigError(told, code="bad-value", key="hydra.sweeper.sampler.name")
        if name == "tpe" and self._n_jobs > 1:
            options = {"constant_liar": True, **options}
        try:
            return getattr(optuna.samplers, _SAMPLERS[name])(**options)
        except TypeError as error:
            raise ConfigError(
                f"hydra.sweeper.sampler: {error}", code="bad-value", key="hydra.sweeper.sampler"
            ) from error

    def _read(self) -> dict[int, Params]:
        """The trials of the same sweep before it was interrupted: number -> parameters."""
        try:
            found = json.loads((self._directory / "trials.json").read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return {one["trial"]: one["params"] for one in found}

    def _write(self) -> None:
        atomic_write(self._directory / "trials.json", json.dumps(self._trials, indent=1) + "\n")

    def _conclude(self) -> None:
        """Show the best trials and write ``optimization_results.yaml``."""
        finished = [one for one in self._trials if one["value"] is not None]
        ranked = sorted(finished, key=lambda one: one["value"], reverse=self._direction == "maximize")
        best = ranked[0] if ranked else None
        results = {
            "name": "optuna",
            "best_params": best["params"] if best else None,
            "best_value": best["value"] if best else None,
            "best_job": best["job"] if best else None,
            "trials": len(self._trials),
            "failed": len(self._trials) - len(finished),
        }
        atomic_write(self._directory / "optimization_results.yaml", OmegaConf.to_yaml(OmegaConf.create(results)))
        _log.info("The best of %d trials, by select reward:", len(self._trials))
        for one in ranked[:_SHOWN]:
            words = "  ".join(f"{key}={_short(value)}" for key, value in one["params"].items())
            _log.info("  %.3f  %s/  %s", one["value"], self._directory / one["job"], words)


def distribution(override: Override, optuna: Any) -> Any:
    """What Optuna draws from; None if the override has one value only.

    ``interval(1,9)`` is all between, ``int(interval(1,9))`` the whole numbers with both ends;
    ``tag(log,interval(1,9))`` is searched on a logarithmic scale; ``range(1,9)`` ends before 9, as in every sweep.
    """
    found = optuna.distributions
    value = override.value()
    if not override.is_sweep_override():
        return None
    if isinstance(value, IntervalSweep):
        whole = isinstance(value.start, int) and isinstance(value.end, int)
        kind = found.IntDistribution if whole else found.FloatDistribution
        try:
            return kind(value.start, value.end, log="log" in value.tags)
        except ValueError as error:
            told = f"{override.input_line}: {str(error).rstrip('.')}"
            raise ConfigError(told, code="bad-value", key=override.get_key_element()) from error
    if isinstance(value, RangeSweep) and not value.shuffle:
        numbers = sorted(value.range())
        if len(numbers) > 1:
            whole = all(isinstance(number, int) for number in numbers)
            kind = found.IntDistribution if whole else found.FloatDistribution
            return kind(numbers[0], numbers[-1], step=abs(value.step or 1))
    choices = list(override.sweep_string_iterator())
    return found.CategoricalDistribution(choices) if len(choices) > 1 else None


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        told = "hydra/sweeper=optuna needs Optuna: pip install 'goldloop[optuna]'"
        raise ConfigError(told, code="package-missing", key="optuna") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    return optuna


def _fixed(override: Override) -> str:
    """An override that all trials have; a sweep of one value is that value."""
    if override.is_sweep_override():
        return f"{override.get_key_element()}={next(iter(override.sweep_string_iterator()))}"
    line = override.input_line or ""
    return line if line.startswith("~") else f"{override.get_key_element()}={override.get_value_element_as_str()}"


def _value(job: JobReturn) -> float | None:
    """The select reward; None of a job that failed, or stopped before it had one."""
    if job.status != JobStatus.COMPLETED or job.return_value is None:
        return None
    return float(job.return_value)


def _tell(optuna: Any, study: Any, trial: Any, params: Params, value: float | None) -> None:
    """Tell Optuna what came of a trial, which may have run with what an interrupted sweep had drawn."""
    failed = optuna.trial.TrialState.FAIL
    if dict(params) == trial.params and value is not None:
        study.tell(trial, value)
        return
    space = trial.distributions
    study.tell(trial, state=failed)
    if value is not None:
        study.add_trial(optuna.trial.create_trial(params=dict(params), distributions=space, value=value))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
