"""What a command line starts: a single run, or the jobs of a sweep. Composed and validated, nothing of it written."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from runner.config.allowlist import Trusted, check_hydra
from runner.config.command_line import CommandLine, quoted
from runner.config.compose import composed
from runner.config.hydra_errors import no_flag, unreadable
from runner.config.shipped import CONF
from runner.config.sweeps.jobs import Sweep, late
from runner.config.validate import CheckedConfig, validate
from runner.core.errors import ConfigError
from runner.core.secrets import refuse_secret_words, refuse_secrets


@dataclass(frozen=True)
class Job:
    """A configuration that would run, and the words that it is composed from."""

    words: Sequence[str]
    config: CheckedConfig


@dataclass(frozen=True)
class SingleRun:
    """One run.

    Attributes:
        hydra: the whole configuration, Hydra's own part included, composed as Hydra would compose it.
    """

    job: Job
    hydra: DictConfig

    @property
    def jobs(self) -> list[Job]:
        return [self.job]

    @property
    def count(self) -> int:
        return 1


@dataclass(frozen=True)
class SweepRun:
    """Several jobs.

    Attributes:
        jobs: those that were composed and validated: each value once, or all of them.
        count: how many there will be; None where a sweeper does not say.
        directory: the sweep's.
        overrides: the options that were given, Hydra's own left out.
        words: for Hydra: flags first, then all options.
    """

    jobs: Sequence[Job]
    count: int | None
    directory: Path
    overrides: Sequence[str]
    words: Sequence[str]

    @property
    def shares_budget(self) -> bool:
        """Whether its jobs have one budget together: not where there is none, and not where it tries several."""
        first, *others = (job.config.settings.budget for job in self.jobs)
        return first.any and all(other == first for other in others)

    @property
    def budgeted(self) -> int | None:
        """Among how many jobs the budget is shared out; None if it is not, or nobody knows."""
        return self.count if self.shares_budget else None


def invocation_of(words: CommandLine, *, every: bool = False) -> SingleRun | SweepRun:
    """Compose and validate every configuration that would run.

    Of a sweep each value is looked at once, with the first values of the others.

    Args:
        every: look at every job of a sweep instead, if there are not too many.

    Raises:
        ConfigError: names the option, and the nearest valid one.
    """
    flags = _flags(words)
    refuse_secret_words(flags.overrides)
    conf = Path(flags.config_path).resolve() if flags.config_path else CONF
    extra = [f"hydra.searchpath=[file://{Path(flags.config_dir).resolve()}]"] if flags.config_dir else []
    parsed = _parsed(flags.overrides)
    swept = [override for override in parsed if override.is_sweep_override()]
    plain = not swept and not any(line.startswith(("sweep=", "experiment=")) for line in flags.overrides)
    first = _whole(conf, flags, [*(flags.overrides if plain else _fixed(parsed)), *extra], words.trust)
    multirun = flags.multirun or first.hydra.mode == RunMode.MULTIRUN
    if swept and not multirun:
        raise _several(swept[0])
    if not multirun:
        whole = first if plain else _whole(conf, flags, [*flags.overrides, *extra], words.trust)
        own = OmegaConf.masked_copy(whole, [str(key) for key in whole if key != "hydra"])
        return SingleRun(Job(flags.overrides, validate(own, words.trust)), whole)
    more = _of_sweeper(first.hydra.sweeper, parsed)
    basic = first.hydra.runtime.choices.get("hydra/sweeper") == "basic"
    sweep = Sweep([*parsed, *more], first.hydra.sweeper, combines=basic)
    jobs = [
        Job(each, _validated(composed(conf, flags.config_name, [*each, *extra]), words.trust))
        for each in sweep.jobs(every=every)
    ]
    options = [late(override, [*swept, *more]) for override in parsed]
    shared = [override.input_line or "" for override in _parsed(options) if not override.is_sweep_override()]
    directory = str(_whole(conf, flags, [*shared, *extra], words.trust).hydra.sweep.dir)
    typed = [*_flags_for_hydra(flags, words.command, conf), *options, f"hydra.sweep.dir={quoted(directory)}"]
    given = [option for option in options if not option.lstrip("+~").startswith(("hydra.", "hydra/"))]
    return SweepRun(jobs, sweep.count, Path(directory), given, typed)


def _whole(conf: Path, flags: argparse.Namespace, words: Sequence[str], trusted: Trusted) -> DictConfig:
    """A composed configuration with Hydra's own part, which names no code that it may not name."""
    whole = composed(conf, flags.config_name, words, hydra=True)
    hydra = OmegaConf.to_container(whole.hydra, resolve=False)
    check_hydra(hydra, trusted)
    refuse_secrets({"hydra": hydra})
    return whole


def _validated(config: DictConfig, trusted: Trusted) -> CheckedConfig:
    if (config.get("studio") or {}).get("push"):
        words = "studio.push=true is for one run: of a sweep push the best, goldloop studio push=DIR"
        raise ConfigError(words, code="not-for-a-sweep", key="studio.push")
    return validate(config, trusted)


def _of_sweeper(sweeper: DictConfig, parsed: Sequence[Override]) -> list[Override]:
    """What the sweep's own file sweeps, but for what was typed."""
    typed = {override.get_key_element() for override in parsed}
    params = dict(sweeper.get("params") or {})
    return _parsed([f"{key}={value}" for key, value in params.items() if key not in typed])


def _flags_for_hydra(flags: argparse.Namespace, command: str, conf: Path) -> list[str]:
    return [
        "--multirun",
        *(["--config-dir", str(Path(flags.config_dir).resolve())] if flags.config_dir else []),
        *(["--config-path", str(conf)] if flags.config_path else []),
        *(["--config-name", flags.config_name] if flags.config_name != command or flags.config_path else []),
    ]


def _flags(words: CommandLine) -> argparse.Namespace:
    """Hydra's flags that decide what is composed.

    Raises:
        ConfigError: ``--config-dir`` names no directory; another flag.
    """
    flags = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    flags.add_argument("--config-dir", "-cd")
    flags.add_argument("--config-name", "-cn", default=words.command)
    flags.add_argument("--config-path", "-cp")
    flags.add_argument("--multirun", "-m", action="store_true")
    flags.add_argument("--run", "-r", action="store_true")
    flags.add_argument("overrides", nargs="*")
    known, others = flags.parse_known_intermixed_args(list(words.rest))
    if strange := [word for word in others if word.startswith("-")]:
        raise no_flag(strange[0])
    if known.config_dir and not Path(known.config_dir).is_dir():
        told = f"--config-dir: no directory {known.config_dir}"
        raise ConfigError(told, code="folder-missing", key="--config-dir")
    return known


def _several(override: Override) -> ConfigError:
    """Why several values cannot stand where one job is run."""
    if override.key_or_group == "prompt":
        words = "the comma in prompt=... means several values: put the text into a file, prompt_file=FILE"
        return ConfigError(words, code="text-on-command-line", key="prompt")
    words = f"{override.input_line!r} has several values: add -m to run one job for each"
    return ConfigError(words, code="several-values", key=override.get_key_element())


def _fixed(parsed: Sequence[Override]) -> list[str]:
    """The overrides as far as Hydra's own part needs them: of a sweep nothing, of the rest the groups and hydra's."""
    lines = [override.input_line or "" for override in parsed if not override.is_sweep_override()]
    return [line for line in lines if line.lstrip("+~").startswith(("hydra", "sweep=", "experiment="))]


def _parsed(overrides: Sequence[str]) -> list[Override]:
    try:
        return OverridesParser.create().parse_overrides(list(overrides))
    except HydraException as error:
        raise unreadable(overrides, error) from error
