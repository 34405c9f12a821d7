"""A project made ready: found or created, its labelling interface, its tasks. Each step may be done again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from runner.core.errors import ConfigError, DataError, StudioError
from runner.datasets.file import listed_labels
from runner.label_studio import task_filters as filtered
from runner.label_studio.asked import Asked
from runner.label_studio.client import ONCE, Studio, api_errors, expect, refuse_truth_value
from runner.label_studio.default_interface import interface_for
from runner.label_studio.interface_controls import Named
from runner.label_studio.interface_xml import read_interface, same_interface
from runner.label_studio.task_file import Known, New, holds_dialogues, known, new_tasks
from verifiers.saved import as_data

_CHUNK = 500  # tasks sent at a time
_EMPTY = "<View/>"  # what Label Studio gives a project that is made by hand
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
        control: the control that holds the answer, or several, where they are not all that can be served.
        asked: what a task file asks, instead of ``labels``; for an interface of our own.
    """

    project: int | str | None
    labels: Sequence[str] | Mapping[str, str] | str | None
    choice: str
    config_file: str | None
    tasks: str | None
    control: Named = None
    asked: Asked | None = None

    @property
    def interface(self) -> str | None:
        """The XML of the interface that is asked for; None if none is.

        Raises:
            ConfigError, DataError: it cannot be made, or not be used.
        """
        if self.asked is not None:
            dialogue = isinstance(self.asked.text, str) and holds_dialogues(self.tasks, self.asked.text)
            return self.asked.interface(dialogue=dialogue)
        if self.labels is not None:
            dialogue, labels = holds_dialogues(self.tasks), listed_labels(self.labels, "studio.labels")
            return interface_for(labels, multiple=self.choice == "multiple", dialogue=dialogue)
        return None if self.config_file is None else _file(self.config_file, self.control)


def make_project(studio: Studio, wanted: Wanted) -> tuple[Any, str]:
    """The project, created if it is not there, and what was done in words.

    The interface of a project that is there may be somebody's work: only ``config_file`` changes one that is not empty.

    Raises:
        ConfigError, StudioError, DataError: it can be neither found nor made; says what to give.
    """
    named = wanted.project
    if named is None:
        raise ConfigError(
            "studio.project is missing: give the project's title (or number), studio.project=...",
            code="option-missing",
            key="studio.project",
        )
    refuse_truth_value(named, "studio.project")
    given = {"task": wanted.asked, "studio.labels": wanted.labels, "studio.config_file": wanted.config_file}
    both = [name for name, value in given.items() if value is not None]
    if len(both) > 1:
        raise ConfigError(f"{both[0]} and {both[1]} are both given: give one of them", code="both-given", key=both[1])
    xml = wanted.interface
    if not str(named).isdecimal() and not studio.projects_called(str(named)):
        return _created(studio, str(named), xml, wanted.control)
    project = studio.project(named)
    own, there = project.label_config or _EMPTY, f"project {project.id} {project.title!r}"
    if xml is None or same_interface(own, xml):
        return project, f"{there} is there"
    if wanted.config_file is None and not same_interface(own, _EMPTY):
        return project, f"{there} is there{_kept(own, xml, wanted)}"
    read_interface(xml, wanted.control)
    with api_errors(studio, "changing the labelling interface"):
        studio.client.projects.update(id=project.id, label_config=xml)
    return studio.project(project.id), f"{there}: labelling interface changed"


def _created(studio: Studio, title: str, xml: str | None, control: Named) -> tuple[Any, str]:
    if not _TITLE[0] <= len(title) <= _TITLE[1]:
        raise ConfigError(
            f"studio.project={title!r}: a title has {_TITLE[0]} to {_TITLE[1]} characters",
            code="bad-value",
            key="studio.project",
        )
    if xml is None:
        raise ConfigError(
            f"there is no project {title!r} yet: give its labels (studio.labels=labels.yaml), what is asked of a text "
            "(task=task.yaml) or its labelling interface (studio.config_file=interface.xml) to create it",
            code="project-unknown",
            key=title,
        )
    read_interface(xml, control)
    with api_errors(studio, "creating the project"):
        project = studio.client.projects.create(
            title=title, label_config=xml, show_collab_predictions=True, request_options=ONCE
        )
        expect(project, id=int, label_config=str)
    return project, f"project {project.id} {title!r} created"


def _kept(xml: str, asked_for: str, wanted: Wanted) -> str:
    """What there is to say of the interface of a project that is there, where labels or answers are asked for.

    Raises:
        StudioError: it has other labels or answers, or any number of labels where one was asked for; says what to do.
    """
    own = read_interface(xml, wanted.control)
    how = "its labelling interface is left as it is: change it there, or give studio.config_file=interface.xml"
    if wanted.asked is not None:
        other = read_interface(asked_for, wanted.control)
        if as_data(own.verifier) != as_data(other.verifier):
            raise StudioError(
                f"task: the project has other answers ({own.named}, and {other.named} are asked for, or their labels "
                f"differ): {how}",
                code="interface-differs",
                key="task",
            )
        return ""
    labels = read_interface(asked_for).labels
    lacks = ", ".join(name for name in labels if name not in own.labels)
    more = ", ".join(name for name in own.labels if name not in labels)
    if lacks or more:
        differs = "; ".join([*([f"it lacks {lacks}"] if lacks else []), *([f"it has {more} too"] if more else [])])
        raise StudioError(
            f"studio.labels: the project has other labels ({differs}): {how}",
            code="interface-differs",
            key="studio.labels",
        )
    if wanted.choice == "single" and own.multiple:
        raise StudioError(
            f"studio.choice=single: the project has any number of labels a task: {how}",
            code="interface-differs",
            key="studio.choice",
        )
    meanings = labels.definitions.items()
    others = any(meaning and meaning != own.labels.definitions[name] for name, meaning in meanings)
    return f" (its labels have other definitions; {how})" if others else ""


def import_tasks(studio: Studio, project: Any, file: str, control: Named = None, asked: Asked | None = None) -> str:
    """Send the rows of a file that the project does not have yet; returns what was done in words.

    A row's gold becomes an annotation, of ``control``, that is marked as ground truth. A row is known by
    its ``id``, else by its text.

    Args:
        asked: what a task file says of the file's columns.

    Raises:
        DataError: rows that the labelling interface cannot show, gold that it cannot hold, or an id that another text
            has; nothing is sent then.
    """
    interface = read_interface(project.label_config or "", control)
    there: Known = {}
    before = 0
    for before, data in enumerate(_all_data(studio, project.id), 1):  # noqa: B007 - how many there were
        key, text = known(data, interface)
        there[key] = text, "in the project"
    new = new_tasks(Path(file).expanduser(), interface, there, asked)
    sent = iter(new.tasks)
    with api_errors(studio, "importing tasks"):
        while chunk := list(islice(sent, _CHUNK)):
            studio.client.projects.import_tasks(id=project.id, request=chunk, request_options=ONCE)
    total, expected = studio.project(project.id).task_number or 0, before + len(new.tasks)
    if total < expected:
        raise StudioError(
            f"Label Studio has {total} of {expected} tasks: run this again to send the rest",
            code="not-all-stored",
            key=str(project.id),
        )
    if total > expected:
        raise StudioError(
            f"project {project.id} has {total} tasks where {expected} should be: something else imported at the same "
            "time, and some may be there twice; look for them in its Data Manager",
            code="stored-twice",
            key=str(project.id),
        )
    return f"{_imported(new)}; {total} in all"


def _imported(new: New) -> str:
    gold = sum(bool(task.get("annotations")) for task in new.tasks)
    words = [f"{len(new.tasks)} tasks imported ({gold} with gold)" if new.tasks else "no task is new"]
    words[0] += f", {new.repeated} were there"
    if new.unopened:
        words.append(f"{new.unopened} annotations left out, made of predictions and opened by nobody")
    if new.annotators:
        words.append(f"which of {len(new.annotators)} annotators made which annotation is not kept")
    return "; ".join(words)


def _file(name: str, control: Named) -> str:
    """The XML of a labelling interface that goldloop can use."""
    path = Path(name).expanduser()
    try:
        xml = path.read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"studio.config_file: {path} cannot be read ({error})", code="unreadable", key=str(path)
        ) from error
    read_interface(xml, control)
    return xml


def _all_data(studio: Studio, project: int) -> Iterator[Mapping[str, Any]]:
    for task in filtered.read(studio, project, page=_CHUNK, include="id,data"):
        with api_errors(studio, "reading tasks"):
            expect(task, data=dict | None)
        yield task.data or {}
