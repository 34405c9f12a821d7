"""The rows of a file as tasks for a project: JSON, JSONL, CSV or Parquet, or tasks as Label Studio exports them."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any

from runner.core.errors import DataError
from runner.core.items import BadRow
from runner.core.surrogates import sha256
from runner.datasets.annotation_origin import as_corrected, by_a_person, corrected
from runner.datasets.collect import unusable
from runner.datasets.fields import Fields, at
from runner.datasets.row_problem import RowProblem
from runner.datasets.row_readers import Row, read_rows
from runner.label_studio.asked import Asked
from runner.label_studio.interface import Interface
from runner.label_studio.task_gold import task_with_gold
from runner.label_studio.tasks import Task, annotations_of, annotator

Known = dict[str, tuple[str, str]]
"""Tasks by what names them: a hash of the text, and where it stands in words."""


@dataclass
class New:
    """What there is to send of a file.

    Attributes:
        tasks: as Label Studio takes them. repeated: rows that were there.
        unopened: annotations that are left out, for they were made of predictions and nobody opened them.
        annotators: who labelled in the project that the file was exported from: Label Studio forgets them.
    """

    tasks: list[dict[str, Any]] = field(default_factory=list)
    repeated: int = 0
    unopened: int = 0
    annotators: set[str] = field(default_factory=set)

    def add(self, task: dict[str, Any], row: Mapping[str, Any], checked: str | None) -> None:
        """``task`` is to be sent, which ``row`` became. ``checked``: the control that says so of the labels."""
        self.tasks.append(task)
        if _is_task(row):
            kept = [entry for entry in annotations_of(row) if by_a_person(entry, checked)]
            self.unopened += len(annotations_of(row)) - len(kept)
            self.annotators |= {name for name in map(annotator, kept) if name}


def new_tasks(path: Path, interface: Interface, there: Known, asked: Asked | None = None) -> New:
    """The rows that are not ``there``, to which they are added.

    A row's gold becomes an annotation that is marked as ground truth.

    Args:
        asked: what a task file says, where there is one: the columns of the text and of the gold.

    Raises:
        DataError: names all rows that the interface cannot show or whose gold it cannot hold, and those whose id
            another text has.
    """
    new = New()
    problems: list[BadRow] = []
    fields = (asked.fields() if asked else Fields()).of_file(_read(path), interface.labels)
    for number, row in _read(path):
        try:
            if isinstance(row, RowProblem):
                raise row
            of_a_row = asked.task(row, number, fields, interface) if asked and not _is_task(row) else None
            task = _as_json(of_a_row or _task(row, interface, fields))
            interface.text_of(task["data"])
            key, text = known(task["data"], interface)
            other, where = there.setdefault(key, (text, f"in row {number}"))
            if other != text:
                raise RowProblem(f"the id {task['data']['id']!r} has another text {where}", code="id-repeated")
        except RowProblem as problem:
            problems.append(BadRow(f"row {number}", str(problem), problem.code))
            continue
        if where == f"in row {number}":
            new.add(task, row, interface.checked)
        else:
            new.repeated += 1
    if problems:
        raise unusable(f"studio.tasks: {path}", problems)
    return new


def _as_json(task: dict[str, Any]) -> dict[str, Any]:
    """The task as it can be sent: what is missing in a table of numbers (NaN) is null.

    Raises:
        RowProblem: it holds what JSON cannot carry.
    """

    def of(name: str) -> None:
        if name != "NaN":
            raise RowProblem(f"it holds {name}, a number that JSON cannot carry", code="bad-value")

    text = json.dumps(task, ensure_ascii=False, default=_in_words)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RowProblem("it holds half a character, which cannot be sent", code="text-broken") from error
    content: dict[str, Any] = json.loads(text, parse_constant=of)
    return content


def _in_words(value: Any) -> str:
    """What a Parquet file may hold beside what JSON has: dates, times, decimals, bytes."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def known(data: Mapping[str, Any], interface: Interface) -> tuple[str, str]:
    """What names a task, its ``id`` or else its text; and a hash of its text, but for blanks around it."""
    raw = json.dumps([at(data, shown.field) for shown in interface.shown], sort_keys=True, ensure_ascii=False)
    named = data.get("id")
    if named in (None, ""):
        return sha256(raw), ""
    try:
        return f"id {named}", sha256(interface.text_of(data).strip())
    except RowProblem:
        return f"id {named}", sha256(raw)


def holds_dialogues(tasks: str | None, column: str = "dialogue") -> bool:
    """Whether the first row of the tasks has a dialogue; the tutorial's have, where nobody says.

    Args:
        column: where it stands. One of another name is one if it is a list.
    """
    usual = column == "dialogue"
    if tasks is None:
        return usual
    for _, row in _read(Path(tasks).expanduser()):
        data = row.get("data", row) if isinstance(row, Mapping) else {}
        held = at(data, column) if isinstance(data, Mapping) else None
        return bool(held) if usual else isinstance(held, list)
    return usual


def _read(path: Path) -> Iterator[Row]:
    """The rows of a file. Raises DataError under the option that the file was given with."""
    try:
        yield from read_rows(path)
    except DataError as error:
        words = str(error).removeprefix("dataset.path: ").removesuffix(": give dataset.format")
        raise DataError(f"studio.tasks: {words}", code=error.code, key=error.key) from error


def _is_task(row: Mapping[str, Any]) -> bool:
    """Whether a row is a task as Label Studio exports them."""
    return isinstance(row.get("data"), Mapping)


def _task(row: Mapping[str, Any], interface: Interface, fields: Fields) -> dict[str, Any]:
    if _is_task(row):
        kept = [entry for entry in annotations_of(row) if by_a_person(entry, interface.checked)]
        annotations = [_annotation(entry, interface, row["data"]) for entry in kept]
        return {"data": dict(row["data"]), **({"annotations": annotations} if annotations else {})}
    if not interface.has_labels:
        return task_with_gold(row, _with_turns(dict(row)), interface)
    gold = fields.labels_of(row, interface.labels)
    if gold is not None and fields.by_a_model(row):
        raise RowProblem(
            "a model gave its labels (goldloop label wrote the file), which would become ground truth: take the column "
            "labels out, or, once people verified them, the column model_version",
            code="labels-unverified",
        )
    data = _with_turns({name: value for name, value in row.items() if name != "labels"})
    if gold is None:
        return {"data": data}
    strangers = [name for name in gold if name not in interface.labels]
    if strangers:
        raise RowProblem(f"the label {strangers[0]!r} is not in the labelling interface", code="label-unknown")
    if not gold and not interface.multiple:
        raise RowProblem(
            f"it has no label (labels: []), and {interface.choices.name} takes exactly one", code="gold-missing"
        )
    _refuse_several(gold, interface)
    return {"data": data, "annotations": [{"ground_truth": True, "result": interface.regions(gold)}]}


def _with_turns(data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a row; a dialogue that is the cell of a CSV file as turns."""
    if isinstance(data.get("dialogue"), str):
        try:
            data["dialogue"] = json.loads(data["dialogue"])
        except ValueError as error:
            raise RowProblem("the dialogue is no JSON list of turns with author and text", code="not-json") from error
    return data


def _annotation(entry: Task, interface: Interface, data: Mapping[str, Any]) -> dict[str, Any]:
    """What Label Studio takes of an exported annotation. It would call one that is not marked ground truth."""
    result = list(entry.get("result") or [])
    if not entry.get("was_cancelled"):
        given = interface.given(result, data)
        _refuse_several(given or [] if interface.has_labels else [], interface)
    if corrected(entry, interface.checked):
        result = as_corrected(result)  # or it would be lost with the prediction, which Label Studio forgets
    elif entry.get("parent_prediction") is not None:  # which Label Studio forgets, and with it whose the regions are
        result = [{**region, "origin": region.get("origin") or "prediction"} for region in result]
    kept = {name: entry[name] for name in ("was_cancelled", "lead_time") if name in entry}
    return {"result": result, "ground_truth": bool(entry.get("ground_truth")), **kept}


def _refuse_several(labels: Sequence[str], interface: Interface) -> None:
    if len(labels) > 1 and not interface.multiple:
        named = ", ".join(labels)
        raise RowProblem(
            f"it has {len(labels)} labels ({named}), and {interface.choices.name} takes exactly one",
            code="labels-several",
        )
