"""What goldloop label relies on, whatever the sink: each file in conf/sink is one, and each kind of file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exported import INTERFACE, rows
from options import lacking, made, options

from runner.core.errors import GoldloopError
from runner.core.protocols import Sink
from runner.label_studio.client import connect, listed

ROWS = 3
FILES = ("csv", "parquet", "jsonl")
CASES = [*options("sink"), *(pytest.param(f"sink/file {ending}", id=f"file, {ending}") for ending in FILES)]


class Place:
    """Where a sink of an option delivers to: how the sink is made, and what is there by now."""

    def __init__(self, make: Callable[[], Any], broken: Callable[[], Any], ids: list[str], there: Callable[[], Any]):
        self.make, self.broken, self.ids, self.there = make, broken, ids, there


def file(folder: Path, ending: str) -> Place:
    def sink(path: Path) -> Any:
        return made("sink/file", f"sink.path={path}") if ending else made("sink/file")

    out = folder / f"out.{ending}" if ending else folder / "labels.jsonl"
    ids = [f"r{number}" for number in range(ROWS)]
    return Place(lambda: sink(out), lambda: sink(folder / "no folder" / out.name), ids, out.read_bytes)


def label_studio(request: pytest.FixtureRequest) -> Place:
    server = request.getfixturevalue("studio")
    patch = request.getfixturevalue("monkeypatch")
    patch.setenv("LABEL_STUDIO_API_KEY", server.access.token)
    patch.setenv("LABEL_STUDIO_URL", server.url)
    studio = request.getfixturevalue("connected")
    title = request.node.name[:50]
    project = studio.client.projects.create(title=title, label_config=INTERFACE)
    tasks = [{"data": {"dialogue": row["dialogue"]}} for row in rows("unlabelled")[:ROWS]]
    ids = studio.client.projects.import_tasks(id=project.id, request=tasks, return_task_ids=True).task_ids

    def there() -> list[Any]:
        found = [task.model_dump() for task in listed(studio.client.tasks.list(project=project.id, fields="all"))]
        return [[(one["id"], one["score"]) for one in task["predictions"]] for task in found]

    def sink(number: int) -> Any:
        return made("sink/label_studio", f"studio.project={number}")

    return Place(lambda: sink(project.id), lambda: sink(project.id + 1000), [str(task) for task in ids], there)


@pytest.fixture
def connected() -> Any:
    with connect(None, "LABEL_STUDIO_API_KEY") as studio:
        yield studio


@pytest.fixture
def place(option: str, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    if option == "sink/label_studio":
        return label_studio(request)
    return file(tmp_path, option.partition(" ")[2])


@pytest.fixture
def record(place: Place, tmp_path: Path) -> Path:
    """The record of a label run: the last row failed."""
    made_of = [
        {"id": name, "labels": None if name == place.ids[-1] else ["Payment"], "score": 0.5, "failure": None}
        for name in place.ids
    ]
    made_of[-1] |= {"failure": "timeout", "score": None}
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps({**row, "model_version": "m-1"}) + "\n" for row in made_of))
    return path


@pytest.mark.parametrize("option", CASES)
class TestContract:
    def test_it_has_all_of_its_protocol(self, option: str) -> None:
        assert lacking(made(option.partition(" ")[0]), Sink) == []

    def test_what_can_take_labels_is_checked_without_making_anything(
        self, option: str, place: Place, tmp_path: Path
    ) -> None:
        place.make().check()
        place.make().check()
        assert list(tmp_path.iterdir()) == []

    def test_what_cannot_take_labels_is_told_before_any_is_paid_for(self, option: str, place: Place) -> None:
        if option == "sink/file":
            place.broken().check()  # the record itself, which can always be written
            return
        with pytest.raises(GoldloopError):
            place.broken().check()

    def test_delivered_twice_it_is_the_same(self, option: str, place: Place, record: Path) -> None:
        before = record.read_bytes()
        sink = place.make()
        sink.check()
        assert sink.deliver(record, "m-1", "The prompt")
        first = place.there()
        assert sink.deliver(record, "m-1", "The prompt")
        assert place.there() == first
        assert place.make().deliver(record, "m-1", "The prompt")  # as another process does that goes on with the run
        assert place.there() == first and len(first) >= ROWS
        assert record.read_bytes() == before
