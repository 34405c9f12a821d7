"""The tasks on which the initial and the best prompt disagree, as a queue for annotators; and what their labels say.

Only a task on which two prompts disagree can tell them apart, so that is what people are asked about. As the labels
arrive the decision is taken up again with an e-process, which may be looked at as often as one likes.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runner.archive import Archive
from runner.errors import DataError
from runner.evidence import Sequential, sequential
from runner.run_directory import write_whole
from runner.studio.connection import Studio, told
from runner.studio.tasks import Reader, Task
from verifiers.label_set import LabelSet
from verifiers.rewards import Reward
from verifiers.verdict import Verdict

FILE = "queue.json"


@dataclass(frozen=True)
class Queue:
    """Tasks for annotators.

    Attributes:
        project: of Label Studio. title: of the tab in its Data Manager that shows just these tasks.
        asked: tasks on which both prompts were asked.
        tasks: task -> (labels of the initial prompt, labels of the best one), where they differ.
    """

    project: int
    title: str
    asked: int
    tasks: Mapping[str, tuple[Sequence[str], Sequence[str]]]

    def write(self, run: Path) -> None:
        write_whole(run / FILE, json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")


def read_queue(run: Archive) -> Queue:
    """The queue that was made for a run. Raises DataError if there is none."""
    try:
        content = json.loads(run.bytes_of(FILE))
        tasks = {str(task): (list(pair[0]), list(pair[1])) for task, pair in content["tasks"].items()}
        return Queue(int(content["project"]), str(content["title"]), int(content["asked"]), tasks)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{run.path} has no queue: goldloop studio queue={run.path} makes one") from error


def show_queue(studio: Studio, project: int, tasks: Iterable[str], title: str) -> None:
    """Make a tab of the Data Manager with these tasks, in place of an older one."""
    with told(studio, "making the queue"):
        for view in studio.client.views.list(project=project):
            if isinstance(view.data, Mapping) and view.data.get("title") == title:
                studio.client.views.delete(id=str(view.id))
        items = [
            {"filter": "filter:tasks:id", "operator": "equal", "type": "Number", "value": int(task)} for task in tasks
        ]
        data = {"title": title, "type": "list", "filters": {"conjunction": "or", "items": items}}
        studio.client.views.create(project=project, data=data)


def differing(
    initial: Iterable[Mapping[str, Any]], best: Iterable[Mapping[str, Any]]
) -> dict[str, tuple[Sequence[str], Sequence[str]]]:
    """Task -> (labels of the initial prompt, of the best one) where both gave some and they are not the same."""
    before = {str(row["id"]): row["labels"] for row in initial}
    pairs = {str(row["id"]): (before.get(str(row["id"])), row["labels"]) for row in best}
    return {
        task: (one, other)
        for task, (one, other) in pairs.items()
        if one is not None and other is not None and set(one) != set(other)
    }


def decided(
    run: Archive, queue: Queue, tasks: Iterable[Task], reader: Reader, reward: Reward
) -> tuple[Sequential, int]:
    """The decision with the labels that have arrived, and how many have.

    The sealed items count first, then the queue's tasks as far as they are labelled.
    """
    pairs = [
        (row["initial_credit"], row["credit"])
        for row in run.predictions
        if row.get("credit") is not None and row.get("initial_credit") is not None
    ]
    labels = reader.interface.labels
    arrived = 0
    for task in tasks:
        said = queue.tasks.get(str(task.get("id")))
        gold = reader.item(task).gold if said else None
        if said is None or gold is None:
            continue
        arrived += 1
        before, after = (_verdict(gold, side, labels) for side in said)
        pairs.append((reward.credits([before])[0], reward.credits([after])[0]))
    return sequential(pairs), arrived


def _verdict(gold: Sequence[str], predicted: Sequence[str], labels: LabelSet) -> Verdict:
    answer = tuple(label for label in labels if label in gold)
    return Verdict(answer, tuple(label for label in labels if label in predicted))
