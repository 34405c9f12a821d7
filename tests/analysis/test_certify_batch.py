"""A batch as it comes back from people and their spreadsheets."""

from pathlib import Path

import pytest
from audits import cells_of, fill_in
from refusals import refused
from texts import PIECES

from runner.analysis.certify.batch_file import DrawnRow, answers_in, batches_in, shown, write_batch
from runner.core.error_codes import Code
from runner.core.errors import DataError

HOSTILE = [
    '=HYPERLINK("http://x.example","click")',
    "+1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\uff1d1+1",
    "'quoted'",
    "<script>alert(1)</script>",
    "abc\u202edef",
    'a "b", c;d\te\r\nf',
    "nul \x00 and bell \x07",
    "half \ud83d",
    "x" * 40_000,
]
ROWS = [DrawnRow(number, 7 * number, f"00{number}", text, ["A", text]) for number, text in enumerate(HOSTILE, 1)]


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    return write_batch(tmp_path, 1, ROWS)


@pytest.mark.parametrize(("mark", "encoding"), [(",", "utf-8-sig"), (";", "utf-8"), ("\t", "utf-16")])
def test_hostile_texts_come_back_from_a_spreadsheet(batch: Path, mark: str, encoding: str) -> None:
    for row in cells_of(batch):
        assert all(not cell.startswith(("=", "+", "@", "\t", "\uff1d")) for cell in row.values())
        assert "\u202e" not in row["text"] and "\x00" not in row["text"] and len(row["text"]) < 32_767
    fill_in(batch, lambda row: {"right": "Yes", "note": "seen"}, mark=mark, encoding=encoding)
    answers = answers_in(batch.parent, 1)
    assert [answer.number for answer in answers] == list(range(1, len(ROWS) + 1))
    assert all(answer.right and answer.note == "seen" for answer in answers)
    assert batches_in(batch.parent) == [1]


def test_every_kind_of_text_comes_back(tmp_path: Path) -> None:
    rows = [DrawnRow(number, number, piece, f"a{piece}b", [piece]) for number, piece in enumerate(PIECES, 1)]
    path = write_batch(tmp_path, 1, rows)
    fill_in(path, lambda row: {"right": "no"})
    assert [answer.right for answer in answers_in(tmp_path, 1)] == [False] * len(rows)


def test_what_spreadsheets_do_to_cells_changes_nothing(tmp_path: Path) -> None:
    path = write_batch(tmp_path, 1, [DrawnRow(1, 0, "00123", "a\nb  c", ["7.0"]), DrawnRow(2, 1, "1" * 16, "'x", "1")])
    fill_in(
        path,
        lambda row: {
            "number": f"{row['number']}.0",
            "id": {"00123": "123"}.get(row["id"], "1.11111E+15"),
            "text": row["text"].replace("\n", "\r\n").removeprefix("'"),
            "labels": {"7.0": "7"}.get(row["labels"], row["labels"]),
            "right": "1,0",
        },
    )
    path.write_text(path.read_text() + ",,,,,,\n\n")
    assert [answer.right for answer in answers_in(tmp_path, 1)] == [True, True]


@pytest.mark.parametrize(
    ("cell", "right"),
    [
        *(("", None), ("  ", None), ("yes", True), (" YES. ", True), ("y", True), ("1", True), ("TRUE", True)),
        *(("right", True), ("Correct", True), ("✓", True), ("1.0", True), ("no", False), ("N", False), ("0", False)),
        *(("wrong", False), ("Not  right", False), ("false", False), ("✗", False), ("incorrect!", False)),
    ],
)
def test_verdicts_as_people_spell_them(batch: Path, cell: str, right: bool | None) -> None:
    fill_in(batch, lambda row: {"right": cell})
    assert {answer.right for answer in answers_in(batch.parent, 1)} == {right}


@pytest.mark.parametrize(
    ("filled", "code", "shown_values"),
    [
        ({"right": "x"}, "answer-unreadable", ("batch-1.csv, row 2", "'x'")),
        ({"right": "yes no"}, "answer-unreadable", ("'yes no'",)),
        ({"right": "", "corrected_labels": "B"}, "answer-unreadable", ("'B'",)),
        ({"right": "yes", "corrected_labels": "B"}, "answer-unreadable", ("'B'", "'yes'")),
        ({"right": "yes", "text": "another"}, "rows-changed", ("text", "'another'")),
        ({"right": "yes", "labels": "another"}, "rows-changed", ("labels",)),
        ({"right": "yes", "id": "another"}, "rows-changed", ("id",)),
        ({"right": "yes", "number": "900"}, "rows-changed", ("900",)),
        ({"right": "yes", "number": "first"}, "rows-changed", ("'first'",)),
    ],
)
def test_what_cannot_be_read_or_was_changed_is_one_line(
    batch: Path, filled: dict[str, str], code: Code, shown_values: tuple[str, ...]
) -> None:
    fill_in(batch, lambda row: filled)
    with refused(DataError, code, batch, *shown_values):
        answers_in(batch.parent, 1)


def test_rows_may_be_sorted_but_none_may_be_missing_or_twice(batch: Path) -> None:
    head, *rows = batch.read_text("utf-8-sig").split("\n")[:4]
    one, two, three = rows
    few = write_batch(batch.parent, 2, ROWS[:3])
    few.write_text("\n".join([head, three, one, two]))
    assert [answer.number for answer in answers_in(batch.parent, 2)] == [1, 2, 3]
    few.write_text("\n".join([head, one, three]))
    with refused(DataError, "rows-changed", few, "number 2", "'002'"):
        answers_in(batch.parent, 2)
    few.write_text("\n".join([head, one, three, two, two]))
    with refused(DataError, "rows-changed", few, "number 2", "twice"):
        answers_in(batch.parent, 2)
    few.write_text("\n".join([head.replace("right", "ok"), one, two, three]))
    with refused(DataError, "column-missing", "right", few):
        answers_in(batch.parent, 2)
    few.write_text("\n".join([head, one, '3,"open']))
    with refused(DataError, "quotes-odd", few, "row 3"):
        answers_in(batch.parent, 2)
    few.write_bytes("number,id\n1,\xe9".encode("latin-1"))
    with refused(DataError, "not-utf8", few):
        answers_in(batch.parent, 2)
    few.unlink()
    with refused(DataError, "file-missing", few):
        answers_in(batch.parent, 2)


def test_labels_are_shown_as_people_write_them() -> None:
    given = (["A", "B"], [], "A|B", 3, {"a": ["é"]})
    assert [shown(one) for one in given] == ["A | B", "[]", "A|B", "3", '{"a": ["é"]}']
