"""The HyperTextLabels control on a HyperText: parts of a page with a label each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Region
from runner.label_studio.controls import span_regions as regions
from runner.label_studio.text_places import Places
from verifiers.verifier import Json


@dataclass(frozen=True)
class HyperTextLabels(regions.PartLabels):
    """The control. A region has ``globalOffsets``: characters of the page's text nodes.

    Its ``start`` and ``end`` are XPaths into the page as a browser builds it. They are written empty, and Label Studio
    takes the global offsets then, and writes the paths itself. A region that has the paths alone is found by its words,
    where the text has them once.
    """

    tags: ClassVar[Sequence[str]] = ("HyperTextLabels",)
    shown_by: ClassVar[Sequence[str]] = ("HyperText",)
    kind: ClassVar[str] = "hypertextlabels"

    def read(self, result: Sequence[Region], text: Places) -> list[dict[str, Any]] | None:
        """The labelled parts; None if there are none.

        Raises:
            RowProblem: a label that the interface lacks, or a region that is not where its words are.
        """
        found = list[dict[str, Any]]()
        for value, labels in regions.regions_of(result, self.name, self.kind):
            start, end = self._place(value, text)
            start, end = _trimmed(text.text, start, end)
            regions.refuse_other_words(value, text, start, end, self.name)
            found += regions.spans(labels, start, end, self.names, self.name)
        return found or None

    def _place(self, value: Mapping[str, Any], text: Places) -> tuple[int, int]:
        [piece] = text.of(self.to_name)
        offsets = value.get("globalOffsets")
        if isinstance(offsets, Mapping):
            start, end = (regions.whole_number(offsets, key, self.name) for key in ("start", "end"))
            return piece.inward(start, end)
        words = str(value.get("text") or "").strip()
        shown = text.text[piece.start : piece.end]
        if not words or shown.count(words) != 1:
            raise RowProblem(
                f"a region of {self.name!r} has no globalOffsets, only the path {value.get('start')!r:.60}, and its "
                f"words {words!r:.60} are not in the text once: open the task in Label Studio and save it again",
                code="region-unplaced",
            )
        start = piece.start + shown.index(words)
        return start, start + len(words)

    def write(self, answer: Json, text: Places) -> list[dict[str, Any]]:
        made = list[dict[str, Any]]()
        for span in regions.as_spans(answer, text, self.name):
            [piece] = text.of(self.to_name)
            place = piece.outward(*_trimmed(text.text, span["start"], span["end"]))
            if place is None:
                continue
            start, end = piece.inward(*place)
            value = {
                **{"start": "", "startOffset": 0, "end": "", "endOffset": 0},
                "globalOffsets": {"start": place[0], "end": place[1]},
                "text": text.text[start:end],
            }
            made.append(self.made(len(made), value, span["label"]))
        return made


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the blanks at its ends, of which a page may show others."""
    words = text[start:end]
    return start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
