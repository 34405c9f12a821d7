"""The Choices control, whose choices are the labels. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lxml import etree

from runner.label_studio.controls import Region, region, values
from runner.label_studio.controls.names import Names, belongs_to, element, listed, listed_by
from runner.label_studio.text_places import Places
from verifiers.auto import auto
from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.verifier import Verifier


@dataclass(frozen=True)
class Choices:
    """The control.

    Attributes:
        multiple: whether a task may have any number of labels.
        labels: their names (the alias, where a choice has one), with their hints.
        written: the names as results hold them, with the blanks that may stand around them in the XML.
    """

    name: str
    to_name: str
    multiple: bool
    labels: LabelSet
    written: Mapping[str, str] = field(default_factory=dict)

    tags: ClassVar[Sequence[str]] = ("Choices",)
    kind: ClassVar[str] = "choices"

    @classmethod
    def of(cls, tag: etree._Element) -> "Choices":
        """The control of a tag. Raises DataError: it lists no choices, or some that cannot be told apart."""
        names = Names.of(tag, "Choice")
        many = tag.get("choice", "single").startswith("multiple")
        return cls(*belongs_to(tag), many, names.labels, names.written)

    @classmethod
    def answering(cls, verifier: Verifier, name: str, to_name: str) -> "Choices | None":
        if not isinstance(verifier, Labels):
            return None
        return cls(name, to_name, verifier.multiple, listed_by(verifier))

    @property
    def nothing(self) -> list[str] | None:
        return [] if self.multiple else None

    def read(self, result: Sequence[Region], text: Places) -> list[str] | None:
        """The labels that a result chose, in the interface's order; None if it chose none.

        Raises:
            RowProblem: it names a choice that the interface does not have.
        """
        lists = values(result, self.name, "choices")
        names = Names(self.labels, self.written)
        chosen = [names.known(name, self.name, "Choice") for held in lists if isinstance(held, list) for name in held]
        return [label for label in self.labels if label in chosen] if chosen else None

    def write(self, answer: str | Sequence[str], text: Places) -> list[dict[str, Any]]:
        """The region with these labels; no labels untick all choices."""
        names = [answer] if isinstance(answer, str) else answer or ()
        chosen = [self.written.get(name, name) for name in names]
        return [region(self.name, self.to_name, "choices", {"choices": chosen})]

    def verifier(self) -> Labels:
        return auto(self.multiple).bind(self.labels, ())

    def xml(self, vocabulary: LabelSet | None = None) -> etree._Element:
        tag = element("Choices", self.name, self.to_name, choice="multiple" if self.multiple else "single")
        return listed(tag, "Choice", vocabulary or self.labels)
