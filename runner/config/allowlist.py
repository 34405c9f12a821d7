"""Which code a configuration may name. Checked before anything is imported, since importing runs code.

Hydra's own blocklist lets too much through (``builtins.open``, ``shutil.copy``), so this is an allow list:
goldloop's own components, as the files in ``conf/`` name them, each in its group, and the modules that the person
running names in ``GOLDLOOP_TRUST`` or ``--trust``. A whole room would be too wide: it has functions that write and
connect. The configuration that is being run has no say in it: it may be a stranger's.
"""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from runner.config.shipped import components, logging_parts
from runner.core.errors import ConfigError

Trusted = Sequence[str]
"""Modules of the person's own that may be named."""
_HYDRA = ("hydra", "hydra_plugins")
_LOGGING = re.compile(r"logging(?:\.handlers)?\.\w+(?:Handler|Formatter|Filter)|colorlog\.\w+Formatter")


def check_targets(config: Any, trusted: Trusted) -> None:
    """Raise ConfigError for the first ``_target_`` whose name is not trusted. Imports nothing."""
    for path, target in _targets(config):
        _check_target(target, path, trusted)


def check_hydra(hydra: Any, trusted: Trusted) -> None:
    """Raise ConfigError if Hydra's own part of a configuration names code outside Hydra, its plugins and logging."""
    for path, target in _targets(hydra, "hydra", ("_target_", "()", "class")):
        known = isinstance(target, str) and (
            target in logging_parts() or _LOGGING.fullmatch(target) or _within(target, (*_HYDRA, *trusted))
        )
        if not known:
            raise ConfigError(
                f"{path}: {target!r} is not part of Hydra. If it is yours and you trust it, "
                f"run with --trust {str(target).partition('.')[0]}",
                code="target-untrusted",
                key=path,
            )


def resolve(target: str, path: str, trusted: Trusted) -> Callable[..., Any]:
    """The class or function that ``_target_`` names at ``path``, if it may; checked before it is imported.

    A trusted module's name alone is not enough: ``mine.shutil.copy`` would reach through an import.
    """
    _check_target(target, path, trusted)
    module_name, _, name = target.rpartition(".")
    try:
        found: Any = getattr(importlib.import_module(module_name), name)
    except ModuleNotFoundError as error:
        words = f"{path}: there is no module {error.name!r} for {target!r}"
        raise ConfigError(words, code="target-unknown", key=path) from error
    except (AttributeError, ValueError) as error:
        raise ConfigError(f"{path}: there is no {target!r}", code="target-unknown", key=path) from error
    home = getattr(found, "__module__", None)
    homes = (*trusted, module_name) if target in _owned() else trusted
    if not callable(found) or not isinstance(home, str) or not _within(f"{home}.", homes):
        words = f"{path}: {target!r} is not a component: it lives in {home}"
        raise ConfigError(words, code="target-untrusted", key=path)
    if not (inspect.isclass(found) or inspect.isfunction(found)):
        words = f"{path}: {target!r} is neither a class nor a function"
        raise ConfigError(words, code="target-unknown", key=path)
    return found


def _check_target(target: Any, path: str, trusted: Trusted) -> None:
    group, *inner = re.split(r"[.\[]", path.removesuffix("._target_"))
    # Within another component any of ours may stand (a judge of one's own asks a provider): to make one asks nothing.
    own = _owned() if inner else components().get("provider" if group == "rewriter" else group, ())
    if not isinstance(target, str) or not (target in own or _within(target, trusted)):
        raise ConfigError(
            f"{path}: {target!r} is not in a trusted module. If it is yours and you trust it, "
            f"run with --trust {str(target).partition('.')[0]} (or GOLDLOOP_TRUST in the environment)",
            code="target-untrusted",
            key=path,
        )


@cache
def _owned() -> frozenset[str]:
    return frozenset().union(*components().values())


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
