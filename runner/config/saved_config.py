"""The configuration in a run directory, ``.hydra/``: as the run was started, interpolations kept."""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from runner.core.files import atomic_write

_FOLDER = ".hydra"


def save_configuration(config: DictConfig, directory: Path, overrides: Sequence[str]) -> None:
    """Write the configuration as it runs, and the words it was started with.

    A run that is resumed keeps what it was started with, but for its budget.
    """
    folder = directory / _FOLDER
    if not (folder / "config.yaml").exists():
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(folder / "config.yaml", OmegaConf.to_yaml(config))
        atomic_write(folder / "overrides.yaml", OmegaConf.to_yaml(list(overrides)))
    elif not has_budget_of(config, directory):
        saved = OmegaConf.load(folder / "config.yaml")
        saved.budget = config.budget
        atomic_write(folder / "config.yaml", OmegaConf.to_yaml(saved))


def has_budget_of(config: DictConfig, directory: Path) -> bool:
    """Whether the run in ``directory`` was started with the budget of ``config``."""
    saved = OmegaConf.load(directory / _FOLDER / "config.yaml")
    return bool(saved.budget == config.budget)
