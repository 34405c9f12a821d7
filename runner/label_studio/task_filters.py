"""The tasks of a project that fit a filter, as the Data Manager filters: they, their numbers, or how many they are."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.label_studio.client import Studio, api_errors, expect

Filter = Mapping[str, Any]

UNLABELLED: Filter = {"filter": "filter:tasks:total_annotations", "operator": "equal", "type": "Number", "value": 0}

LABELLED: Filter = {**UNLABELLED, "operator": "greater"}

NOT_SKIPPED: Filter = {**UNLABELLED, "filter": "filter:tasks:cancelled_annotations"}

SKIPPED: Filter = {**NOT_SKIPPED, "operator": "greater"}

_BEHIND: Filter = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number"}

PREDICTED: Filter = {"filter": "filter:tasks:total_predictions", "operator": "greater", "type": "Number", "value": 0}


def ticked(control: str) -> Filter:
    """Those with an annotation in which something is ticked in this control."""
    held = {"operator": "contains", "type": "String", "value": json.dumps(control)}
    return {"filter": "filter:tasks:annotations_results", **held}


def of_version(version: str) -> Filter:
    """Those with a prediction of this model version."""
    return {
        "filter": "filter:tasks:predictions_model_versions", "operator": "contains", "type": "List", "value": [version],
    }  # fmt: skip


def numbered(first: int, last: int) -> Filter:
    """Those with a number from ``first`` to ``last``."""
    ends = {"min": first, "max": last}
    return {"filter": "filter:tasks:id", "operator": "in", "type": "Number", "value": ends}


def tasks(studio: Studio, project: int, *filters: Filter) -> Iterator[int]:
    """The numbers of the tasks that fit all filters, in order."""
    return (int(task.id) for task in read(studio, project, *filters, page=1000, include="id"))


def read(studio: Studio, project: int, *filters: Filter, page: int, **what: Any) -> Iterator[Any]:
    """The tasks that fit all filters, in the order of their numbers, as the SDK gives them.

    A page begins behind the last number and not at a place, so that tasks which are deleted meanwhile move no others.

    Args:
        page: how many are asked for at a time. what: of each, as the SDK names it (``include``, ``fields``).
    """
    last = 0
    while True:
        query = _query([*filters, {**_BEHIND, "value": last}])
        with api_errors(studio, "reading tasks"):
            answer = studio.client.tasks.list(project=project, page_size=page, query=query, **what)
            expect(answer, items=list)
            rest = int(answer.response.total) - len(answer.items)
            for task in answer.items:
                expect(task, id=int)
                if task.id <= last:
                    raise ValueError(f"task {task.id} is not behind {last}")
                last = task.id
        yield from answer.items
        if rest <= 0 or not answer.items:
            return


def count(studio: Studio, project: int, *filters: Filter) -> int:
    """How many tasks fit all filters."""
    with api_errors(studio, "counting tasks"):
        page = studio.client.tasks.list(project=project, page_size=1, include="id", query=_query(filters))
        return int(page.response.total)


def _query(filters: Sequence[Filter]) -> str:
    return json.dumps({"filters": {"conjunction": "and", "items": list(filters)}, "ordering": ["tasks:id"]})
