"""The configuration of a label run: as it is typed, with what it takes from the run, or as it was begun."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pydantic import ValidationError
from yaml import YAMLError

from runner.config.allowlist import Trusted, check_targets
from runner.config.command_line import CommandLine
from runner.config.compose import command_config
from runner.config.instantiate import make, problem_in, refuse_unknown
from runner.config.of_run import dotted, name_one_run, provider_keys, with_provider
from runner.config.past_run import PACE, load_past_config
from runner.config.references import refuse_growth
from runner.config.settings import StudioSettings
from runner.config.validate import plain
from runner.core.errors import ConfigError, GoldloopError
from runner.core.home import refuse_unknown_users
from runner.core.protocols import HasColumns
from runner.core.secrets import refuse_secret_words, refuse_secrets
from runner.datasets.fields import at
from runner.labelling.settings import LabelSettings
from runner.runs.moved_targets import with_moved_targets
from runner.runs.reader import read_run
from runner.runs.run_files import yaml_of

_GROUPS = ("provider", "dataset", "sink")
_NOT_NEEDED = ("certainty",)  # a label run of an older goldloop has none
_MAY_CHANGE = (
    "budget.", "max_failed=", "sink.overwrite=", "review=", "studio.annotations=",
    *(f"provider.{key}=" for key in PACE),
)  # fmt: skip
"""What a run that is resumed may have otherwise: none of it changes a label."""
_FIELDS = ("text_field", "id_field")


class _Scalars(LabelSettings):
    """Those of the configuration, Label Studio's among them."""

    studio: StudioSettings


@dataclass(frozen=True)
class LabelConfig:
    """A label run that may begin, or be resumed.

    Attributes:
        raw: as it is saved. content: the same as plain values. settings: its scalars.
    """

    raw: DictConfig
    content: Mapping[str, Any]
    settings: LabelSettings


def label_config(words: CommandLine) -> LabelConfig:
    """What the words ask for, its secrets, classes and scalars looked at.

    Raises:
        ConfigError, DataError: the first thing that is wrong.
    """
    config = _resumed(Path(words.resume), words) if words.resume else _configured(words)
    content = plain(config)
    _refuse_unsafe(config, words.trust)
    refuse_unknown_users(content)
    return LabelConfig(config, content, _settings(content))


def _refuse_unsafe(config: DictConfig, trusted: Trusted) -> None:
    """Raise ConfigError for a secret, or code that may not be named."""
    content = OmegaConf.to_container(config, resolve=False)
    refuse_secrets(content)
    check_targets(content, trusted)


def _configured(words: CommandLine) -> DictConfig:
    """The configuration as typed; of the provider only what is not the run's own."""
    if not words.rest:
        told = "name a run: goldloop label outputs/optimize/TIME dataset.path=FILE (goldloop label --help)"
        raise ConfigError(told, code="one-run-directory", key="run")
    if _names(words.rest, "review"):
        told = "review=FILE goes with the label run whose rows it answers: goldloop label resume=DIR review=FILE"
        raise ConfigError(told, code="option-missing", key="review")
    refuse_secret_words(words.rest)
    changed = provider_keys(words.rest)
    rest = [word for word in words.rest if word not in changed]
    if _names(rest, "target") and not _names(rest, "certainty"):
        rest.append("certainty=auto")  # there is no target without one
    config = command_config(replace(words, resume=None, rest=rest))
    name_one_run(config)
    own = load_past_config(read_run(Path(config.run)))
    OmegaConf.set_struct(config, False)
    _refuse_unsafe(config, words.trust)
    _read_alike(config.get("dataset"), own.get("dataset"), words)
    return with_provider(config, own, changed)


def _names(words: Sequence[str], key: str) -> bool:
    return any(word.lstrip("+").startswith((f"{key}=", f"{key}.")) for word in words)


def _read_alike(dataset: Any, own: Any, words: CommandLine) -> None:
    """Fields that ``words`` leave open are those of the run's data, where the first row of the texts has them."""
    if (
        not isinstance(dataset, DictConfig)
        or not isinstance(own, DictConfig)
        or dataset._target_ != own.get("_target_")
    ):
        return
    open_ = [name for name in _FIELDS if not any(word.startswith(f"dataset.{name}=") for word in words.rest)]
    wanted = {name: own[name] for name in open_ if own.get(name)}
    if not wanted:
        return
    try:
        texts = make(plain(dataset), "dataset", words.trust)
        row = next((fields for _, fields in texts.inputs()), {}) if isinstance(texts, HasColumns) else {}
    except GoldloopError:
        return  # it is told where the texts are read
    dataset.update({name: field for name, field in wanted.items() if at(row, field) is not None})


def _resumed(directory: Path, words: CommandLine) -> DictConfig:
    saved_as = directory / ".hydra" / "config.yaml"
    wrong = [word for word in words.rest if not word.startswith(_MAY_CHANGE)]
    if wrong:
        raise ConfigError(
            f"resume goes on with a run as it was started: leave out {' '.join(wrong)} "
            "(budget.*, max_failed, review, sink.overwrite, studio.annotations and the provider's pace may change)",
            code="resume-with-options",
            key=wrong[0].partition("=")[0],
        )
    if not saved_as.is_file():
        told = f"resume={directory}: no label run (.hydra/config.yaml is not there)"
        raise ConfigError(told, code="not-a-run", key="resume")
    try:
        saved = with_moved_targets(yaml_of(directory, ".hydra/config.yaml"))
        refuse_growth(saved, str(directory))
        config = OmegaConf.create(saved)
    except (ValueError, YAMLError) as error:
        told = f"{saved_as} cannot be read ({' '.join(str(error).split())})"
        raise ConfigError(told, code="unreadable", key=str(saved_as)) from error
    if not isinstance(config, DictConfig) or "sink" not in config:
        told = f"resume={directory}: no label run: goldloop resume={directory} goes on with other runs"
        raise ConfigError(told, code="not-a-run", key="resume")
    refuse_secret_words(words.rest)
    changed = OmegaConf.merge(config, dotted(words.rest))
    return DictConfig(changed)


def _settings(content: dict[str, Any]) -> LabelSettings:
    refuse_unknown(content, (*_GROUPS, *_NOT_NEEDED, *_Scalars.model_fields), "")
    for group in _GROUPS:
        if content.get(group) is None:
            raise ConfigError(f"{group} is missing: give {group}=OPTION", code="option-missing", key=group)
    try:
        return _Scalars.model_validate({name: content[name] for name in _Scalars.model_fields if name in content})
    except ValidationError as error:
        path = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ConfigError(f"{path}: {problem_in(error, path)}", code="bad-value", key=path) from error
