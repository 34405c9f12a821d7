"""One job: an experiment in its directory, alone or in a sweep, in this process or in a worker of a launcher."""

import asyncio
import logging
import os
import pickle
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn

from omegaconf import DictConfig

from runner.cli.place import Place
from runner.config.begun import refuse_other_run
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
from runner.providers.middleware.shares import end_job
from runner.runs.ownership import is_owned, owned
from runner.runs.run_files import result_of
from runner.runs.spent import counted_in
from runner.runs.sweep_jobs import note_sweep

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HydraTask:
    """What Hydra runs for each job of a sweep; a launcher may hand it to another process.

    Attributes:
        trusted: the modules of the person's own that the configuration may name.
        resumed: whether the sweep is resumed.
        jobs: how many jobs the sweep has, if that is known.
        started_in: the number of the process that started the sweep.
    """

    trusted: Sequence[str]
    resumed: bool
    jobs: int | None = None
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
        try:
            place = Place.now(resumed=self.resumed, beside_others=elsewhere, jobs=self.jobs)
            return run_job(validate(config, self.trusted), place)
        except GoldloopError as error:
            _log.error("%s", error)
            _hand_on(error)
        except Exception as error:  # noqa: BLE001  # raised again
            # Hydra prints only the first traceback, and none from another process: each goes into its own log.
            error.add_note(f"({place.directory}/{place.name}.log has the whole traceback)")
            _hand_on(error)


def run_job(config: CheckedConfig, place: Place) -> float | None:
    """Run the experiment; print the run directory last; return the best select reward. The run's log has any error.

    Raises:
        GoldloopError: it cannot run, or cannot go on; says how to resume it where something was done.
    """
    logging.raiseExceptions = False  # a log that cannot be written (a full disk) is not what a person must be told
    try:
        with owned(place.directory):
            try:
                best = _begun_or_finished(config, place)
            except KeyboardInterrupt:
                raise  # what is left of its share is for its resume
            except BaseException:
                with suppress(GoldloopError):  # the error that goes on says more
                    _pass_share_on(place)
                raise
            _pass_share_on(place)
    except GoldloopError:
        if place.alone:
            _leave_nothing(place)
        raise
    return best


def _begun_or_finished(config: CheckedConfig, place: Place) -> float | None:
    refuse_other_run(config.raw, place.directory, resumed=place.resumed)
    done = finished(place.directory)
    if done is not None:
        print(f"{place.directory}/ is finished already", flush=True)
        return done
    best = _begun(config, place)
    print(f"{place.directory}/", flush=True)
    return best


def _pass_share_on(place: Place) -> None:
    if (sweep := place.sweep) is not None and place.job is not None:
        end_job(sweep, place.job, partial(counted_in, sweep))


def _begun(config: CheckedConfig, place: Place) -> float | None:
    try:
        return _run(config, place)
    except GoldloopError:
        raise
    except Exception:
        _log.exception("the run failed")
        raise
    except BaseException:
        if place.alone:  # of a sweep it is the sweep that goes on
            sys.stderr.write(f"{interrupted(place.directory)}\n")
        raise


def interrupted(where: Path) -> str:
    """What is said where a run or a sweep is stopped from outside."""
    return f"goldloop: what was done is in {where}/; goldloop resume={where} goes on with it"


def _run(config: CheckedConfig, place: Place) -> float | None:
    config, experiment = _prepared(config, place)
    save_configuration(config.raw, place.directory, place.overrides)
    note_sweep(place.directory, place.sweep)
    try:
        result = asyncio.run(Loop(experiment).run())
    except GoldloopError as error:
        raise _resumable(error, place) from error
    return result.best.select


def _prepared(config: CheckedConfig, place: Place) -> tuple[CheckedConfig, Experiment]:
    """The experiment and its configuration; of a run that was begun, with the data and prompt that it began with."""
    _refuse_second_look(place.directory, config)
    config = _pinned(config)
    refuse_other_run(config.raw, place.directory, resumed=place.resumed)  # again: it may be another model file
    job = place.job if place.beside_others else None
    kept = resume_state(place.directory, place.sweep if place.resumed else None, config)
    if kept is None:
        return config, build(config, place.directory, place.sweep, job=job, jobs=place.jobs)
    experiment = build(config, place.directory, place.sweep, kept.data, kept.initial, job=job, jobs=place.jobs)
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
    of_a_run = is_owned(place.directory) or (place.directory / ".hydra").exists()
    with suppress(OSError):
        if not of_a_run and not log.stat().st_size:
            log.unlink()
        place.directory.rmdir()


def _pinned(config: CheckedConfig) -> CheckedConfig:
    """With which file a local model is, so that the run can be replayed where the file is not."""
    for role in ("provider", "rewriter"):
        if model := local_model(config, role):
            from runner.providers.local import digest_of

            config = config.with_option(role, "file_digest", digest_of(model))
    return config
