"""Makes one component from its part of the configuration. The component's signature is its schema."""

import difflib
import functools
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from runner.config.allowlist import Trusted, resolve
from runner.config.protocols import PROTOCOLS, missing_members
from runner.core.errors import ConfigError
from runner.core.names import in_quotes


@dataclass(frozen=True)
class Component:
    """A class that the configuration names, with its checked arguments: nothing of it is made yet.

    Attributes:
        target: the class or function. path: its place in the configuration.
        arguments: by name; those that are components themselves are ``Component``s, alone, in a list or by name.
    """

    target: Callable[..., Any]
    path: str
    arguments: Mapping[str, Any]

    def make(self, protocol: type | None = None, **instead: Any) -> Any:
        """The component, the ones within it first.

        Args:
            protocol: what it must be able to do, where not its group says so.
            instead: arguments to take instead of the configured ones.

        Raises:
            ConfigError: it refuses its arguments, or lacks a method.
        """
        given = {name: _made(value) for name, value in {**self.arguments, **instead}.items()}
        try:
            made = self.target(**given)
        except ValueError as error:
            raise ConfigError(f"{self.path}: {error}", code="bad-value", key=self.path) from error
        if lacking := missing_members(made, protocol or PROTOCOLS.get(self.path)):
            name = f"{self.target.__module__}.{self.target.__qualname__}"
            raise ConfigError(
                f"{self.path}: {name} lacks {', '.join(lacking)} (docs/extend.md shows all that a {self.path} has)",
                code="part-missing",
                key=self.path,
            )
        return made


def make(node: Any, path: str, trusted: Trusted = ()) -> Any:
    """The component that ``node`` describes: ``_target_`` and its arguments, nested components first.

    Raises:
        ConfigError: an unknown or missing key, or a value of the wrong type; names its full path.
    """
    return checked(node, path, trusted).make()


def checked(node: Any, path: str, trusted: Trusted = ()) -> Component:
    """The component that ``node`` describes, its arguments held to its signature.

    Raises:
        ConfigError: as ``make``, but for what only the component itself can refuse.
    """
    if not isinstance(node, Mapping) or "_target_" not in node:
        words = f"{path}: expected a component with a _target_, found {node!r}"
        raise ConfigError(words, code="not-a-component", key=path)
    component = resolve(node["_target_"], f"{path}._target_", trusted)
    given = {key: value for key, value in node.items() if key != "_target_"}
    parameters = inspect.signature(component).parameters
    refuse_unknown(given, parameters, path)
    missing = [
        name for name, parameter in parameters.items() if parameter.default is parameter.empty and name not in given
    ]
    if missing:
        raise _missing(f"{path}.{missing[0]}")
    source = component.__init__ if inspect.isclass(component) else component
    hints = typing.get_type_hints(source, include_extras=True)
    arguments = {name: _value(value, hints.get(name, Any), f"{path}.{name}", trusted) for name, value in given.items()}
    return Component(component, path, arguments)


def _made(value: Any) -> Any:
    if isinstance(value, Component):
        return value.make()
    if isinstance(value, list):
        return [_made(part) for part in value]
    if isinstance(value, dict) and any(isinstance(part, Component) for part in value.values()):
        return {name: _made(part) for name, part in value.items()}
    return deepcopy(value) if isinstance(value, dict) else value  # no two components share what they may change


def _missing(path: str) -> ConfigError:
    return ConfigError(f"{path} is missing: give {path}=...", code="option-missing", key=path)


def refuse_unknown(given: Iterable[str], known: Iterable[str], path: str) -> None:
    """Raise ConfigError for the first key of ``given`` that is not known, with the nearest that is."""
    options = list(known)
    for key in given:
        if key not in options:
            full = f"{path}.{key}" if path else str(key)
            words = f"there is no option {full!r}{nearest(str(key), options, path)}"
            raise ConfigError(words, code="option-unknown", key=full)


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


def _value(value: Any, hint: Any, path: str, trusted: Trusted) -> Any:
    if isinstance(value, Mapping) and "_target_" in value:
        return checked(value, path, trusted)
    if isinstance(value, list) and any(isinstance(part, Mapping) and "_target_" in part for part in value):
        return [checked(part, f"{path}[{number}]", trusted) for number, part in enumerate(value)]
    if isinstance(value, Mapping) and any(isinstance(part, Mapping) and "_target_" in part for part in value.values()):
        return {str(name): checked(part, f"{path}.{name}", trusted) for name, part in value.items()}
    if value == "???":
        raise _missing(path)
    return validate(value, hint, path)


def validate(value: Any, hint: Any, path: str) -> Any:
    """``value`` as the type ``hint`` asks for.

    Raises:
        ConfigError: it cannot be that; names the path, the value and what was expected.
    """
    try:
        return _adapter(hint).validate_python(value)
    except ValidationError as error:
        if (wanted := _with_texts(value, error)) != value:
            with suppress(ValidationError):
                return _adapter(hint).validate_python(wanted)
        raise ConfigError(f"{path}={value!r} {problem_in(error, path, value)}", code="bad-value", key=path) from error


def _with_texts(value: Any, error: ValidationError) -> Any:
    """``value`` with whole numbers as they are written, where a text is wanted."""
    if not any(_is_text(one) for one in error.errors()):
        return value
    if isinstance(value, list):
        return [str(part) if _is_whole(part) else part for part in value]
    return str(value) if _is_whole(value) else value


def _is_text(problem: Any) -> bool:
    return bool(problem["type"] == "string_type")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _adapter(hint: Any) -> "TypeAdapter[Any]":
    try:
        hash(hint)
    except TypeError:  # such as Annotated with a list
        return _new_adapter(hint)
    return _kept_adapter(hint)


@functools.cache
def _kept_adapter(hint: Any) -> "TypeAdapter[Any]":
    return _new_adapter(hint)


def _new_adapter(hint: Any) -> "TypeAdapter[Any]":
    return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))


def problem_in(error: ValidationError, key: str = "KEY", value: Any = None) -> str:
    """The first thing that is wrong, as the end of a sentence that begins with the value.

    Args:
        key, value: what is wrong, for words that say how it is typed as text.
    """
    words = str(error.errors()[0]["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    words = words.replace("'KEY=", f"'{key}=")
    if value is not None and any(_is_text(one) for one in error.errors()):
        words = f"{words}: put it in quotes, {in_quotes(key, value)}"
    return words[0].lower() + words[1:]
