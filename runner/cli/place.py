"""Where a job runs: its directory, and that of its sweep, as Hydra has prepared them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from runner.core.errors import ConfigError
from runner.runs.sweep_jobs import job_name, sweep_of


@dataclass(frozen=True)
class Place:
    """Where a job runs.

    Attributes:
        directory: its run directory, from the working directory. sweep: that of its sweep, if any: ``hydra.sweep.dir``,
            which may be several folders above.
        name: Hydra's, which is that of its log. overrides: the words it was started with.
        alone: whether it is no job of a sweep that runs now.
        resumed: whether it, or its sweep, is resumed.
        beside_others: whether other jobs write to the same terminal at the same time.
        jobs: how many jobs the sweep has, where it runs now and that is known.
    """

    directory: Path
    sweep: Path | None
    name: str
    overrides: Sequence[str]
    alone: bool
    resumed: bool
    beside_others: bool
    jobs: int | None = None

    @classmethod
    def now(cls, *, resumed: bool, beside_others: bool = False, jobs: int | None = None) -> "Place":
        """As Hydra has prepared it.

        Raises:
            ConfigError: a job of a sweep would not lie in its directory.
        """
        hydra = HydraConfig.get()
        directory = Path(os.path.relpath(hydra.runtime.output_dir))
        alone = hydra.mode != RunMode.MULTIRUN
        return cls(
            directory=directory,
            sweep=_resumed_sweep(directory) if alone else _sweep_around(directory, str(hydra.sweep.dir)),
            name=str(hydra.job.name),
            overrides=list(hydra.overrides.task),
            alone=alone,
            resumed=resumed,
            beside_others=beside_others,
            jobs=jobs,
        )

    @property
    def job(self) -> str | None:
        """Its name within its sweep."""
        return None if self.sweep is None else job_name(self.directory, self.sweep)


def _resumed_sweep(directory: Path) -> Path | None:
    """The sweep of one of its jobs that is resumed alone."""
    return sweep_of(directory) if (directory / ".hydra" / "config.yaml").is_file() else None


def _sweep_around(directory: Path, sweep: str) -> Path:
    around = Path(os.path.relpath(sweep))
    inside = Path(os.path.relpath(directory, around)).parts
    if not inside or inside[0] == os.pardir:
        raise ConfigError(
            f"hydra.sweep.subdir puts a job into {directory}, which is not below the sweep's own directory {around}: "
            "give each job a folder of its own there",
            code="bad-value",
            key="hydra.sweep.subdir",
        )
    return around
