"""The controls of a labelling interface, a module each: how one is read in an annotation, and written. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

Region = Mapping[str, Any]
"""One entry of an annotation's or a prediction's ``result``."""

ValueT = TypeVar("ValueT")


class Control(Protocol[ValueT]):
    """A control that holds values of one kind."""

    @property
    def name(self) -> str: ...

    def read(self, result: Sequence[Region]) -> ValueT | None:
        """What a result holds for this control; None if nothing.

        Raises:
            RowProblem: a value that the control cannot hold.
        """
        ...

    def write(self, value: ValueT) -> dict[str, Any]:
        """The region that sets the control to ``value``."""
        ...


def region(control: str, shown: str, kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """A region of ``control``, which belongs to the object ``shown``."""
    return {"from_name": control, "to_name": shown, "type": kind, "value": dict(value)}


def values(result: Sequence[Region], control: str, kind: str) -> list[Any]:
    """What the regions of ``control`` hold under ``kind``, in their order; None for those that hold nothing."""
    found = [entry.get("value") for entry in result if entry.get("from_name") == control]
    return [value.get(kind) if isinstance(value, Mapping) else None for value in found]
