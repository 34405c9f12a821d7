"""goldloop optimize: one run of the configured experiment, or one job of a sweep."""

import asyncio
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from runner.build import build
from runner.errors import GoldloopError
from runner.loop import Loop
from runner.run_directory import write_whole

_log = logging.getLogger(__name__)


def optimize(config: DictConfig, told: list[GoldloopError]) -> float | None:
    """Run the experiment; print the run directory last; return the best select reward (for a sweeper).

    A GoldloopError of a single run is left in ``told`` for the entry point to print. In a sweep it is raised, so
    that Hydra marks this job as failed and goes on with the others. A bug is raised in both. The run's log has all.
    """
    hydra = HydraConfig.get()
    directory = Path(hydra.runtime.output_dir)
    sweep = directory.parent if hydra.mode == RunMode.MULTIRUN else None
    shown = Path(os.path.relpath(directory))
    begun = False
    try:
        experiment = build(config, shown, Path(os.path.relpath(sweep)) if sweep else None)
        save_configuration(config, directory, list(hydra.overrides.task))
        begun = True
        result = asyncio.run(Loop(experiment).run())
    except GoldloopError as error:
        if sweep:
            _log.error("%s", error)
            raise
        if not begun:
            shutil.rmtree(directory, ignore_errors=True)  # a run that never began leaves nothing behind
        told.append(error)
        return None
    except Exception:
        # Hydra prints only the first traceback of a sweep: each goes into its own log.
        _log.exception("the run failed")
        raise
    print(f"{shown}/", flush=True)
    best: float | None = result["best"]["select"]
    return best


def save_configuration(config: DictConfig, directory: Path, overrides: Sequence[str]) -> None:
    """Write ``.hydra/``: the configuration as it runs, interpolations kept, and the words it was started with."""
    folder = directory / ".hydra"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "config.yaml", OmegaConf.to_yaml(config))
    write_whole(folder / "overrides.yaml", OmegaConf.to_yaml(list(overrides)))
