"""The Labels control on a Text: parts of the text with a label each. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from runner.label_studio.controls import Region
from runner.label_studio.controls import span_regions as regions
from runner.label_studio.text_places import Places
from verifiers.verifier import Json


@dataclass(frozen=True)
class Labels(regions.PartLabels):
    """The control. A region has ``start`` and ``end``: characters as Python has them, from 0, without the last."""

    tags: ClassVar[Sequence[str]] = ("Labels",)
    shown_by: ClassVar[Sequence[str]] = ("Text",)
    kind: ClassVar[str] = "labels"

    def read(self, result: Sequence[Region], text: Places) -> list[dict[str, Any]] | None:
        """The labelled parts; None if there are none.

        Raises:
            RowProblem: a label that the interface lacks, or a region that is not where its words are.
        """
        found = list[dict[str, Any]]()
        for value, labels in regions.regions_of(result, self.name, self.kind):
            [piece] = text.of(self.to_name)
            ends = (regions.whole_number(value, key, self.name) for key in ("start", "end"))
            start, end = piece.inward(*ends)
            regions.refuse_other_words(value, text, start, end, self.name)
            found += regions.spans(labels, start, end, self.names, self.name)
        return found or None

    def write(self, answer: Json, text: Places) -> list[dict[str, Any]]:
        made = list[dict[str, Any]]()
        for span in regions.as_spans(answer, text, self.name):
            [piece] = text.of(self.to_name)
            if place := piece.outward(span["start"], span["end"]):
                start, end = piece.inward(*place)
                value = {"start": place[0], "end": place[1], "text": text.text[start:end]}
                made.append(self.made(len(made), value, span["label"]))
        return made
