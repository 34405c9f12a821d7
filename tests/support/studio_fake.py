"""A project of Label Studio in memory, as far as the renewal of its predictions sees it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.core.errors import GoldloopError, StudioError
from runner.label_studio.ml_backend.renewal_tasks import Chunk, Wanting


@dataclass
class FakeProject:
    """Tasks by their numbers, the predictions of each by version, oldest first, and what the server shows.

    Attributes:
        by_people: tasks that a person labelled. sent: the predictions that arrived, request by request.
        problems: raised one after the other, at the next steps. gone: tasks that were deleted meanwhile.
    """

    data: dict[int, Mapping[str, Any]]
    predictions: dict[int, list[str]] = field(default_factory=dict)
    by_people: set[int] = field(default_factory=set)
    shown: str = "goldloop"
    description: str = ""
    sent: list[Sequence[Mapping[str, Any]]] = field(default_factory=list)
    problems: list[GoldloopError] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    opened: int = 0
    closed: int = 0

    def open(self, number: int) -> "FakeProject":
        self.opened += 1
        return self

    def wanting(self, version: str, xml: str) -> Wanting:
        if self.problems:
            raise self.problems.pop(0)
        there = frozenset(task for task, versions in self.predictions.items() if version in versions)
        return Wanting(None, len(self.data), there, frozenset(self.by_people))

    def chunks(self, wanted: Wanting, size: int) -> Iterator[Chunk]:
        left = [(task, data) for task, data in self.data.items() if task not in wanted.there | wanted.by_people]
        for start in range(0, len(left), size):
            yield left[start : start + size]

    def send(self, wanted: Wanting, requests: Sequence[Mapping[str, Any]]) -> int:
        self.sent.append(requests)
        there = [one for one in requests if one["task"] not in self.gone]
        for one in there:
            self.predictions.setdefault(one["task"], []).append(one["model_version"])
        return len(requests) - len(there)

    def stored(self, version: str) -> int:
        return sum(version in versions for versions in self.predictions.values())

    def show_version(self, version: str, ours: Collection[str]) -> str:
        if not self.stored(version):
            raise StudioError("no prediction has this version", code="status-unexpected")
        if self.shown not in {"goldloop", "", version, *ours}:
            return f"it goes on showing {self.shown}"
        self.shown = version
        return ""

    def show_live(self, version: str) -> None:
        if self.shown == version:
            self.shown = "goldloop"

    def describe(self, prompt: str, words: str) -> str:
        self.description = f"{words}\n{prompt}"
        return "the prompt stands in the project's description"

    def close(self) -> None:
        self.closed += 1
