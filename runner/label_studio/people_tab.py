"""A tab of the Data Manager with the rows for people, the least certain first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from runner.label_studio import task_filters as filtered
from runner.label_studio.client import Studio, api_errors, listed

TITLE = "For people"


@dataclass(frozen=True)
class ForPeople:
    """The rows of a label run that no certificate covers.

    Attributes:
        tasks: their tasks, those too of which no answer came. most: the highest certainty among them; None if none has
            one.
    """

    tasks: frozenset[int]
    most: float | None

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Self | None:
        """Of a record; None where its rows do not say who they are for."""
        tasks, most, told = set[int](), None, False
        for row in rows:
            told = told or "review" in row
            if row.get("review"):
                tasks.add(int(row["id"]))
                certainty = row.get("certainty")
                most = certainty if most is None else max(most, certainty if certainty is not None else most)
        return cls(frozenset(tasks), most) if told else None

    def show(self, studio: Studio, project: int) -> str:
        """Make the tab, or renew it; returns its title. Who labels its tasks one after the other sees them in order."""
        score = "tasks:predictions_score"
        filters = [filtered.UNLABELLED]
        if self.most is not None:
            below = {"operator": "less_or_equal", "type": "Number", "value": self.most}
            filters.append({"filter": f"filter:{score}", **below})
        data: Any = {
            "title": TITLE,
            "type": "list",
            "filters": {"conjunction": "and", "items": filters},
            "ordering": [score],
        }
        with api_errors(studio, "making a tab"):
            views = listed(studio.client.views.list(project=project))
            found = [
                int(view.id) for view in views if isinstance(view.data, Mapping) and view.data.get("title") == TITLE
            ]
            if found:
                studio.client.views.update(id=str(found[0]), project=project, data=data)
            else:
                studio.client.views.create(project=project, data=data)
        return TITLE
