"""The rows of a file as tasks: which are there already, and which are not what their id says."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from exported import annotation, choices, export, gold_tasks
from figures import figures
from refusals import refused

from runner.core.error_codes import Code
from runner.core.errors import DataError
from runner.core.items import BadRow
from runner.label_studio.dataset import LabelStudio
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.task_file import Known, holds_dialogues, known, new_tasks

INTERFACE = read_interface(
    '<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="a"/></Choices></View>'
)
MULTIPLE = read_interface(
    '<View><Text name="t" value="$text"/><Choices name="c" toName="t" choice="multiple">'
    '<Choice value="a"/><Choice value="b"/></Choices></View>'
)
SINGLE = replace(MULTIPLE, answered=[replace(MULTIPLE.choices, multiple=False)])
THERE = [{"id": 1, "text": "one"}, {"id": "2", "text": "two"}, {"text": "no id"}, {"id": 9, "other": "no text"}]


def sent(folder: Path, *rows: dict[str, Any], name: str = "rows.jsonl") -> tuple[list[Any], int]:
    (folder / name).write_text("\n".join(map(json.dumps, rows)))
    there: Known = {}
    for data in THERE:
        key, text = known(data, INTERFACE)
        there[key] = text, "in the project"
    new = new_tasks(folder / name, INTERFACE, there)
    return new.tasks, new.repeated


def bad_rows(told: "pytest.ExceptionInfo[Any]") -> list[str]:
    """What a message says of each bad row."""
    return str(told.value).split(" bad row")[1].partition(": ")[2].split("; ")


def test_a_row_is_there_by_its_id_or_else_its_text(tmp_path: Path) -> None:
    rows = [{"id": "1", "text": "one"}, {"id": 2, "text": " two "}, {"text": "no id"}, {"id": 3, "text": "one"}]
    new, repeated = sent(tmp_path, *rows, {"text": "new"}, {"id": 3, "text": "one"})
    assert [task["data"]["text"] for task in new] == ["one", "new"] and repeated == 4


def test_an_id_with_another_text_is_a_bad_row(tmp_path: Path) -> None:
    rows = [{"id": 1, "text": "uno"}, {"id": 5, "text": "five"}, {"id": 5, "text": "six"}, {"id": 9, "text": "nine"}]
    with refused(DataError, "id-repeated", key="row 1") as told:
        sent(tmp_path, *rows, {"data": {"id": 2, "text": "zwei"}})
    assert str(told.value).startswith("studio.tasks: ")
    first, third, fourth, fifth = (figures(row) for row in bad_rows(told))  # its row, the id, and the other row
    assert (first, third, fourth[:1], fifth) == ([1, 1], [3, 5, 2], [4], [5, 2])


def test_what_json_cannot_carry_is_null_or_a_bad_row(tmp_path: Path) -> None:
    new, _ = sent(tmp_path, {"text": "new", "size": float("nan"), "deep": [{"er": float("nan")}]})
    assert new[0]["data"] == {"text": "new", "size": None, "deep": [{"er": None}]}
    when = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    row = {"text": "table", "at": when, "cost": Decimal("1.50"), "raw": b"ab", "gap": float("nan")}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "rows.parquet")
    there: Known = {}
    [task] = new_tasks(tmp_path / "rows.parquet", INTERFACE, there).tasks
    assert task["data"] == {
        "text": "table", "at": "2026-01-02T03:04:00+00:00", "cost": "1.50", "raw": "YWI=", "gap": None,
    }  # fmt: skip
    with refused(DataError, "bad-value", key="row 1") as told:
        sent(tmp_path, {"text": "a", "size": float("-inf")}, {"text": "b", "note": "\ud800"})
    assert "-Infinity" in str(told.value) and [row[:5] for row in bad_rows(told)] == ["row 1", "row 2"]
    with refused(DataError, "text-broken", key="row 1"):
        sent(tmp_path, {"text": "b", "note": "\ud800"})


def test_one_delimiter_parts_the_labels_of_a_whole_file(tmp_path: Path) -> None:
    choice = '<Choice value="a, x"/><Choice value="b"/>'
    interface = read_interface(
        f'<View><Text name="t" value="$text"/><Choices name="c" toName="t" choice="multiple">{choice}</Choices></View>'
    )
    (tmp_path / "rows.csv").write_text('text,labels\n1,"a, x|b"\n2,"a,  x"\n3,"[\'b\', \'a, x\']"\n')
    with refused(DataError, "label-unknown", key="row 3") as told:
        new_tasks(tmp_path / "rows.csv", interface, {})
    [row] = bad_rows(told)
    assert "'a,  x'" in row


def exported(text: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"text": text}, "annotations": list(annotations)}


def chosen(*labels: str, **more: Any) -> dict[str, Any]:
    return annotation(choices(labels, "c", "t"), **more)


def test_gold_that_the_interface_cannot_hold_is_a_bad_row(tmp_path: Path) -> None:
    rows = [
        {"text": "two", "labels": ["a", "b"]},
        {"text": "none", "labels": []},
        exported("three", chosen("a", "b")),
        exported("four", chosen("gone")),
        exported("five", chosen("a"), chosen("gone", was_cancelled=True)),  # nobody reads what was skipped
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with refused(DataError, "labels-several", key="row 1") as told:
        new_tasks(tmp_path / "rows.jsonl", SINGLE, {})
    found = bad_rows(told)
    for row, part in zip(found, ("(a, b)", "[]", "(a, b)", "'gone'"), strict=True):
        assert part in row
    codes: list[Code] = ["labels-several", "gold-missing", "labels-several", "label-unknown"]
    for number, code in enumerate(codes):
        (tmp_path / "one.jsonl").write_text(json.dumps(rows[number]))
        with refused(DataError, code, key="row 1"):
            new_tasks(tmp_path / "one.jsonl", SINGLE, {})
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows[:3])))
    assert len(new_tasks(tmp_path / "rows.jsonl", MULTIPLE, {}).tasks) == 3


def test_what_a_model_annotated_does_not_become_a_persons(tmp_path: Path) -> None:
    copied = {key: value for key, value in choices(["a"], "c", "t").items() if key != "origin"}
    rows = [
        exported("one", chosen("a", parent_prediction=3, lead_time=None, completed_by=7)),  # nobody opened it
        exported("two", annotation(copied, parent_prediction=4, lead_time=2.5, completed_by=7), chosen("b")),
        exported("three", chosen("b", completed_by=8), {"result": [choices(["a"], "c", "t")]}),
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    new = new_tasks(tmp_path / "rows.jsonl", MULTIPLE, {})
    assert new.unopened == 1 and new.annotators == {"7", "8"}
    one, two, three = new.tasks
    assert one == {"data": {"text": "one"}}
    assert two["annotations"][0]["lead_time"] == 2.5  # and its regions stay a prediction's
    assert two["annotations"][0]["result"] == [{**copied, "origin": "prediction"}]
    assert two["annotations"][1]["result"] == [choices(["b"], "c", "t")]
    # Label Studio takes one without the mark for ground truth.
    assert [entry["ground_truth"] for entry in three["annotations"]] == [False, False]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.jsonl", None, "file-missing"),
        ("rows.txt", "x", "file-of-no-kind"),
        ("rows.json", "{}", "wrong-shape"),
        ("rows.jsonl", "\xe9", "not-utf8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_as_it_was_given(
    name: str, content: str | None, code: Code, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, "latin-1")
    for read in (lambda: new_tasks(path, INTERFACE, {}), lambda: holds_dialogues(str(path))):
        with refused(DataError, code, key=str(path)) as told:
            read()
        assert str(told.value).startswith("studio.tasks: ") and "dataset." not in str(told.value)


def test_a_tasks_id_twice_is_a_bad_row(tmp_path: Path) -> None:
    tasks = gold_tasks()
    tasks[1]["id"] = 1  # another text
    tasks.append({**tasks[2], "annotations": []})  # the same text again
    export(tmp_path, tasks)
    source = LabelStudio(path=f"{tmp_path}/export.json", config_file=f"{tmp_path}/interface.xml")
    with refused(DataError, "id-repeated", key="1") as told:
        source.load()
    assert [row[:2] for row in bad_rows(told)] == ["1:", "3:"]
    assert [row.id for row in source.stream() if isinstance(row, BadRow)] == ["1", "3"]
