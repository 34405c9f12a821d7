"""Builds an Experiment from a composed configuration: checks first, then a flat list of components."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import ValidationError

from runner.component import checked, make, problem_in, refuse_unknown
from runner.errors import ConfigError, DataError
from runner.experiment import Experiment
from runner.secrets import refuse_secrets
from runner.settings import Settings
from runner.split import split
from runner.trackers.screen import Screen
from runner.trust import check_targets
from runner.types import Data
from verifiers.verdict import Verifier

GROUPS = ("provider", "dataset", "verifier", "reward", "optimizer", "tracker")


def plain(config: DictConfig) -> dict[str, Any]:
    """The configuration as plain values, interpolations resolved.

    Raises:
        ConfigError: an interpolation cannot be resolved, or a value is missing; names its path.
    """
    try:
        missing = sorted(OmegaConf.missing_keys(config))
        content = OmegaConf.to_container(config, resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigError(" ".join(str(error).split())) from error
    if missing:
        raise ConfigError(f"{missing[0]} is missing: give {missing[0]}=...")
    if not isinstance(content, dict):
        raise ConfigError("the configuration is not a mapping")
    return {str(key): value for key, value in content.items()}


def check(config: DictConfig) -> None:
    """Refuse what cannot run, before anything is written or asked: secrets, targets, keys and types."""
    refuse_secrets(OmegaConf.to_container(config, resolve=False))
    content = plain(config)
    check_targets(content)
    refuse_unknown(content, (*GROUPS, "rewriter", *Settings.model_fields), "")
    _settings(content)
    for group in (*GROUPS, "rewriter"):
        if content.get(group) is not None:
            checked(content[group], group)
        elif group != "rewriter":
            raise ConfigError(f"{group} is missing: give {group}=OPTION")


def build(config: DictConfig, directory: Path, sweep: Path | None) -> Experiment:
    """The experiment that ``config`` describes, to be run in ``directory``.

    Raises:
        ConfigError, DataError: something in the configuration or the data cannot be used.
    """
    check(config)
    content = plain(config)
    settings = _settings(content)
    verifier: Verifier = make(content["verifier"], "verifier")
    data = make(content["dataset"], "dataset").load()
    _check_gold(data, verifier)
    labeller = make(content["provider"], "provider")
    own_rewriter = content.get("rewriter") is not None
    return Experiment(
        data=data,
        split=split(data.items, settings.split, settings.seed),
        initial=settings.initial_prompt(data, multiple=verifier.multiple),
        labeller=labeller,
        rewriter=make(content["rewriter"], "rewriter") if own_rewriter else labeller,
        verifier=verifier,
        reward=make(content["reward"], "reward"),
        strategy=make(content["optimizer"], "optimizer"),
        trackers=[Screen(), make(content["tracker"], "tracker")],
        epochs=settings.epochs,
        patience=settings.patience,
        max_failed=settings.max_failed,
        seed=settings.seed,
        directory=directory,
        sweep=sweep,
        config=_unresolved(config),
    )


def _settings(content: Mapping[str, Any]) -> Settings:
    for name in Settings.model_fields:
        if name not in content:
            raise ConfigError(f"{name} is missing: give {name}=...")
    try:
        return Settings.model_validate({name: content[name] for name in Settings.model_fields})
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise ConfigError(f"{name}={content[name]!r} {problem_in(error)}") from error


def _check_gold(data: Data, verifier: Verifier) -> None:
    problems = [
        f"item {item.id}: {problem}" for item in data.items if (problem := verifier.gold_problem(item.gold or ()))
    ]
    if problems:
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise DataError(f"gold does not fit the verifier: {'; '.join(problems[:5])}{more}")


def _unresolved(config: DictConfig) -> dict[str, Any]:
    content = OmegaConf.to_container(config, resolve=False)
    return {str(key): value for key, value in content.items()} if isinstance(content, dict) else {}
