"""Where the id, the text, the part and the labels of a row stand."""

import json

import pytest
from refusals import says
from rows import FORMATS, LINES, TURNS, choice, load, load_row, refusal_of_rows, task, write

from runner.core.errors import DataError
from runner.core.items import Item
from runner.datasets.file import File
from runner.datasets.typed_gold import typed
from verifiers.spans import Spans


@pytest.mark.parametrize("name", ["text", "dialogue"])
def test_the_text_is_found_by_its_usual_names(tmp_path, name):
    assert load_row(tmp_path, {name: " hi ", "labels": ["A"]}).text == " hi "


def test_places_in_a_text_are_counted_from_its_first_character_on_blanks_included(tmp_path):
    spans = [{"label": "A", "start": 4, "end": 6}, {"label": "A", "start": 6, "end": 8}]
    write(tmp_path / "r.json", [{"text": "\r\n  hi\t ", "labels": spans}])
    source = File(str(tmp_path / "r.json"))
    source.read_cells("value")
    data, verifier = typed(source.load(), Spans())
    assert [span.text for span in verifier.gold(data.items[0].gold, data.items[0])] == ["hi", "\t "]


@pytest.mark.parametrize("name", ["labels"])
def test_the_gold_is_found_by_its_usual_name(tmp_path, name):
    assert load_row(tmp_path, {"text": "hi", name: ["A"]}).gold == ("A",)


@pytest.mark.parametrize(
    ("row", "options"),
    [
        pytest.param({"q": "hi", "y": ["A"], "key": 7}, ("q", "y", "key"), id="plain"),
        pytest.param({"a": {"q": "hi"}, "b": {"c": {"y": "A"}}, "k": {"id": 7}}, ("a.q", "b.c.y", "k.id"), id="dotted"),
        pytest.param({"a.q": "hi", "b.y": "A", "k.id": 7}, ("a.q", "b.y", "k.id"), id="dot in the name"),
        pytest.param(
            {"text": "no", "labels": ["no"], "id": 1, "q": "hi", "y": ["A"], "k": 7}, ("q", "y", "k"), id="first"
        ),
    ],
)
def test_fields_are_taken_from_where_the_options_say(tmp_path, row, options):
    text, labels, key = options
    assert load_row(tmp_path, row, text_field=text, labels_field=labels, id_field=key) == Item("7", "hi", ("A",))


@pytest.mark.parametrize("name", ["data.dialogue", "dialogue"])
def test_the_text_of_a_task_is_found_by_its_path_in_the_task_or_in_its_data(tmp_path, name):
    assert load_row(tmp_path, task(choice("A")), text_field=name).text == LINES


def test_a_field_called_data_does_not_hide_the_text_beside_it(tmp_path):
    assert load_row(tmp_path, {"text": "hi", "labels": ["A"], "data": {"source": "web"}}).text == "hi"


@pytest.mark.parametrize(
    ("ending", "ids"),
    [("json", ["1", "2"]), ("jsonl", ["1", "2"]), ("csv", ["2", "3"]), ("tsv", ["2", "3"]), ("parquet", ["1", "2"])],
)
def test_without_an_id_the_number_of_the_row_or_line_is_the_id(tmp_path, ending, ids):
    rows = [{"text": "hi", "labels": ["A"]}, {"text": "ho", "labels": ["A"]}]
    assert [item.id for item in load(write(tmp_path / f"rows.{ending}", rows)).items] == ids


@pytest.mark.parametrize(("value", "text"), [(42, "42"), (1.5, "1.5")])
def test_a_number_can_be_a_text(tmp_path, value, text):
    assert load_row(tmp_path, {"text": value, "labels": ["A"]}).text == text


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(("author", "text"), [("author", "text"), ("role", "content"), ("speaker", "text")])
def test_a_dialogue_becomes_author_and_text_lines(tmp_path, ending, author, text):
    turns = [{author: turn["author"], text: turn["text"]} for turn in TURNS]
    path = write(tmp_path / f"rows.{ending}", [{"id": "1", "dialogue": turns, "labels": ["A"]}])
    assert load(path).items == [Item("1", LINES, ("A",))]


def test_a_turn_without_author_is_its_text(tmp_path):
    turns = [{"text": "one"}, {"author": "", "text": "two"}, {"name": "Bo", "text": "three"}]
    assert load_row(tmp_path, {"dialogue": turns, "labels": ["A"]}).text == "one\ntwo\nBo: three"


@pytest.mark.parametrize("text", ["[{not json}]", "[ {x} said he, ]", '[{"price": 3}]', "[sic] he left"])
def test_a_text_that_only_looks_like_a_dialogue_stays_as_it_is(tmp_path, text):
    assert load_row(tmp_path, {"text": text, "labels": ["A"]}).text == text


@pytest.mark.parametrize("ending", FORMATS)
def test_a_field_may_say_which_part_a_row_belongs_to(tmp_path, ending):
    words = ["train", "Reflect", "dev", " VALIDATION ", "val", "select", "test", "training"]
    rows = [{"text": f"text {n}", "labels": ["A"], "fold": word} for n, word in enumerate(words)]
    data = load(write(tmp_path / f"rows.{ending}", rows), split_field="fold")
    parts = ["reflect", "reflect", "select", "select", "select", "select", "test", "reflect"]
    assert [item.part for item in data.items] == parts
    assert {item.part for item in load(tmp_path / f"rows.{ending}").items} == {None}
    assert data.sha256 != load(tmp_path / f"rows.{ending}").sha256


def test_a_row_of_no_part_is_a_bad_row_unless_it_has_no_gold(tmp_path):
    good = {"text": "a", "labels": ["A"], "split": "test"}
    error = refusal_of_rows(tmp_path, good, {"text": "b", "labels": ["A"], "split": "holdout"}, split_field="split")
    says(error, DataError, "part-unknown", "row 2", "'holdout'", "'split'")
    error = refusal_of_rows(tmp_path, good, {"text": "b", "labels": ["A"]}, split_field="split")
    says(error, DataError, "part-missing", "row 2", "'split'", "dataset.split_field=NAME")
    assert load_row(tmp_path, good, split_field="split").part == "test"
    task = {"data": {"text": "a", "split": "dev"}, "annotations": [{"result": [{"value": {"choices": ["A"]}}]}]}
    assert load_row(tmp_path, task, split_field="split").part == "select"
    assert load(write(tmp_path / "rows.json", [good, {"text": "b"}]), split_field="split").unlabelled == 1


def test_a_text_that_begins_like_very_deep_json_is_a_text(tmp_path):
    deep = '[{"a":' * 500
    (tmp_path / "r.json").write_text(json.dumps([{"text": deep, "labels": ["a"]}]))
    [item] = File(tmp_path / "r.json").load().items
    assert item.text == deep
