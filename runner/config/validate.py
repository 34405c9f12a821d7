"""Refuses a configuration that cannot run, before anything is written or asked: secrets, classes, keys, types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError

from runner.config.allowlist import Trusted, check_targets
from runner.config.instantiate import Component, checked, nearest, problem_in, refuse_unknown
from runner.config.settings import RunSettings, StudioSettings
from runner.config.task_file import with_task
from runner.core.errors import ConfigError
from runner.core.home import refuse_unknown_users
from runner.core.items import Data
from runner.core.protocols import Dataset, ReadsCells
from runner.core.secrets import refuse_secrets
from runner.providers.middleware.journal import JournalSettings
from runner.providers.middleware.limits import Limits
from runner.runs.moved_targets import with_moved_targets
from verifiers.auto import auto
from verifiers.verifier import Verifier

CHOSEN_FIRST = "the model that proposes is chosen first, provider@rewriter=NAME"
GROUPS = ("provider", "dataset", "verifier", "reward", "optimizer", "tracker")
_SCALAR_GROUPS: dict[str, type[BaseModel]] = {"budget": Limits, "journal": JournalSettings, "studio": StudioSettings}


@dataclass(frozen=True)
class CheckedConfig:
    """A configuration that may run. Only ``validate`` makes one, so whoever has one need not look again.

    Attributes:
        raw: as it is saved, interpolations unresolved. content: the same as plain values, resolved.
        settings: its scalars.
        components: group, or ``rewriter``, -> its component, not made yet.
        trusted: the modules of the person's own that it may name.
    """

    raw: DictConfig
    content: Mapping[str, Any]
    settings: RunSettings
    components: Mapping[str, Component]
    trusted: Sequence[str]

    def make(self, group: str) -> Any:
        """A new component of a group. Raises ConfigError: it refuses its arguments."""
        return self.components[group].make(Dataset if group == "dataset" else None)

    def verifier(self, data: Data | None) -> Verifier:
        """The verifier; ``auto`` is what the data say: the verifier that their source describes, else ``multiple``."""
        return as_described(self.components["verifier"], data)

    def dataset(self) -> Dataset:
        """A new data set, which reads the cells of gold as the verifier takes them."""
        made: Dataset = self.make("dataset")
        if isinstance(made, ReadsCells):
            made.read_cells(self.verifier(None).cells)
        return made

    def with_option(self, group: str, key: str, value: Any) -> "CheckedConfig":
        """The same with another value of a component's option."""
        raw = self.raw.copy()
        raw[group][key] = value
        content = {**self.content, group: {**self.content[group], key: value}}
        component = checked(content[group], group, self.trusted)
        return replace(self, raw=raw, content=content, components={**self.components, group: component})


def validate(config: DictConfig, trusted: Trusted) -> CheckedConfig:
    """Look at everything that can be known without reading data or asking a model.

    Raises:
        ConfigError: the first thing that is wrong; names its path, the value, and the nearest valid one.
    """
    unresolved = OmegaConf.to_container(config, resolve=False)
    refuse_secrets(unresolved)
    moved: Any = with_task(with_moved_targets(unresolved))
    raw = config if moved == unresolved else DictConfig(OmegaConf.create(moved))
    content = plain(raw)
    check_targets(content, trusted)
    refuse_unknown_users(content)
    for group in ("experiment", "sweep"):
        if isinstance(content.get(group), Mapping):
            words = f"the file chosen by {group}=... must begin with the line '# @package _global_'"
            raise ConfigError(words, code="not-a-global-file", key=group)
    refuse_unknown(content, (*GROUPS, "rewriter", *RunSettings.model_fields), "")
    settings = run_settings(content)
    if settings.studio and settings.studio.push and settings.studio.project is None:
        words = "studio.push=true needs a project: studio.project=ID (or its title)"
        raise ConfigError(words, code="option-missing", key="studio.project")
    return CheckedConfig(raw, content, settings, _components(content, trusted), tuple(trusted))


def _components(content: Mapping[str, Any], trusted: Trusted) -> dict[str, Component]:
    rewriter = content.get("rewriter")
    if isinstance(rewriter, Mapping) and "_target_" not in rewriter:
        raise ConfigError(f"rewriter={rewriter}: {CHOSEN_FIRST}", code="rewriter-not-chosen", key="rewriter")
    found = {}
    for group in (*GROUPS, "rewriter"):
        if content.get(group) is not None:
            found[group] = checked(content[group], group, trusted)
        elif group != "rewriter":
            raise ConfigError(f"{group} is missing: give {group}=OPTION", code="option-missing", key=group)
    return found


def plain(config: DictConfig) -> dict[str, Any]:
    """The configuration as plain values, interpolations resolved.

    Raises:
        ConfigError: an interpolation cannot be resolved, or a value is missing; names its path.
    """
    try:
        missing = sorted(OmegaConf.missing_keys(config))
        content = OmegaConf.to_container(config, resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigError(" ".join(str(error).split()), code="value-unresolved") from error
    if missing:
        raise ConfigError(f"{missing[0]} is missing: give {missing[0]}=...", code="option-missing", key=missing[0])
    if not isinstance(content, dict):
        raise ConfigError("the configuration is not a mapping", code="not-a-mapping")
    return {str(key): value for key, value in content.items()}


def as_described(verifier: Component, data: Data | None) -> Verifier:
    """The verifier; a ``multiple`` that it leaves open is as the data say, and ``auto`` what they describe."""
    open_ = "multiple" in verifier.arguments and verifier.arguments["multiple"] is None
    if open_ and data is not None and data.verifier is not None and verifier.target is auto:
        return data.verifier
    made: Verifier = verifier.make(multiple=data.multiple if data else None) if open_ else verifier.make()
    return made


def run_settings(content: Mapping[str, Any]) -> RunSettings:
    """The scalars of ``content``. Raises ConfigError: one is missing, or is no value that it may have."""
    for name, field in RunSettings.model_fields.items():
        if name not in content and field.is_required():
            raise ConfigError(f"{name} is missing: give {name}=...", code="option-missing", key=name)
    try:
        return RunSettings.model_validate({name: content[name] for name in RunSettings.model_fields if name in content})
    except ValidationError as error:
        raise _refused(error, content) from error


def _refused(error: ValidationError, content: Mapping[str, Any]) -> ConfigError:
    name, *inner = (str(part) for part in error.errors()[0]["loc"])
    value = content[name]
    if name == "split":
        how = "write 'split={reflect: 0.3, select: 0.3, test: 0.4}' in quotes, counts, or split=none"
        return ConfigError(f"split={value}: {how}", code="bad-value", key=name)
    if name in {"budget", "journal"} and not isinstance(value, Mapping):
        words = f"{name}={value!r}: write {'budget.calls=N' if name == 'budget' else 'journal.mode=use'}"
        return ConfigError(words, code="bad-value", key=name)
    if isinstance(value, Mapping) and inner:
        fields = _SCALAR_GROUPS[name].model_fields
        full = f"{name}.{inner[0]}"
        if inner[0] not in fields:
            words = f"there is no option '{full}'{nearest(inner[0], fields, name)}"
            return ConfigError(words, code="option-unknown", key=full)
        name, value = full, value.get(inner[0])
    return ConfigError(f"{name}={value!r} {problem_in(error, name)}", code="bad-value", key=name)


def local_model(config: CheckedConfig, role: str) -> Path | None:
    """The file of a model on this machine whose digest the configuration does not have yet."""
    node = config.content.get(role) or {}
    path = node.get("model_path")
    return Path(path) if path and "file_digest" in node and not node["file_digest"] else None
