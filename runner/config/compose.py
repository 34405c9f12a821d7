"""Composes and checks what is about to run, so that bad input is refused before anything is written."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from runner.config.allowlist import check_hydra
from runner.config.build import check
from runner.config.command_line import CommandLine
from runner.config.dry_run import dry_run
from runner.config.hydra_errors import explained, no_flag, unreadable, where_in
from runner.config.shipped import CONF
from runner.config.sweeps.jobs import Sweep, late
from runner.core.errors import ConfigError
from runner.core.secrets import refuse_secret_words, refuse_secrets

_HYDRAS = {flag for action in get_args_parser()._actions for flag in action.option_strings}


@dataclass(frozen=True)
class Job:
    """A configuration that would run, and the words that it is composed from."""

    words: Sequence[str]
    config: DictConfig


@dataclass(frozen=True)
class Checked:
    """What was found to be in order.

    Attributes:
        words: for Hydra: flags first, then options.
        single: the configuration of a single run, Hydra's own part included, composed as Hydra would compose it;
            None for a sweep, and for what only Hydra itself can start.
        jobs: the single run, or of a sweep those that were checked.
        count: how many jobs there will be; None where a sweeper does not say.
    """

    words: Sequence[str]
    single: DictConfig | None
    jobs: Sequence[Job]
    count: int | None


def check_words(words: CommandLine, *, every: bool = False) -> Checked:
    """Compose and check every configuration that would run, before anything of it is written.

    Of a sweep each value is checked once, with the first values of the others, and its jobs are rehearsed, for none
    is to find out after the others that a file or a key is missing. A single run finds that out by itself as early.

    Args:
        every: check every job of a sweep of not too many instead, and leave the rehearsal to the caller.

    Raises:
        ConfigError: names the option, and the nearest valid one. GoldloopError: what a job of the sweep misses.
    """
    known, others = _flags(words)
    refuse_secret_words(known.overrides)
    conf = Path(known.config_path).resolve() if known.config_path else CONF
    extra = [f"hydra.searchpath=[file://{Path(known.config_dir).resolve()}]"] if known.config_dir else []
    parsed = _parsed(known.overrides)
    swept = [override for override in parsed if override.is_sweep_override()]
    plain = not swept and not any(line.startswith(("sweep=", "experiment=")) for line in known.overrides)
    first = composed(conf, known.config_name, [*(known.overrides if plain else _fixed(parsed)), *extra], hydra=True)
    _check_hydra(first.hydra)
    multirun = known.multirun or first.hydra.mode == RunMode.MULTIRUN
    if swept and not multirun:
        raise ConfigError(_several(swept[0]))
    more = _of_sweeper(first.hydra.sweeper, parsed) if multirun else []
    if multirun:
        sweep = Sweep([*parsed, *more], first.hydra.sweeper)
        single, count = None, sweep.count
        jobs = [Job(each, composed(conf, known.config_name, [*each, *extra])) for each in sweep.jobs(every=every)]
        _check_jobs(jobs, rehearsed=words.resume is None and not every)
    else:
        single = first if plain else composed(conf, known.config_name, [*known.overrides, *extra], hydra=True)
        jobs = [Job(known.overrides, OmegaConf.masked_copy(single, [str(key) for key in single if key != "hydra"]))]
        check(jobs[0].config)
        count = 1
    startable = single is not None and not others and not _strange_callbacks(single.hydra.callbacks)
    options = [late(override, [*swept, *more]) for override in parsed]
    flags = [*_flags_kept(known, words.command, conf), *others]
    return Checked([*flags, *options], single if startable else None, jobs, count)


def _check_hydra(hydra: DictConfig) -> None:
    plain = OmegaConf.to_container(hydra, resolve=False)
    check_hydra(plain)
    refuse_secrets({"hydra": plain})


def _of_sweeper(sweeper: DictConfig, parsed: Sequence[Override]) -> list[Override]:
    """What the sweep's own file sweeps, but for what was typed."""
    typed = {override.get_key_element() for override in parsed}
    params = dict(sweeper.get("params") or {})
    return _parsed([f"{key}={value}" for key, value in params.items() if key not in typed])


def _check_jobs(jobs: Sequence[Job], *, rehearsed: bool) -> None:
    """Check each; ``rehearsed``: and build it, for jobs that have begun do not need their files any more."""
    for job in jobs:
        if (job.config.get("studio") or {}).get("push"):
            raise ConfigError("studio.push=true is for one run: of a sweep push the best, goldloop studio push=DIR")
        check(job.config)
    for _ in dry_run(job.config for job in jobs) if rehearsed else ():
        pass


def _flags_kept(known: argparse.Namespace, command: str, conf: Path) -> list[str]:
    """The flags that Hydra is to have."""
    return [
        *(["--multirun"] if known.multirun else []),
        *(["--config-dir", str(Path(known.config_dir).resolve())] if known.config_dir else []),
        *(["--config-path", str(conf)] if known.config_path else []),
        *(["--config-name", known.config_name] if known.config_name != command or known.config_path else []),
    ]


def _flags(words: CommandLine) -> tuple[argparse.Namespace, list[str]]:
    """Hydra's flags that decide what is composed, and the others.

    Raises:
        ConfigError: ``--config-dir`` names no directory; a flag that neither we nor Hydra have.
    """
    flags = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    flags.add_argument("--config-dir", "-cd")
    flags.add_argument("--config-name", "-cn", default=words.command)
    flags.add_argument("--config-path", "-cp")
    flags.add_argument("--multirun", "-m", action="store_true")
    flags.add_argument("overrides", nargs="*")
    known, others = flags.parse_known_intermixed_args(list(words.rest))
    if strange := [word for word in others if word.startswith("-") and word.split("=")[0] not in _HYDRAS]:
        raise ConfigError(no_flag(strange[0]))
    if known.config_dir and not Path(known.config_dir).is_dir():
        raise ConfigError(f"--config-dir: no directory {known.config_dir}")
    return known, others


def _several(override: Override) -> str:
    """Why several values cannot stand where one job is run."""
    if override.key_or_group == "prompt":
        return "the comma in prompt=... means several values: put the text into a file, prompt_file=FILE"
    return f"{override.input_line!r} has several values: add -m to run one job for each"


def _strange_callbacks(callbacks: DictConfig) -> bool:
    """Whether there are callbacks beside our own, which has nothing to do in a single run."""
    return any(
        callback.get("_target_") != "runner.trackers.sweep_summary.SweepSummary" for callback in callbacks.values()
    )


def _fixed(parsed: Sequence[Override]) -> list[str]:
    """The overrides as far as Hydra's own part needs them: of a sweep nothing, of the rest the groups and hydra's."""
    lines = [override.input_line or "" for override in parsed if not override.is_sweep_override()]
    return [line for line in lines if line.lstrip("+~").startswith(("hydra", "sweep=", "experiment="))]


def _parsed(overrides: Sequence[str]) -> list[Override]:
    try:
        return OverridesParser.create().parse_overrides(list(overrides))
    except HydraException as error:
        raise ConfigError(unreadable(overrides, error)) from error


def composed(conf: Path, name: str, overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
    """The configuration ``name`` with ``overrides``; with ``hydra`` also Hydra's own part.

    Raises:
        ConfigError: it does not compose; one line.
    """
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(conf), version_base="1.3"):
            return compose(name, list(overrides), return_hydra_config=hydra)
    except HydraException as error:
        raise ConfigError(explained(error, conf, name, overrides)) from error
    except ValueError as error:
        if "Config group override must be" not in str(error):
            raise
        none = next((word for word in overrides if word.endswith("=null")), "a group")
        raise ConfigError(f"{none}: a group takes the name of an option, or is left out") from error
    except (YAMLError, UnicodeDecodeError, OmegaConfBaseException) as error:
        raise ConfigError(f"a YAML file cannot be read: {where_in(error)}") from error
    finally:
        GlobalHydra.instance().clear()


def command_config(words: CommandLine) -> DictConfig:
    """The configuration of a command that is not a run; a bare path is short for ``run=PATH``.

    Raises:
        ConfigError: it does not compose; one line.
    """
    paths = [word for word in words.rest if "=" not in word and not word.startswith("-")]
    config = composed(CONF, words.command, [word for word in words.rest if word not in paths])
    if paths and "run" not in config:
        raise ConfigError(
            f"cannot read {paths[0]!r}: options are written KEY=VALUE, one with blanks in it between quotes, "
            f"'KEY=SOME WORDS' (goldloop {words.command} --help)"
        )
    if paths:
        config.run = paths
    return config
