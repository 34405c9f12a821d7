"""The Rating control: stars, from one to as many as there are. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lxml import etree

from runner.core.errors import DataError
from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Region, region, values
from runner.label_studio.controls.names import belongs_to, element
from runner.label_studio.text_places import Places
from verifiers.label_set import LabelSet
from verifiers.verifier import Verifier

_STARS = 5  # where the tag does not say


@dataclass(frozen=True)
class Rating:
    """The control. ``high``: its number of stars; without a star nobody rated, for no star is saved as nothing."""

    name: str
    to_name: str
    high: int = _STARS

    tags: ClassVar[Sequence[str]] = ("Rating",)
    kind: ClassVar[str] = "rating"
    nothing: ClassVar[None] = None

    @classmethod
    def of(cls, tag: etree._Element) -> "Rating":
        """The control of a tag. Raises DataError: its number of stars is no number above 1."""
        stars = tag.get("maxRating", "").strip() or str(_STARS)
        if not (stars.isascii() and stars.isdigit() and int(stars) > 1):
            raise DataError(
                f"the labelling interface: {tag.get('name')} has maxRating={stars!r}: write a number from 2 on",
                code="bad-value",
                key=tag.get("name", ""),
            )
        return cls(*belongs_to(tag), int(stars))

    @classmethod
    def answering(cls, verifier: Verifier, name: str, to_name: str) -> "Rating | None":
        """Stars are counted from 1, and there is no half of one."""
        from verifiers.rating import Rating as Scale

        if not isinstance(verifier, Scale):
            return None
        if verifier.low != 1 or verifier.high % 1 or verifier.step not in (None, 1):
            raise ValueError(
                f"Label Studio has whole stars from 1 on, and no scale from {verifier.low:g} to {verifier.high:g}"
                f"{f' in steps of {verifier.step:g}' if verifier.step else ''}: ask for a number, type: number"
            )
        return cls(name, to_name, int(verifier.high))

    def read(self, result: Sequence[Region], text: Places) -> int | None:
        """The last rating; None if there is none.

        Raises:
            RowProblem: it is no number of stars that the control has.
        """
        given = [value for value in values(result, self.name, "rating") if value]
        if not given:
            return None
        stars = given[-1]
        if isinstance(stars, bool) or not isinstance(stars, int | float) or not 1 <= stars <= self.high or stars % 1:
            raise RowProblem(
                f"the rating {stars!r:.40} of {self.name!r} is not from 1 to {self.high}", code="bad-value"
            )
        return int(stars)

    def write(self, answer: float | None, text: Places) -> list[dict[str, Any]]:
        """The region; of an answer between two stars the nearer one, for there is no half of a star."""
        stars = None if answer is None else min(self.high, max(1, round(answer)))
        return [region(self.name, self.to_name, "rating", {"rating": stars})] if stars else []

    def verifier(self) -> Verifier:
        from verifiers.rating import Rating as Stars

        return Stars(1, self.high, step=1)

    def xml(self, vocabulary: LabelSet | None = None) -> etree._Element:
        return element("Rating", self.name, self.to_name, maxRating=str(self.high))
