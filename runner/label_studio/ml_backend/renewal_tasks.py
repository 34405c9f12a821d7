"""The tasks whose predictions are to be renewed: those that no person labelled, and that lack the version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from runner.core.errors import StudioError
from runner.datasets.annotation_origin import by_a_person
from runner.label_studio import task_filters as filtered
from runner.label_studio.client import Studio, api_errors, expect
from runner.label_studio.interface_xml import same_interface

_PAGE = 500

Chunk = Sequence[tuple[int, Mapping[str, Any]]]
"""Tasks: their numbers, each with its data."""


@dataclass(frozen=True)
class Wanting:
    """What there is to renew.

    Attributes:
        project: as the SDK gives it. total: its tasks. there: those with a prediction of the version.
        by_people: those that a person labelled.
    """

    project: Any
    total: int
    there: frozenset[int]
    by_people: frozenset[int]


def wanting(studio: Studio, number: int, version: str, xml: str) -> Wanting:
    """Look what there is to renew.

    Raises:
        StudioError: the server does not answer, or its project of this number has another labelling interface.
    """
    project = studio.project(number)
    if not same_interface(project.label_config or "<View/>", xml or "<View/>"):
        raise StudioError(
            f"project {number} at {studio.url} has another labelling interface than the one that asks: if it was "
            "changed while this backend could not be told, save it again in Label Studio (Settings > Labeling "
            "Interface); if it is another server's, name the one whose projects this backend serves, "
            "LABEL_STUDIO_URL=http://HOST:PORT",
            code="other-project",
            key=str(number),
        )
    there = frozenset(filtered.tasks(studio, number, filtered.of_version(version)))
    people = frozenset(_by_people(studio, number))
    return Wanting(project, filtered.count(studio, number), there, people)


def chunks(studio: Studio, wanted: Wanting, size: int) -> Iterator[Chunk]:
    """The tasks to renew, ``size`` at a time, in the order of their numbers."""
    done = wanted.there | wanted.by_people
    left = (task for task in _data(studio, wanted.project.id) if task[0] not in done)
    while chunk := list(islice(left, size)):
        yield chunk


def _data(studio: Studio, number: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for task in filtered.read(studio, number, page=_PAGE, include="id,data"):
        with api_errors(studio, "reading tasks"):
            expect(task, data=dict | None)
        yield int(task.id), task.data or {}


def _by_people(studio: Studio, number: int) -> Iterator[int]:
    """Tasks with an annotation that a person made, or opened and submitted."""
    for task in filtered.read(studio, number, filtered.LABELLED, page=_PAGE, fields="all"):  # fewer lack their origin
        with api_errors(studio, "reading annotations"):
            expect(task, annotations=list | None)
            given = [one if isinstance(one, dict) else one.model_dump() for one in task.annotations or []]
        if any(by_a_person(one) for one in given):
            yield int(task.id)
