"""The Choices control, whose choices are the labels. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Region, region, values
from verifiers.label_set import LabelSet


@dataclass(frozen=True)
class Choices:
    """The control.

    Attributes:
        name: its own. to_name: that of the object it belongs to.
        multiple: whether a task may have any number of labels.
        labels: their names (the alias, where a choice has one), with their hints.
        written: the names as results hold them, with the blanks that may stand around them in the XML.
    """

    name: str
    to_name: str
    multiple: bool
    labels: LabelSet
    written: Mapping[str, str] = field(default_factory=dict)

    def read(self, result: Sequence[Region]) -> list[str] | None:
        """The labels that a result chose, in the interface's order; None if it chose none.

        Raises:
            RowProblem: it names a choice that the interface does not have.
        """
        lists = values(result, self.name, "choices")
        names = [str(name).strip() for chosen in lists if isinstance(chosen, list) for name in chosen]
        strangers = [name for name in names if name not in self.labels]
        if strangers:
            raise RowProblem(
                f"the choice {strangers[0]!r} is not in the labelling interface ({self.name}): if it was renamed, give "
                f'its Choice alias="{strangers[0]}"',
                code="label-unknown",
            )
        return [label for label in self.labels if label in names] if names else None

    def write(self, value: Sequence[str]) -> dict[str, Any]:
        """The region with these labels; no labels untick all choices."""
        return region(
            self.name, self.to_name, "choices", {"choices": [self.written.get(label, label) for label in value]}
        )
