"""The configuration of a past run, made safe to run again: here from its directory, or anew with options on top."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from runner.config.command_line import escape_interpolation
from runner.config.compose import composed
from runner.config.own_folders import config_dir, search_word
from runner.config.references import refuse_growth
from runner.config.resume import HYDRA_OVERRIDES
from runner.config.shipped import CONF
from runner.core.errors import ConfigError
from runner.runs.reader import Run

_NO_STUDIO = {
    "url": None, "token_env": "LABEL_STUDIO_API_KEY", "project": None, "control": None, "controls": None,
    "push": False, "annotations": False,
}  # fmt: skip
_REFERENCE = re.compile(r"\s*[A-Za-z_.][\w.\[\]-]*\s*\}")  # the rest of ${some.value}
PACE = ("concurrency", "timeout", "requests_per_minute", "tokens_per_minute", "api_key_env", "price")
"""What of a provider changes no reply."""
_NEW_DIRECTORY = "hydra.run.dir='outputs/${study}/${now:%Y-%m-%d_%H-%M-%S-%f}'"


def load_past_config(run: Run) -> DictConfig:
    """The configuration of a past run, with nothing in it that would look outside.

    Raises:
        ConfigError: it reads the environment; a run directory may be a stranger's.
    """
    refuse_resolvers(run.config, str(run.path))
    refuse_growth(run.config, str(run.path))
    if "hydra" in run.config:
        told = f"{run.path}: its configuration has a part for Hydra, which goldloop never saves: delete it"
        raise ConfigError(told, code="saved-hydra-part", key=str(run.path))
    config = OmegaConf.create(dict(run.config))
    config.prompt_file = config.follows = None  # the directory has the text, and what was seen before
    if "studio" in config:  # nothing goes to a server, with a token, because a directory says so
        config.studio = dict(_NO_STUDIO)
    return config


def refuse_resolvers(config: Any, whose: str) -> None:
    """Raise ConfigError for the first value that asks a resolver (``${oc.env:NAME}``), and not only another value.

    What is not plainly a reference to a value counts as such: names can be put together from parts.
    """
    if isinstance(config, Mapping):
        for value in config.values():
            refuse_resolvers(value, whose)
    elif isinstance(config, list | tuple):
        for value in config:
            refuse_resolvers(value, whose)
    elif isinstance(config, str):
        for found in re.finditer(r"(?<!\\)(\\*+)\$\{", config):
            if len(found[1]) % 2 == 0 and not _REFERENCE.match(config, found.end()):  # an odd number escapes it
                shown = config[found.start() : found.start() + 40]
                raise ConfigError(
                    f"{whose}: its configuration reads the environment ({shown!r}): write the value itself there first",
                    code="reads-environment",
                    key=whose,
                )


def asked(config: Mapping[str, Any]) -> str:
    """Which models a configuration asks, where, and with which keys: for a person to see before they are asked."""
    rewriter = config.get("rewriter")
    proposes = f"; for proposals {_place(rewriter)}" if isinstance(rewriter, Mapping) else ""
    return f"{_place(config.get('provider') or {})}{proposes}"


def _place(provider: Mapping[str, Any]) -> str:
    where, key = provider.get("base_url") or provider.get("_target_"), provider.get("api_key_env")
    held = isinstance(key, str) and os.environ.get(key)
    return f"{provider.get('model')} at {where}" + (f" with the key in {key}" if held else "")


def words_for(run: Run, overrides: Sequence[str], place: Path) -> list[str]:
    """The words that run a past experiment anew, with ``overrides`` on top; writes its configuration into ``place``.

    A chosen group (``provider=openai``) takes the place of the saved one whole, as from the configuration's own files.
    """
    own, overrides = config_dir(overrides)
    folders = [CONF, *([own] if own else [])]
    config = load_past_config(run)
    config.prompt = escape_interpolation(run.prompt("initial"))
    config.dataset = {"_target_": "runner.runs.snapshot.Snapshot", "run": escape_interpolation(str(run.path))}
    rest = []
    for word in overrides:
        key = word.partition("=")[0]
        group = "provider" if key == "provider@rewriter" else key
        if group in {"experiment", "sweep"} or key.startswith("hydra"):
            told = f"{word}: one run is run again, with options and groups of its own (reproduce --help)"
            raise ConfigError(told, code="not-for-one-run", key=key)
        if (CONF / group).is_dir():
            name = "rewriter" if key == "provider@rewriter" else key
            config[name] = composed(CONF, "optimize", [word, search_word(*folders)])[name]
        else:
            rest.append(word)
    config.parent = escape_interpolation(str(run.path))
    (place / "config.yaml").write_text(OmegaConf.to_yaml(config), "utf-8")
    here = ["--config-path", str(place), "--config-name", "config", search_word(*folders)]
    return [*here, *HYDRA_OVERRIDES, _NEW_DIRECTORY, *rest]
