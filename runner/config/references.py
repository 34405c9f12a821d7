"""How much a saved configuration becomes once its references (``${some.value}``) are put in, before they are."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.core.errors import ConfigError

_REFERENCE = re.compile(r"(?<!\\)(\\*+)\$\{\s*+(\.*+)([\w.\[\]-]*+)\s*+\}")
_PARTS = re.compile(r"[^.\[\]]+")
_OF_VALUE = 50  # what a value takes beside its characters
_MOST = 20_000_000
_Path = tuple[str, ...]


def refuse_growth(config: object, whose: str) -> None:
    """Raise ConfigError for references that go in a circle, or that together make a flood of a few lines."""
    try:
        size = _Sizes(config).of(())
    except RecursionError:
        size = _MOST + 1
    except _CircleError as circle:
        told = f"{whose}: its configuration refers to itself ({'.'.join(circle.args[0])}): write the value itself there"
        raise ConfigError(told, code="value-unresolved", key=whose) from None
    if size > _MOST:
        told = f"{whose}: the references (${{...}}) in its configuration make a flood of it: write the values"
        raise ConfigError(told, code="too-large", key=whose)


class _CircleError(Exception):
    """A value that refers to itself; by its path."""


class _Sizes:
    """What each value takes with its references put in, each looked at once."""

    def __init__(self, config: object) -> None:
        self._config = config
        self._known: dict[_Path, int | None] = {}

    def of(self, path: _Path) -> int:
        if path in self._known:
            known = self._known[path]
            if known is None:  # it is being looked at
                raise _CircleError(path)
            return known
        self._known[path] = None
        found = self._size(self._at(path), path)
        self._known[path] = found
        return found

    def _size(self, value: object, path: _Path) -> int:
        if isinstance(value, Mapping):
            return _OF_VALUE + sum(self.of((*path, str(key))) for key in value)
        if isinstance(value, list):
            return _OF_VALUE + sum(self.of((*path, str(number))) for number in range(len(value)))
        if isinstance(value, str):
            return _OF_VALUE + len(value) + sum(map(self.of, _targets(value, path)))
        return _OF_VALUE

    def _at(self, path: _Path) -> object:
        value: Any = self._config
        for part in path:
            if isinstance(value, Mapping):
                value = value.get(part, value.get(_number(part)))
            elif isinstance(value, list) and part.isdecimal() and int(part[:9]) < len(value):
                value = value[int(part[:9])]
            else:
                return None
        return value


def _number(part: str) -> int | None:
    """A key that is a number in YAML, and a text in a path."""
    return int(part) if part.isdecimal() and len(part) < 20 else None


def _targets(value: str, path: _Path) -> Iterator[_Path]:
    """The paths that a text refers to; a point before a name stands for the mapping that the text is in."""
    for escapes, dots, name in _REFERENCE.findall(value) if "${" in value else ():
        if len(escapes) % 2:  # it is a text
            continue
        above = path[: -len(dots)] if dots else ()
        yield (*above, *_PARTS.findall(name))
