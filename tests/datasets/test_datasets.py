"""Files of rows become items with gold, whatever the format; what is wrong with them is said in one line."""

import csv
import json
import re
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.core.errors import ConfigError, DataError, GoldloopError
from runner.core.items import Data, Item
from runner.datasets.file import File

FORMATS = ("json", "jsonl", "csv", "tsv", "parquet")
FLAT_FORMATS = ("csv", "tsv")
ROWS = [
    {"id": "a", "text": "Where is my parcel?", "labels": ["Question"]},
    {"id": "b", "text": 'He said "no", twice;\nthen {left}', "labels": ["Complaint", "Other"]},
    {"id": "c", "text": "Grüße\t– 你好", "labels": []},
]
ITEMS = [
    Item("a", "Where is my parcel?", ("Question",)),
    Item("b", 'He said "no", twice;\nthen {left}', ("Complaint", "Other")),
    Item("c", "Grüße\t– 你好", ()),
]
TURNS = [{"author": "Customer", "text": "Hi"}, {"author": "Agent", "text": "Hello: how can I help?"}]
LINES = "Customer: Hi\nAgent: Hello: how can I help?"


def cell(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write(path: Path, rows) -> Path:
    """``rows`` in the format that the path's ending names; CSV holds lists as JSON."""
    kind = path.suffix[1:]
    if kind == "json":
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    elif kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]), delimiter="\t" if kind == "tsv" else ",")
            writer.writeheader()
            writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return path


def load(path: Path, **options) -> Data:
    return File(str(path), **options).load()


def load_row(tmp_path: Path, row, **options) -> Item:
    """The one item that ``row`` becomes."""
    (item,) = load(write(tmp_path / "rows.json", [row]), **options).items
    return item


def load_text(tmp_path: Path, name: str, content: str | bytes, **options) -> Data:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(path, **options)


def refusal(path: Path, **options) -> str:
    """The one line with which the file is refused."""
    with pytest.raises(GoldloopError) as caught:
        load(path, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def refusal_of_text(tmp_path: Path, name: str, content: str | bytes, **options) -> str:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return refusal(tmp_path / name, **options)


def refusal_of_rows(tmp_path: Path, *rows, **options) -> str:
    return refusal(write(tmp_path / "rows.json", rows), **options)


# ---------------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_items(tmp_path, ending):
    data = load(write(tmp_path / f"rows.{ending}", ROWS))
    assert data.items == ITEMS
    assert data.labels.names == ("Complaint", "Other", "Question")
    assert (data.unlabelled, data.repeated) == (0, 0)


_texts = st.text(min_size=1).filter(str.strip)
_golds = st.lists(st.sampled_from(["Alpha", "Be ta", "Gam|ma, or so"]), unique=True)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(_texts, _golds), min_size=1, max_size=4, unique_by=lambda pair: pair[0].strip()))
def test_every_format_gives_the_same_items_for_any_text(tmp_path_factory, pairs):
    rows = [{"id": f"n{place}", "text": text, "labels": gold} for place, (text, gold) in enumerate(pairs)]
    rows.append({"id": "last", "text": "one label at least", "labels": ["Alpha"]})
    folder = tmp_path_factory.mktemp("formats")
    loaded = [load(write(folder / f"rows.{ending}", rows)) for ending in FORMATS]
    assert [item.text for item in loaded[0].items] == [row["text"].strip() for row in rows]
    assert [item.gold for item in loaded[0].items] == [tuple(row["labels"]) for row in rows]
    assert all(data == loaded[0] for data in loaded)


@pytest.mark.parametrize(
    ("name", "options"),
    [("rows.ndjson", {}), ("rows.JSONL", {}), ("rows.data", {"format": "jsonl"}), ("rows.csv", {"format": "jsonl"})],
)
def test_the_ending_names_the_format_unless_it_is_given(tmp_path, name, options):
    content = write(tmp_path / "rows.jsonl", ROWS).read_bytes()
    assert load_text(tmp_path, name, content, **options).items == ITEMS


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "tsv"])
def test_a_byte_order_mark_is_no_part_of_the_first_field(tmp_path, ending):
    content = write(tmp_path / f"rows.{ending}", ROWS).read_bytes()
    assert load_text(tmp_path, f"rows.{ending}", b"\xef\xbb\xbf" + content).items == ITEMS


def test_blank_lines_in_jsonl_are_no_rows(tmp_path):
    assert load_text(tmp_path, "rows.jsonl", '\n{"text": "x", "labels": ["A"]}\n\n').items == [Item("2", "x", ("A",))]


def test_a_short_csv_row_lacks_its_last_fields(tmp_path):
    data = load_text(tmp_path, "rows.csv", "id,text,labels\n1,hi,A\n2,ho\n")
    assert (data.items, data.unlabelled) == ([Item("1", "hi", ("A",))], 1)


def test_csv_cells_beyond_the_header_are_a_bad_row(tmp_path):
    message = refusal_of_text(tmp_path, "rows.csv", "id,text,labels\n1,Hello, world,A\n")
    assert "row 2" in message


@pytest.mark.parametrize(
    ("name", "header", "words"),
    [("r.csv", "text,labels", "commas"), ("r.csv", "text;labels", "semicolons"), ("r.tsv", "text\tlabels", "tabs")],
)
def test_cells_too_many_are_told_with_what_parts_the_columns(tmp_path, name, header, words):
    mark = header.removeprefix("text").removesuffix("labels")
    message = refusal_of_text(tmp_path, name, f"{header}\nx{mark}y{mark}z\n")
    assert f"row 2: more cells than the header has (2): quote texts that hold {words}" in message


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["csv", "tsv"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_the_header_says_what_parts_the_columns(tmp_path, mark, ending, start):
    rows = [["text", "labels", "notes; of, all\tkinds"], ["one, two; three\t", "A|B", ""]]
    quoted = [mark.join(f'"{cell}"' for cell in row) for row in rows]
    bare = [mark.join(f'"{cell}"' if mark in cell else cell for cell in row) for row in (["text", "labels"], rows[1])]
    for number, lines in enumerate((quoted, bare)):
        content = start + "\r\n".join(lines)
        [item] = load_text(tmp_path, f"rows{number}.{ending}", content).items
        assert (item.text, item.gold) == ("one, two; three", ("A", "B"))


@pytest.mark.parametrize(
    ("name", "header"),
    [("a.tsv", "text\tlabels (a, b, c)"), ("b.csv", "text,labels (A;B;C)"), ("c.csv", "text;labels, all;id")],
)
def test_marks_within_names_of_columns_do_not_part_them(tmp_path, name, header):
    mark = next(mark for mark in "\t;," if f"text{mark}labels" in header)
    labels = header.split(mark)[1]
    content = f"\n{mark}{mark}\n{header}\n" + mark.join(["some text", "A", "7"][: len(header.split(mark))])
    (tmp_path / name).write_text(content)
    [item] = File(str(tmp_path / name), labels_field=labels).load().items
    assert (item.text, item.gold) == ("some text", ("A",))
    assert item.id == ("7" if "id" in header else "4")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("line", ["sep={}", '"SEP={}"'])
def test_a_first_line_for_excel_says_what_parts_the_columns_and_is_no_row(tmp_path, mark, line):
    other = ";" if mark == "," else ","
    header = mark.join(["text", "labels", f"notes{other} or{other} more{other} of them"])
    content = f"\ufeff{line.format(mark)}\r\n{header}\r\n" + mark.join(["some text", "A|B", "n"]) + "\r\n"
    (tmp_path / "rows.csv").write_text(content, newline="")
    assert load(tmp_path / "rows.csv").items == [Item("2", "some text", ("A", "B"))]
    words = refusal_of_text(tmp_path, "odd.csv", content + f'"open{mark}A')
    assert "row 3: its quotes are odd (line 4:" in words


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_blank_rows_of_a_spreadsheet_are_no_rows_and_are_counted(tmp_path, mark):
    rows = [["text", "labels"], ["", ""], ["x", "A"], [" ", "", ""], [], ["y", "A", ""], ["", ""], ["", ""]]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(mark.join(row) for row in rows))
    assert load(path).items == [Item("3", "x", ("A",)), Item("6", "y", ("A",))]
    assert [row.id for row in File(str(path)).stream()] == ["3", "6"]


def test_a_row_with_line_breaks_in_its_cells_is_one_row(tmp_path):
    content = 'text,labels\n"one\n\ntwo",A\n"three\r\nfour",A\n,A\n'
    assert "has 1 bad row: row 4: no text" in refusal_of_text(tmp_path, "rows.csv", content)
    assert [row.id for row in File(str(tmp_path / "rows.csv")).stream()] == ["2", "3", "4"]


def test_a_long_text_can_be_read_from_csv(tmp_path):
    row = {"id": "1", "text": "x" * 140_000, "labels": ["A"]}
    assert load(write(tmp_path / "rows.csv", [row])).items == load(write(tmp_path / "rows.json", [row])).items


# ----------------------------------------------------------------------------------------------- fields


@pytest.mark.parametrize("name", ["text", "dialogue"])
def test_the_text_is_found_by_its_usual_names(tmp_path, name):
    assert load_row(tmp_path, {name: " hi ", "labels": ["A"]}).text == "hi"


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


# --------------------------------------------------------------------------------------------- dialogues


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


# --------------------------------------------------------------------------------------------- gold labels


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
    message = refusal(write(tmp_path / f"rows.{ending}", rows))
    assert "are no list of names that can be read: write [" in message
    assert message.count("row ") == 1 and len(message) < 400


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


# ------------------------------------------------------------------------------------------ Label Studio


def choice(*names, **marks):
    return {"result": [{"value": {"choices": list(names)}}], **marks}


def task(*annotations):
    return {"id": 5, "data": {"dialogue": TURNS}, "annotations": list(annotations)}


@pytest.mark.parametrize(
    ("annotations", "gold"),
    [
        pytest.param([choice("A", "B", ground_truth=True)], ("A", "B"), id="one"),
        pytest.param([choice("A"), choice("B")], ("A",), id="the first"),
        pytest.param([choice("A"), choice("B", ground_truth=True)], ("B",), id="ground truth before the first"),
        pytest.param([choice("A", was_cancelled=True), choice("B")], ("B",), id="cancelled is skipped"),
        pytest.param(
            [choice("A", was_cancelled=True, ground_truth=True), choice("B")], ("B",), id="cancelled ground truth"
        ),
        pytest.param([{"result": []}], (), id="nothing chosen"),
        pytest.param([{"result": None}], (), id="no result"),
        pytest.param(
            [{"result": [{"value": {"choices": ["A"]}}, {"value": {"choices": ["B", "A"]}}]}],
            ("A", "B"),
            id="two regions",
        ),
        pytest.param([{"result": [{"value": {"labels": ["A"]}}, {"value": {"text": ["note"]}}]}], ("A",), id="labels"),
        pytest.param([{"result": ["odd", {"value": {"choices": ["A"]}}]}], ("A",), id="a region that is no object"),
    ],
)
def test_an_exported_task_gives_its_verified_choices(tmp_path, annotations, gold):
    assert load_row(tmp_path, task(*annotations), labels=["A", "B"]) == Item("5", LINES, gold)


@pytest.mark.parametrize(
    "annotations", [[], None, [choice("A", was_cancelled=True)]], ids=["none", "null", "cancelled"]
)
def test_a_task_that_nobody_annotated_is_left_out(tmp_path, annotations):
    waiting = {"id": 6, "data": {"dialogue": TURNS}, "annotations": annotations}
    data = load(write(tmp_path / "tasks.json", [task(choice("A")), waiting]))
    assert ([item.id for item in data.items], data.unlabelled) == (["5"], 1)


@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param(5, id="annotations are a number"),
        pytest.param([{"result": 7}], id="result is a number"),
        pytest.param([{"result": [{"value": None}]}], id="value is null"),
        pytest.param([{"result": [{"value": {"choices": [1]}}]}], id="a choice is a number"),
        pytest.param([{"result": [{"value": {"choices": "AB"}}]}], id="choices are a text"),
    ],
)
def test_a_broken_task_never_ends_in_a_traceback_or_in_made_up_labels(tmp_path, annotations):
    broken = {"id": 6, "data": {"text": "x"}, "annotations": annotations}
    try:
        data = load(write(tmp_path / "tasks.json", [task(choice("A")), broken]), labels=["A", "B"])
    except DataError as error:
        assert "row 2" in str(error)
    else:
        assert [item.gold for item in data.items[1:]] in ([], [()])


# ------------------------------------------------------------------------------------------ the label list


def test_labels_are_those_of_gold_sorted_if_none_are_given(tmp_path):
    data = load(write(tmp_path / "rows.json", ROWS))
    assert dict(data.labels.definitions) == {"Complaint": "", "Other": "", "Question": ""}


@pytest.mark.parametrize(
    ("labels", "definitions"),
    [
        pytest.param(["Question", "Other", "Complaint", "Extra"], {}, id="list"),
        pytest.param(
            {"Question": "asks", "Other": None, "Complaint": "", "Extra": "x"},
            {"Question": "asks", "Extra": "x"},
            id="mapping",
        ),
    ],
)
def test_given_labels_keep_their_order_and_definitions(tmp_path, labels, definitions):
    data = load(write(tmp_path / "rows.json", ROWS), labels=labels)
    assert data.labels.names == ("Question", "Other", "Complaint", "Extra")
    assert {name: meaning for name, meaning in data.labels.definitions.items() if meaning} == definitions


@pytest.mark.parametrize(
    ("name", "content", "definitions"),
    [
        pytest.param("l.yaml", "B: is b\nA:\n", {"B": "is b", "A": ""}, id="YAML mapping"),
        pytest.param("l.yml", "- B\n- A\n", {"B": "", "A": ""}, id="YAML list"),
        pytest.param("l.json", '["B", "A"]', {"B": "", "A": ""}, id="JSON list"),
        pytest.param("l.json", '{"B": "is b", "A": null}', {"B": "is b", "A": ""}, id="JSON mapping"),
        pytest.param("l.json", '{\n\t"B": "is b",\n\t"A": ""\n}', {"B": "is b", "A": ""}, id="JSON with tabs"),
        pytest.param(
            "l.json", json.dumps(["B \U0001f600", "A"]), {"B \U0001f600": "", "A": ""}, id="JSON with escapes"
        ),
        pytest.param("l.txt", "\ufeff B \r\n\r\nA\n", {"B": "", "A": ""}, id="text"),
        pytest.param("L.TXT", "B: c\nA", {"B: c": "", "A": ""}, id="text is not YAML"),
    ],
)
def test_labels_from_a_file(tmp_path, name, content, definitions):
    (tmp_path / name).write_bytes(content.encode())
    rows = write(tmp_path / "rows.jsonl", [{"text": "x", "labels": ["A"]}])
    labels = load(rows, labels_file=str(tmp_path / name)).labels
    assert list(labels.definitions.items()) == list(definitions.items())


@given(st.sampled_from(["Refund_Request", "Bill Payment"]), st.data())
@settings(deadline=None, max_examples=40)
def test_gold_is_matched_to_the_list_whatever_its_case_and_spacing(tmp_path_factory, name, data):
    gap = data.draw(st.text(" _-/", min_size=1, max_size=3))
    case = data.draw(st.sampled_from([str.lower, str.upper, str.title, str.swapcase]))
    edge = data.draw(st.sampled_from(["", " ", "`", '"', "**"]))
    written = edge + case(name.replace("_", " ").replace(" ", gap)) + edge
    row = {"text": "x", "labels": [written, name]}
    assert load_row(tmp_path_factory.mktemp("rows"), row, labels=["Bill Payment", "Refund_Request"]).gold == (name,)


# ---------------------------------------------------------------------------------------------- sha256


def sha(tmp_path, rows, ending="json", **options):
    return load(write(tmp_path / f"rows.{ending}", rows), **options).sha256


LABELS = {"Question": "asks", "Complaint": "", "Other": ""}


@pytest.mark.parametrize(
    ("rows", "labels"),
    [
        pytest.param([{**ROWS[0], "text": "Where is it?"}, *ROWS[1:]], LABELS, id="text"),
        pytest.param([{**ROWS[0], "id": "aa"}, *ROWS[1:]], LABELS, id="id"),
        pytest.param([{**ROWS[0], "labels": ["Other"]}, *ROWS[1:]], LABELS, id="gold"),
        pytest.param(ROWS[:2], LABELS, id="an item less"),
        pytest.param(ROWS, {**LABELS, "Extra": ""}, id="a label more"),
        pytest.param(ROWS, {**LABELS, "Question": "wonders"}, id="definition"),
    ],
)
def test_the_sha256_changes_with_items_and_labels(tmp_path, rows, labels):
    assert sha(tmp_path, rows, labels=labels) != sha(tmp_path, ROWS, labels=LABELS)


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
    words = refusal_of_rows(tmp_path, good, {"text": "b", "labels": ["A"], "split": "holdout"}, split_field="split")
    assert words.endswith("row 2: its part is 'holdout' in 'split', and not train, dev or test")
    words = refusal_of_rows(tmp_path, good, {"text": "b", "labels": ["A"]}, split_field="split")
    assert words.endswith("row 2: no part in 'split' (train, dev or test; dataset.split_field=NAME)")
    assert load_row(tmp_path, good, split_field="split").part == "test"
    task = {"data": {"text": "a", "split": "dev"}, "annotations": [{"result": [{"value": {"choices": ["A"]}}]}]}
    assert load_row(tmp_path, task, split_field="split").part == "select"
    assert load(write(tmp_path / "rows.json", [good, {"text": "b"}]), split_field="split").unlabelled == 1


@pytest.mark.parametrize("ending", FORMATS)
def test_the_sha256_does_not_depend_on_the_format(tmp_path, ending):
    assert sha(tmp_path, ROWS, ending) == sha(tmp_path, ROWS)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([*ROWS, {"id": "d", "text": "no gold"}], id="an unlabelled row"),
        pytest.param([{**ROWS[0], "labels": "question"}, *ROWS[1:]], id="a spelling of gold"),
        pytest.param([{**ROWS[0], "note": "seen"}, *ROWS[1:]], id="another field"),
    ],
)
def test_the_sha256_does_not_change_with_anything_else(tmp_path, rows):
    assert sha(tmp_path, rows, labels=LABELS) == sha(tmp_path, ROWS, labels=LABELS)


# ------------------------------------------------------------------------------------------- bad rows

GOOD = {"id": "g", "text": "fine", "labels": ["A"]}


@pytest.mark.parametrize(
    ("row", "options", "words"),
    [
        pytest.param({"id": 1, "labels": "A"}, {}, ["no text", "'id', 'labels'"], id="text missing"),
        pytest.param({}, {}, ["no text", "none"], id="no fields"),
        pytest.param({"text": None, "labels": "A"}, {}, ["no text"], id="text null"),
        pytest.param({"text": " \n", "labels": "A"}, {}, ["'text'", "blank"], id="text blank"),
        pytest.param({"q": "", "labels": "A"}, {"text_field": "q"}, ["no text", "'q'"], id="named text empty"),
        pytest.param(
            {"text": "x", "labels": "A"}, {"text_field": "a.b"}, ["no text", "'a.b'"], id="path leads nowhere"
        ),
        pytest.param({"text": "x", "labels": "A"}, {"text_field": "text.b"}, ["'text.b'"], id="path through a text"),
        pytest.param({"text": {"a": 1}, "labels": "A"}, {}, ["'text'", "dict"], id="text is an object"),
        pytest.param({"text": ["hi"], "labels": "A"}, {}, ["turn 1", "'hi'"], id="turn is a text"),
        pytest.param(
            {"text": [{"text": "a"}, {"author": "B"}], "labels": "A"}, {}, ["turn 2", "no text"], id="turn has no text"
        ),
        pytest.param(
            {"text": "x", "labels": ["A", "Nope"]}, {}, ["'Nope'", "not in the label list"], id="unknown label"
        ),
        pytest.param({"text": "x", "labels": ["X\ny", "Z"]}, {}, ["'X\\ny', 'Z'"], id="two unknown labels"),
        pytest.param({"text": "x", "labels": 3}, {}, ["must be a list", "3"], id="labels are a number"),
        pytest.param({"text": "x", "labels": ["A", 3]}, {}, ["must be a list", "['A', 3]"], id="a label is a number"),
        pytest.param({"text": "x", "labels": {"A": 1}}, {}, ["must be a list", "{'A': 1}"], id="labels are an object"),
        pytest.param({"text": "x", "labels": "A", "id": "g"}, {}, ["the id 'g'", "row 1"], id="duplicate id"),
        pytest.param({"text": "x", "labels": "A"}, {"id_field": "id"}, ["no id", "'id'"], id="named id missing"),
        pytest.param({"a\nb": "x"}, {}, ["no text"], id="line break in a field's name"),
    ],
)
def test_a_bad_row_is_named_with_its_number_and_the_value(tmp_path, row, options, words):
    first = {**GOOD, "q": "fine", "a": {"b": "fine"}}
    if options.get("text_field") == "text.b":
        first["text"] = {"b": "fine"}
    message = refusal_of_rows(tmp_path, first, row, labels=["A"], **options)
    assert "1 bad row: row 2: " in message
    assert all(word in message for word in [*words, "rows.json"])


def test_all_bad_rows_are_named_together(tmp_path):
    bad = [{"id": "1"}, GOOD, {"text": "x", "labels": ["No"]}, {"text": " "}, {"id": "g", "text": "x"}]
    message = refusal_of_rows(tmp_path, *bad, labels=["A"])
    assert "has 4 bad rows: row 1: " in message
    assert all(f"; row {number}: " in message for number in (3, 4, 5))


@pytest.mark.parametrize(("count", "more"), [(5, []), (6, ["; and 1 more"]), (40, ["; and 35 more"])])
def test_from_the_sixth_on_bad_rows_are_counted(tmp_path, count, more):
    message = refusal_of_rows(tmp_path, *[{"labels": ["A"]}] * count)
    assert f"has {count} bad rows" in message
    assert message.count("row ") == 5
    assert re.findall(r"; and \d+ more$", message) == more


@pytest.mark.parametrize(("ending", "number"), [("json", 2), ("jsonl", 2), ("csv", 3), ("tsv", 3), ("parquet", 2)])
def test_the_number_of_a_bad_row_is_the_one_people_see(tmp_path, ending, number):
    path = write(tmp_path / f"rows.{ending}", [GOOD, {"id": "h", "text": "x", "labels": ["No"]}])
    assert f"row {number}: gold label 'No'" in refusal(path, labels=["A"])


def test_a_row_without_gold_must_have_a_text_too(tmp_path):
    assert "row 2: no text" in refusal_of_rows(tmp_path, GOOD, {"id": "h"})


@pytest.mark.parametrize(("name", "form"), [("rows.json", "[%s, %s, %s]"), ("rows.jsonl", "%s\n%s\n%s\n")])
@pytest.mark.parametrize(("row", "kind"), [("3", "3"), ("null", "None"), ('["a"]', "['a']")])
def test_a_row_that_is_no_object_is_named(tmp_path, name, form, row, kind):
    message = refusal_of_text(tmp_path, name, form % (json.dumps(GOOD), row, json.dumps({**GOOD, "id": "h"})))
    assert f"row 2: expected an object, found {kind}" in message


def test_a_row_that_is_no_object_is_named_together_with_the_other_bad_rows(tmp_path):
    message = refusal_of_rows(tmp_path, GOOD, 3, {"id": "h"})
    assert "row 2: expected an object" in message
    assert "row 3: no text" in message


# ------------------------------------------------------------------------------------------- bad files


@pytest.mark.parametrize("name", ["nowhere.json", "folder.json"])
def test_a_file_that_is_not_there(tmp_path, name):
    (tmp_path / "folder.json").mkdir()
    message = refusal(tmp_path / name)
    assert message.startswith(f"dataset.path: no file {tmp_path / name}")
    assert str(Path.cwd()) in message


@pytest.mark.parametrize(("name", "start"), [("r.json", '[{"text": "'), ("r.jsonl", '{"text": "'), ("r.csv", "text\n")])
@pytest.mark.parametrize("size", [0, 20_000], ids=["short", "long"])
def test_a_file_that_is_not_utf_8_is_refused_with_the_byte(tmp_path, name, start, size):
    content = start.encode() + b"x" * size
    message = refusal_of_text(tmp_path, name, content + b"\xe9")
    assert f"{name} is not UTF-8 (byte {len(content)})" in message


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        pytest.param("r.json", '[\n{"text": "x"},\n{"text" "y"}]', "r.json, line 3: not JSON", id="json"),
        pytest.param("r.jsonl", '{"text": "x"}\n\n{"text": ', "row 3: not JSON", id="jsonl"),
        pytest.param("r.parquet", "PAR0, no", "r.parquet is not Parquet", id="parquet"),
        pytest.param("r.parquet", "", "r.parquet is not Parquet", id="empty parquet"),
        pytest.param("r.json", "", "r.json, line 1: not JSON", id="empty json"),
        pytest.param("r.json", '{"rows": []}', "r.json holds a JSON dict, expected a list", id="json object"),
        pytest.param("r.xlsx", "", "r.xlsx ends in none of .json, .jsonl", id="unknown ending"),
        pytest.param("rows", "", "give dataset.format", id="no ending"),
        pytest.param("r.json", "[]", "it has no rows", id="empty list"),
        pytest.param("r.jsonl", "\n", "it has no rows", id="empty jsonl"),
        pytest.param("r.csv", "", "it has no rows", id="empty csv"),
        pytest.param("r.csv", "id,text,labels\n", "it has no rows", id="csv header only"),
        pytest.param(
            "r.csv",
            "id,text,labels\n1,x,\n2,y,\n",
            "2 rows without gold labels in 'labels' (there is 'id', 'text', 'labels'",
            id="no gold",
        ),
        pytest.param("r.csv", "id,text,labels,labels\n1,x,a,b\n", "the header has 'labels' twice", id="column twice"),
        pytest.param(
            "r.csv", 'id,text,labels\n1,x,a\n2,"oops,b\n3,y,a\n', "row 3: its quotes are odd", id="open quote"
        ),
        pytest.param(
            "r.csv", 'id,text,labels\n1,"x\ny",a\n2,"oops,b\n3,y,a\n', "row 3: its quotes are odd (line 4", id="line"
        ),
        pytest.param("r.csv", '"id,text,labels\n1,x,a\n', "the header's quotes are odd", id="open quote in the header"),
        pytest.param("r.jsonl", '{"text": ' + "[" * 3000 + "]" * 3000 + "}", "row 1: not JSON", id="too deep a line"),
        pytest.param("r.jsonl", '{"text": ' + "1" * 5000 + "}", "row 1: not JSON", id="too long a number"),
        pytest.param("r.json", "[" * 3000 + "]" * 3000, "not JSON", id="too deep a file"),
        pytest.param("r.csv", "id,text,labels\n1,x,a_b\n2,y,A b\n", "'A b' and 'a_b' differ only", id="colliding gold"),
        pytest.param("r.csv", "id,text,labels\n1,x,?!\n", "'?!' has no letters", id="gold without letters"),
        pytest.param("r.csv", "id,text,labels\n1,x,[]\n", "the label list is empty", id="gold without labels"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_name(tmp_path, name, content, where):
    message = refusal_of_text(tmp_path, name, content)
    assert where in message
    assert message.startswith(f"dataset.path: {tmp_path / name}")


def test_labels_that_differ_in_case_are_told_with_their_rows_and_what_to_do(tmp_path):
    cells = ["Other", "Other", "other", "Other", "Bill", "Other", "Other"]
    content = "text,labels\n" + "".join(f"text {place},{name}\n" for place, name in enumerate(cells))
    message = refusal_of_text(tmp_path, "rows.csv", content)
    assert "('Other' in rows 2, 3, 5 and 2 more, 'other' in row 4): write them alike" in message
    assert "dataset.labels='[A,B]'" in message
    data = load(tmp_path / "rows.csv", labels=["Other", "Bill"])
    assert {name for item in data.items for name in item.gold} == {"Other", "Bill"}


@pytest.mark.parametrize("name", ["?!", "A\nB|C"])
def test_a_label_that_cannot_be_one_is_told_with_its_row(tmp_path, name):
    message = refusal_of_rows(tmp_path, GOOD, {"text": "x", "labels": name}, {"text": "y", "labels": "D|E"})
    assert " in row 2): mend it there" in message


def test_a_label_that_consists_of_other_labels_is_refused(tmp_path):
    rows = [{"text": f"text {place}", "labels": name} for place, name in enumerate(["A, B", "A", "B|C"])]
    message = refusal_of_rows(tmp_path, *rows)
    assert "the label 'A, B' in row 1 reads like several, 'A' and 'B', which are labels too" in message
    assert "dataset.delimiter='|'" in message
    assert load(tmp_path / "rows.json", delimiter="|").items[0].gold == ("A, B",)
    with pytest.raises(DataError, match="gold label 'A, B' is not in the label list"):
        load(tmp_path / "rows.json", labels=["A", "B", "C"])
    lists = [{**row, "labels": row["labels"].split("|")} for row in rows]
    assert load(write(tmp_path / "lists.json", lists)).items[0].gold == ("A, B",)


def test_a_parquet_file_without_rows_is_refused(tmp_path):
    pyarrow.parquet.write_table(pyarrow.table({"text": pyarrow.array([], pyarrow.string())}), tmp_path / "r.parquet")
    assert "it has no rows" in refusal(tmp_path / "r.parquet")


def test_a_text_that_begins_like_very_deep_json_is_a_text(tmp_path):
    deep = '[{"a":' * 500
    (tmp_path / "r.json").write_text(json.dumps([{"text": deep, "labels": ["a"]}]))
    [item] = File(tmp_path / "r.json").load().items
    assert item.text == deep


def test_columns_without_a_name_are_no_columns_twice(tmp_path):
    (tmp_path / "r.csv").write_text("text,labels,,\nhello,a,,\n")
    [item] = File(tmp_path / "r.csv").load().items
    assert (item.text, item.gold) == ("hello", ("a",))


def test_half_of_a_surrogate_pair_in_json_is_no_crash(tmp_path):
    (tmp_path / "r.jsonl").write_text('{"id": "1", "text": "cut off \\ud83d", "labels": ["A"]}\n')
    try:
        data = load(tmp_path / "r.jsonl")
    except DataError as error:
        assert "row 1" in str(error)
    else:
        assert data.items[0].text.startswith("cut off")


# --------------------------------------------------------------------------------------- bad label lists


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        pytest.param([], "the label list is empty", id="empty list"),
        pytest.param({}, "the label list is empty", id="empty mapping"),
        pytest.param(["A b", "a-B"], "'A b' and 'a-B' differ only in case or spacing", id="colliding"),
        pytest.param({"A": "x", "a": "y"}, "'A' and 'a' differ only", id="colliding mapping"),
        pytest.param(["A", " \n"], "' \\n' has no letters", id="blank"),
    ],
)
def test_a_label_list_that_cannot_be_used_is_refused(tmp_path, labels, words):
    message = refusal_of_rows(tmp_path, GOOD, labels=labels)
    assert message.startswith("dataset.labels: ")
    assert words in message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("l.yaml", b"A: [", "is not YAML: ", id="not YAML"),
        pytest.param("l.txt", b"A\n\xff", "is not UTF-8 (byte 2)", id="not UTF-8"),
        pytest.param("l.yaml", b"", "must hold a list of labels", id="empty"),
        pytest.param("l.yaml", b"A", "must hold a list of labels", id="a scalar"),
        pytest.param("l.json", b"[[1]]", "must hold a list of labels", id="a list of lists"),
        pytest.param("l.json", b"[]", "the label list is empty", id="empty list"),
        pytest.param("l.txt", b"\n \n", "the label list is empty", id="blank lines"),
        pytest.param("l.txt", b"A\na\n", "'A' and 'a' differ only", id="colliding"),
    ],
)
def test_a_labels_file_that_cannot_be_used_is_refused_with_its_name(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    message = refusal_of_rows(tmp_path, GOOD, labels_file=str(tmp_path / name))
    assert message.startswith(f"dataset.labels_file: {tmp_path / name}")
    assert words in message


def test_a_labels_file_that_is_not_there(tmp_path):
    message = refusal_of_rows(tmp_path, GOOD, labels_file=str(tmp_path / "l.yaml"))
    assert f"dataset.labels_file: {tmp_path / 'l.yaml'} does not exist" in message


def test_a_labels_file_that_is_a_folder_is_refused(tmp_path):
    message = refusal_of_rows(tmp_path, GOOD, labels_file=str(tmp_path))
    assert message.startswith(f"dataset.labels_file: {tmp_path}")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("'yes': agrees\n'no': declines\n", id="quoted mapping"),
        pytest.param("- 'yes'\n- 'no'\n", id="quoted list"),
        pytest.param("yes: agrees\nno: declines\n", id="mapping"),
        pytest.param("- yes\n- no\n", id="list"),
    ],
)
def test_yes_and_no_in_a_yaml_file_are_labels(tmp_path, content):
    (tmp_path / "l.yaml").write_text(content)
    rows = write(tmp_path / "rows.json", [{"text": "x", "labels": ["yes"]}])
    assert load(rows, labels_file=str(tmp_path / "l.yaml")).labels.names == ("yes", "no")


def test_labels_and_labels_file_exclude_each_other():
    with pytest.raises(ConfigError, match=r"^dataset\.labels and dataset\.labels_file are both given"):
        File("rows.json", labels=["A"], labels_file="labels.yaml")


def test_a_home_directory_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "rows.json", [GOOD])
    (tmp_path / "labels.txt").write_text("A\n")
    assert File("~/rows.json", labels_file="~/labels.txt").load().items == [Item("g", "fine", ("A",))]


def test_a_repeated_text_is_left_out_and_counted(tmp_path):
    rows = [{"id": "a", "text": "same", "labels": ["A"]}, {"id": "b", "text": " same ", "labels": ["B"]}]
    data = load(write(tmp_path / "rows.json", rows))
    assert [item.id for item in data.items] == ["a"]
    assert data.repeated == 1


def test_choices_of_several_controls_need_a_name(tmp_path):
    regions = [{"from_name": "intent", "value": {"choices": ["A"]}}, {"from_name": "mood", "value": {"choices": ["B"]}}]
    task = {"id": 1, "data": {"text": "hi"}, "annotations": [{"result": regions}]}
    path = write(tmp_path / "tasks.json", [task])
    assert "choices of several controls (intent, mood): say which, dataset.labels_field=NAME" in refusal(path)
    assert load(path, labels_field="mood").items[0].gold == ("B",)


def test_a_text_that_is_a_label_is_not_parted(tmp_path):
    path = write(tmp_path / "rows.json", [{"text": "hi", "labels": "Billing, payments"}])
    assert load(path, labels=["Billing, payments"]).items[0].gold == ("Billing, payments",)
