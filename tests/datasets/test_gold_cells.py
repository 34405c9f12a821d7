"""Gold labels as they are written in a field."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import says
from rows import FLAT_FORMATS, FORMATS, load, load_row, load_text, refusal, write

from runner.core.errors import DataError
from runner.datasets.gold_cells import names_in
from runner.datasets.row_problem import RowProblem


@pytest.mark.parametrize(
    ("written", "gold"),
    [
        pytest.param("A", ("A",), id="one"),
        pytest.param("A|B c", ("A", "B c"), id="bar"),
        pytest.param("A; B c", ("A", "B c"), id="semicolon"),
        pytest.param("A, B c,A", ("A", "B c"), id="comma and a repeat"),
        pytest.param("A\nB c", ("A", "B c"), id="lines"),
        pytest.param("A, x|B", ("A, x", "B"), id="a bar goes before a comma"),
        pytest.param(" A ||", ("A",), id="blank parts"),
        pytest.param('["A", "B, c"]', ("A", "B, c"), id="JSON list"),
        pytest.param('[" A", "A"]', ("A",), id="JSON list with spaces and a repeat"),
        pytest.param("[]", (), id="empty JSON list"),
        pytest.param("['A', \"B's, c\"]", ("A", "B's, c"), id="Python list"),
        pytest.param('{"choices": ["A", "B, c"]}', ("A", "B, c"), id="choices"),
        pytest.param("{'choices': ['A']}", ("A",), id="Python choices"),
        pytest.param('{"choices": "A, b"}', ("A, b",), id="one choice"),
        pytest.param('{"choices": []}', (), id="no choice"),
    ],
)
@pytest.mark.parametrize("ending", ["json", *FLAT_FORMATS])
def test_labels_in_a_text(tmp_path, written, gold, ending):
    rows = [{"text": "x", "labels": written}, {"text": "y", "labels": "Z"}]
    assert load(write(tmp_path / f"rows.{ending}", rows)).items[0].gold == gold


@pytest.mark.parametrize(
    "written", ["[A] | B", "[1]", "['A' 'B']", "['A'\n 'B']", '{"A": 1}', '["A", "B"', "{'choices': [1]}", "[" * 9000]
)
@pytest.mark.parametrize("ending", ["json", "csv", "parquet"])
def test_a_cell_that_begins_like_a_list_and_is_none_is_a_bad_row(tmp_path, written, ending):
    rows = [{"id": "1", "text": "x", "labels": "Z"}, {"id": "2", "text": "y", "labels": written}]
    error = refusal(write(tmp_path / f"rows.{ending}", rows))
    says(error, DataError, "gold-unreadable", "row 3" if ending == "csv" else "row 2", "1 bad row:", '["A", "B"]')
    assert str(error).count("row ") == 1 and len(str(error)) < 400


@pytest.mark.parametrize("value", [{"choices": ["A", "B, c"]}, {"choices": "A"}])
@pytest.mark.parametrize("ending", FORMATS)
def test_choices_are_read_as_objects_too(tmp_path, value, ending):
    path = write(tmp_path / f"rows.{ending}", [{"text": "x", "intent": value}])
    names = value["choices"]
    assert load(path, labels_field="intent").items[0].gold == ((names,) if isinstance(names, str) else tuple(names))


def test_a_name_with_brackets_on_the_list_is_that_label(tmp_path):
    assert load_row(tmp_path, {"text": "x", "labels": "[A] b"}, labels=["[A] b", "c"]).gold == ("[A] b",)


@pytest.mark.parametrize(
    ("cells", "golds"),
    [
        pytest.param(["A, x|B", "A, x"], [("A, x", "B"), ("A, x",)], id="bars and commas"),
        pytest.param(["A, x", "A, x|B"], [("A, x",), ("A, x", "B")], id="bars later"),
        pytest.param(["A, x; B", "A, x"], [("A, x", "B"), ("A, x",)], id="semicolons and commas"),
        pytest.param(
            ["A, B", '["C|D"]', "{'choices': 'E;F'}"], [("A", "B"), ("C|D",), ("E;F",)], id="lists say nothing"
        ),
    ],
)
@pytest.mark.parametrize("ending", FORMATS)
def test_one_delimiter_parts_the_labels_of_a_whole_file(tmp_path, cells, golds, ending):
    rows = [{"text": f"text {place}", "labels": written} for place, written in enumerate(cells)]
    assert [item.gold for item in load(write(tmp_path / f"rows.{ending}", rows)).items] == golds


@given(
    st.lists(st.sampled_from(["Refund", "Bill Payment", "no_show", "a-b", "(x)"]), min_size=1, unique=True),
    st.sampled_from(["|", ";", ",", "\n", "//", " and "]),
)
@settings(deadline=None, max_examples=40)
def test_joined_labels_come_apart_at_the_given_delimiter(tmp_path_factory, names, delimiter):
    row = {"text": "x", "labels": delimiter.join(names)}
    assert load_row(tmp_path_factory.mktemp("rows"), row, delimiter=delimiter).gold == tuple(names)


def test_a_given_delimiter_leaves_the_other_marks_alone(tmp_path):
    assert load_row(tmp_path, {"text": "x", "labels": "a|b, c"}, delimiter=",").gold == ("a|b", "c")


def test_a_list_of_labels_is_stripped_and_without_repeats(tmp_path):
    assert load_row(tmp_path, {"text": "x", "labels": ["B ", "A", " B"]}).gold == ("B", "A")


@pytest.mark.parametrize("row", [{}, {"labels": None}, {"labels": ""}, {"labels": "  "}], ids=str)
def test_rows_without_gold_are_left_out_and_counted(tmp_path, row):
    rows = [{"text": "x", "labels": ["A"]}, {"text": "y", **row}, {"text": "z", **row}]
    data = load(write(tmp_path / "rows.json", rows))
    assert ([item.text for item in data.items], data.unlabelled) == (["x"], 2)


def test_an_empty_list_is_gold_and_an_empty_csv_cell_is_not(tmp_path):
    data = load_text(tmp_path, "rows.csv", "id,text,labels\n1,x,A\n2,y,[]\n3,z,\n")
    assert [item.gold for item in data.items] == [("A",), ()]
    assert data.unlabelled == 1


def test_a_text_that_is_a_label_is_not_parted(tmp_path):
    path = write(tmp_path / "rows.json", [{"text": "hi", "labels": "Billing, payments"}])
    assert load(path, labels=["Billing, payments"]).items[0].gold == ("Billing, payments",)


QUOTES = "\\'" * 100_000 + '\\"' * 100_000  # each once looked for an end: by the square of the length, minutes


@pytest.mark.parametrize("end", ["", "\\", "'"], ids=repr)
@pytest.mark.parametrize("start", ["['", '["', "['a', # '"], ids=repr)
def test_quotes_without_an_end_are_refused_in_one_pass(start: str, end: str) -> None:
    with pytest.raises(RowProblem) as told:
        names_in(f"{start}{QUOTES}{end}", None)
    assert told.value.code == "gold-unreadable"


def test_quotes_in_a_name_and_in_a_comment_are_no_ends() -> None:
    assert names_in(f"['{QUOTES}']", None) == ["'" * 100_000 + '"' * 100_000]
    assert names_in(f"['a', 'b', # '{QUOTES}\n]", None) == ["a", "b"]
