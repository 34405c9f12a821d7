"""One job: an experiment in its directory, alone or in a sweep, in this process or in a worker of a launcher."""

import asyncio
import logging
import os
import pickle
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from runner.config.build import build
from runner.config.command_line import add_cwd_to_path
from runner.config.resume_state import changes, resume_state
from runner.config.saved_config import has_budget_of, save_configuration
from runner.config.sweeps.parent_watch import end_with_parent
from runner.config.validate import CheckedConfig, local_model, validate
from runner.core.errors import ConfigError, DataError, GoldloopError
from runner.core.run_result import RunResult
from runner.core.terminal import one_line
from runner.experiment.loop import Loop
from runner.experiment.spec import Experiment
from runner.runs.run_files import result_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HydraTask:
    """What Hydra runs for each job of a sweep; a launcher may hand it to another process.

    Attributes:
        trusted: the modules of the person's own that the configuration may name.
        resumed: whether the sweep is resumed.
        started_in: the number of the process that started the sweep.
    """

    trusted: Sequence[str]
    resumed: bool
    started_in: int = field(default_factory=os.getpid)

    def __call__(self, config: DictConfig) -> float | None:
        """Run one job; returns its best select reward, for a sweeper.

        Raises:
            GoldloopError: it cannot run; Hydra marks it as failed and goes on with the others.
        """
        elsewhere = os.getpid() != self.started_in
        if elsewhere:
            end_with_parent()
        if self.trusted:
            add_cwd_to_path()
        place = Place.now(resumed=self.resumed, beside_others=elsewhere)
        try:
            return run_job(validate(config, self.trusted), place)
        except GoldloopError as error:
            _log.error("%s", error)
            _hand_on(error)
        except Exception as error:  # noqa: BLE001  # raised again
            # Hydra prints only the first traceback, and none from another process: each goes into its own log.
            error.add_note(f"({place.directory}/{place.name}.log has the whole traceback)")
            _hand_on(error)


@dataclass(frozen=True)
class Place:
    """Where a job runs.

    Attributes:
        directory: its run directory, from the working directory. sweep: that of its sweep, if any.
        name: Hydra's, which is that of its log. overrides: the words it was started with.
        alone: whether it is no job of a sweep that runs now.
        resumed: whether it, or its sweep, is resumed.
        beside_others: whether other jobs write to the same terminal at the same time.
    """

    directory: Path
    sweep: Path | None
    name: str
    overrides: Sequence[str]
    alone: bool
    resumed: bool
    beside_others: bool

    @classmethod
    def now(cls, *, resumed: bool, beside_others: bool = False) -> "Place":
        """As Hydra has prepared it."""
        hydra = HydraConfig.get()
        directory = Path(os.path.relpath(hydra.runtime.output_dir))
        alone = hydra.mode != RunMode.MULTIRUN
        in_sweep = not alone or (directory.parent / "multirun.yaml").exists()
        return cls(
            directory=directory,
            sweep=directory.parent if in_sweep else None,
            name=str(hydra.job.name),
            overrides=list(hydra.overrides.task),
            alone=alone,
            resumed=resumed,
            beside_others=beside_others,
        )


def run_job(config: CheckedConfig, place: Place) -> float | None:
    """Run the experiment; print the run directory last; return the best select reward. The run's log has any error.

    Raises:
        GoldloopError: it cannot run, or cannot go on; says how to resume it where something was done.
    """
    logging.raiseExceptions = False  # a log that cannot be written (a full disk) is not what a person must be told
    done = finished(place.directory)
    if done is not None:
        print(f"{place.directory}/ is finished already", flush=True)
        return done
    try:
        best = _run(config, place)
    except GoldloopError:
        raise
    except Exception:
        _log.exception("the run failed")
        raise
    except BaseException:
        where = place.directory
        sys.stderr.write(f"goldloop: what was done is in {where}/; goldloop resume={where} goes on with it\n")
        raise
    print(f"{place.directory}/", flush=True)
    return best


def _run(config: CheckedConfig, place: Place) -> float | None:
    try:
        config, experiment = _prepared(config, place)
    except GoldloopError:
        if place.alone:
            _leave_nothing(place)
        raise
    save_configuration(config.raw, place.directory, place.overrides)
    try:
        result = asyncio.run(Loop(experiment).run())
    except GoldloopError as error:
        raise _resumable(error, place) from error
    return result.best.select


def _prepared(config: CheckedConfig, place: Place) -> tuple[CheckedConfig, Experiment]:
    """The experiment and its configuration; of a run that was begun, with the data and prompt that it began with."""
    _refuse_second_look(place.directory, config)
    config = _pinned(config)
    job = place.directory.name if place.beside_others else None
    kept = resume_state(place.directory, place.sweep if place.resumed else None, config)
    if kept is None:
        return config, build(config, place.directory, place.sweep, job=job)
    experiment = build(config, place.directory, place.sweep, kept.data, kept.initial, job=job)
    for change in changes(kept, config):
        words = f"note: {change}: {place.directory}/ goes on with its own copy; for what is new start a new run"
        print(one_line(f"{words} (the journal answers what was asked before)"), flush=True)
    return config, experiment


def _resumable(error: GoldloopError, place: Place) -> GoldloopError:
    """The error with how to resume, where something was done. In a sweep it is the sweep that is resumed."""
    if not place.alone:
        return error
    _log.info("ended: %s", error)  # to the run's log; the terminal has it from the entry point
    where = place.directory
    notes = where / "journal.jsonl"
    if not notes.exists() or not notes.stat().st_size:
        return error
    return error.with_words(f" (what was done is in {where}/; goldloop resume={where} goes on with it)")


def _hand_on(error: Exception) -> NoReturn:
    """Raise ``error``, or its words if it cannot leave this process: a launcher that cannot read it ends all jobs."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # made here
    except Exception:  # noqa: BLE001  # whatever its constructor raises
        told = RuntimeError(f"{type(error).__name__}: {error}")
        for note in getattr(error, "__notes__", []):
            told.add_note(note)
        raise told from error
    raise error


def finished(directory: Path) -> float | None:
    """The best select reward of a run that is finished; None for one that is not, or is not there.

    Raises:
        DataError: its result is a newer goldloop's, or not as goldloop writes it.
    """
    result = _result(directory)
    return result.best.select if result and result.status == "finished" else None


def _refuse_second_look(directory: Path, config: CheckedConfig) -> None:
    """Raise ConfigError where a larger budget would search on behind a verdict, and open the sealed items again."""
    result = _result(directory)
    if result and result.decision and not has_budget_of(config.raw, directory):
        raise ConfigError(
            f"{directory} has its verdict, and its sealed items are opened once: for more calls "
            "start a new run (the journal answers what was asked)",
            code="verdict-is-there",
            key=str(directory),
        )


def _result(directory: Path) -> RunResult | None:
    """What a run came to so far; None where there is nothing that can be read as JSON."""
    try:
        return result_of(directory)
    except DataError as error:
        if error.code == "not-json":
            return None
        raise


def _leave_nothing(place: Place) -> None:
    """Take back the empty directory and log of a run that never began; whatever else is there stays."""
    log = place.directory / f"{place.name}.log"
    if log.is_file() and not log.stat().st_size:
        log.unlink()
    with suppress(OSError):
        place.directory.rmdir()


def _pinned(config: CheckedConfig) -> CheckedConfig:
    """With which file a local model is, so that the run can be replayed where the file is not."""
    for role in ("provider", "rewriter"):
        if model := local_model(config, role):
            from runner.providers.local import digest_of

            config = config.with_option(role, "file_digest", digest_of(model))
    return config
