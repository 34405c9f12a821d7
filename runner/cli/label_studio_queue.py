"""goldloop studio queue=RUN_DIR and decide=RUN_DIR: people are asked which prompt is right, and answer."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.label_studio_push import RECORD, label_with
from runner.config.past_run import load_past_config
from runner.config.project_reading import reading_of
from runner.config.settings import StudioSettings
from runner.config.validate import validate
from runner.core.errors import ConfigError, DataError, StudioError
from runner.core.files import atomic_write
from runner.datasets.typed_gold import typed
from runner.runs.reader import Run, read_run

if TYPE_CHECKING:
    from runner.label_studio.client import Studio
    from runner.label_studio.disagreements import Disagreements, Labelled, Pair
    from runner.label_studio.interface import Interface


def queue(run: Path, studio: StudioSettings, trust: Sequence[str]) -> None:
    """Ask both prompts of a run about unlabelled tasks, and copy those on which they differ into a project.

    Done again it asks about as many tasks more, and adds those on which they differ.
    """
    from runner.label_studio.disagreements import Disagreements, read_disagreements

    known = read_disagreements(run)
    with _server(studio, known) as server:
        project = _project(server, studio, known)
        number = int(project.id)
        title = f"Which prompt? {'/'.join(run.resolve().parts[-2:])}"
        before = replace(known or Disagreements(number, title, [], {}), url=server.url)
        most = getattr(studio, "queue_tasks", 0)
        at = studio.model_copy(update={"url": server.url, "project": number})
        asked, differ = _ask(run, at, trust, _reach(before, run, at, trust, most))
        made = before.joined(asked, differ)
        made.write(run)
        if made.tasks:
            made = _copied(server, project, made, run)
        print(_made(made, new=len(made.tasks) - len(before.tasks), others=len(made.asked) - len(before.asked) >= most))


def _copied(server: "Studio", project: Any, queue: "Disagreements", run: Path) -> "Disagreements":
    """Copy the tasks into the project for them; its number is kept as soon as it is known."""
    from runner.label_studio.queue_project import copy_tasks, queue_project

    copies = queue_project(server, project, queue.title, queue.copies)
    queue = replace(queue, copies=copies)
    queue.write(run)
    copy_tasks(server, queue.project, copies, queue.tasks.keys())
    return queue


def _reach(queue: "Disagreements", run: Path, studio: StudioSettings, trust: Sequence[str], most: int) -> int:
    """How many unlabelled tasks to go through, so that ``most`` of them are new. Raises DataError if there are none."""
    found = queue.reach(_unlabelled(run, studio, trust), most)
    if not found:
        raise DataError(
            f"project {queue.project} has no unlabelled tasks: there is nothing to ask",
            code="nothing-to-label",
            key=str(queue.project),
        )
    return found


def _made(queue: "Disagreements", *, new: int, others: bool) -> str:
    """What came of it.

    Args:
        new: tasks that were not in it before. others: there may be more unlabelled tasks.
    """
    asked, tasks = len(queue.asked), len(queue.tasks)
    more = "done again it asks about others" if others else "no other unlabelled task is left: import more texts"
    if not tasks:
        return f"the two prompts agree on {asked} of {asked} tasks: nothing to ask people yet; {more}"
    told = f"the two prompts differ on {tasks} of {asked} tasks: copies of them are in project {queue.copies}"
    more = f"{new} of them new; {more}"
    return f"{told} {queue.title!r}, where no prediction is seen ({more})\n{queue.url}/projects/{queue.copies}/data"


def _ask(run: Path, studio: StudioSettings, trust: Sequence[str], count: int) -> "tuple[set[str], dict[str, Pair]]":
    """Ask both prompts about the first unlabelled tasks: those that both were asked, and those on which they differ."""
    from runner.label_studio.disagreements import differing
    from runner.label_studio.sink import column_of, rows_of

    words = ["dataset.tasks=unlabelled", f"limit={count}", "study=queue"]
    made = [label_with(run, studio, trust, f"which={which}", *words) / RECORD for which in ("initial", "best")]
    initial, best = ({str(row["id"]) for row in rows_of(record)} for record in made)
    return initial & best, differing(rows_of(made[0]), rows_of(made[1]), column_of(made[0]))


def decide(run: Path, studio: StudioSettings, trust: Sequence[str]) -> None:
    """Take up the decision again with the labels that have arrived in the queue; print it and write it down."""
    from runner.label_studio.dataset import tasks_of
    from runner.label_studio.disagreements import decided, read_disagreements
    from runner.label_studio.queue_project import joined
    from runner.label_studio.tasks import Reader

    archive = read_run(run)
    queue = read_disagreements(run)
    if queue is None:
        raise DataError(
            f"{run} has no queue: goldloop studio queue={run} makes one", code="queue-missing", key=str(run)
        )
    if not queue.tasks:
        raise DataError(
            f"the queue of {run} has no tasks yet: goldloop studio queue={run} asks about more",
            code="queue-empty",
            key=str(run),
        )
    own = validate(load_past_config(archive), trust)
    reward, verifier = own.make("reward"), typed(archive.data(), own.verifier(archive.data()))[1]
    with _server(studio, queue) as server:
        project = _project(server, studio, queue)
        reader = Reader(_interface(project, archive, studio, trust), "all")
        tasks = tasks_of(server, project.id)
        if queue.copies is not None:
            copies = _copies(server, queue.copies, run)
            tasks = joined(tasks, tasks_of(server, copies))
        found = decided(archive, queue, tasks, reader, reward, verifier)
    content = {
        **asdict(found.decision),
        "sealed": found.sealed,
        "arrived": found.arrived,
        "prompted": found.prompted,
        "queue": len(queue.tasks),
    }
    atomic_write(run / "queue_decision.json", json.dumps(content, indent=2) + "\n")
    print(f"{found.arrived} of {len(queue.tasks)} tasks of the queue are labelled")
    if found.prompted:
        print(f"{found.prompted} more do not count: their labels began with a model's answer (Create a new annotation)")
    where = f"the tab {queue.title!r}" if queue.copies is None else f"project {queue.copies} {queue.title!r}"
    print(_sentence(found, queue, where, run))


def _server(studio: StudioSettings, queue: "Disagreements | None") -> "Studio":
    """The server, which another than the queue's must not be: its tasks have the same numbers."""
    from runner.label_studio.client import connect, url_of

    where = url_of(studio.url)
    if queue is not None and queue.url not in {None, where}:
        raise ConfigError(
            f"the queue is at {queue.url}, but studio.url or LABEL_STUDIO_URL names {where}: give "
            f"studio.url={queue.url}, or write the new address into queue.json if the server has moved",
            code="other-server",
            key=queue.url or "",
        )
    return connect(where, studio.token_env)


def _project(server: "Studio", studio: StudioSettings, queue: "Disagreements | None") -> Any:
    """The project of the queue, or the one to make it in."""
    if queue is None:
        return server.project(studio.project)
    if studio.project is not None and (given := server.project(studio.project)).id != queue.project:
        raise ConfigError(
            f"studio.project={studio.project} is {given.id}, but the queue is in project {queue.project}",
            code="other-project",
            key=str(queue.project),
        )
    return server.project(queue.project)


def _copies(server: "Studio", number: int, run: Path) -> int:
    """The number of the project with the copies. Raises DataError if it is no longer there."""
    try:
        return int(server.project(number).id)
    except StudioError as error:
        if error.code != "not-found":
            raise
        raise DataError(
            f"project {number}, in which people label the queue of {run}, is gone, and with it their labels: goldloop "
            f"studio queue={run} makes another",
            code="queue-missing",
            key=str(run),
        ) from error


def _unlabelled(run: Path, studio: StudioSettings, trust: Sequence[str]) -> Iterator[str]:
    """The tasks that ``label_with`` would label, in its order."""
    from runner.label_studio.dataset import LabelStudio

    named, fields = _read_as(read_run(run), studio, trust)
    one, several = (named, None) if isinstance(named, str) else (None, named)
    at = studio.url, studio.token_env, studio.project
    source = LabelStudio(*at, tasks="unlabelled", control=one, controls=several, text_fields=fields)
    return (row.id for row in source.stream())


def _interface(project: Any, run: Run, studio: StudioSettings, trust: Sequence[str]) -> "Interface":
    """The labelling interface, read as the run read it."""
    from runner.label_studio.interface_xml import read_interface

    return read_interface(project.label_config or "", *_read_as(run, studio, trust))


def _read_as(
    run: Run, studio: StudioSettings, trust: Sequence[str]
) -> tuple[str | Sequence[str] | None, Sequence[str] | None]:
    """The controls, and the text fields, by which the run read tasks."""
    reading = reading_of(run.config, trust)
    control, fields = (reading.control, reading.text_fields) if reading else (None, None)
    return studio.named or control, fields


def _sentence(found: "Labelled", queue: "Disagreements", where: str, run: Path) -> str:
    """The decision, and what to do next."""
    decision = found.decision
    sealed = f"the {found.sealed} sealed ones included" if found.sealed else "the run has no sealed ones"
    figures = f"better on {decision.wins} items, worse on {decision.losses}, {sealed}; evidence {decision.e:.1f}"
    if decision.verdict == "undecided":
        left = len(queue.tasks) - found.arrived
        more = f"go on labelling in {where}" if left > 0 else f"all are labelled, goldloop studio queue={run} adds more"
        return f"Undecided ({figures} of the 20 it takes): {more}; then ask again."
    use = "best" if decision.verdict == "better" else "initial"
    return (
        f"The best prompt is {decision.verdict} than the initial one ({figures}, 20 suffice). Use the {use} one: "
        f"goldloop label {run} which={use}, or goldloop serve serve.run={run} serve.which={use}"
    )
