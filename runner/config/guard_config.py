"""The configuration of a guard: as it is typed, with the model and the reward that it takes from the run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.config.allowlist import check_targets
from runner.config.command_line import CommandLine
from runner.config.compose import command_config
from runner.config.instantiate import problem_in, refuse_unknown
from runner.config.of_run import name_one_run, provider_keys, with_provider
from runner.config.past_run import load_past_config
from runner.config.validate import CheckedConfig, plain, validate
from runner.core.errors import ConfigError
from runner.core.home import refuse_unknown_users
from runner.core.names import FolderName, Text
from runner.core.secrets import refuse_secret_words, refuse_secrets
from runner.providers.middleware.journal import JournalSettings
from runner.providers.middleware.limits import Limits
from runner.runs.prompt_to_use import Choice
from runner.runs.reader import Run, read_run

Part = Literal["sealed", "all"]
"""Which items of a run a guard may ask about: the sealed ones, or those and the ones that chose its prompt."""
_GROUPS = ("provider", "reward")


class GuardSettings(BaseModel):
    """The scalars of a guard, checked.

    Attributes:
        run: the run directory. which: its best or its initial prompt; ``auto``: the one to use.
        prompt_file: the new prompt; None where only the model is new.
        items: which of its items are asked about.
        margin: by how much the mean credit may be lower. confidence: of either verdict.
        seed: of the order in which items are asked.
        study: names the directory below ``outputs/``.
        max_failed: the share of the calls that may fail for good.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str
    which: Choice
    prompt_file: Text | None
    items: Part
    margin: Annotated[float, Field(gt=0, lt=1)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    seed: Annotated[int, Field(ge=0)]
    study: FolderName
    max_failed: Annotated[float, Field(ge=0, le=1)]
    budget: Limits
    journal: JournalSettings


@dataclass(frozen=True)
class GuardConfig:
    """A guard that may begin.

    Attributes:
        raw: as it is saved. content: the same as plain values. settings: its scalars.
        source: the run. own: the configuration of the run.
    """

    raw: DictConfig
    content: Mapping[str, Any]
    settings: GuardSettings
    source: Run
    own: CheckedConfig


def guard_config(words: CommandLine) -> GuardConfig:
    """What the words ask for, its secrets, classes and scalars looked at.

    Raises:
        ConfigError, DataError: the first thing that is wrong.
    """
    if words.resume is not None:
        told = "guard has nothing to resume: type the same words again; the journal answers what was asked before"
        raise ConfigError(told, code="nothing-to-resume", key="resume")
    if not words.rest:
        told = "name a run: goldloop guard outputs/optimize/TIME provider.model=NEW (goldloop guard --help)"
        raise ConfigError(told, code="one-run-directory", key="run")
    refuse_secret_words(words.rest)
    changed = provider_keys(words.rest)
    config = command_config(replace(words, rest=[word for word in words.rest if word not in changed]))
    name_one_run(config)
    source = read_run(Path(config.run))
    if not {"optimizer", "reward"} <= set(source.config):
        told = f"{source.path} is no run that improved a prompt: name one, as outputs/optimize/TIME"
        raise ConfigError(told, code="not-a-run", key="run")
    own_config = load_past_config(source)
    own = validate(own_config, words.trust)
    # Resolved where they are from: a reference to the run's seed is none to the seed of this configuration.
    of_run = OmegaConf.create({group: OmegaConf.to_container(own_config[group], resolve=True) for group in _GROUPS})
    OmegaConf.set_struct(config, False)
    config = with_provider(config, of_run, changed)
    if config.get("reward") is None:
        config.reward = of_run.reward
    unresolved = OmegaConf.to_container(config, resolve=False)
    refuse_secrets(unresolved)
    check_targets(unresolved, words.trust)
    content = plain(config)
    refuse_unknown_users(content)
    return GuardConfig(config, content, _settings(content), source, own)


def _settings(content: dict[str, Any]) -> GuardSettings:
    refuse_unknown(content, (*_GROUPS, *GuardSettings.model_fields), "")
    try:
        return GuardSettings.model_validate({name: content.get(name) for name in GuardSettings.model_fields})
    except ValidationError as error:
        path = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ConfigError(f"{path}: {problem_in(error, path)}", code="bad-value", key=path) from error
