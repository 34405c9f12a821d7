"""Typed records as JSON and back. A file may be a stranger's: what does not fit is named by file and key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from runner.core.errors import DataError

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
Record = TypeVar("Record")
_Reader = Callable[[object, str], Any]
_PLAIN: dict[object, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a text"),
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
}
_ENDLESS = 1e300  # what nothing is counted to: what is made of it may be infinite


def to_json(record: object) -> dict[str, Json]:
    """A dataclass as JSON's values: its fields in their order, nested ones too."""
    return cast(dict[str, Json], _plain(record))


def from_json(kind: type[Record], content: object, where: str) -> Record:
    """The dataclass ``kind`` from JSON's values. Keys that it does not have are left out: a newer version's.

    Args:
        where: the file, and the line in it, for the error.

    Raises:
        DataError: a key is missing or its value is of another type; names it.
    """
    try:
        return cast(Record, _reader(cast(Any, kind))(content, ""))
    except _UnfitError as unfit:
        words = f"{where}: not as goldloop writes it ({unfit.key or 'the content'} {unfit.problem})"
        raise DataError(words, code="wrong-shape", key=unfit.key) from None


class _UnfitError(Exception):
    def __init__(self, key: str, problem: str) -> None:
        super().__init__(key, problem)
        self.key, self.problem = key, problem


def _plain(value: object) -> Json:
    if is_dataclass(value) and not isinstance(value, type):
        given = ((each, getattr(value, each.name)) for each in fields(value))
        return {each.name: _plain(one) for each, one in given if one is not None or "omit-none" not in each.metadata}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return cast(Json, value)


@lru_cache(maxsize=256)
def _reader(kind: Any) -> _Reader:
    """What reads a value of this type; raises _UnfitError with its key."""
    if kind is Any:
        return lambda value, key: value
    origin, parts = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _record_reader(cast(type, kind))
    if origin in {Union, UnionType}:
        return _union_reader(parts)
    if origin is Literal:
        return _checked(lambda value: any(value is one or value == one for one in parts), f"is none of {parts}")
    if origin is not None:
        return _mapping_reader(parts[1]) if issubclass(origin, Mapping) else _list_reader(origin, parts)
    allowed, words = _PLAIN[kind]
    flags = kind is bool  # True is an int, but no number
    numbers = kind in {int, float}
    return _checked(
        lambda value: (
            isinstance(value, allowed)
            and isinstance(value, bool) == flags
            and (not numbers or abs(cast(float, value)) < _ENDLESS)  # which "not a number" is not either
        ),
        f"is not {words}",
    )


def _checked(fits: Callable[[object], bool], problem: str) -> _Reader:
    def read(value: object, key: str) -> object:
        if not fits(value):
            raise _UnfitError(key, problem)
        return value

    return read


def _record_reader(kind: type) -> _Reader:
    hints = get_type_hints(kind)
    each = [(one.name, _reader(hints[one.name]), _required(one)) for one in fields(kind)]

    def read(value: object, key: str) -> object:
        if not isinstance(value, Mapping):
            raise _UnfitError(key, "is not a mapping")
        found = {}
        for name, inner, required in each:
            below = f"{key}.{name}" if key else name
            if name in value:
                found[name] = inner(value[name], below)
            elif required:
                raise _UnfitError(below, "is missing")
        return kind(**found)

    return read


def _required(one: "Field[Any]") -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _union_reader(parts: Sequence[Any]) -> _Reader:
    optional = NoneType in parts
    each = [_reader(part) for part in parts if part is not NoneType]

    def read(value: object, key: str) -> object:
        if value is None and optional:
            return None
        for reader in each[:-1]:
            try:
                return reader(value, key)
            except _UnfitError:
                continue
        return each[-1](value, key)

    return read


def _list_reader(origin: type, parts: Sequence[Any]) -> _Reader:
    """A tuple has as many values as its type says; another sequence any number."""
    inner, length = _reader(parts[0]), len(parts) if origin is tuple else None

    def read(value: object, key: str) -> object:
        if not isinstance(value, list) or length not in {None, len(value)}:
            raise _UnfitError(key, "is not a list" if length is None else f"is not a list of {length}")
        found = [inner(one, key) for one in value]
        return found if length is None else tuple(found)

    return read


def _mapping_reader(part: Any) -> _Reader:
    inner = _reader(part)

    def read(value: object, key: str) -> object:
        if not isinstance(value, Mapping):
            raise _UnfitError(key, "is not a mapping")
        return {str(name): inner(one, f"{key}.{name}") for name, one in value.items()}

    return read
