"""sink=label_studio: the rows of a label run as predictions of a project's tasks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.core.errors import DataError, StudioError
from runner.core.items import Reading
from runner.core.terminal import shortened
from runner.datasets.row_problem import RowProblem
from runner.label_studio.client import Studio, connect
from runner.label_studio.description import SAID, Shown, show_prompt
from runner.label_studio.interface import Interface
from runner.label_studio.interface_controls import one_or_several
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.origin import PinnedProject, refuse_other_tasks
from runner.label_studio.people_tab import ForPeople
from runner.label_studio.predicted_annotations import Annotated, annotate
from runner.label_studio.predictions import Pushed, predictions_of, push
from runner.runs.bounded import MEGABYTE, lines_in, parsed
from verifiers.verdict import LABELS

_MOST = 1 << 20  # megabytes of a record
_SHOWN = 3


class LabelStudioSink:
    """Sends predictions, and annotations made of them where that is asked for.

    Args:
        url, token_env, project, control: as ``studio`` has them.
        annotations: also make annotations, for tasks that have none, and renew those that were made of predictions.
        controls: the controls that hold the answer, where they are not all that can be served.
    """

    def __init__(
        self,
        url: str | None = None,
        token_env: str = "LABEL_STUDIO_API_KEY",  # noqa: S107 - the name of a variable
        project: int | str | None = None,
        annotations: bool = False,
        control: str | None = None,
        controls: Sequence[str] | None = None,
    ) -> None:
        self._url, self._token_env, self._project = url, token_env, project
        self._annotations, self._control = annotations, one_or_several(control, controls, "studio")

    def check(self) -> None:
        """Raise a GoldloopError if the project cannot take labels: before any of them is paid for."""
        with connect(self._url, self._token_env) as studio:
            read_interface(studio.project(self._project).label_config or "", self._control).refuse_unsendable()

    def refuse_unfit(
        self,
        reading: Reading | None,
        labels: Iterable[str],
        origin: PinnedProject | None = None,
        column: str | None = None,
    ) -> None:
        """``check``, for rows that were read as ``reading`` says, from ``origin``, and have some of ``labels``.

        Args:
            column: of their answers; None where that is looked at later.

        Raises:
            DataError: their ids are no task numbers of the project. StudioError: it lacks labels, or takes other
                answers.
        """
        with connect(self._url, self._token_env) as studio:
            project = studio.project(self._project)
            refuse_other_tasks(reading, studio, project, origin)
            self._project = int(project.id)  # when the labels are there, another one may have the title
            interface = read_interface(project.label_config or "", self._control)
        interface.refuse_unsendable()
        _refuse_other_answers(interface, project, column)
        lost = [label for label in labels if label not in interface.labels]
        if lost:
            raise StudioError(
                f"{len(lost)} of the run's labels are not in project {project.id} as {interface.named} "
                f"({', '.join(lost[:_SHOWN])}): add them to the labelling interface, or say which control "
                "is meant, studio.control=NAME",
                code="label-unknown",
                key=lost[0],
            )

    def deliver(self, record: Path, version: str, prompt: str) -> str:
        """Send the rows of ``record`` that the project does not have yet; returns what was done in words.

        Args:
            version: the model version of the rows. prompt: the text that made them.

        Raises:
            StudioError, DataError: the project does not take them; done again it goes on where it was.
        """
        column = column_of(record)
        try:
            for _ in predictions_of(rows_of(record), column):
                pass  # a damaged row ends it before anything is sent
        except RowProblem as problem:
            raise DataError(f"{record}, {problem}", code=problem.code, key=str(record)) from problem
        with connect(self._url, self._token_env) as studio:
            project = studio.project(self._project)
            _refuse_other_answers(read_interface(project.label_config or "", self._control), project, column)
            done = push(studio, project, predictions_of(rows_of(record), column), version, prompt, self._control)
            shown = show_prompt(studio, project, prompt, version)
            people = ForPeople.of(rows_of(record))
            kept = people.tasks if people else ()
            made = annotate(studio, project.id, version, kept) if self._annotations else None
            told = _told(studio, project, version, done, shown, made)
            return f"{_for_people(people, people.show(studio, project.id))}{told}" if people else told


def _refuse_other_answers(interface: Interface, project: Any, column: str | None) -> None:
    """Raise StudioError where the interface takes other answers than the rows have."""
    wanted = interface.verifier.words.column
    if column not in (None, wanted):
        raise StudioError(
            f"the rows have {column}, and project {project.id} takes {wanted} ({interface.named}): say which control "
            "the answers are for, studio.control=NAME",
            code="control-ambiguous",
            key="studio.control",
        )


def column_of(record: Path) -> str:
    """The column of the answers: that of labels, or the one that stands behind the id."""
    first: Mapping[str, Any] = next(rows_of(record), {})
    return LABELS if LABELS in first or not first else next((name for name in first if name != "id"), LABELS)


def rows_of(record: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a label run's record; a last line that a crash cut off is none.

    Raises:
        DataError: a line is no row of a label run; names it.
    """
    for number, line in lines_in(record, _MOST * MEGABYTE):
        if not line.endswith(b"\n"):
            return
        where = f"{record}, line {number}"
        try:
            row = parsed(line.decode("utf-8"), where)
        except ValueError as error:
            raise DataError(f"{where}: not JSON ({error}): label again", code="not-json", key=str(record)) from error
        wrong = _problem(row)
        if wrong:
            raise DataError(f"{where}: {wrong}: label again", code="wrong-shape", key=str(record))
        yield row


def _problem(row: Any) -> str | None:
    """What no label run writes, in words."""
    if not isinstance(row, dict):
        return f"not a JSON object but {row!r:.60}"
    if not isinstance(row.get("id"), str | int):
        return "it has no id"
    labels, score, reply = row.get(LABELS), row.get("score"), row.get("reply")
    if labels is not None and not (isinstance(labels, list) and all(isinstance(name, str) for name in labels)):
        return f"labels must be a list of names, found {labels!r:.60}"
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
        return f"the score must be a number, found {score!r:.60}"
    return None if reply is None or isinstance(reply, str) else f"the reply must be a text, found {reply!r:.60}"


def _for_people(people: ForPeople, tab: str) -> str:
    if not people.tasks:
        return ""
    return f"{len(people.tasks):,} tasks for people, least certain first, in the tab {tab!r} (label them there); "


def _told(studio: Studio, project: Any, version: str, done: Pushed, shown: Shown, made: Annotated | None) -> str:
    there = f", {done.before} were there" if done.before else ""
    words = [f"{done.sent} predictions of {version} sent{there}; Label Studio counts {done.stored}"]
    words += [f"{done.gone} rows left out, whose tasks are no longer in the project"] if done.gone else []
    if done.unplaced:
        words.append(f"{len(done.unplaced)} answers left out ({shortened(done.unplaced, _SHOWN, sentences=True)})")
    words += [str(made)] if made is not None else []
    words += [SAID[shown]]
    return f"{'; '.join(words)}: {studio.url}/projects/{project.id}/data"
