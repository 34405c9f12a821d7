"""Makes one component from its part of the configuration. The component's signature is its schema."""

import difflib
import functools
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from runner.config.allowlist import resolve
from runner.core.errors import ConfigError


def make(node: Any, path: str) -> Any:
    """The component that ``node`` describes: ``_target_`` and its arguments, nested components first.

    Raises:
        ConfigError: an unknown or missing key, or a value of the wrong type; names its full path.
    """
    component, arguments = checked(node, path)
    try:
        return component(**arguments)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error


def checked(node: Any, path: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The component's class and its checked arguments; nested components are made."""
    if not isinstance(node, Mapping) or "_target_" not in node:
        raise ConfigError(f"{path}: expected a component with a _target_, found {node!r}")
    component = resolve(node["_target_"], f"{path}._target_")
    given = {key: value for key, value in node.items() if key != "_target_"}
    parameters = inspect.signature(component).parameters
    refuse_unknown(given, parameters, path)
    missing = [
        name for name, parameter in parameters.items() if parameter.default is parameter.empty and name not in given
    ]
    if missing:
        raise ConfigError(f"{path}.{missing[0]} is missing: give {path}.{missing[0]}=...")
    source = component.__init__ if inspect.isclass(component) else component
    hints = typing.get_type_hints(source, include_extras=True)
    return component, {name: _value(value, hints.get(name, Any), f"{path}.{name}") for name, value in given.items()}


def refuse_unknown(given: Iterable[str], known: Iterable[str], path: str) -> None:
    """Raise ConfigError for the first key of ``given`` that is not known, with the nearest that is."""
    options = list(known)
    for key in given:
        if key not in options:
            full = f"{path}.{key}" if path else str(key)
            raise ConfigError(f"there is no option {full!r}{nearest(str(key), options, path)}")


def nearest(key: str, options: Iterable[str], path: str) -> str:
    """Words that name the nearest valid key, or all of them where none is near."""
    names = list(options)
    close = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    prefix = f"{path}." if path else ""
    if close:
        return f": did you mean {prefix}{close[0]}?"
    if not names:
        return f": {path} has no options" if path else ""
    return f": {path or 'the configuration'} has {', '.join(names)}"


def _value(value: Any, hint: Any, path: str) -> Any:
    if isinstance(value, Mapping) and "_target_" in value:
        return make(value, path)
    if isinstance(value, list) and any(isinstance(part, Mapping) and "_target_" in part for part in value):
        return [make(part, f"{path}[{number}]") for number, part in enumerate(value)]
    if value == "???":
        raise ConfigError(f"{path} is missing: give {path}=...")
    return validate(value, hint, path)


def validate(value: Any, hint: Any, path: str) -> Any:
    """``value`` as the type ``hint`` asks for.

    Raises:
        ConfigError: it cannot be that; names the path, the value and what was expected.
    """
    try:
        return _adapter(hint).validate_python(value)
    except ValidationError as error:
        raise ConfigError(f"{path}={value!r} {problem_in(error)}") from error


def _adapter(hint: Any) -> "TypeAdapter[Any]":
    try:
        return _kept_adapter(hint)
    except TypeError:  # a hint that cannot be hashed, such as Annotated with a list
        return _kept_adapter.__wrapped__(hint)


@functools.cache
def _kept_adapter(hint: Any) -> "TypeAdapter[Any]":
    return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))


def problem_in(error: ValidationError) -> str:
    """The first thing that is wrong, as the end of a sentence that begins with the value."""
    words = str(error.errors()[0]["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return words[0].lower() + words[1:]
