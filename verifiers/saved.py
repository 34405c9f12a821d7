"""A verifier as data, so that a run directory can hold the one that a labelling interface described."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

from verifiers.label_set import LabelSet

_CLASS = "_target_"
_LIST = "labels"


def as_data(value: Any) -> Any:
    """A verifier of this package, with all that it is made of, as JSON can hold it."""
    if isinstance(value, LabelSet):
        return {_CLASS: _LIST, _LIST: dict(value.definitions)}
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        held = {one.name: as_data(getattr(value, one.name)) for one in fields(value) if one.init}
        return {_CLASS: f"{kind.__module__}.{kind.__qualname__}", **held}
    if isinstance(value, Mapping):
        return {str(key): as_data(one) for key, one in value.items()}
    return [as_data(one) for one in value] if isinstance(value, list | tuple) else value


def of_data(value: Any) -> Any:
    """The verifier that ``as_data`` wrote; of this package only, for a run directory may be a stranger's.

    Raises:
        ValueError: it names something else.
    """
    if isinstance(value, list):
        return tuple(map(of_data, value))
    if not isinstance(value, Mapping):
        return value
    if value.get(_CLASS) == _LIST:
        return LabelSet({str(name): str(meaning) for name, meaning in value[_LIST].items()}, recorded=True)
    held = {str(key): of_data(one) for key, one in value.items() if key != _CLASS}
    if _CLASS not in value:
        return held
    package, _, rest = str(value[_CLASS]).partition(".")
    module, _, name = rest.rpartition(".")
    if package != __package__ or not module.isidentifier():
        raise ValueError(f"{value[_CLASS]!r:.80} is no class of {__package__}")
    try:
        kind = getattr(import_module(f"{package}.{module}"), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{value[_CLASS]!r:.80} is no class of {__package__}: was it renamed?") from error
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise ValueError(f"{value[_CLASS]!r:.80} is no class of {__package__}")
    return kind(**held)
