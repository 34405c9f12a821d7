"""The tasks of a project that fit a filter, as the Data Manager filters: their numbers, or how many they are."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.studio.connection import Studio, listed, told

Filter = Mapping[str, Any]

UNLABELLED: Filter = {"filter": "filter:tasks:total_annotations", "operator": "equal", "type": "Number", "value": 0}

PREDICTED: Filter = {"filter": "filter:tasks:total_predictions", "operator": "greater", "type": "Number", "value": 0}


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
    with told(studio, "reading tasks"):
        found = studio.client.tasks.list(project=project, page_size=1000, include="id", query=_query(filters))
        for task in listed(found):
            yield int(task.id)


def count(studio: Studio, project: int, *filters: Filter) -> int:
    """How many tasks fit all filters."""
    with told(studio, "counting tasks"):
        page = studio.client.tasks.list(project=project, page_size=1, include="id", query=_query(filters))
        return int(page.response.total)


def _query(filters: Sequence[Filter]) -> str:
    return json.dumps({"filters": {"conjunction": "and", "items": list(filters)}, "ordering": ["tasks:id"]})
