"""The configuration that ships with goldloop: where it is, and which classes its files name."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

CONF = Path(__file__).resolve().parent.parent.parent / "conf"
_TARGET = re.compile(r"^[ -]*(?:_target_|\(\)): *([\w.]+)", re.MULTILINE)


@cache
def components() -> Mapping[str, frozenset[str]]:
    """Group of ``conf/`` -> the ``_target_``s in its files."""
    groups: dict[str, set[str]] = {}
    for path in CONF.glob("*/*.yaml"):
        if path.parent.name == "experiment":  # a set-up of components that stand in their own groups
            continue
        groups.setdefault(path.parent.name, set()).update(_targets(path))
    return {group: frozenset(targets) for group, targets in groups.items() if targets}


@cache
def logging_parts() -> frozenset[str]:
    """goldloop's own classes in Hydra's part of the configuration."""
    found = {target for path in (CONF / "hydra").rglob("*.yaml") for target in _targets(path)}
    return frozenset(target for target in found if target.startswith("runner."))


def _targets(path: Path) -> list[str]:
    return _TARGET.findall(path.read_text("utf-8"))
