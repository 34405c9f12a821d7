"""Values that are easily misread: missing ones, numbers, Python's lists, quoted names, columns and keys twice."""

import json

import pyarrow
import pyarrow.parquet
import pytest
from refusals import says
from rows import load, load_row, load_text, refusal, refusal_of_rows, refusal_of_text, write

from runner.core.errors import DataError
from runner.core.items import Item
from runner.datasets.file import File
from runner.datasets.literals import literal

GOOD = '{"text": "fine", "labels": ["A"]}\n'


@pytest.mark.parametrize(
    ("value", "code"), [("NaN", "text-missing"), ("Infinity", "bad-value"), ("true", "wrong-shape")]
)
def test_a_text_that_is_none_is_a_bad_row(tmp_path, value, code):
    error = refusal_of_text(tmp_path, "r.jsonl", GOOD + f'{{"text": {value}, "labels": "A"}}\n')
    says(error, DataError, code, "row 2")


def test_gold_that_is_not_a_number_is_no_gold(tmp_path):
    data = load_text(tmp_path, "r.jsonl", GOOD + '{"text": "b", "labels": NaN}\n')
    assert (len(data.items), data.unlabelled) == (1, 1)


@pytest.mark.parametrize(
    ("written", "gold"),
    [("('A', 'B')", ("A", "B")), ("('B',)", ("B",)), ("{'B', 'A'}", ("B", "A")), ("frozenset({'A'})", ("A",)),
     ("set()", ()), ("()", ()), ("array(['A', 'B'], dtype=object)", ("A", "B")), ('"A", "B, c"', ("A", "B, c")),
     ("'A'", ("A",)), ("“A”; „B“", ("A", "B")), ("(x) y", ("(x) y",)), ("'tis so", ("'tis so",))],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["csv", "json"])
def test_lists_of_python_and_quoted_names_are_names(tmp_path, written, gold, ending):
    rows = [{"text": "x", "labels": written}, {"text": "y", "labels": "Z"}]
    assert load(write(tmp_path / f"r.{ending}", rows)).items[0].gold == gold


@pytest.mark.parametrize("written", ["('A' 'B')", "nan", "<NA>", "(" + "'A', " * 3])
def test_what_reads_like_nothing_is_a_bad_row(tmp_path, written):
    error = refusal(write(tmp_path / "r.csv", [{"text": "x", "labels": "Z"}, {"text": "y", "labels": written}]))
    says(error, DataError, "gold-unreadable", "row 3")


@pytest.mark.parametrize(("value", "name"), [(0, "0"), (-1, "-1"), (2.0, "2"), (True, "true"), (False, "false")])
def test_whole_numbers_and_truth_values_are_names(tmp_path, value, name):
    assert load_row(tmp_path, {"text": "x", "labels": value}, labels=[name, "B"]).gold == (name,)


@pytest.mark.parametrize("value", [0.5, [0, 1], [1, 0, 1], [True], 7, {"A": 1}])
def test_other_numbers_are_refused_with_what_to_write(tmp_path, value):
    error = refusal_of_rows(tmp_path, {"text": "x", "labels": value}, labels=["A", "0", "1"])
    says(error, DataError, "gold-unreadable", "row 1", '["A", "B"]')


def test_python_is_read_and_never_run():
    assert literal("[__import__('os').getcwd()]") is None
    assert literal("(" * 60 + "'a'," + ")" * 60) is None
    assert literal("[{'a': 1}\n {'a': nan, 'b': '} {'}]") == [{"a": 1}, {"a": None, "b": "} {"}]


FEATURES = {
    "labels": {"_type": "ClassLabel", "names": ["Refund", "Other"]},
    "tags": {"_type": "Sequence", "feature": {"_type": "ClassLabel", "names": ["x", "y"]}},
    "old": [{"_type": "ClassLabel", "names": ["x", "y"]}],
}


def hugging(path, **columns):
    told = {"huggingface": json.dumps({"info": {"features": {name: FEATURES.get(name) for name in columns}}})}
    pyarrow.parquet.write_table(pyarrow.table(columns).replace_schema_metadata(told), path)
    return path


def test_the_names_of_class_labels_stand_in_the_file(tmp_path):
    path = hugging(
        tmp_path / "r.parquet", text=["a", "b", "c"], labels=[1, 0, -1], tags=[[0, 1], [], [1]], old=[[1], [0], []]
    )
    data = load(path)
    assert ([item.gold for item in data.items], data.unlabelled) == ([("Other",), ("Refund",)], 1)
    assert [item.gold for item in load(path, labels_field="tags").items] == [("x", "y"), (), ("y",)]
    assert [item.gold for item in load(path, labels_field="old").items] == [("y",), ("x",), ()]
    says(refusal(hugging(tmp_path / "s.parquet", text=["a"], labels=[5])), DataError, "label-unknown", "row 1", "5")


def test_a_column_or_key_that_stands_twice_is_refused(tmp_path):
    table = pyarrow.table([pyarrow.array(["a"]), pyarrow.array(["b"])], names=["text", "text"])
    pyarrow.parquet.write_table(table, tmp_path / "r.parquet")
    says(refusal(tmp_path / "r.parquet"), DataError, "column-repeated", "text")
    row = '{"text": "a", "labels": ["A"], "text": "b"}'
    for name, content in (("r.jsonl", GOOD + row), ("r.json", f"[{GOOD},{row}]")):
        says(refusal_of_text(tmp_path, name, content), DataError, "column-repeated", "row 2", "'text'")
    assert load_text(tmp_path, "s.jsonl", row.replace('"b"', '"a"')).items == [Item("1", "a", ("A",))]


def test_bytes_are_a_text_where_they_are_utf_8(tmp_path):
    rows = [{"text": "é".encode(), "labels": b"A"}, {"text": b"\xff", "labels": b"A"}]
    says(refusal(write(tmp_path / "r.parquet", rows)), DataError, "not-utf8", "row 2")
    assert load(write(tmp_path / "r.parquet", rows[:1])).items == [Item("1", "é", ("A",))]


def test_a_cell_is_one_label_where_each_item_has_one(tmp_path):
    path = write(
        tmp_path / "r.csv", [{"text": str(n), "labels": name} for n, name in enumerate(["Fees, charges", "B"])]
    )
    divided = File(str(path)).load()
    assert divided.items[0].gold == ("Fees", "charges") and "1 label cells are divided at ','" in divided.notes[0]
    whole = File(str(path))
    whole.read_cells("name")
    assert whole.load().items[0].gold == ("Fees, charges",) and not whole.load().notes
