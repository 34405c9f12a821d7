"""resume=DIR: the words that run a run, or a sweep, again in its place; the journal answers what was asked."""

from dataclasses import replace
from pathlib import Path

from runner.config.command_line import CommandLine, quoted
from runner.config.references import refuse_growth
from runner.config.shipped import CONF
from runner.core.errors import ConfigError
from runner.runs.run_files import yaml_of

HYDRA_OVERRIDES = (
    "hydra/job_logging=goldloop",
    "hydra/hydra_logging=goldloop",
    "hydra.output_subdir=null",
    "hydra.job.name=goldloop",
)


def resumed(words: CommandLine) -> CommandLine:
    """A command line with ``resume=DIR`` as the words that DIR was started with; any other as it is.

    Raises:
        ConfigError: it says more than a new budget, or DIR is neither a run directory nor a sweep's.
    """
    if words.resume is None:
        return words
    if others := [word for word in words.rest if not word.startswith("budget.")]:
        raise ConfigError(
            "resume goes on with a run as it was started, but for budget.*: leave out "
            f"{' '.join(word.removeprefix('++') for word in others)}, "
            "or start a new run (the journal answers what was asked before)",
            code="resume-with-options",
            key=others[0].removeprefix("++").partition("=")[0],
        )
    return replace(words, rest=[*resume_words(Path(words.resume)), *words.rest])


def resume_words(directory: Path) -> list[str]:
    """The words of a command line that goes on with what is in ``directory``.

    Raises:
        ConfigError: it is neither a run directory nor a sweep's.
    """
    if (directory / ".hydra" / "config.yaml").is_file():
        refuse_growth(yaml_of(directory, ".hydra/config.yaml"), str(directory))  # Hydra reads it next
        saved = str((directory / ".hydra").resolve())
        here = [
            f"hydra.searchpath=[file://{CONF}]",
            *HYDRA_OVERRIDES,
            f"hydra.run.dir={quoted(str(directory.resolve()))}",
        ]
        return ["--config-path", saved, "--config-name", "config", *here]
    if (directory / "multirun.yaml").is_file():
        hydra = yaml_of(directory, "multirun.yaml")["hydra"]  # as typed: what it refers to differs from job to job
        sources, words = hydra["runtime"]["config_sources"], hydra["overrides"]
        own = [source["path"] for source in sources if source["provider"] == "command-line"]
        flags = ["--multirun", *(["--config-dir", own[0]] if own else [])]
        kept = [word for word in words["hydra"] if not word.startswith(("hydra.sweep.dir", "hydra.mode"))]
        kept = [word for word in kept if not word.startswith("hydra.searchpath")]
        return [*flags, *words["task"], *kept, f"hydra.sweep.dir={quoted(str(directory.resolve()))}"]
    told = f"resume={directory}: neither a run directory (.hydra/config.yaml) nor a sweep's (multirun.yaml)"
    raise ConfigError(told, code="not-a-run", key="resume")
