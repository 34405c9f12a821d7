"""The configuration of an audit of labels: its scalars, and where the labels are."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from runner.config.allowlist import Trusted, check_targets
from runner.config.command_line import CommandLine, quoted
from runner.config.compose import command_config
from runner.config.instantiate import make, problem_in, refuse_unknown
from runner.config.past_run import refuse_resolvers
from runner.config.references import refuse_growth
from runner.config.validate import plain
from runner.core.errors import ConfigError, DataError
from runner.core.names import Text
from runner.core.secrets import refuse_secrets
from runner.datasets.fields import Fields
from runner.runs.moved_targets import with_moved_targets
from runner.runs.run_files import yaml_of

_GROUP, _NAMED = "dataset", "run"
_RECORD = "labels.jsonl"
_FILE = "runner.datasets.file.File"


class AuditSettings(BaseModel):
    """The scalars, checked: the share that is to be right, how sure to be, rows at a time, the order, who checks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: Annotated[float, Field(gt=0, lt=1)]
    confidence: Annotated[float, Field(ge=0.5, lt=1)]
    batch: Annotated[StrictInt, Field(ge=1, le=10_000)]
    seed: Annotated[StrictInt, Field(ge=0)]
    by: Text | None


@dataclass(frozen=True)
class CertifyConfig:
    """What an audit is asked for.

    Attributes:
        path: a file, or the directory of a label run. dataset: how a file is read.
    """

    path: Path
    settings: AuditSettings
    dataset: Mapping[str, Any]


def certify_config(words: CommandLine) -> CertifyConfig:
    """What the words ask for.

    Raises:
        ConfigError: no file is named, or a value cannot be used.
    """
    config = command_config(_with_name(words))
    named = OmegaConf.to_container(config)
    several = named[_NAMED] if isinstance(named, dict) else None
    paths = [str(path) for path in ([several] if isinstance(several, str) else several or [])]
    path = _path(config, paths)
    if config.dataset.get("_target_") != _FILE:
        told = "certify reads labels from a file: leave out dataset=, and name the file"
        raise ConfigError(told, code="needs-file", key=_GROUP)
    config.dataset.path = str(path)
    config.run = None
    content = plain(config)
    refuse_secrets(content)
    refuse_unknown(content, (_GROUP, _NAMED, *AuditSettings.model_fields), "")
    try:
        settings = AuditSettings.model_validate({name: content[name] for name in AuditSettings.model_fields})
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        told = f"{key}={content[key]} {problem_in(error, key, content[key])}"
        raise ConfigError(told, code="bad-value", key=key) from error
    return CertifyConfig(path, settings, _dataset(content[_GROUP], words.trust))


def checker(words: CommandLine) -> str | None:
    """Who checks, of an audit that is resumed. Raises ConfigError: anything else is to be changed."""
    others = [word for word in words.rest if not word.startswith("by=")]
    if others:
        raise ConfigError(
            f"an audit goes on as it was begun: leave out {' '.join(others)} (by=NAME may change)",
            code="resume-with-options",
            key=others[0].partition("=")[0],
        )
    by = command_config(_with_name(words)).by
    return None if by is None else str(by)


def fields_of(dataset: Mapping[str, Any]) -> Fields:
    """What is what in a file, of ``dataset=file``'s arguments."""
    named = dataset.get("gold_field") or dataset.get("labels_field")
    columns = named if isinstance(named, Mapping) else None
    labels = named if isinstance(named, str) else None
    given = (dataset.get(name) for name in ("text_field", "id_field", "delimiter"))
    text, own, delimiter = given
    return Fields(text, labels, own, delimiter, columns=columns)


def dataset_of_label_run(directory: Path, trusted: Trusted) -> Mapping[str, Any]:
    """The data set that a label run read its texts from, as its configuration has it.

    Raises:
        ConfigError, DataError: it is no label run, or a stranger's that would look outside.
    """
    if not (directory / _RECORD).is_file() or not (directory / ".hydra" / "config.yaml").is_file():
        told = f"{directory} is no label run ({_RECORD} is not there): name one, or a file with texts and labels"
        raise DataError(told, code="not-a-label-run", key=str(directory))
    saved = with_moved_targets(yaml_of(directory, ".hydra/config.yaml"))
    refuse_growth(saved, str(directory))
    refuse_resolvers(saved, str(directory))
    content = plain(DictConfig(OmegaConf.create(saved)))
    check_targets(content, trusted)
    dataset = content.get(_GROUP)
    if not isinstance(dataset, Mapping):
        told = f"{directory} is no label run (its configuration has no dataset)"
        raise DataError(told, code="not-a-label-run", key=str(directory))
    return dataset


def _with_name(words: CommandLine) -> CommandLine:
    """The words with the name of who checks as plain text: names have commas and brackets in them."""
    bare = re.compile(r"by=(?![\"']|null$)(.+)", re.DOTALL)
    found = [(word, bare.fullmatch(word)) for word in words.rest]
    return replace(words, rest=[f"by={quoted(name[1])}" if name else word for word, name in found])


def _path(config: DictConfig, paths: Sequence[str]) -> Path:
    given = OmegaConf.is_missing(config.dataset, "path") if _GROUP in config and "path" in config.dataset else True
    named = [*paths, *([] if given else [str(config.dataset.path)])]
    if len(named) != 1:
        told = f"name one file with texts and labels: goldloop certify labels.csv ({len(named)} named)"
        raise ConfigError(told, code="one-file", key=_NAMED)
    path = Path(named[0]).expanduser()
    return path.parent if path.name == _RECORD and (path.parent / ".hydra" / "config.yaml").is_file() else path


def _dataset(node: Mapping[str, Any], trusted: Trusted) -> Mapping[str, Any]:
    """The arguments of the file, held to its signature; without what has no meaning here."""
    make(node, _GROUP, trusted)
    return {name: value for name, value in node.items() if name != "_target_" and value not in (None, False)}
