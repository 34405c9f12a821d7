"""The rows of a file as tasks for a project: JSON, JSONL, CSV or Parquet, or tasks as Label Studio exports them."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.datasets.digest import bad_rows
from runner.datasets.fields import Fields
from runner.datasets.rows import Row, RowProblem, read_rows
from runner.errors import DataError
from runner.studio.interface import Interface
from runner.studio.tasks import annotations_of

Known = dict[str, tuple[str, str]]
"""Tasks by what names them: a hash of the text, and where it stands in words."""


def new_tasks(path: Path, interface: Interface, there: Known) -> tuple[list[dict[str, Any]], int]:
    """The rows that are not ``there``, to which they are added; and how many are.

    A row's gold becomes an annotation that is marked as ground truth.

    Raises:
        DataError: names all rows that the interface cannot show, or whose id another text has.
    """
    new: list[dict[str, Any]] = []
    problems: list[str] = []
    repeated = 0
    for number, row in _read(path):
        try:
            if isinstance(row, RowProblem):
                raise row
            task = _task(row, interface)
            interface.text_of(task["data"])
            key, text = known(task["data"], interface)
            other, where = there.setdefault(key, (text, f"in row {number}"))
            if other != text:
                raise RowProblem(f"the id {task['data']['id']!r} has another text {where}")
        except RowProblem as problem:
            problems.append(f"row {number}: {problem}")
            continue
        if where == f"in row {number}":
            new.append(task)
        else:
            repeated += 1
    if problems:
        raise DataError(bad_rows(f"studio.tasks: {path}", problems))
    return new, repeated


def known(data: Mapping[str, Any], interface: Interface) -> tuple[str, str]:
    """What names a task, its ``id`` or else its text; and a hash of its text."""
    raw = json.dumps([data.get(shown.field) for shown in interface.shown], sort_keys=True, ensure_ascii=False)
    named = data.get("id")
    if named in (None, ""):
        return _hash(raw), ""
    try:
        return f"id {named}", _hash(interface.text_of(data))
    except RowProblem:
        return f"id {named}", _hash(raw)


def holds_dialogues(tasks: str | None) -> bool:
    """Whether the first row of the tasks has a ``dialogue``; the tutorial's have, where nobody says."""
    if tasks is None:
        return True
    for _, row in _read(Path(tasks).expanduser()):
        data = row.get("data", row) if isinstance(row, Mapping) else {}
        return isinstance(data, Mapping) and bool(data.get("dialogue"))
    return True


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _read(path: Path) -> Iterator[Row]:
    """The rows of a file. Raises DataError under the option that the file was given with."""
    try:
        yield from read_rows(path)
    except DataError as error:
        words = str(error).removeprefix("dataset.path: ").removesuffix(": give dataset.format")
        raise DataError(f"studio.tasks: {words}") from error


def _task(row: Mapping[str, Any], interface: Interface) -> dict[str, Any]:
    if isinstance(row.get("data"), Mapping):
        annotations = [
            {name: entry[name] for name in ("result", "ground_truth", "was_cancelled") if name in entry}
            for entry in annotations_of(row)
        ]
        return {"data": dict(row["data"]), **({"annotations": annotations} if annotations else {})}
    gold = Fields().labels_of(row, interface.labels)
    data = {name: value for name, value in row.items() if name != "labels"}
    if isinstance(data.get("dialogue"), str):  # a cell of a CSV file
        try:
            data["dialogue"] = json.loads(data["dialogue"])
        except ValueError as error:
            raise RowProblem("the dialogue is no JSON list of turns with author and text") from error
    if gold is None:
        return {"data": data}
    strangers = [name for name in gold if name not in interface.labels]
    if strangers:
        raise RowProblem(f"the label {strangers[0]!r} is not in the labelling interface")
    return {"data": data, "annotations": [{"ground_truth": True, "result": interface.regions(gold)}]}
