"""goldloop optimize: one run of the configured experiment, or one job of a sweep."""

import asyncio
import json
import logging
import os
import pickle
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from runner.config.build import build
from runner.config.command_line import add_cwd_to_path
from runner.config.resume_state import changes, resume_state
from runner.config.sweeps.parent_watch import end_with_parent
from runner.core.errors import ConfigError, GoldloopError
from runner.core.files import atomic_write
from runner.core.terminal import one_line
from runner.experiment.loop import Loop
from runner.experiment.spec import Experiment
from runner.trackers.terminal import Terminal

_log = logging.getLogger(__name__)


def optimize(config: DictConfig, told: list[GoldloopError]) -> float | None:
    """Run the experiment; print the run directory last; return the best select reward (for a sweeper).

    A GoldloopError of a single run is left in ``told`` for the entry point to print. In a sweep it is raised, so
    that Hydra marks this job as failed and goes on with the others. A bug is raised in both. The run's log has all.
    """
    if os.environ.get("GOLDLOOP_TRUST"):
        add_cwd_to_path()  # a worker of a launcher begins without it
    if "joblib" in HydraConfig.get().launcher._target_:
        end_with_parent()  # Ray and SLURM see to it themselves
    logging.raiseExceptions = False  # a log that cannot be written (a full disk) is not what a person must be told
    hydra = HydraConfig.get()
    directory = Path(hydra.runtime.output_dir)
    shown = Path(os.path.relpath(directory))
    sweep = shown.parent if hydra.mode == RunMode.MULTIRUN or (directory.parent / "multirun.yaml").exists() else None
    done = finished(directory)
    if done is not None:
        print(f"{shown}/ is finished already", flush=True)
        return done
    started = False
    try:
        _refuse_second_look(directory, config)
        _pin(config)
        experiment = _built(config, shown, sweep)
        if hydra.mode == RunMode.MULTIRUN and not hydra.launcher._target_.endswith(".BasicLauncher"):
            # Several jobs write to one terminal: each says which it is.
            experiment = replace(experiment, trackers=[Terminal(job=shown.name), *experiment.trackers[1:]])
        save_configuration(config, directory, list(hydra.overrides.task))
        started = True
        result = asyncio.run(Loop(experiment).run())
    except GoldloopError as error:
        if hydra.mode == RunMode.MULTIRUN:
            _log.error("%s", error)
            _hand_on(error)
        if started:
            _log.info("ended: %s", error)  # to the run's log; the terminal has it from the entry point
            notes = directory / "journal.jsonl"
            if notes.exists() and notes.stat().st_size:
                error = type(error)(f"{error} (what was done is in {shown}/; goldloop resume={shown} goes on with it)")
        else:
            _leave_nothing(directory, hydra.job.name)
        told.append(error)
        return None
    except Exception as error:
        # Hydra prints only the first traceback of a sweep, and none from another process: each goes into its own log.
        _log.exception("the run failed")
        if hydra.mode != RunMode.MULTIRUN:
            raise
        error.add_note(f"({shown}/{hydra.job.name}.log has the whole traceback)")
        _hand_on(error)
    except BaseException:
        sys.stderr.write(f"goldloop: what was done is in {shown}/; goldloop resume={shown} goes on with it\n")
        raise
    print(f"{shown}/", flush=True)
    best: float | None = result["best"]["select"]
    return best


def _built(config: DictConfig, shown: Path, sweep: Path | None) -> Experiment:
    """The experiment; of a run that was begun, with the data and the prompt that it began with."""
    kept = resume_state(shown, sweep if os.environ.get("GOLDLOOP_RESUMES") else None, config)
    if kept is None:
        return build(config, shown, sweep)
    experiment = build(config, shown, sweep, kept.data, kept.initial)
    for change in changes(kept, config):
        words = f"note: {change}: {shown}/ goes on with its own copy; for what is new start a new run"
        print(one_line(f"{words} (the journal answers what was asked before)"), flush=True)
    return experiment


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
    """The best select reward of a run that is finished; None for one that is not, or is not there."""
    try:
        result = json.loads((directory / "result.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    best: float | None = result["best"]["select"] if result.get("status") == "finished" else None
    return best


def _refuse_second_look(directory: Path, config: DictConfig) -> None:
    """Raise ConfigError where a larger budget would search on behind a verdict, and open the sealed items again."""
    try:
        decided = json.loads((directory / "result.json").read_text("utf-8")).get("decision")
        before = OmegaConf.load(directory / ".hydra" / "config.yaml").budget
    except (OSError, ValueError, AttributeError):
        return
    if decided and before != config.budget:
        raise ConfigError(
            f"{os.path.relpath(directory)} has its verdict, and its sealed items are opened once: for more calls "
            "start a new run (the journal answers what was asked)"
        )


def _leave_nothing(directory: Path, job: str) -> None:
    """Take back the empty directory and log of a run that never began; whatever else is there stays."""
    log = directory / f"{job}.log"
    if log.is_file() and not log.stat().st_size:
        log.unlink()
    with suppress(OSError):
        directory.rmdir()


def _pin(config: DictConfig) -> None:
    """Write down which file a local model is, so that the run can be replayed where the file is not."""
    for role in ("provider", "rewriter"):
        node = config.get(role)
        if isinstance(node, DictConfig) and node.get("model_path") and "file_digest" in node and not node.file_digest:
            from runner.providers.local import digest_of

            node.file_digest = digest_of(Path(node.model_path))


def save_configuration(config: DictConfig, directory: Path, overrides: Sequence[str]) -> None:
    """Write ``.hydra/``: the configuration as it runs, interpolations kept, and the words it was started with."""
    folder = directory / ".hydra"
    if (folder / "config.yaml").exists():  # a resumed run keeps what it was started with, but for its budget
        saved = OmegaConf.load(folder / "config.yaml")
        if saved.budget != config.budget:
            saved.budget = config.budget
            atomic_write(folder / "config.yaml", OmegaConf.to_yaml(saved))
        return
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / "config.yaml", OmegaConf.to_yaml(config))
    atomic_write(folder / "overrides.yaml", OmegaConf.to_yaml(list(overrides)))
