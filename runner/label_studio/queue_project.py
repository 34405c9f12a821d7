"""The project of a queue: copies of the tasks on which two prompts disagree, for people to label.

Anyone who opens a task with a prediction sees its labels ticked, whatever the project's settings say, and a connected
backend makes one for a task without. A copy has none, nor an annotation that was made of one, and no backend is asked.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from runner.core.errors import StudioError
from runner.label_studio import task_filters as filtered
from runner.label_studio.client import ONCE, Studio, api_errors, expect
from runner.label_studio.interface_xml import same_interface
from runner.label_studio.tasks import Task, sound_annotations

ORIGINAL = "goldloop_task"
"""The field of a copy with the number of its original."""

_CHUNK = 500  # tasks read and sent at a time
_TITLE = 50  # characters that Label Studio takes


def queue_project(studio: Studio, source: Any, title: str, number: int | None) -> int:
    """The number of the project for the copies, with the interface that ``source`` has now; made if it is not there.

    Args:
        source: the project whose tasks are copied, as the SDK gives it.
        number: the one that was made before; another is made if that is gone.
    """
    there = None if number is None else _found(studio, number)
    if there is None:
        words = (
            "goldloop compares two prompts by how people label these tasks. They are copies of tasks of project "
            f"{source.id} ({source.title}) without predictions, so that nobody sees a model's answer."
        )
        there = next((one for one in studio.projects_called(title[:_TITLE]) if one.description == words), None)
        if there is None or there.task_number:
            with api_errors(studio, "making the project of the queue"):
                there = studio.client.projects.create(
                    title=title[:_TITLE], label_config=source.label_config, description=words, request_options=ONCE
                )
                expect(there, id=int)
    elif not same_interface(there.label_config or "", source.label_config or ""):
        with api_errors(studio, "changing the interface of the queue"):
            studio.client.projects.update(id=there.id, label_config=source.label_config)
    return int(there.id)


def copy_tasks(studio: Studio, source: int, queue: int, tasks: Collection[str]) -> int:
    """Copy tasks of ``source`` that have no copy yet; returns how many have one then."""
    there = {number for number, _ in _data(studio, queue, ORIGINAL)}
    wanted = {int(task) for task in tasks} - there
    copies = ({"data": {**data, ORIGINAL: number}} for number, data in _data(studio, source) if number in wanted)
    while wanted and (chunk := list(islice(copies, _CHUNK))):
        with api_errors(studio, "copying tasks"):
            studio.client.projects.import_tasks(id=queue, request=chunk, request_options=ONCE)
        there.update(int(one["data"][ORIGINAL]) for one in chunk)
    return len(there)


def joined(originals: Iterator[Task], copies: Iterator[Task]) -> Iterator[Task]:
    """The originals, each with the annotations of its copy as well."""
    labelled: dict[str, list[Task]] = {}
    for copy in copies:
        number = str((copy.get("data") or {}).get(ORIGINAL))
        labelled.setdefault(number, []).extend(sound_annotations(copy))
    for task in originals:
        yield {**task, "annotations": [*sound_annotations(task), *labelled.get(str(task.get("id")), [])]}


def _found(studio: Studio, number: int) -> Any:
    try:
        return studio.project(number)
    except StudioError as error:
        if error.code != "not-found":
            raise
        return None


def _data(studio: Studio, project: int, field: str | None = None) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The number of each task, or what its ``field`` says, and its data."""
    for task in filtered.read(studio, project, page=_CHUNK, include="id,data"):
        with api_errors(studio, "reading tasks"):
            expect(task, data=dict | None)
            data = task.data or {}
            number = int(task.id if field is None else data.get(field, 0))
        yield number, data
