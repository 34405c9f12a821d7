"""The ParagraphLabels control on Paragraphs: parts of a dialogue with a label each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Region
from runner.label_studio.controls import span_regions as regions
from runner.label_studio.text_places import Piece, Places
from verifiers.verifier import Json


@dataclass(frozen=True)
class ParagraphLabels(regions.PartLabels):
    """The control. A region has the numbers of two turns, ``start`` and ``end``, from 0, as texts, and ``startOffset``
    and ``endOffset`` within them in UTF-16 units; without these it is the turns as a whole.
    """

    tags: ClassVar[Sequence[str]] = ("ParagraphLabels",)
    shown_by: ClassVar[Sequence[str]] = ("Paragraphs",)
    kind: ClassVar[str] = "paragraphlabels"

    def read(self, result: Sequence[Region], text: Places) -> list[dict[str, Any]] | None:
        """The labelled parts; None if there are none. One over several turns has the later speakers' names in it.

        Raises:
            RowProblem: a label that the interface lacks, or a region that is not where its words are.
        """
        found = list[dict[str, Any]]()
        for value, labels in regions.regions_of(result, self.name, self.kind):
            first, last = (self._turn(value, key, text) for key in ("start", "end"))
            start = (
                first.inward(regions.whole_number(value, "startOffset", self.name), _FAR)[0]
                if value.get("startOffset") is not None
                else first.start
            )
            end = (
                last.inward(0, regions.whole_number(value, "endOffset", self.name))[1]
                if value.get("endOffset") is not None
                else last.end
            )
            noted = _noted(text.text[first.start : first.end], value)
            regions.refuse_other_words(value if first is last else {}, text, start, end, self.name, noted)
            found += regions.spans(labels, start, end, self.names, self.name)
        return found or None

    def _turn(self, value: Mapping[str, Any], key: str, text: Places) -> Piece:
        number = regions.whole_number(value, key, self.name)
        found = [piece for piece in text.of(self.to_name) if piece.turn == number]
        if not found:
            raise RowProblem(
                f"a region of {self.name!r} is in turn {number}, counted from 0, which has no words",
                code="region-unplaced",
            )
        return found[0]

    def write(self, answer: Json, text: Places) -> list[dict[str, Any]]:
        made = list[dict[str, Any]]()
        for span in regions.as_spans(answer, text, self.name):
            whole = span["start"], span["end"]
            parts = [(piece, place) for piece in text.of(self.to_name) if (place := piece.outward(*whole))]
            if not parts:
                continue
            (first, begins), (last, ends) = parts[0], parts[-1]
            shown = [text.text[slice(*piece.inward(*place))] for piece, place in parts]
            value = {
                **{"start": str(first.turn), "end": str(last.turn), "startOffset": begins[0], "endOffset": ends[1]},
                "text": "\n".join(shown),
            }
            made.append(self.made(len(made), value, span["label"]))
        return made


_FAR = 1 << 40  # behind every turn


def _noted(words: str, value: Mapping[str, Any]) -> list[str]:
    """What Label Studio may note as a region's text when it shows it again.

    It cuts at the region's offsets then, which count the turn as it is, but of the turn as a browser shows it, where a
    ``\\r\\n`` is one character, and so may be a run of blanks.
    """
    shown = words.replace("\r\n", "\n"), " ".join(words.split())
    start, end = value.get("startOffset") or 0, value.get("endOffset")
    return [_units(one)[2 * start : None if end is None else 2 * end].decode("utf-16-le", "replace") for one in shown]


def _units(words: str) -> bytes:
    return words.encode("utf-16-le", "replace")
