"""The configuration of a past run, made safe to run again: here from its directory, or anew with options on top."""

import os
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from runner.archive import Archive
from runner.errors import ConfigError
from runner.precheck import CONF, composed
from runner.resume import HOUSE

_NO_STUDIO = {
    "url": None, "token_env": "LABEL_STUDIO_API_KEY", "project": None, "control": None, "push": False,
    "annotations": False,
}  # fmt: skip
_NEW_DIRECTORY = "hydra.run.dir='outputs/${study}/${now:%Y-%m-%d_%H-%M-%S-%f}'"


def saved(run: Archive) -> DictConfig:
    """The configuration of a past run, with nothing in it that would look outside.

    Raises:
        ConfigError: it reads the environment; a run directory may be a stranger's.
    """
    text = OmegaConf.to_yaml(OmegaConf.create(dict(run.config)))
    if "${oc." in text.replace(" ", ""):
        raise ConfigError(f"{run.path}: its configuration reads the environment (${{oc.env:...}}): replace that first")
    if "hydra" in run.config:
        raise ConfigError(f"{run.path}: its configuration has a part for Hydra, which goldloop never saves: delete it")
    config = OmegaConf.create(dict(run.config))
    config.prompt_file = None  # the directory has the text
    if "studio" in config:  # nothing goes to a server, with a token, because a directory says so
        config.studio = dict(_NO_STUDIO)
    return config


def asked(run: Archive) -> str:
    """Which model a past run asks, where, and which key it is given: for a person to see before it is asked again."""
    provider = run.config.get("provider") or {}
    where, key = provider.get("base_url") or provider.get("_target_"), provider.get("api_key_env")
    return f"{provider.get('model')} at {where}" + (f" with the key in {key}" if key and os.environ.get(key) else "")


def words_for(run: Archive, overrides: Sequence[str], place: Path) -> list[str]:
    """The words that run a past experiment anew, with ``overrides`` on top; writes its configuration into ``place``.

    A chosen group (``provider=openai``) takes the place of the saved one whole, as from the configuration's own files.
    """
    config = saved(run)
    config.prompt = run.prompt("initial")
    config.dataset = {"_target_": "runner.datasets.snapshot.Snapshot", "run": str(run.path)}
    rest = []
    for word in overrides:
        key = word.partition("=")[0]
        group = "provider" if key == "provider@rewriter" else key
        if (CONF / group).is_dir():
            name = "rewriter" if key == "provider@rewriter" else key
            config[name] = composed(CONF, "optimize", [word])[name]
        else:
            rest.append(word)
    config.parent = str(run.path)
    (place / "config.yaml").write_text(OmegaConf.to_yaml(config), "utf-8")
    here = f"hydra.searchpath=[file://{CONF}]"
    return ["--config-path", str(place), "--config-name", "config", here, *HOUSE, _NEW_DIRECTORY, *rest]
