"""Annotations made of predictions: made where a task has none, renewed where they are of another version.

What a person made, changed, submitted, marked or skipped is never touched. Each annotation is renewed in place, by one
request that sets its result and its prediction together: whenever this is cut off, every task has its annotation, the
old or the new one, and done again it renews the rest.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from runner.datasets.annotation_origin import by_a_person
from runner.label_studio import task_filters as filtered
from runner.label_studio.client import ONCE, Studio, api_errors
from runner.label_studio.dataset import plain_task
from runner.label_studio.tasks import Task

_CHUNK = 2000  # made at a time, by an action of the Data Manager
_PAGE = 50  # tasks read at a time; what people do meanwhile is looked at again before each change
_OFTEN = 100  # changes from one line to the next; Label Studio takes some a second
_STATE = ("result", "parent_prediction", "lead_time", "ground_truth", "was_cancelled")


@dataclass(frozen=True)
class Annotated:
    """What became of a project's annotations.

    Attributes:
        made: for tasks that nobody labelled or skipped. renewed: made of a prediction of another version before.
        current: of this version already. people: left alone, for a person made, changed, submitted, marked or skipped.
        older: of another version still, for their tasks have no prediction of this one.
    """

    made: int = 0
    renewed: int = 0
    current: int = 0
    people: int = 0
    older: int = 0

    def __str__(self) -> str:
        words = [f"{self.made} annotations made", f"{self.renewed} renewed"]
        words += [f"{self.current} of this version already"] if self.current else []
        words += [f"{self.people} by people left alone"]
        words += [f"{self.older} of another version kept (no prediction of this one)"] if self.older else []
        return ", ".join(words)


def annotate(studio: Studio, project: int, version: str, people: Container[int] = ()) -> Annotated:
    """Renew the annotations that were made of predictions to ``version``, and make those that are missing.

    Done again it changes nothing. Prints a line now and then where it takes long.

    Args:
        people: tasks for people, whose predictions become no annotations.
    """
    counts = dict.fromkeys(("renewed", "current", "people", "older"), 0)
    for task in _labelled(studio, project):
        with api_errors(studio, "reading annotations"):
            plans = planned(task, version if int(task["id"]) not in people else None)
        for plan in plans:
            became = plan.became
            if plan.prediction is not None and not _renewed(studio, plan.annotation, plan.prediction):
                became = "people"
            counts[became] += 1
            if became == "renewed" and counts[became] % _OFTEN == 0:
                print(f"{counts[became]} annotations renewed so far", flush=True)
    counts["people"] += filtered.count(studio, project, filtered.UNLABELLED, filtered.SKIPPED)
    return Annotated(made=_made(studio, project, version, people), **counts)


def _labelled(studio: Studio, project: int) -> Iterator[Task]:
    """The tasks that have annotations, with all that belongs to them."""
    return map(plain_task, filtered.read(studio, project, filtered.LABELLED, page=_PAGE, fields="all"))


@dataclass(frozen=True)
class Plan:
    """What is to become of an annotation; with the prediction to take over where it is to be renewed."""

    became: Literal["renewed", "current", "people", "older"]
    annotation: Task
    prediction: Mapping[str, Any] | None = None


def planned(task: Task, version: str | None) -> list[Plan]:
    """What is to become of each of a task's annotations. Pure.

    Args:
        version: that of the prediction to take over; None for no prediction.

    A prediction's annotation that holds something else than the prediction was changed, whatever else it says. Where a
    task was skipped, or somebody has begun to change it, all of its annotations are left alone.
    """
    predictions = {one["id"]: one for one in task.get("predictions") or []}
    wanted = max((number for number, one in predictions.items() if one["model_version"] == version), default=None)
    annotations = task.get("annotations") or []
    touched = bool(task.get("draft_exists")) or any(one.get("was_cancelled") for one in annotations)
    plans = []
    for annotation in annotations:
        parent = predictions.get(annotation.get("parent_prediction"))
        if touched or parent is None or by_a_person(annotation) or annotation["result"] != parent["result"]:
            plans.append(Plan("people", annotation))
        elif wanted is None:
            plans.append(Plan("older", annotation))
        elif parent["id"] == wanted:
            plans.append(Plan("current", annotation))
        else:
            plans.append(Plan("renewed", annotation, predictions[wanted]))
    return plans


def _renewed(studio: Studio, annotation: Task, prediction: Mapping[str, Any]) -> bool:
    """Make an annotation that of another prediction, in one request; False if somebody came first."""
    from label_studio_sdk.core.api_error import ApiError

    with api_errors(studio, "renewing annotations"):
        try:
            now = studio.client.annotations.get(id=annotation["id"]).model_dump()
            if any(now[name] != annotation[name] for name in _STATE):
                return False
            studio.client.annotations.update(
                id=annotation["id"], result=prediction["result"], parent_prediction=prediction["id"]
            )
        except ApiError as error:
            if error.status_code != HTTPStatus.NOT_FOUND:
                raise
            return False  # deleted meanwhile
    return True


def _made(studio: Studio, project: int, version: str, people: Container[int]) -> int:
    """Make annotations of the predictions of ``version`` for tasks that nobody labelled or skipped; how many."""
    wanting = filtered.UNLABELLED, filtered.NOT_SKIPPED, filtered.of_version(version)
    bare = [task for task in filtered.tasks(studio, project, *wanting) if task not in people]
    with api_errors(studio, "making annotations"):
        for start in range(0, len(bare), _CHUNK):
            studio.client.actions.with_raw_response.create(
                id="predictions_to_annotations",
                project=project,
                selected_items={"all": False, "included": bare[start : start + _CHUNK]},
                request_options={**ONCE, "additional_body_parameters": {"model_version": version}},
            )
    return len(bare) - sum(task not in people for task in filtered.tasks(studio, project, *wanting))
