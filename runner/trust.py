"""Which code a configuration may name. Checked before anything is imported, since importing runs code.

Hydra's own blocklist lets too much through (``builtins.open``, ``shutil.copy``), so this is an allow list:
goldloop's own rooms, and the modules that the person running names in ``GOLDLOOP_TRUST`` or ``--trust``.
The configuration that is being run has no say in it.
"""

import importlib
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from runner.errors import ConfigError

_OWN = (
    "verifiers",
    "runner.providers",
    "runner.datasets",
    "runner.optimizers",
    "runner.trackers",
    "runner.studio",
    "runner.sinks",
)
_HYDRA = ("hydra", "hydra_plugins", "logging", "colorlog", "runner.secrets")


def trusted_modules() -> tuple[str, ...]:
    """Goldloop's own rooms and the modules named in ``GOLDLOOP_TRUST`` (comma-separated)."""
    named = os.environ.get("GOLDLOOP_TRUST", "")
    return (*_OWN, *(name.strip() for name in named.split(",") if name.strip()))


def check_targets(config: Any) -> None:
    """Raise ConfigError for the first ``_target_`` whose name is not trusted. Imports nothing."""
    for path, target in _targets(config):
        if not isinstance(target, str) or not _within(target, trusted_modules()):
            raise ConfigError(
                f"{path}: {target!r} is not in a trusted module. If it is yours and you trust it, "
                f"run with --trust {str(target).partition('.')[0]} (or GOLDLOOP_TRUST in the environment)"
            )


def check_hydra(hydra: Any) -> None:
    """Raise ConfigError if Hydra's own part of a configuration names code outside Hydra, its plugins and logging."""
    for path, target in _targets(hydra, "hydra", ("_target_", "()", "class")):
        if not isinstance(target, str) or not _within(target, (*_HYDRA, *trusted_modules())):
            raise ConfigError(
                f"{path}: {target!r} is not part of Hydra. If it is yours and you trust it, "
                f"run with --trust {str(target).partition('.')[0]}"
            )


def resolve(target: str, path: str) -> Callable[..., Any]:
    """The class or function that a checked ``_target_`` names, if that too lives in a trusted module.

    A trusted prefix alone is not enough: ``runner.x.shutil.copy`` would reach through an import.
    """
    module_name, _, name = target.rpartition(".")
    try:
        found: Any = getattr(importlib.import_module(module_name), name)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{path}: there is no module {error.name!r} for {target!r}") from error
    except (AttributeError, ValueError) as error:
        raise ConfigError(f"{path}: there is no {target!r}") from error
    home = getattr(found, "__module__", None)
    if not callable(found) or not isinstance(home, str) or not _within(f"{home}.", trusted_modules()):
        raise ConfigError(f"{path}: {target!r} is not a component: it lives in {home}")
    if not (inspect.isclass(found) or inspect.isfunction(found)):
        raise ConfigError(f"{path}: {target!r} is neither a class nor a function")
    return found


def _within(name: str, modules: Sequence[str]) -> bool:
    return any(name.startswith(f"{module}.") for module in modules)


def _targets(node: Any, path: str = "", keys: Sequence[str] = ("_target_",)) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            here = f"{path}.{key}" if path else str(key)
            if key in keys:
                yield here, value
            else:
                yield from _targets(value, here, keys)
    elif isinstance(node, list | tuple):
        for number, value in enumerate(node):
            yield from _targets(value, f"{path}[{number}]", keys)
