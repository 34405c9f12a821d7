"""dataset=label_studio: items, gold, labels and the first prompt from a project, or from a file exported from one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from runner.core.errors import ConfigError, DataError
from runner.core.items import BadRow, Data, Item, Reading
from runner.datasets.collect import data_of, with_ids_once
from runner.datasets.row_problem import RowProblem
from runner.datasets.row_readers import read_rows
from runner.label_studio import task_filters as filtered
from runner.label_studio.client import Studio, api_errors, connect, expect, refuse_truth_value
from runner.label_studio.description import prompt_shown
from runner.label_studio.gold_notes import how_to_mark, notes_on_gold
from runner.label_studio.interface import Interface
from runner.label_studio.interface_controls import one_or_several
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.tasks import Gold, Reader, Task


class LabelStudio:
    """Reads a project.

    Args:
        url: the server; null takes LABEL_STUDIO_URL, else http://localhost:8080.
        token_env: the name of the variable with the token.
        project: its number or title.
        path: a JSON file exported from a project, instead of a server.
        config_file: the labelling interface of that project (XML).
        gold: which annotations count: ``ground_truth`` (marked as that, or ticked as checked), ``all`` (the newest of a
            task by a person), or ``agreed``. Never one that only says where a model was wrong.
        prompt_from: the initial prompt: ``annotation`` (the newest that a person typed), ``project`` (its
            description) or ``config`` (what the configuration says).
        tasks: ``all``, or only the ``unlabelled`` ones, which no person labelled.
        control: the control that holds the answer, where it is one of several.
        text_fields: the task fields to read, where not every text that is shown.
        controls: the controls that hold the answer, where they are not all that can be served.
    """

    def __init__(
        self,
        url: str | None = None,
        token_env: str = "LABEL_STUDIO_API_KEY",  # noqa: S107 - the name of a variable
        project: int | str | None = None,
        path: str | None = None,
        config_file: str | None = None,
        gold: Gold = "ground_truth",
        prompt_from: Literal["annotation", "project", "config"] = "annotation",
        tasks: Literal["all", "unlabelled"] = "all",
        control: str | None = None,
        text_fields: Sequence[str] | None = None,
        controls: Sequence[str] | None = None,
    ) -> None:
        refuse_truth_value(project, "dataset.project")
        if path is not None and config_file is None:
            raise ConfigError(
                "dataset.path is an exported file: give its labelling interface too, dataset.config_file=FILE.xml "
                "(in Label Studio: Settings > Labeling Interface > Code)",
                code="option-missing",
                key="dataset.config_file",
            )
        if path is not None and prompt_from == "project":
            raise ConfigError(
                "dataset.prompt_from=project needs a server: an exported file has no project in it",
                code="needs-server",
                key="dataset.prompt_from",
            )
        self._url, self._token_env, self._project = url, token_env, project
        self._path = Path(path).expanduser() if path else None
        self._config_file = Path(config_file).expanduser() if config_file else None
        self._gold: Gold = gold
        self._prompt_from = prompt_from
        self._only = tasks
        self._control, self._fields = one_or_several(control, controls, "dataset"), text_fields

    @classmethod
    def reading(cls, arguments: Mapping[str, Any]) -> Reading:
        """What a dataset made with these arguments reads."""
        fields, controls = arguments.get("text_fields"), arguments.get("controls")
        return Reading(
            url=arguments.get("url"),
            project=arguments.get("project"),
            exported=arguments.get("path") is not None,
            control=[str(name) for name in controls] if isinstance(controls, list) else arguments.get("control"),
            text_fields=[str(field) for field in fields] if isinstance(fields, list) else None,
        )

    def load(self) -> Data:
        interface, description, tasks = self._opened()
        reader = Reader(interface, self._gold)
        items: list[Item | BadRow] = [_read(reader, task) for task in tasks]
        prompt = {"annotation": reader.prompt, "project": description, "config": None}[self._prompt_from]
        where = str(self._path) if self._path else f"project {self._project}"
        read = [item for item in items if isinstance(item, Item)]
        if len(read) == len(items) and not any(item.gold is not None for item in read):  # bad rows are told before
            why = self._missing_gold(len(items), reader)
            raise DataError(
                f"{where} has no gold: {why}", code="gold-missing" if items else "tasks-missing", key=self._gold
            )
        if reader.missed and len(read) == len(items):
            raise DataError(
                f"{where}: no annotation has {interface.named}, which hold the answer; "
                f"there is {reader.missed}: name another, studio.control=NAME",
                code="control-missing",
                key=interface.choices.name,
            )
        described = interface.described()
        return data_of(
            items,
            where=where,
            labels=described.labels,
            multiple=described.multiple,
            verifier=described.verifier,
            prompt=prompt or None,
            agreement=reader.agreement,
            notes=notes_on_gold(reader.left_out, self._gold, reader.interface.checked),
        )

    def stream(self) -> Iterator[Item | BadRow]:
        interface, _, tasks = self._opened()
        reader = Reader(interface, "all", strict=False)
        left = (task for task in tasks if self._only == "all" or not _labelled(reader, task))
        return with_ids_once(_read(reader, task) for task in left)

    def answers(self) -> Iterator[Item]:
        """All tasks that can be read, with the newest annotation by a person as gold; None where there is none."""
        interface, _, tasks = self._opened()
        reader = Reader(interface, "all", strict=False)
        return (item for task in tasks if isinstance(item := _read(reader, task), Item))

    def _missing_gold(self, tasks: int, reader: Reader) -> str:
        if not tasks:
            return "it has no tasks"
        if self._gold == "agreed":
            said = f"{reader.agreement.items} have two annotations or more" if reader.agreement else "none has two"
            return f"no two annotators agree on any of its {tasks} tasks ({said})"
        more = "".join(f"; {note}" for note in notes_on_gold(reader.left_out, self._gold, reader.interface.checked))
        if self._gold == "all":
            there = f"; there is {reader.missed}" if reader.missed else ""
            return f"none of its {tasks} tasks has an annotation by a person with {reader.interface.named}{there}{more}"
        left = more or f": {how_to_mark(reader.interface.checked)}, or take all that people labelled: dataset.gold=all"
        return f"nobody said of any of its {tasks} tasks that its labels are right{left}"

    def _opened(self) -> tuple[Interface, str | None, Iterator[Task]]:
        """The interface, the project's description, and the tasks as they come."""
        if self._path is not None and self._config_file is not None:
            interface = read_interface(_xml(self._config_file), self._control, self._fields)
            return interface, None, _exported(self._path)
        studio = connect(self._url, self._token_env)
        try:
            project = studio.project(self._project)
            interface = read_interface(project.label_config or "", self._control, self._fields)
        except BaseException:
            studio.http.close()
            raise
        return interface, prompt_shown(project.description or "") or None, _closing(studio, project.id)


def _closing(studio: Studio, project: int) -> Iterator[Task]:
    with studio:
        yield from tasks_of(studio, project)


def tasks_of(studio: Studio, project: int, page: int = 500) -> Iterator[Task]:
    """The tasks of a project with their annotations, in the order of their numbers, ``page`` of them at a time."""
    for task in filtered.read(studio, project, page=page, fields="all"):
        with api_errors(studio, "reading tasks"):
            expect(task, data=dict | None)
        yield plain_task(task)


def plain_task(task: Any) -> Task:
    """A task of the SDK as plain values: its class varies from task to task."""
    content: Task = task.model_dump()
    return content


def _labelled(reader: Reader, task: Task) -> bool:
    """Whether a person labelled it; one that cannot be read is not, and is told where it is read."""
    try:
        return reader.labelled(task)
    except RowProblem:
        return False


def _read(reader: Reader, task: Task) -> Item | BadRow:
    try:
        return reader.item(task)
    except RowProblem as problem:
        return BadRow(str(task.get("id")), str(problem), problem.code)


def _exported(path: Path) -> Iterator[Task]:
    """The tasks of a JSON export; of a JSON_MIN export, which has lost its annotations' structure, none."""
    for number, row in read_rows(path):
        if isinstance(row, RowProblem):
            raise DataError(f"dataset.path: {path}, row {number}: {row}", code=row.code, key=str(number))
        if not isinstance(row.get("data"), dict):
            raise DataError(
                f"dataset.path: {path}, row {number} is no task of Label Studio (no 'data' in it): export as JSON, "
                "not as JSON-MIN or CSV (or use dataset=file)",
                code="not-a-task",
                key=str(number),
            )
        yield row if "id" in row else {**row, "id": number}


def _xml(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise DataError(
            f"dataset.config_file: no file {path} (looked in {Path.cwd()})", code="file-missing", key=str(path)
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"dataset.config_file: {path} cannot be read ({error})", code="unreadable", key=str(path)
        ) from error
