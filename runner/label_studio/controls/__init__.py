"""The controls of a labelling interface, a module each: how one is read in an annotation, and written. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self, TypeVar

from lxml import etree

from runner.label_studio.text_places import Places
from verifiers.label_set import LabelSet
from verifiers.verifier import Json, Verifier

Region = Mapping[str, Any]
"""One entry of an annotation's or a prediction's ``result``."""

ValueT = TypeVar("ValueT")


class Control(Protocol):
    """A control that holds an answer, or a field of one.

    Attributes:
        name: its own. to_name: that of the object it belongs to.
        tags: those of the XML that it is made of. kind: the key in a region's value under which its values stand.
        nothing: what an annotation without a region of it says, as raw gold; None: it was not filled in.
    """

    tags: ClassVar[Sequence[str]]

    @classmethod
    def answering(cls, verifier: Verifier, name: str, to_name: str) -> Self | None:
        """The control whose answers a verifier reads, its names bound; None if it has answers of another type.

        Raises:
            ValueError: the control has only some of these answers; says what to do.
        """
        ...

    @property
    def name(self) -> str: ...

    @property
    def to_name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def nothing(self) -> Json | None: ...

    def read(self, result: Sequence[Region], text: Places) -> Json | None:
        """What a result holds for this control, as raw gold; None if nothing.

        Raises:
            RowProblem: a value that the control cannot hold, or a region that has no place in goldloop's text.
        """
        ...

    def write(self, answer: Json, text: Places) -> list[dict[str, Any]]:
        """The regions that set the control to an answer, as data; what nobody could be shown is left out."""
        ...

    def verifier(self) -> Verifier:
        """How its answers are read and compared, with its names and their hints bound."""
        ...

    def xml(self, vocabulary: LabelSet | None = None) -> etree._Element:
        """The control as a labelling interface has it, with these names instead of its own."""
        ...


def region(control: str, shown: str, kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """A region of ``control``, which belongs to the object ``shown``."""
    return {"from_name": control, "to_name": shown, "type": kind, "value": dict(value)}


def values(result: Sequence[Region], control: str, kind: str) -> list[Any]:
    """What the regions of ``control`` hold under ``kind``, in their order; None for those that hold nothing."""
    found = [entry.get("value") for entry in result if entry.get("from_name") == control]
    return [value.get(kind) if isinstance(value, Mapping) else None for value in found]
