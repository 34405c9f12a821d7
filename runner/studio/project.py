"""A project made ready: found or created, its labelling interface, its tasks. Each step may be done again."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from runner.datasets.digest import bad_rows
from runner.datasets.fields import Fields
from runner.datasets.file import listed_labels
from runner.datasets.rows import RowProblem, read_rows
from runner.errors import ConfigError, DataError, StudioError
from runner.studio.connection import Studio, told
from runner.studio.default_interface import interface_for
from runner.studio.interface import Interface
from runner.studio.interface_xml import read_interface
from runner.studio.tasks import annotations_of
from verifiers.label_set import LabelSet

_CHUNK = 500  # tasks sent at a time
_TITLE = (3, 50)  # characters that Label Studio takes


@dataclass(frozen=True)
class Wanted:
    """What a project is to be like.

    Attributes:
        project: its number or title; a title that is not there is created.
        labels: the label list, a mapping to definitions, or a file with either; for an interface of our own.
        choice: whether a task has any number of labels (``multiple``) or exactly one (``single``).
        config_file: the XML of a labelling interface, instead of ``labels``.
        tasks: a file of rows to import: JSON, JSONL, CSV or Parquet, or tasks as Label Studio exports them.
    """

    project: int | str | None
    labels: Sequence[str] | Mapping[str, str] | str | None
    choice: str
    config_file: str | None
    tasks: str | None


def make_project(studio: Studio, wanted: Wanted) -> tuple[Any, str]:
    """The project, created if it is not there, and what was done in words.

    Raises:
        ConfigError, StudioError, DataError: it can be neither found nor made; says what to give.
    """
    named = wanted.project
    if named is None:
        raise ConfigError("studio.project is missing: give the project's title (or number), studio.project=...")
    xml = _interface(wanted)
    if str(named).isdigit() or studio.projects_called(str(named)):
        project = studio.project(named)
        if xml is None or _same(project.label_config, xml):
            return project, f"project {project.id} {project.title!r} is there"
        with told(studio, "changing the labelling interface"):
            studio.client.projects.update(id=project.id, label_config=xml)
        return studio.project(project.id), f"project {project.id} {project.title!r}: labelling interface changed"
    title = str(named)
    if not _TITLE[0] <= len(title) <= _TITLE[1]:
        raise ConfigError(f"studio.project={title!r}: a title has {_TITLE[0]} to {_TITLE[1]} characters")
    if xml is None:
        raise ConfigError(
            f"there is no project {title!r} yet: give its labels (studio.labels=labels.yaml) or its labelling "
            "interface (studio.config_file=interface.xml) to create it"
        )
    read_interface(xml)
    with told(studio, "creating the project"):
        project = studio.client.projects.create(title=title, label_config=xml, show_collab_predictions=True)
    return project, f"project {project.id} {title!r} created"


def import_tasks(studio: Studio, project: Any, file: str) -> str:
    """Send the rows of a file that the project does not have yet; returns what was done in words.

    A row's gold becomes an annotation that is marked as ground truth. A row is known by its ``id``, else by its text.

    Raises:
        DataError: rows that the labelling interface cannot show; nothing is sent then.
    """
    interface = read_interface(project.label_config or "")
    there = {_key(task.data or {}, interface) for task in _all_data(studio, project.id)}
    rows, new, known = list(_rows(Path(file).expanduser(), interface)), [], 0
    for task in rows:
        key = _key(task["data"], interface)
        if key in there:
            known += 1
        else:
            there.add(key)
            new.append(task)
    sent = iter(new)
    with told(studio, "importing tasks"):
        while chunk := list(islice(sent, _CHUNK)):
            studio.client.projects.import_tasks(id=project.id, request=chunk)
    with told(studio):
        total = studio.client.projects.get(id=project.id).task_number or 0
    if total < len(there):
        raise StudioError(f"Label Studio took {total} of {len(there)} tasks: run this again to send the rest")
    gold = sum(bool(task.get("annotations")) for task in new)
    words = f"{len(new)} tasks imported ({gold} with gold)" if new else "no task is new"
    return f"{words}, {known} were there; {total} in all"


def _interface(wanted: Wanted) -> str | None:
    if wanted.config_file is not None and wanted.labels is not None:
        raise ConfigError("studio.labels and studio.config_file are both given: give one of them")
    if wanted.config_file is not None:
        path = Path(wanted.config_file).expanduser()
        try:
            return path.read_text("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"studio.config_file: {path} cannot be read ({error})") from error
    if wanted.labels is None:
        return None
    labels: LabelSet = listed_labels(wanted.labels, "studio.labels")
    return interface_for(labels, multiple=wanted.choice == "multiple", dialogue=_holds_dialogues(wanted.tasks))


def _holds_dialogues(tasks: str | None) -> bool:
    """Whether the first row of the tasks has a ``dialogue``; the tutorial's have, where nobody says."""
    if tasks is None:
        return True
    for _, row in read_rows(Path(tasks).expanduser()):
        data = row.get("data", row) if isinstance(row, Mapping) else {}
        return isinstance(data, Mapping) and bool(data.get("dialogue"))
    return True


def _same(one: str | None, other: str) -> bool:
    return "".join((one or "").split()) == "".join(other.split())


def _rows(path: Path, interface: Interface) -> Iterator[dict[str, Any]]:
    """The rows as tasks. Raises DataError that names all those that the interface cannot show."""
    problems: list[str] = []
    for number, row in read_rows(path):
        try:
            if isinstance(row, RowProblem):
                raise row
            task = _task(row, interface)
            interface.text_of(task["data"])
        except RowProblem as problem:
            problems.append(f"row {number}: {problem}")
            continue
        if not problems:
            yield task
    if problems:
        raise DataError(bad_rows(f"studio.tasks: {path}", problems))


def _task(row: Mapping[str, Any], interface: Interface) -> dict[str, Any]:
    if isinstance(row.get("data"), Mapping):
        annotations = [
            {name: entry[name] for name in ("result", "ground_truth", "was_cancelled") if name in entry}
            for entry in annotations_of(row)
        ]
        return {"data": dict(row["data"]), **({"annotations": annotations} if annotations else {})}
    gold = Fields().labels_of(row, interface.labels)
    data = {name: value for name, value in row.items() if name != "labels"}
    if isinstance(data.get("dialogue"), str):  # a cell of a CSV file
        try:
            data["dialogue"] = json.loads(data["dialogue"])
        except ValueError as error:
            raise RowProblem("the dialogue is no JSON list of turns with author and text") from error
    if gold is None:
        return {"data": data}
    strangers = [name for name in gold if name not in interface.labels]
    if strangers:
        raise RowProblem(f"the label {strangers[0]!r} is not in the labelling interface")
    return {"data": data, "annotations": [{"ground_truth": True, "result": interface.regions(gold)}]}


def _key(data: Mapping[str, Any], interface: Interface) -> str:
    named = data.get("id")
    if named not in (None, ""):
        return f"id {named}"
    shown = json.dumps([data.get(shown.field) for shown in interface.shown], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()


def _all_data(studio: Studio, project: int) -> Iterable[Any]:
    with told(studio, "reading tasks"):
        yield from studio.client.tasks.list(project=project, page_size=_CHUNK, include="data")
