"""Composes configurations from YAML files and words, and says in a line why one does not compose."""

from collections.abc import Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from runner.config.command_line import CommandLine
from runner.config.hydra_errors import explained, no_flag, where_in
from runner.config.own_folders import config_dir, refuse_hidden, search_word
from runner.config.shipped import CONF
from runner.core.errors import ConfigError


def composed(conf: Path, name: str, overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
    """The configuration ``name`` with ``overrides``; with ``hydra`` also Hydra's own part.

    Raises:
        ConfigError: it does not compose; one line.
    """
    refuse_hidden(conf, overrides)
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(conf), version_base="1.3"):
            return compose(name, list(overrides), return_hydra_config=hydra)
    except HydraException as error:
        raise explained(error, conf, name, overrides) from error
    except ValueError as error:
        if "Config group override must be" not in str(error):
            raise
        none = next((word for word in overrides if word.endswith("=null")), "a group")
        words = f"{none}: a group takes the name of an option, or is left out"
        raise ConfigError(words, code="bad-value", key=none.partition("=")[0]) from error
    except (YAMLError, UnicodeDecodeError, OmegaConfBaseException) as error:
        raise ConfigError(f"a YAML file cannot be read: {where_in(error)}", code="not-yaml") from error
    except RecursionError as error:
        told = "a YAML file or an option is nested too deeply to be read: write it flat"
        raise ConfigError(told, code="too-deep", key=name) from error
    finally:
        GlobalHydra.instance().clear()


def command_config(words: CommandLine) -> DictConfig:
    """The configuration of a command that is not a run; a bare path is short for ``run=PATH``.

    ``--config-dir DIR`` adds a person's own files.

    Raises:
        ConfigError: it does not compose; one line.
    """
    own, rest = config_dir(words.rest)
    paths = [word for word in rest if "=" not in word and not word.startswith("-")]
    if flag := next((word for word in rest if word.startswith("-")), None):
        raise no_flag(flag)
    options = [word for word in rest if word not in paths]
    config = composed(CONF, words.command, [*options, *([search_word(own)] if own else [])])
    if paths and "run" not in config:
        raise ConfigError(
            f"cannot read {paths[0]!r}: options are written KEY=VALUE, one with blanks in it between quotes, "
            f"'KEY=SOME WORDS' (goldloop {words.command} --help)",
            code="word-unreadable",
            key=paths[0],
        )
    if paths:
        config.run = paths
    return config
