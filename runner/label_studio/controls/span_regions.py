"""What the controls for parts of a text have in common: labels, and gold as positions in goldloop's text. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from lxml import etree

from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Region, region
from runner.label_studio.controls.names import Names, belongs_to, element, listed, listed_by
from runner.label_studio.text_places import Places
from verifiers.label_set import LabelSet
from verifiers.verifier import Json, Verifier

Span = Mapping[str, Any]
"""``{"label": ..., "start": ..., "end": ...}``, in characters of goldloop's text."""


@dataclass(frozen=True)
class PartLabels:
    """What the controls for parts of a text are beside how they tell a place: a name, its object, and labels."""

    name: str
    to_name: str
    names: Names

    tags: ClassVar[Sequence[str]]
    kind: ClassVar[str]

    @classmethod
    def of(cls, tag: etree._Element) -> Self:
        """The control of a tag. Raises DataError: it lists no labels, or some that cannot be told apart."""
        return cls(*belongs_to(tag), Names.of(tag, "Label"))

    @classmethod
    def answering(cls, verifier: Verifier, name: str, to_name: str) -> Self | None:
        from verifiers.spans import Spans

        return cls(name, to_name, Names(listed_by(verifier))) if isinstance(verifier, Spans) else None

    @property
    def nothing(self) -> Json:
        return []

    def made(self, number: int, place: Mapping[str, Any], label: str) -> dict[str, Any]:
        """The region number ``number``, from 0, with a label at a place."""
        value = {**place, self.kind: [self.names.as_written(label)]}
        return {"id": f"{self.name}-{number + 1}", **region(self.name, self.to_name, self.kind, value)}

    def verifier(self) -> Verifier:
        from verifiers.spans import Spans

        return Spans(self.names.labels)

    def xml(self, vocabulary: LabelSet | None = None) -> etree._Element:
        return listed(element(self.tags[0], self.name, self.to_name), "Label", vocabulary or self.names.labels)


def regions_of(result: Sequence[Region], control: str, kind: str) -> list[tuple[Mapping[str, Any], list[Any]]]:
    """The values of a control's regions with their labels; a region that nobody labelled is none."""
    found = [entry.get("value") for entry in result if entry.get("from_name") == control]
    return [(value, value[kind]) for value in found if isinstance(value, Mapping) and value.get(kind)]


def whole_number(value: Mapping[str, Any], key: str, control: str) -> int:
    """A position of a region. Raises RowProblem: it is none."""
    held = value.get(key)
    text = str(held).strip()
    if isinstance(held, bool) or not (text.isascii() and text.isdigit()):
        raise RowProblem(
            f"a region of {control!r} has {key}={held!r:.40}, which is no position", code="region-unplaced"
        )
    return int(text)


def spans(labels: Sequence[Any], start: int, end: int, names: Names, control: str) -> list[dict[str, Any]]:
    """A span for each label of a region. Raises RowProblem: the interface does not have the label."""
    return [{"label": names.known(label, control, "Label"), "start": start, "end": end} for label in labels]


def refuse_other_words(
    value: Mapping[str, Any], text: Places, start: int, end: int, control: str, seen: Sequence[str] = ()
) -> None:
    """Raise RowProblem where a region covers nothing, or other words than it says.

    Line breaks and blanks are not compared, but in a region of nothing else: pages show them in their own way.

    Args:
        seen: words that Label Studio may have noted for this place although others stand there.
    """
    told, words = str(value.get("text") or ""), text.text[start:end]
    there = _bare(words)
    if there and _bare(told) in ("", there, *map(_bare, seen)):
        return
    if words and told == words:
        return
    where = {key: value[key] for key in ("start", "startOffset", "end", "endOffset", "globalOffsets") if key in value}
    found = f"the text has {words!r:.60} there" if there else "there are no words there"
    raise RowProblem(
        f"a region of {control!r} ({told!r:.60}, at {where}) has no place in the text: {found}; "
        "was the text changed since, or does the region count in other units than Label Studio?",
        code="region-unplaced",
    )


def as_spans(answer: Any, text: Places, control: str) -> list[Span]:
    """The spans of an answer, in the order of the text.

    Raises:
        RowProblem: the text has other words where one of them stands.
    """
    for span in answer or ():
        there = text.text[span["start"] : span["end"]]
        if span.get("text") not in (None, there):
            raise RowProblem(
                f"{span['text']!r:.60} was found for {control!r}, and the text has {there!r:.60} there: it was changed "
                "since, so label it again",
                code="region-unplaced",
            )
    return sorted(answer or (), key=lambda span: (span["start"], span["end"]))


def _bare(words: str) -> str:
    return "".join(words.replace("\\n", "\n").split())
