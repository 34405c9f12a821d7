"""Builds an Experiment from a composed configuration: checks first, then a flat list of components."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError

from runner.config.allowlist import check_targets
from runner.config.instantiate import checked, make, nearest, problem_in, refuse_unknown
from runner.config.settings import RunSettings, StudioSettings
from runner.core.calls import Call
from runner.core.errors import ConfigError, DataError, GoldloopError
from runner.core.items import Data
from runner.core.prompt import Prompt
from runner.core.protocols import Provider
from runner.core.secrets import refuse_secrets
from runner.datasets.split import split
from runner.experiment.spec import Experiment
from runner.providers.middleware.budget import Limits
from runner.providers.middleware.journal import JournalSettings
from runner.runs.reader import read_run
from runner.trackers.report import Report
from runner.trackers.terminal import Terminal
from verifiers.verdict import Verifier

CHOSEN_FIRST = "the model that proposes is chosen first, provider@rewriter=NAME"
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
    for group in ("experiment", "sweep"):
        if isinstance(content.get(group), Mapping):
            raise ConfigError(f"the file chosen by {group}=... must begin with the line '# @package _global_'")
    refuse_unknown(content, (*GROUPS, "rewriter", *RunSettings.model_fields), "")
    settings = _settings(content)
    if settings.studio and settings.studio.push and settings.studio.project is None:
        raise ConfigError("studio.push=true needs a project: studio.project=ID (or its title)")
    if isinstance(content.get("rewriter"), Mapping) and "_target_" not in content["rewriter"]:
        raise ConfigError(f"rewriter={content['rewriter']}: {CHOSEN_FIRST}")
    for group in (*GROUPS, "rewriter"):
        if content.get(group) is not None:
            checked(content[group], group)
        elif group != "rewriter":
            raise ConfigError(f"{group} is missing: give {group}=OPTION")


def build(
    config: DictConfig, directory: Path, sweep: Path | None, data: Data | None = None, initial: Prompt | None = None
) -> Experiment:
    """The experiment that ``config`` describes, to be run in ``directory``.

    Args:
        data, initial: of a run that is replayed or resumed, instead of what ``config`` names.

    Raises:
        ConfigError, DataError: something in the configuration or the data cannot be used.
    """
    check(config)
    content = plain(config)
    settings = _settings(content)
    data = data or make(content["dataset"], "dataset").load()
    if initial is None:
        data = replace(data, searched=data.searched | _searched(settings))
    verifier = verifier_for(content["verifier"], data.multiple)
    _check_gold(data, verifier)
    labeller = make(content["provider"], "provider")
    rewriter = make(content["rewriter"], "rewriter") if content.get("rewriter") is not None else labeller
    if settings.budget.usd is not None:
        _check_prices({"provider": labeller, "rewriter": rewriter})
    return Experiment(
        data=data,
        split=split(data.items, settings.split, settings.seed, data.searched),
        initial=initial or settings.initial_prompt(data, multiple=verifier.multiple),
        labeller=labeller,
        rewriter=rewriter,
        verifier=verifier,
        reward=make(content["reward"], "reward"),
        strategy=make(content["optimizer"], "optimizer"),
        trackers=[Terminal(), make(content["tracker"], "tracker"), *_report(settings)],
        epochs=settings.epochs,
        patience=settings.patience,
        max_failed=settings.max_failed,
        seed=settings.seed,
        limits=settings.budget,
        journal_mode=settings.journal.mode,
        journal_path=Path(settings.journal.path),
        directory=directory,
        sweep=sweep,
        parent=settings.parent,
        controls=settings.controls,
        repeats=settings.repeats,
        config=_unresolved(config),
    )


def verifier_for(node: Mapping[str, Any], multiple: bool | None) -> Verifier:
    """The verifier that ``node`` describes; a ``multiple`` that it leaves open is as the data say."""
    open_ = "multiple" in node and node["multiple"] is None
    verifier: Verifier = make({**node, "multiple": multiple} if open_ else node, "verifier")
    return verifier


def _searched(settings: RunSettings) -> frozenset[str]:
    """What the searches have seen that found the prompt: those of the run that is named, or the file lies in."""
    if settings.follows is not None:
        try:
            return read_run(Path(settings.follows).expanduser()).searched()
        except GoldloopError as error:
            raise DataError(f"follows: {error}") from error
    path = Path(settings.prompt_file or "").expanduser()
    try:
        return read_run(path.parent).searched() if path.name == "best_prompt.txt" else frozenset()
    except GoldloopError:
        return frozenset()  # a file of that name elsewhere


def _report(settings: RunSettings) -> list[Report]:
    """A replay is asked for its figures, and gives them in a moment; the run it replays has its page already."""
    return [] if settings.journal.mode == "replay" else [Report()]


_GROUPS: dict[str, type[BaseModel]] = {"budget": Limits, "journal": JournalSettings, "studio": StudioSettings}


def _settings(content: Mapping[str, Any]) -> RunSettings:
    for name, field in RunSettings.model_fields.items():
        if name not in content and field.is_required():
            raise ConfigError(f"{name} is missing: give {name}=...")
    try:
        return RunSettings.model_validate({name: content[name] for name in RunSettings.model_fields if name in content})
    except ValidationError as error:
        raise ConfigError(_settings_problem(error, content)) from error


def _settings_problem(error: ValidationError, content: Mapping[str, Any]) -> str:
    name, *inner = (str(part) for part in error.errors()[0]["loc"])
    value = content[name]
    if name == "split":
        return f"split={value}: write 'split={{reflect: 0.3, select: 0.3, test: 0.4}}' in quotes, counts, or split=none"
    if name in {"budget", "journal"} and not isinstance(value, Mapping):
        return f"{name}={value!r}: write {'budget.calls=N' if name == 'budget' else 'journal.mode=use'}"
    if isinstance(value, Mapping) and inner:
        fields = _GROUPS[name].model_fields
        if inner[0] not in fields:
            return f"there is no option '{name}.{inner[0]}'{nearest(inner[0], fields, name)}"
        name, value = f"{name}.{inner[0]}", value.get(inner[0])
    return f"{name}={value!r} {problem_in(error)}"


def _check_prices(wires: Mapping[str, Provider]) -> None:
    for role, wire in wires.items():
        if wire.cost_at_most(Call([{"role": "user", "content": ""}], max_tokens=1)) is None:
            raise ConfigError(
                f"budget.usd: the price of {wire.model} is unknown, so give {role}.price="
                "{input: ..., output: ...} in dollars for a million tokens (and max_tokens), or use budget.tokens"
            )


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
