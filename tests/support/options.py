"""Every option of the configuration's groups, as the component that it makes: found in conf/, none listed by hand."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from exported import export, gold_tasks
from omegaconf import OmegaConf
from paths import ROOT
from run_directories import keep_data

from runner.config.compose import composed
from runner.config.instantiate import make
from runner.config.shipped import CONF
from runner.datasets.sample import Sample

GOLD = ROOT / "runner/datasets/customer_intents/gold.jsonl"
EXTRAS = {"optimizer/gepa_official": "gepa", "provider/local": "xllamacpp"}
"""Option -> the module that an extra brings, without which it is skipped."""
NEEDS = {
    "provider/litellm": ["provider.model=openai/x"],
    "provider/azure": ["provider.model=azure/x", "provider.base_url=https://x.example"],
    "dataset/file": [f"dataset.path={GOLD}"],
    "verifier/fields": ["verifier.fields={topic: {_target_: verifiers.choice.Choice}}"],
    "verifier/items": ["verifier.fields={topic: {_target_: verifiers.choice.Choice}}"],
    "experiment/tutorial": [f"dataset.path={GOLD}"],
    "verifier/rating": ["verifier.low=1", "verifier.high=5"],
}
"""Option -> the words without which it cannot be made."""
SERVED = {"sink/label_studio"}
"""What needs a running Label Studio."""


def name(path: Path) -> str:
    return path.relative_to(CONF).with_suffix("").as_posix()


def options(*groups: str) -> list[Any]:
    """``group/option`` of every YAML file of the groups, as parameters; all groups but Hydra's where none is named."""
    found = sorted(path for path in CONF.rglob("*.yaml") if path.parent != CONF and "hydra" not in path.parts)
    return [case(option) for option in map(name, found) if not groups or option.partition("/")[0] in groups]


def case(option: str) -> Any:
    marks: list[Any] = [pytest.mark.xdist_group("label_studio")] if option in SERVED else []
    if option in EXTRAS and find_spec(EXTRAS[option]) is None:
        marks.append(pytest.mark.skip(f"{option} needs an extra: there is no {EXTRAS[option]}"))
    return pytest.param(option, id=option.partition("/")[2], marks=marks)


def made(option: str, *words: str) -> Any:
    """The component of ``group/option``, with values changed by ``words``."""
    group, _, which = option.partition("/")
    command, run = ("label", ["run=x"]) if group in {"sink", "certainty"} else ("optimize", [])
    given = {word.partition("=")[0] for word in words}
    missing = [word for word in NEEDS.get(option, []) if word.partition("=")[0] not in given]
    config = composed(CONF, command, [f"{group}={which}", *run, *missing, *words])
    return make(OmegaConf.to_container(config[group], resolve=True), group)


def needed(option: str, folder: Path) -> list[str]:
    """The words without which an option cannot be made, and in ``folder`` the files that they name."""
    if option == "dataset/label_studio":
        return export(folder, gold_tasks())[1:]
    if option == "dataset/snapshot":
        return [f"dataset.run={keep_data(folder / 'run', Sample().load())}"]
    return NEEDS.get(option, [])


def lacking(component: object, protocol: type) -> list[str]:
    """The members of the protocol that the component does not have."""
    own = (base for base in protocol.__mro__ if base.__module__ != "typing")
    members = {member for base in own for member in vars(base) if not member.startswith("_")}
    assert members
    return sorted(member for member in members if not hasattr(component, member))
