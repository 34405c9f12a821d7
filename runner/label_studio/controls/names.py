"""The names that a control lists: choices, labels, with their hints; and as results hold them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from runner.core.errors import DataError
from runner.datasets.row_problem import RowProblem
from verifiers.label_set import LabelSet
from verifiers.verifier import Verifier, vocabulary_of


@dataclass(frozen=True)
class Names:
    """The names of a control.

    Attributes:
        labels: the names (the alias, where one has one), with their hints.
        written: the names as results hold them, with the blanks that may stand around them in the XML.
    """

    labels: LabelSet
    written: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, tag: etree._Element, child: str) -> "Names":
        """Those of a control that lists them as ``child``.

        Raises:
            DataError: it lists none, or names that cannot be told apart.
        """
        listed = {name_of(one).strip(): one for one in tag.iter(child) if name_of(one).strip()}
        whose = tag.get("name", "")
        if not listed:
            raise unlisted(tag, child)
        try:
            labels = LabelSet({name: meaning_of(one) for name, one in listed.items()})
        except ValueError as error:
            raise DataError(f"the labelling interface: {whose}: {error}", code="bad-label-list", key=whose) from error
        return cls(labels, {name: name_of(one) for name, one in listed.items()})

    def known(self, value: object, control: str, child: str) -> str:
        """The name that a result holds.

        Raises:
            RowProblem: the interface does not have it.
        """
        name = str(value).strip()
        if name not in self.labels:
            words = "choice" if child == "Choice" else "label"
            raise RowProblem(
                f"the {words} {name!r} is not in the labelling interface ({control}): if it was renamed, give "
                f'its {child} alias="{name}"',
                code="label-unknown",
            )
        return name

    def as_written(self, label: str) -> str:
        """A name as results hold it."""
        return self.written.get(label, label)


def listed_by(verifier: Verifier) -> LabelSet:
    """The names that a verifier has. Raises ValueError: it has none."""
    names = vocabulary_of(verifier)
    if not names:
        raise ValueError("it has no labels: list them, labels: [...]")
    return names


def unlisted(tag: etree._Element, child: str) -> DataError:
    """The error about a control that lists no names."""
    loaded = tag.get("value") or tag.get("apiUrl")
    plural = "its choices" if child == "Choice" else "its labels"
    how = f"{plural} come from the tasks" if loaded else f"it has no {child}"
    return DataError(
        f"the labelling interface: {tag.get('name')} names no labels ({how}): list them as {child}",
        code="labels-in-tasks" if loaded else "labels-missing",
        key=tag.get("name", ""),
    )


def name_of(tag: etree._Element) -> str:
    """The name of a choice or label as results hold it: its alias, else its value."""
    return tag.get("alias") or tag.get("value") or ""


def meaning_of(tag: etree._Element) -> str:
    """The hint of a choice; of one with an alias, the words that people see."""
    return (tag.get("hint") or (tag.get("value") if tag.get("alias") else "") or "").strip()


def belongs_to(tag: etree._Element) -> tuple[str, str]:
    """The name of a control, and that of the first object it belongs to."""
    return tag.get("name", ""), tag.get("toName", "").split(",")[0]


def element(tag: str, name: str, to_name: str, **attributes: str) -> etree._Element:
    """A control of a labelling interface."""
    made = etree.Element(tag, name=name, toName=to_name)
    for key, value in attributes.items():
        made.set(key, value)
    return made


def listed(parent: etree._Element, child: str, vocabulary: LabelSet) -> etree._Element:
    """``parent`` with the names of a list in it, a definition as the hint."""
    for name, meaning in vocabulary.definitions.items():
        entry = etree.SubElement(parent, child, value=name)
        if meaning:
            entry.set("hint", meaning)
    return parent
