"""What the configuration says of single projects: which control has the labels, and which prompts are served."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from runner.core.errors import DataError
from runner.label_studio.interface import Interface
from runner.label_studio.interface_controls import Named
from runner.label_studio.interface_xml import read_interface

PromptFrom = Literal["typed", "submitted", "none"]
"""Which prompts of people become the project's: all that are tried and submitted, those submitted, or none."""


@dataclass(frozen=True)
class OneProject:
    """What is set for one project alone; None: what is set for all of them."""

    control: Named = None
    prompt_from: PromptFrom | None = None


@dataclass(frozen=True)
class ProjectOptions:
    """What is set for all projects, and for single ones.

    Attributes:
        prompt_from: for projects that have none of their own.
        control: the control that holds the answer, or several; an interface that lacks it is read without.
        fields: the task fields to read as the text; None: every text that is shown.
        own: by the project's number.
    """

    prompt_from: PromptFrom = "typed"
    control: Named = None
    fields: Sequence[str] | None = None
    own: Mapping[str, OneProject] = field(default_factory=dict)

    def read(self, project: str, xml: str) -> Interface:
        """The labelling interface of a project.

        Raises:
            DataError: it cannot be used; where it lacks the control that is named, with the words that name another.
        """
        return self._read(project, xml)[0]

    def control_of(self, project: str, xml: str) -> Named:
        """The control that a project's interface is read with; of one that is not known yet the one that is set.

        Raises what ``read`` does.
        """
        return self._read(project, xml)[1] if xml else self._of(project).control or self.control

    def policy(self, project: str) -> PromptFrom:
        """Which prompts of people a project is served with."""
        return self._of(project).prompt_from or self.prompt_from

    def keeps_adopted(self, project: str) -> bool:
        """Whether a prompt that was only tried leaves an adopted one in its place: unless the project says typed."""
        return self._of(project).prompt_from != "typed"

    def _of(self, project: str) -> OneProject:
        return self.own.get(project, OneProject())

    def _read(self, project: str, xml: str) -> tuple[Interface, Named]:
        named = self._of(project).control
        control = named or self.control
        try:
            return read_interface(xml, control, self.fields), control
        except DataError as error:
            if error.code == "control-unknown" and named is None:  # what is set for all is another project's
                return self._unnamed(project, xml)
            raise self._told(project, error) from error

    def _unnamed(self, project: str, xml: str) -> tuple[Interface, None]:
        try:
            return read_interface(xml, None, self.fields), None
        except DataError as error:
            raise self._told(project, error) from error

    def _told(self, project: str, error: DataError) -> DataError:
        """The error with the words that help here, where one server has many projects."""
        if error.code != "control-unknown":
            return error
        option = f"serve.projects.{project}.control"
        return DataError(f"{error}: give one of them, {option}=NAME", code=error.code, key=option)
