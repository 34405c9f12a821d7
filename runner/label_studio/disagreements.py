"""The tasks on which the initial and the best prompt disagree, as a queue for annotators; and what their labels say.

Only a task on which two prompts disagree can tell them apart, so that is what people are asked about. As the labels
arrive the decision is taken up again with an e-process, which may be looked at as often as one likes.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from runner.core.errors import DataError
from runner.core.files import atomic_write
from runner.core.items import Item
from runner.datasets.row_problem import RowProblem
from runner.label_studio.interface import Interface
from runner.label_studio.tasks import Reader, Task, unprompted
from runner.runs.bounded import json_in
from runner.runs.reader import Run
from runner.stats.sequential import Sequential, sequential
from verifiers.rewards import Reward
from verifiers.verdict import LABELS, Verdict
from verifiers.verifier import Json, NeedsVocabulary, Reading, Verifier, verdict_on

FILE = "queue.json"
Pair = tuple[Json, Json]
"""The answer of the initial prompt, and that of the best one, as data."""


@dataclass(frozen=True)
class Disagreements:
    """Tasks for annotators.

    Attributes:
        project: of Label Studio, in which the tasks are. title: of the project with their copies.
        asked: the tasks on which both prompts were asked.
        tasks: those of them on which they differ, with what they said.
        url: the server's address; None in the queues of an older goldloop.
        copies: the project in which people label copies of the tasks; None where none are made yet, and in the queues
            of an older goldloop, which showed the tasks themselves in a tab of that title.
    """

    project: int
    title: str
    asked: Collection[str]
    tasks: Mapping[str, Pair]
    url: str | None = None
    copies: int | None = None

    def joined(self, asked: Iterable[str], tasks: Mapping[str, Pair]) -> "Disagreements":
        """The queue with more tasks; those that are in it stay, for people may have labelled them."""
        return replace(self, asked=sorted({*self.asked, *asked}, key=int), tasks={**tasks, **self.tasks})

    def reach(self, unlabelled: Iterable[str], more: int) -> int:
        """How far to go through the tasks, so that ``more`` of them were not asked yet; through all if there are fewer.

        Those that were asked count for nothing: as far as they are still unlabelled, the journal answers them.
        """
        asked, length = set(self.asked), 0
        for task in unlabelled:
            length += 1
            more -= task not in asked
            if more <= 0:
                break
        return length

    def write(self, run: Path) -> None:
        """Keep it in the run's directory, for ``read_disagreements``."""
        atomic_write(run / FILE, json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")


def read_disagreements(run: Path) -> Disagreements | None:
    """The queue that was made for a run; None if there is none.

    Raises:
        DataError: the file is damaged. It stays as it is, since people's work hangs on it.
    """
    try:
        content = json_in(run / FILE)
        tasks = {str(int(task)): (pair[0], pair[1]) for task, pair in content["tasks"].items()}
        asked = [str(int(task)) for task in content["asked"]]
        url = content.get("url")
        copies = content.get("copies")
        if not isinstance(url, str | None) or not isinstance(copies, int | None):
            raise TypeError("url must be an address, copies a number")
        return Disagreements(int(content["project"]), str(content["title"]), asked, tasks, url, copies)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise DataError(
            f"{run / FILE} cannot be read ({' '.join(str(error).split())}): restore or remove it",
            code="damaged-file",
            key=str(run / FILE),
        ) from error


def differing(
    initial: Iterable[Mapping[str, Any]], best: Iterable[Mapping[str, Any]], column: str = LABELS
) -> dict[str, Pair]:
    """Task -> what both prompts said, where both gave an answer and they are not the same.

    Args:
        column: of the answers.
    """
    before = {str(row["id"]): row[column] for row in initial}
    pairs = {str(row["id"]): (before.get(str(row["id"])), row[column]) for row in best}
    return {
        task: (one, other)
        for task, (one, other) in pairs.items()
        if one is not None and other is not None and _plain(one) != _plain(other)
    }


def _plain(answer: Json) -> str:
    """An answer in one form: the order of a list says nothing."""
    parts = sorted({json.dumps(one, sort_keys=True) for one in answer}) if isinstance(answer, list) else answer
    return json.dumps(parts, sort_keys=True)


@dataclass(frozen=True)
class Labelled:
    """What people said of a queue.

    Attributes:
        decision: with the sealed items first, then the queue's tasks as far as they are labelled.
        sealed: pairs of sealed items in it; 0 after a run that sealed none.
        arrived: tasks of the queue with labels that count.
        prompted: tasks whose labels do not count, since each began with a model's answer.
    """

    decision: Sequential
    sealed: int
    arrived: int
    prompted: int


def decided(
    run: Run,
    queue: Disagreements,
    tasks: Iterable[Task],
    reader: Reader,
    reward: Reward,
    verifier: Verifier | None = None,
) -> Labelled:
    """The decision with the labels that have arrived.

    Args:
        verifier: the run's, by which answers are judged; None takes the one that the interface describes.

    Raises:
        DataError: the predictions of the run are damaged, or a task has a choice that the interface lacks.
    """
    sealed, verifier = sealed_pairs(run), _of_interface(verifier or reader.interface.verifier, reader.interface)
    pairs, prompted = list(sealed), 0
    for task in tasks:
        said = queue.tasks.get(str(task.get("id")))
        if said is None:
            continue
        try:
            item, shown = reader.item(unprompted(task)), reader.item(task).gold
            verdicts = [] if item.gold is None else [_verdict(verifier, item, side) for side in said]
        except RowProblem as problem:
            raise DataError(
                f"task {task.get('id')} of the queue: {problem}", code=problem.code, key=str(task.get("id"))
            ) from problem
        if not verdicts:
            prompted += shown is not None
            continue
        before, after = verdicts
        pairs.append((reward.credits([before])[0], reward.credits([after])[0]))
    return Labelled(sequential(pairs), len(sealed), len(pairs) - len(sealed), prompted)


def sealed_pairs(run: Run) -> list[tuple[float, float]]:
    """The credits of both prompts on each sealed item; none after ``split=none``, where the items were searched on.

    Raises:
        DataError: a credit is no number.
    """
    rows = [(row.initial_credit, row.credit) for row in run.predictions] if run.result.sealed else []
    return [(before, after) for before, after in rows if before is not None and after is not None]


def _of_interface(verifier: Verifier, interface: Interface) -> Verifier:
    """The verifier with the names that the interface has now, where answers are labels: some may be new."""
    if interface.has_labels and isinstance(verifier, NeedsVocabulary):
        bound: Verifier = verifier.bind(interface.labels, ())
        return bound
    return verifier


def _verdict(verifier: Verifier, item: Item, answer: Json) -> Verdict:
    """The verdict on an answer; a name that the interface lost meanwhile counts for nothing.

    Raises:
        RowProblem: what people said cannot be gold of this verifier.
    """
    try:
        gold = verifier.gold(item.gold, item)
    except ValueError as error:
        raise RowProblem(f"its annotation cannot be gold: {error}", code="gold-unfit") from error
    read = verifier.parse(answer, item)
    return verdict_on(verifier, gold, Reading(read.answer) if isinstance(read, Reading) else read)
