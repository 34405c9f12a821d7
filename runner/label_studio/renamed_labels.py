"""Labels in people's annotations that the labelling interface no longer has, for they were renamed or removed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from runner.core.errors import StudioError
from runner.core.terminal import few
from runner.datasets.annotation_origin import by_a_person
from runner.label_studio import task_filters as filtered
from runner.label_studio.client import Studio, api_errors
from runner.label_studio.controls import values
from runner.label_studio.interface import Interface

_PAGE = 500  # tasks read at a time


def labels_state(studio: Studio, project: int, interface: Interface) -> StudioError | None:
    """What is wrong with the choices in people's annotations; None if nothing is. Reads every task that has some."""
    control, lost = interface.choices, Counter[str]()
    name = control.name
    if len(interface.answered) > 1 or not interface.has_labels:
        return None  # what is lost is told where gold is read
    with api_errors(studio, "reading annotations"):
        for annotation in _by_people(studio, project):
            lists = values(annotation.get("result") or [], name, control.kind)
            lost.update({str(one).strip() for chosen in lists for one in chosen or ()} - set(interface.labels))
    if not lost:
        return None
    first = lost.most_common(1)[0][0]
    count = sum(lost.values())
    return StudioError(
        f"people chose labels that the Choices {name!r} no longer has ({few(sorted(lost))}; {count} times): was one "
        "renamed? In Settings > Labeling Interface > Code give its Choice the old name as alias, <Choice "
        f'value="NEW NAME" alias={quoteattr(first)}/>, and they count again; if it was removed, choose again in those '
        "tasks (the Community edition has no action that renames labels)",
        code="label-unknown",
        key=first,
    )


def _by_people(studio: Studio, project: int) -> Iterator[Mapping[str, Any]]:
    """Their annotations, without those of tasks that they skipped."""
    for task in filtered.read(studio, project, filtered.LABELLED, page=_PAGE, fields="all"):
        for annotation in task.annotations or []:
            if not annotation.get("was_cancelled") and by_a_person(annotation):
                yield annotation
