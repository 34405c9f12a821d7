"""What a run read of Label Studio, as its configuration says: its ids are task numbers of that project only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.errors import DataError
from runner.studio.connection import Studio, url_of

_DATASET = "runner.studio.dataset.LabelStudio"


@dataclass(frozen=True)
class Reading:
    """How a run read tasks.

    Attributes:
        url, project: where from, as the configuration names them.
        exported: from a file instead, whose numbers may be any project's.
        control: the Choices control. text_fields: the task fields, None for all that are shown.
    """

    url: str | None
    project: int | str | None
    exported: bool
    control: str | None
    text_fields: Sequence[str] | None


def reading_in(node: Any) -> Reading | None:
    """What a dataset says, its interpolations resolved; None where it is another."""
    if not isinstance(node, Mapping) or node.get("_target_") != _DATASET:
        return None
    fields = node.get("text_fields")
    return Reading(
        url=node.get("url"),
        project=node.get("project"),
        exported=node.get("path") is not None,
        control=node.get("control"),
        text_fields=[str(field) for field in fields] if isinstance(fields, list) else None,
    )


def refuse_other_tasks(reading: Reading | None, studio: Studio, project: Any) -> None:
    """Raise DataError unless the ids of what was read are the numbers of this project's tasks.

    Args:
        project: where predictions are to go, as the SDK gives it.
    """
    how = f"label with dataset=label_studio studio.project={project.id} (answers in the journal cost nothing)"
    if reading is None or reading.exported:
        raise DataError(f"the texts are not read from project {project.id}, whose tasks have other ids: {how}")
    if reading.url and url_of(reading.url) != studio.url:
        raise DataError(f"the texts are those of a project at {reading.url}, not at {studio.url}: {how}")
    there = project if str(reading.project) == str(project.id) else studio.project(reading.project)
    if there.id != project.id:
        raise DataError(f"the texts are those of project {there.id}, and not of project {project.id}: {how}")
