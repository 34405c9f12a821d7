"""Where goldloop's text of a task stands in what Label Studio shows, and back. Pure.

Label Studio's front end counts in two units (read in its sources, version 1.23.2, and tried in a browser): in a Text
and a HyperText characters as Python has them, where ``\\r\\n`` of a Text is two; in the turns of a dialogue
(Paragraphs) UTF-16 units, so that an emoji is two.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.datasets.dialogues import lines_of
from runner.datasets.row_problem import RowProblem
from runner.label_studio.html_places import Place, places_in_page
from runner.label_studio.shown_text import TextObject, joined

_ONE_UNIT = 0xFFFF  # the last character that takes one unit of UTF-16


@dataclass(frozen=True)
class Piece:
    """A part of the text that Label Studio shows in one place.

    Attributes:
        shown: the object's name. turn: the number of the turn in a dialogue, from 0; None elsewhere.
        start: where the part begins in goldloop's text. places: of each of its characters, where Label Studio counts.
    """

    shown: str
    turn: int | None
    start: int
    places: Sequence[Place]

    @property
    def end(self) -> int:
        return self.start + len(self.places)

    def inward(self, start: int, end: int) -> tuple[int, int]:
        """Positions in goldloop's text of a range in Label Studio's; what the text does not have is cut off."""
        first = bisect_right(self.places, start, key=lambda place: place[1])
        last = bisect_left(self.places, end, key=lambda place: place[0])
        return self.start + first, self.start + max(first, last)

    def outward(self, start: int, end: int) -> tuple[int, int] | None:
        """Label Studio's range of positions in goldloop's text; None where no character of it is in this part."""
        start, end = max(start, self.start), min(end, self.end)
        if start >= end:
            return None
        return self.places[start - self.start][0], self.places[end - 1 - self.start][1]


@dataclass(frozen=True)
class Places:
    """goldloop's text of a task, and the parts of it that Label Studio shows."""

    text: str
    pieces: Sequence[Piece] = ()

    def of(self, shown: str) -> Sequence[Piece]:
        """The parts that an object shows, in their order.

        Raises:
            RowProblem: nothing tells where its text stands.
        """
        found = [piece for piece in self.pieces if piece.shown == shown]
        if not found:
            raise RowProblem(
                f"nothing tells where the text of {shown!r} stands in what Label Studio shows: it is no plain text, no "
                "list of turns, or HTML that browsers correct",
                code="region-unplaced",
            )
        return found


def places_of(shown: Sequence[TextObject], data: Mapping[str, Any]) -> Places:
    """The text of a task's ``data``, and where it stands.

    Raises:
        RowProblem: a field is not there, is blank, or is neither a text nor a dialogue.
    """
    values = [(one, one.value_in(data)) for one in shown]
    parts = [(one.field, one.text_of(value)) for one, value in values]
    pieces, start = list[Piece](), 0
    for (one, value), (field, text) in zip(values, parts, strict=True):
        start += len(f"{field}:\n") if len(parts) > 1 else 0
        for turn, at, places in _parts_of(one, value, text):
            pieces.append(Piece(one.name, turn, start + at, places))
        start += len(text) + len("\n\n")
    return Places(joined(parts), pieces)


def _parts_of(shown: TextObject, value: Any, text: str) -> Iterator[tuple[int | None, int, Sequence[Place]]]:
    """(turn, where it begins in ``text``, its places) of the parts of one text; none where nothing is certain."""
    if isinstance(value, list):
        yield from _turns(shown, value)
    elif isinstance(value, str) and shown.tag == "HyperText":
        if places := places_in_page(value, text, inline=shown.inline):
            yield None, 0, places
    elif isinstance(value, str) and text == value:
        yield None, 0, [(place, place + 1) for place in range(len(text))]


def _turns(shown: TextObject, turns: Sequence[Any]) -> Iterator[tuple[int, int, Sequence[Place]]]:
    at = 0
    for turn, before, words in lines_of(turns, shown.field):
        at += len(before)
        if turns[turn].get("text") == words:  # else Label Studio shows something else
            yield turn, at, _units(words)
        at += len(words) + len("\n")


def _units(words: str) -> list[Place]:
    """Where each character begins and ends in UTF-16."""
    places, at = list[Place](), 0
    for char in words:
        begins, at = at, at + (2 if ord(char) > _ONE_UNIT else 1)
        places.append((begins, at))
    return places
