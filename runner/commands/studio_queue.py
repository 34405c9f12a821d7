"""goldloop studio queue=RUN_DIR and decide=RUN_DIR: people are asked which prompt is right, and answer."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.archive import Archive, read_run
from runner.build import check, plain
from runner.commands.studio_push import RECORD, label_with, reading_of
from runner.component import make
from runner.errors import ConfigError, DataError
from runner.run_directory import write_whole
from runner.saved import saved
from runner.settings import StudioSettings

if TYPE_CHECKING:
    from runner.studio.connection import Studio
    from runner.studio.interface import Interface
    from runner.studio.queue import Labelled, Queue


def queue(run: Path, studio: StudioSettings) -> None:
    """Ask both prompts of a run about unlabelled tasks, and make a tab of those on which they differ.

    Done again it asks about as many tasks more, and adds those on which they differ.
    """
    from runner.studio.connection import connect
    from runner.studio.queue import FILE, MOST, Queue, differing, predicted, read_queue, show_queue
    from runner.studio.sink import rows_of

    there = read_queue(run)
    with connect(studio.url, studio.token_env) as server:
        project = _project(server, studio, there)
        if there is None:
            there = Queue(project.id, f"Which prompt? {'/'.join(run.resolve().parts[-2:])}", [], {})
        # Those that were asked before are among the unlabelled ones; the journal answers them.
        count = getattr(studio, "queue_tasks", 0) + len(there.asked)
        words = ["dataset.tasks=unlabelled", f"limit={count}", "study=queue"]
        initial, best = (label_with(run, studio, f"which={which}", *words) / RECORD for which in ("initial", "best"))
        asked = [str(row["id"]) for row in rows_of(best)]
        differ = differing(rows_of(initial), rows_of(best))
        seen = predicted(server, project.id) & differ.keys() - there.tasks.keys()
        made = there.joined(asked, {task: pair for task, pair in differ.items() if task not in seen})
        if seen:
            print(
                f"{len(seen)} tasks on which they differ are left out: they carry predictions, which annotators would "
                "see (Actions > Delete Predictions in the Data Manager, then make the queue again; or label others)"
            )
        if not made.tasks:
            print(f"the two prompts agree on {len(made.asked) - len(seen)} of {len(made.asked)} tasks: nothing to ask")
            return
        write_whole(run / FILE, json.dumps(asdict(made), indent=2, ensure_ascii=False) + "\n")
        show_queue(server, made)
        more = f" (the first {MOST} of them)" if len(made.tasks) > MOST else ""
        print(
            f"the two prompts differ on {len(made.tasks)} of {len(made.asked)} tasks: in the tab {made.title!r}{more}"
        )
        print(f"{server.url}/projects/{project.id}/data")


def decide(run: Path, studio: StudioSettings) -> None:
    """Take up the decision again with the labels that have arrived in the queue; print it and write it down."""
    from runner.studio.connection import connect
    from runner.studio.dataset import tasks_of
    from runner.studio.queue import decided, read_queue
    from runner.studio.tasks import Reader

    archive = read_run(run)
    queue = read_queue(run)
    if queue is None:
        raise DataError(f"{run} has no queue: goldloop studio queue={run} makes one")
    config = saved(archive)
    check(config)
    reward = make(plain(config)["reward"], "reward")
    with connect(studio.url, studio.token_env) as server:
        project = _project(server, studio, queue)
        reader = Reader(_interface(project, archive, studio), "all")
        found = decided(archive, queue, tasks_of(server, project.id), reader, reward)
    content = {
        **asdict(found.decision),
        "sealed": found.sealed,
        "arrived": found.arrived,
        "prompted": found.prompted,
        "queue": len(queue.tasks),
    }
    write_whole(run / "queue_decision.json", json.dumps(content, indent=2) + "\n")
    print(f"{found.arrived} of {len(queue.tasks)} tasks of the queue are labelled")
    if found.prompted:
        print(f"{found.prompted} more do not count: their labels began with a model's answer (Create a new annotation)")
    print(_sentence(found, queue.title))


def _project(server: "Studio", studio: StudioSettings, queue: "Queue | None") -> Any:
    """The project of the queue, or the one to make it in."""
    if queue is None:
        return server.project(studio.project)
    if studio.project is not None and (given := server.project(studio.project)).id != queue.project:
        raise ConfigError(f"studio.project={studio.project} is {given.id}, but the queue is in project {queue.project}")
    return server.project(queue.project)


def _interface(project: Any, run: Archive, studio: StudioSettings) -> "Interface":
    """The labelling interface, read as the run read it."""
    from runner.studio.interface_xml import read_interface

    reading = reading_of(run.config)
    control, fields = (reading.control, reading.text_fields) if reading else (None, None)
    return read_interface(project.label_config or "", studio.control or control, fields)


def _sentence(found: "Labelled", title: str) -> str:
    decision = found.decision
    sealed = f"the {found.sealed} sealed ones included" if found.sealed else "the run has no sealed ones"
    figures = f"better on {decision.wins} items, worse on {decision.losses}, {sealed}; evidence {decision.e:.1f}"
    if decision.verdict == "undecided":
        return f"Undecided ({figures} of the 20 it takes): go on labelling in the tab {title!r}, then ask again."
    return f"The best prompt is {decision.verdict} than the initial one ({figures}, 20 suffice)."
