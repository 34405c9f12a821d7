"""resume=DIR: the words that run a run, or a sweep, again in its place; the journal answers what was asked."""

from pathlib import Path

from omegaconf import OmegaConf

from runner.config.command_line import quoted
from runner.config.shipped import CONF
from runner.core.errors import ConfigError

HYDRA_OVERRIDES = (
    "hydra/job_logging=goldloop",
    "hydra/hydra_logging=goldloop",
    "hydra.output_subdir=null",
    "hydra.job.name=goldloop",
)


def resume_words(directory: Path) -> list[str]:
    """The words of a command line that goes on with what is in ``directory``.

    Raises:
        ConfigError: it is neither a run directory nor a sweep's.
    """
    if (directory / ".hydra" / "config.yaml").is_file():
        saved = str((directory / ".hydra").resolve())
        here = [
            f"hydra.searchpath=[file://{CONF}]",
            *HYDRA_OVERRIDES,
            f"hydra.run.dir={quoted(str(directory.resolve()))}",
        ]
        return ["--config-path", saved, "--config-name", "config", *here]
    if (directory / "multirun.yaml").is_file():
        hydra = OmegaConf.load(directory / "multirun.yaml").hydra
        own = [source.path for source in hydra.runtime.config_sources if source.provider == "command-line"]
        flags = ["--multirun", *(["--config-dir", own[0]] if own else [])]
        kept = [word for word in hydra.overrides.hydra if not word.startswith(("hydra.sweep.dir", "hydra.mode"))]
        kept = [word for word in kept if not word.startswith("hydra.searchpath")]
        return [*flags, *hydra.overrides.task, *kept, f"hydra.sweep.dir={quoted(str(directory.resolve()))}"]
    raise ConfigError(f"resume={directory}: neither a run directory (.hydra/config.yaml) nor a sweep's (multirun.yaml)")
