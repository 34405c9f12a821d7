"""Predictions back into a project: checked, sent in chunks, counted, and chosen as those that annotators see."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import Any

from runner.core.errors import StudioError
from runner.datasets.row_problem import RowProblem
from runner.label_studio import task_filters as filtered
from runner.label_studio.client import ONCE, Studio, api_errors, expect
from runner.label_studio.interface import Interface
from runner.label_studio.interface_controls import Named
from runner.label_studio.interface_xml import read_interface
from verifiers.verdict import LABELS
from verifiers.verifier import Json

_CHUNK = 2000  # sent at a time; a request takes the server a time that grows with the project
_PAGE = 500
_SHOWN = 3


@dataclass(frozen=True)
class Prediction:
    """What the model says of a task: its answer as data.

    ``score`` is None where nobody measured how often such answers are right.
    """

    task: int
    answer: Json
    score: float | None
    reply: str | None = None


@dataclass(frozen=True)
class Pushed:
    """What came of it: predictions sent now, those that were there before, and the number the server has after.

    ``gone``: those that were left out, for their tasks are no longer in the project. ``unplaced``: those whose place in
    the text cannot be told, in words, by task.
    """

    sent: int
    before: int
    stored: int
    gone: int = 0
    unplaced: Sequence[str] = ()


@dataclass
class LeftOut:
    """What is left out of a push: tasks that are gone, and answers without a place in the text, in words."""

    gone: int = 0
    unplaced: list[str] = field(default_factory=list)


def push(
    studio: Studio,
    project: Any,
    predictions: Iterable[Prediction],
    version: str,
    prompt: str | None,
    control: Named = None,
) -> Pushed:
    """Send what the project does not have yet of this version. Done again after a kill it sends the rest.

    Args:
        version: the model version; Label Studio shows predictions by it.
        prompt: shown in the prompt area of each prediction, where the interface has one.
        control: the control that holds the answer, or several, where they are not all that can be served.

    Raises:
        StudioError: a prediction does not fit the labelling interface, none of the tasks is in the project, or fewer
            are stored than were sent.
    """
    interface = read_interface(project.label_config or "", control)
    interface.refuse_unsendable()
    there = set(filtered.tasks(studio, project.id, filtered.of_version(version)))
    fresh = (one for one in predictions if one.task not in there)
    out = LeftOut()
    sent, gone = send_all(studio, project, _requests(studio, project.id, fresh, interface, version, prompt, out))
    stored = count_of(studio, project.id, version)
    pushed = Pushed(sent, len(there), stored, gone + out.gone, out.unplaced)
    _refuse_lost(pushed, project.id, version)
    if stored:  # Label Studio knows no version that nothing was predicted with
        _show(studio, project.id, version)
    return pushed


def send_all(studio: Studio, project: Any, requests: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Check and send chunk by chunk; returns how many were sent, and how many left out, for their tasks are gone.

    Args:
        requests: as Label Studio takes them, all of one version.

    Raises:
        StudioError: a prediction does not fit the labelling interface, or the server refuses.
    """
    from label_studio_sdk.label_interface.interface import LabelInterface

    check = LabelInterface(project.label_config)
    left, sent, gone = iter(requests), 0, 0
    while chunk := list(islice(left, _CHUNK)):
        _refuse_unfit(chunk, check)
        lost = _send(studio, project.id, chunk)
        gone += lost
        sent += len(chunk) - lost
    return sent, gone


def _refuse_lost(pushed: Pushed, project: int, version: str) -> None:
    """Raise StudioError unless the server has all that was sent, and something was."""
    expected = pushed.before + pushed.sent
    if pushed.gone and not expected:
        raise StudioError(
            f"none of the {pushed.gone} tasks that were labelled is in project {project}: were they deleted, or was "
            "another project labelled?",
            code="tasks-gone",
            key=str(project),
        )
    if pushed.stored < expected:
        raise StudioError(
            f"Label Studio stored {pushed.stored} of {expected} predictions of {version}: run this again to send the "
            "rest",
            code="not-all-stored",
            key=version,
        )


def _send(studio: Studio, project: int, request: Sequence[Mapping[str, Any]]) -> int:
    """Send predictions of one version; returns how many were left out, for their tasks are gone.

    Label Studio refuses all that come in one request for the sake of one task that was deleted, or some of them.
    """
    try:
        _import(studio, project, request)
        return 0
    except StudioError as error:
        if getattr(error.__cause__, "status_code", None) != HTTPStatus.BAD_REQUEST:
            raise
        tasks = [int(one["task"]) for one in request]
        among = filtered.numbered(min(tasks), max(tasks))
        present = set(filtered.tasks(studio, project, among))
        gone = sum(task not in present for task in tasks)
        if not gone:
            raise  # it was for something else
    present -= set(filtered.tasks(studio, project, among, filtered.of_version(str(request[0]["model_version"]))))
    rest = [one for one in request if one["task"] in present]
    if rest:
        _import(studio, project, rest)
    return gone


def _import(studio: Studio, project: int, request: Sequence[Mapping[str, Any]]) -> None:
    with api_errors(studio, "sending predictions"):
        studio.client.projects.import_predictions(id=project, request=request, request_options=ONCE)


def _show(studio: Studio, project: int, version: str) -> None:
    """Have annotators see this version, and *Create Annotations From Predictions* offer it.

    Label Studio chooses the title of a backend that is connected, a version that no prediction has. Asked by *Retrieve
    Predictions*, or for a task without any, that backend answers as before.
    """
    with api_errors(studio, "choosing the model version"):
        studio.client.projects.update(id=project, show_collab_predictions=True, model_version=version)


def count_of(studio: Studio, project: int, version: str) -> int:
    """How many tasks have a prediction of this version."""
    return filtered.count(studio, project, filtered.of_version(version))


def _requests(
    studio: Studio,
    project: int,
    predictions: Iterable[Prediction],
    interface: Interface,
    version: str,
    prompt: str | None,
    out: LeftOut,
) -> Iterator[dict[str, Any]]:
    """The predictions as Label Studio takes them; where an answer has places in a text, only those that have one.

    Args:
        out: those that are left out are added here.
    """
    left = iter(predictions)
    while chunk := list(islice(left, _CHUNK)):
        data = _data(studio, project, [one.task for one in chunk]) if interface.needs_text else None
        for one in chunk:
            if data is not None and one.task not in data:
                out.gone += 1
                continue
            try:
                yield _request(one, interface, version, prompt, data[one.task] if data else None)
            except RowProblem as problem:
                out.unplaced.append(f"task {one.task}: {problem}")


def _data(studio: Studio, project: int, tasks: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """The data of those tasks that are in the project."""
    wanted, found = set(tasks), dict[int, Mapping[str, Any]]()
    among = filtered.numbered(min(tasks), max(tasks))
    for task in filtered.read(studio, project, among, page=_PAGE, include="id,data"):
        with api_errors(studio, "reading tasks"):
            expect(task, data=dict | None)
        if int(task.id) in wanted:
            found[int(task.id)] = task.data or {}
    return found


def _request(
    one: Prediction, interface: Interface, version: str, prompt: str | None, data: Mapping[str, Any] | None
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "task": one.task,
        "model_version": version,
        "result": interface.regions(one.answer, data, prompt=prompt, response=one.reply),
    }
    return request if one.score is None else {**request, "score": one.score}


def _refuse_unfit(request: Sequence[Mapping[str, Any]], check: Any) -> None:
    """Label Studio drops a prediction that does not fit, and says nothing."""
    problems, unfit = [], []
    for one in request:
        wrong = check.validate_prediction(dict(one), return_errors=True) if one["result"] else []
        if wrong:
            problems.append(f"task {one['task']}: {'; '.join(str(line) for line in wrong)[:200]}")
            unfit.append(str(one["task"]))
    if problems:
        raise StudioError(
            f"{len(problems)} predictions do not fit the labelling interface, and Label Studio would drop them "
            f"({'; '.join(problems[:_SHOWN])}): was the interface changed since the run?",
            code="prediction-unfit",
            key=unfit[0],
        )


def predictions_of(rows: Iterable[Mapping[str, Any]], column: str = LABELS) -> Iterator[Prediction]:
    """The rows of a label run as predictions; rows that failed are none.

    Args:
        column: of the answers.

    Raises:
        RowProblem: a row's id is no task's number; with the number of the row.
    """
    for number, row in enumerate(rows, 1):
        if row.get(column) is None:
            continue
        named = str(row.get("id"))
        if not (named.isascii() and named.isdigit()):
            raise RowProblem(
                f"line {number}: the id {row.get('id')!r} is no task's number: label with dataset=label_studio",
                code="not-a-task-number",
            )
        # Where rows are accepted by their certainty, people see the least certain first: the server sorts by it.
        score = row.get("certainty") if "review" in row else row.get("score")
        yield Prediction(int(row["id"]), row[column], score, row.get("reply"))
