"""The Number control. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lxml import etree

from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Region, region, values
from runner.label_studio.controls.names import belongs_to, element
from runner.label_studio.text_places import Places
from verifiers.label_set import LabelSet
from verifiers.verifier import Verifier


@dataclass(frozen=True)
class Number:
    """The control: its own ``name``, and that of the object it belongs to."""

    name: str
    to_name: str

    tags: ClassVar[Sequence[str]] = ("Number",)
    kind: ClassVar[str] = "number"
    nothing: ClassVar[None] = None

    @classmethod
    def of(cls, tag: etree._Element) -> "Number":
        """The control of a tag."""
        return cls(*belongs_to(tag))

    @classmethod
    def answering(cls, verifier: Verifier, name: str, to_name: str) -> "Number | None":
        from verifiers.number import Number as Numbers

        return cls(name, to_name) if isinstance(verifier, Numbers) else None

    def read(self, result: Sequence[Region], text: Places) -> float | None:
        """The last number; None if there is none. Raises RowProblem: it is no number."""
        given = [value for value in values(result, self.name, "number") if value is not None]
        if not given:
            return None
        number = given[-1]
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise RowProblem(f"the number of {self.name!r} is {number!r:.40}, which is none", code="bad-value")
        return number

    def write(self, answer: float | None, text: Places) -> list[dict[str, Any]]:
        return [] if answer is None else [region(self.name, self.to_name, "number", {"number": answer})]

    def verifier(self) -> Verifier:
        from verifiers.number import Number as Numbers

        return Numbers()

    def xml(self, vocabulary: LabelSet | None = None) -> etree._Element:
        return element("Number", self.name, self.to_name)
