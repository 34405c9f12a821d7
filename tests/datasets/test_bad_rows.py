"""Rows that cannot be used are named together, in one line."""

import json
import re

import pytest
from refusals import says
from rows import GOOD, load, refusal, refusal_of_rows, refusal_of_text, write

from runner.core.errors import DataError


@pytest.mark.parametrize(
    ("row", "options", "code", "shown"),
    [
        pytest.param({"id": 1, "labels": "A"}, {}, "text-missing", ["'id', 'labels'"], id="text missing"),
        pytest.param({}, {}, "text-missing", ["none"], id="no fields"),
        pytest.param({"text": None, "labels": "A"}, {}, "text-missing", [], id="text null"),
        pytest.param({"text": " \n", "labels": "A"}, {}, "text-blank", ["'text'"], id="text blank"),
        pytest.param({"q": "", "labels": "A"}, {"text_field": "q"}, "text-missing", ["'q'"], id="named text empty"),
        pytest.param(
            {"text": "x", "labels": "A"}, {"text_field": "a.b"}, "text-missing", ["'a.b'"], id="path leads nowhere"
        ),
        pytest.param(
            {"text": "x", "labels": "A"},
            {"text_field": "text.b"},
            "text-missing",
            ["'text.b'"],
            id="path through text",
        ),
        pytest.param({"text": {"a": 1}, "labels": "A"}, {}, "wrong-shape", ["'text'", "dict"], id="text is an object"),
        pytest.param({"text": ["hi"], "labels": "A"}, {}, "wrong-shape", ["turn 1", "'hi'"], id="turn is a text"),
        pytest.param(
            {"text": [{"text": "a"}, {"author": "B"}], "labels": "A"},
            {},
            "text-missing",
            ["turn 2"],
            id="empty turn",
        ),
        pytest.param({"text": "x", "labels": ["A", "Nope"]}, {}, "label-unknown", ["'Nope'"], id="unknown label"),
        pytest.param(
            {"text": "x", "labels": ["X\ny", "Z"]}, {}, "label-unknown", ["'X\\ny', 'Z'"], id="two unknown labels"
        ),
        pytest.param({"text": "x", "labels": 3}, {}, "gold-unreadable", ["found 3"], id="labels are a number"),
        pytest.param({"text": "x", "labels": ["A", 3]}, {}, "gold-unreadable", ["['A', 3]"], id="a label is a number"),
        pytest.param({"text": "x", "labels": {"A": 1}}, {}, "gold-unreadable", ["{'A': 1}"], id="labels are an object"),
        pytest.param({"text": "x", "labels": "A", "id": "g"}, {}, "id-repeated", ["id 'g'", "row 1"], id="id twice"),
        pytest.param({"text": "x", "labels": "A"}, {"id_field": "id"}, "id-missing", ["'id'"], id="named id missing"),
        pytest.param({"a\nb": "x"}, {}, "text-missing", [], id="line break in a field's name"),
    ],
)
def test_a_bad_row_is_named_with_its_number_and_the_value(tmp_path, row, options, code, shown):
    first = {**GOOD, "q": "fine", "a": {"b": "fine"}}
    if options.get("text_field") == "text.b":
        first["text"] = {"b": "fine"}
    error = refusal_of_rows(tmp_path, first, row, labels=["A"], **options)
    says(error, DataError, code, "row 2", "1 bad row:", *shown, "rows.json")


def test_all_bad_rows_are_named_together(tmp_path):
    bad = [{"id": "1"}, GOOD, {"text": "x", "labels": ["No"]}, {"text": " "}, {"id": "g", "text": "x"}]
    error = refusal_of_rows(tmp_path, *bad, labels=["A"])
    says(error, DataError, "text-missing", "row 1", "4 bad rows: row 1:", "; row 3:", "; row 4:", "; row 5:")


@pytest.mark.parametrize(("count", "more"), [(5, []), (6, ["; and 1 more"]), (40, ["; and 35 more"])])
def test_from_the_sixth_on_bad_rows_are_counted(tmp_path, count, more):
    error = refusal_of_rows(tmp_path, *[{"labels": ["A"]}] * count)
    says(error, DataError, "text-missing", "row 1", f"{count} bad rows:")
    message = str(error)
    assert message.count("row ") == 5
    assert re.findall(r"; and \d+ more$", message) == more


@pytest.mark.parametrize(("ending", "number"), [("json", 2), ("jsonl", 2), ("csv", 3), ("tsv", 3), ("parquet", 2)])
def test_the_number_of_a_bad_row_is_the_one_people_see(tmp_path, ending, number):
    path = write(tmp_path / f"rows.{ending}", [GOOD, {"id": "h", "text": "x", "labels": ["No"]}])
    says(refusal(path, labels=["A"]), DataError, "label-unknown", f"row {number}", "'No'")


def test_a_row_without_gold_must_have_a_text_too(tmp_path):
    says(refusal_of_rows(tmp_path, GOOD, {"id": "h"}), DataError, "text-missing", "row 2")


@pytest.mark.parametrize(("name", "form"), [("rows.json", "[%s, %s, %s]"), ("rows.jsonl", "%s\n%s\n%s\n")])
@pytest.mark.parametrize(("row", "kind"), [("3", "3"), ("null", "None"), ('["a"]', "['a']")])
def test_a_row_that_is_no_object_is_named(tmp_path, name, form, row, kind):
    error = refusal_of_text(tmp_path, name, form % (json.dumps(GOOD), row, json.dumps({**GOOD, "id": "h"})))
    says(error, DataError, "wrong-shape", "row 2", f"found {kind}")


def test_a_row_that_is_no_object_is_named_together_with_the_other_bad_rows(tmp_path):
    error = refusal_of_rows(tmp_path, GOOD, 3, {"id": "h"})
    says(error, DataError, "wrong-shape", "row 2", "2 bad rows:", "; row 3:")


def test_half_of_a_surrogate_pair_in_json_is_no_crash(tmp_path):
    (tmp_path / "r.jsonl").write_text('{"id": "1", "text": "cut off \\ud83d", "labels": ["A"]}\n')
    try:
        data = load(tmp_path / "r.jsonl")
    except DataError as error:
        says(error, DataError, "text-broken", "row 1")
    else:
        assert data.items[0].text.startswith("cut off")
