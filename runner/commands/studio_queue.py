"""goldloop studio queue=RUN_DIR and decide=RUN_DIR: what people are asked to tell two prompts apart, and their answer."""

import json
from dataclasses import asdict
from pathlib import Path

from runner.archive import read_run
from runner.build import check, plain
from runner.commands.studio_push import RECORD, label_with
from runner.component import make
from runner.evidence import Sequential
from runner.run_directory import write_whole
from runner.saved import saved
from runner.settings import StudioSettings


def queue(run: Path, studio: StudioSettings) -> None:
    """Ask both prompts of a run about unlabelled tasks, and make a tab of those on which they differ."""
    from runner.studio.connection import connect
    from runner.studio.queue import Queue, differing, show_queue
    from runner.studio.sink import rows_of

    count = getattr(studio, "queue_tasks", 0)
    words = ["dataset.tasks=unlabelled", f"limit={count}", "study=queue"]
    initial, best = (label_with(run, studio, f"which={which}", *words) / RECORD for which in ("initial", "best"))
    tasks = differing(rows_of(initial), rows_of(best))
    asked = sum(1 for _ in rows_of(best))
    if not tasks:
        print(f"the two prompts agree on all {asked} tasks: nothing that people label could tell them apart")
        return
    with connect(studio.url, studio.token_env) as server:
        project = server.project(studio.project)
        title = f"Which prompt? {run.name}"
        show_queue(server, project.id, tasks, title)
        made = Queue(project.id, title, asked, tasks)
        made.write(run)
        print(f"the two prompts differ on {len(tasks)} of {asked} tasks: they are in the tab {title!r}")
        print(f"{server.url}/projects/{project.id}/data")


def decide(run: Path, studio: StudioSettings) -> None:
    """Take up the decision again with the labels that have arrived in the queue; print it and write it down."""
    from runner.studio.connection import connect
    from runner.studio.dataset import tasks_of
    from runner.studio.interface_xml import read_interface
    from runner.studio.queue import decided, read_queue
    from runner.studio.tasks import Reader

    archive = read_run(run)
    queue = read_queue(archive)
    config = saved(archive)
    check(config)
    reward = make(plain(config)["reward"], "reward")
    with connect(studio.url, studio.token_env) as server:
        project = server.project(queue.project)
        reader = Reader(read_interface(project.label_config or ""), "all")
        decision, arrived = decided(archive, queue, tasks_of(server, project.id), reader, reward)
    content = {**asdict(decision), "arrived": arrived, "queue": len(queue.tasks)}
    write_whole(run / "queue_decision.json", json.dumps(content, indent=2) + "\n")
    print(f"{arrived} of {len(queue.tasks)} tasks of the queue are labelled")
    print(_sentence(decision, queue.title))


def _sentence(decision: Sequential, title: str) -> str:
    counts = f"better on {decision.wins} items, worse on {decision.losses}, the sealed ones included"
    figures = f"{counts}; evidence {decision.e:.1f}"
    if decision.verdict == "undecided":
        return f"Undecided ({figures} of the 20 it takes): go on labelling in the tab {title!r}, then ask again."
    return f"The best prompt is {decision.verdict} than the initial one ({figures}, 20 suffice)."
