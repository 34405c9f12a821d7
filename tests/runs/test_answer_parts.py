"""How a page draws answers that are no labels: marks in a text, fields, numbers; nothing in them runs."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import ROOT
from run_records import prediction_row

from runner.runs.html.answer_parts import fields_of, marked, marks_of, nothing_of, numbers_of, told
from runner.runs.html.report import write_report

TEXT = "Fly on Monday or <b>Friday</b>."


def place(label: str, words: str) -> dict[str, Any]:
    start = TEXT.index(words)
    return {"label": label, "start": start, "end": start + len(words)}


def test_places_of_gold_and_answer_stand_in_the_text() -> None:
    row = prediction_row(
        text=TEXT, gold=[place("day", "Monday"), place("day", "Friday")],
        prediction=[place("day", "Monday"), place("when", "<b>")],
    )  # fmt: skip
    pieces = marked(row)
    assert "".join(piece.text for piece in pieces) == TEXT
    assert [(piece.text, piece.side) for piece in pieces if piece.side] == [
        ("Monday", "both"), ("<b>", "added"), ("Friday", "missed"),
    ]  # fmt: skip
    assert [mark.label for piece in pieces for mark in piece.ends] == ["day", "when", "day"]


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40)), max_size=8))
def test_the_pieces_are_the_text_whatever_is_marked(text: str, ends: list[tuple[int, int]]) -> None:
    gold = [{"label": f"{start}", "start": start, "end": end} for start, end in ends]
    row = prediction_row(text=text, gold=gold, prediction=[{"label": 1, "start": "x"}, 5, None])
    assert "".join(piece.text for piece in marked(row)) == text
    assert all(0 <= mark.start < mark.end <= len(text) for mark in marks_of(row))
    assert sum(len(piece.ends) for piece in marked(row)) == len(marks_of(row))


def test_fields_stand_side_by_side_and_their_places_are_marked_too() -> None:
    gold = {"topic": "Billing", "days": [place("day", "Monday")], "grade": 3}
    row = prediction_row(
        text=TEXT, gold=gold, prediction={"topic": "Outage", "days": [place("day", "Monday")], "why": None}
    )
    assert [(field.name, field.gold, field.given, field.same) for field in fields_of(row)] == [
        ("topic", ("Billing",), ("Outage",), False),
        ("days", ("day Monday",), ("day Monday",), True),
        ("grade", ("3",), (), False),
        ("why", (), (), True),
    ]
    assert [mark.label for mark in marks_of(row)] == ["days: day"]
    said = {"days": [{**place("day", "Monday"), "text": "Monday"}], "tags": ["b", "a"]}
    row = prediction_row(text=TEXT, gold={"days": [place("day", "Monday")], "tags": ["a", "b"]}, prediction=said)
    assert [field.same for field in fields_of(row)] == [True, True]  # gold need not quote, and has an order of its own
    assert fields_of(prediction_row(gold=["A"])) == []


@pytest.mark.parametrize(
    ("gold", "given", "told_gold", "told_given"),
    [
        (3.5, 4, ("3.5",), ("4",)), (3.5, None, ("3.5",), ()), ("a text", "a", ("a text",), ("a",)),
        ([{"what": "nuts", "amount": 1}], [], ("what: nuts, amount: 1",), ()),
        ({"rating": 2.5, "ratings": [1, 3]}, 2, ("2.5, of 2 people",), ("2",)),
        ([1, 4], None, ("2.5, of 2 people",), ()),
    ],
)  # fmt: skip
def test_numbers_texts_and_objects_stand_side_by_side(
    gold: Any, given: Any, told_gold: tuple[str, ...], told_given: tuple[str, ...]
) -> None:
    [row] = fields_of(prediction_row(gold=gold, prediction=given))
    assert (row.name, row.gold, row.given, row.same) == ("answer", told_gold, told_given, False)


@pytest.mark.parametrize(
    "value", [["A"], [], ["banking", "transfer"], [["a", "b"]], [{"label": "day", "start": 0, "end": 3}], None]
)
def test_labels_paths_and_places_are_drawn_otherwise(value: Any) -> None:
    assert fields_of(prediction_row(text=TEXT, gold=value, prediction=value)) == []


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ([["banking", "transfer"], ["travel"]], ("banking › transfer", "travel")),
        (["A", "B"], ("A", "B")),
        ([{"label": "day", "text": "Monday", "start": 1, "end": 2}], ("day Monday",)),
        (3.5, ("3.5",)), ("a text", ("a text",)), (None, ()), ([], ()), ({"a": 1, "b": None}, ("a: 1", "b: none")),
    ],
)  # fmt: skip
def test_a_value_is_told_in_parts(value: Any, parts: tuple[str, ...]) -> None:
    assert told(value) == parts


def test_numbers_are_drawn_against_each_other_and_nothing_else_is() -> None:
    rows = [prediction_row(gold=gold, prediction=given) for gold, given in ((1, 2), (3.5, 3.5), (4, None))]
    assert numbers_of(rows) == [(1.0, 2.0), (3.5, 3.5)]
    rated = [{"rating": 2.5, "ratings": [1, 3]}, {"ratings": [1, 3]}, [1, 3], 2]
    assert numbers_of([prediction_row(gold=gold, prediction=1) for gold in rated]) == [(2.5, 1), (2, 1), (2, 1), (2, 1)]
    assert numbers_of([*rows, prediction_row(gold=["A"])]) == numbers_of([]) == []
    assert (nothing_of(rows), nothing_of([prediction_row(gold=["A"]), prediction_row()])) == ("nothing", "no label")


def test_marks_in_a_hostile_text_are_escaped(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    run = Path(shutil.copytree(ROOT / "tests/runs/data/run_at_b484d99", tmp_path / "run"))
    rows = [json.loads(line) for line in (run / "predictions.jsonl").read_text().splitlines()]
    gold = {hostile: [{"label": hostile, "start": 0, "end": 4}]}
    rows[0] |= {"text": hostile, "gold": gold, "prediction": {}, "due": [hostile], "given": [], "missing": [hostile]}
    (run / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = write_report(run).read_text()
    assert "<img" not in page and '<mark class="missed">&lt;img</mark>' in page
