"""The configuration in a run directory, ``.hydra/``: as the run was started, interpolations kept."""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from runner.config.past_run import PACE
from runner.core.files import atomic_write

_FOLDER = ".hydra"


def save_configuration(config: DictConfig, directory: Path, overrides: Sequence[str]) -> None:
    """Write the configuration as it runs, and the words it was started with.

    A run that is resumed keeps what it was started with, but for its budget and the pace of its providers.
    """
    folder = directory / _FOLDER
    if not (folder / "config.yaml").exists():
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(folder / "config.yaml", OmegaConf.to_yaml(config))
        atomic_write(folder / "overrides.yaml", OmegaConf.to_yaml(list(overrides)))
        return
    saved = DictConfig(OmegaConf.load(folder / "config.yaml"))
    before = OmegaConf.to_yaml(saved)
    saved.budget = config.budget
    for role in ("provider", "rewriter"):
        own, kept = config.get(role), saved.get(role)
        if isinstance(own, DictConfig) and isinstance(kept, DictConfig):
            kept.update({key: value for key, value in own.items_ex(resolve=False) if key in PACE})
    if (after := OmegaConf.to_yaml(saved)) != before:
        atomic_write(folder / "config.yaml", after)


def has_budget_of(config: DictConfig, directory: Path) -> bool:
    """Whether the run in ``directory`` was started with the budget of ``config``."""
    saved = OmegaConf.load(directory / _FOLDER / "config.yaml")
    return bool(saved.budget == config.budget)
