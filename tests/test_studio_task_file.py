"""The rows of a file as tasks: which are there already, and which are not what their id says."""

import json
from pathlib import Path
from typing import Any

import pytest
from exported import export, gold_tasks

from runner.errors import DataError
from runner.studio.dataset import LabelStudio
from runner.studio.interface_xml import read_interface
from runner.studio.task_file import Known, holds_dialogues, known, new_tasks
from runner.types import BadRow

INTERFACE = read_interface(
    '<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="a"/></Choices></View>'
)
THERE = [{"id": 1, "text": "one"}, {"id": "2", "text": "two"}, {"text": "no id"}, {"id": 9, "other": "no text"}]


def sent(folder: Path, *rows: dict[str, Any], name: str = "rows.jsonl") -> tuple[list[Any], int]:
    (folder / name).write_text("\n".join(map(json.dumps, rows)))
    there: Known = {}
    for data in THERE:
        key, text = known(data, INTERFACE)
        there[key] = text, "in the project"
    return new_tasks(folder / name, INTERFACE, there)


def test_a_row_is_there_by_its_id_or_else_its_text(tmp_path: Path) -> None:
    rows = [{"id": "1", "text": "one"}, {"id": 2, "text": " two "}, {"text": "no id"}, {"id": 3, "text": "one"}]
    new, repeated = sent(tmp_path, *rows, {"text": "new"}, {"id": 3, "text": "one"})
    assert [task["data"]["text"] for task in new] == ["one", "new"] and repeated == 4


def test_an_id_with_another_text_is_a_bad_row(tmp_path: Path) -> None:
    rows = [{"id": 1, "text": "uno"}, {"id": 5, "text": "five"}, {"id": 5, "text": "six"}, {"id": 9, "text": "nine"}]
    with pytest.raises(DataError) as refused:
        sent(tmp_path, *rows, {"data": {"id": 2, "text": "zwei"}})
    message = str(refused.value)
    assert message.startswith("studio.tasks: ") and "has 4 bad rows: row 1: the id 1 has another text" in message
    assert "row 1: the id 1 has another text in the project" in message
    assert "row 3: the id 5 has another text in row 2" in message
    assert "row 5: the id 2 has another text in the project" in message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.jsonl", None, "no file"),
        ("rows.txt", "x", "ends in none of"),
        ("rows.json", "{}", "expected a list"),
        ("rows.jsonl", "\xe9", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_as_it_was_given(
    name: str, content: str | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, "latin-1")
    for read in (lambda: new_tasks(path, INTERFACE, {}), lambda: holds_dialogues(str(path))):
        with pytest.raises(DataError, match=message) as refused:
            read()
        assert str(refused.value).startswith("studio.tasks: ") and "dataset." not in str(refused.value)


def test_a_tasks_id_twice_is_a_bad_row(tmp_path: Path) -> None:
    tasks = gold_tasks()
    tasks[1]["id"] = 1  # another text
    tasks.append({**tasks[2], "annotations": []})  # the same text again
    export(tmp_path, tasks)
    source = LabelStudio(path=f"{tmp_path}/export.json", config_file=f"{tmp_path}/interface.xml")
    with pytest.raises(DataError, match="2 bad rows: 1: the same id stands in an earlier row; 3: the same id"):
        source.load()
    assert [row.id for row in source.stream() if isinstance(row, BadRow)] == ["1", "3"]
