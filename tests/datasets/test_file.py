"""Files of rows become items with gold, whatever the format."""

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from refusals import says
from rows import FORMATS, GOOD, ITEMS, ROWS, load, load_text, refusal, refusal_of_text, write

from runner.core.errors import DataError
from runner.core.items import Item
from runner.datasets.file import File


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
@example([(' "', [])])
@example([(' "quoted" and " open', ["Alpha"]), ('\t"x', [])])
def test_every_format_gives_the_same_items_for_any_text(tmp_path_factory, pairs):
    rows = [{"id": f"n{place}", "text": text, "labels": gold} for place, (text, gold) in enumerate(pairs)]
    rows.append({"id": "last", "text": "one label at least", "labels": ["Alpha"]})
    folder = tmp_path_factory.mktemp("formats")
    loaded = [load(write(folder / f"rows.{ending}", rows)) for ending in FORMATS]
    assert [item.text for item in loaded[0].items] == [row["text"] for row in rows]
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


@pytest.mark.parametrize("name", ["nowhere.json", "folder.json"])
def test_a_file_that_is_not_there(tmp_path, name):
    (tmp_path / "folder.json").mkdir()
    says(refusal(tmp_path / name), DataError, "file-missing", tmp_path / name, "dataset.path", Path.cwd())


@pytest.mark.parametrize(("name", "start"), [("r.json", '[{"text": "'), ("r.jsonl", '{"text": "'), ("r.csv", "text\n")])
@pytest.mark.parametrize("size", [0, 20_000], ids=["short", "long"])
def test_a_file_that_is_not_utf_8_is_refused_with_the_byte(tmp_path, name, start, size):
    content = start.encode() + b"x" * size
    error = refusal_of_text(tmp_path, name, content + b"\xe9")
    says(error, DataError, "not-utf8", tmp_path / name, f"byte {len(content)}")


@pytest.mark.parametrize(
    ("name", "content", "code", "key", "shown"),
    [
        pytest.param("r.json", '[\n{"text": "x"},\n{"text" "y"}]', "not-json", "r.json", "line 3", id="json"),
        pytest.param("r.jsonl", '{"text": "x"}\n\n{"text": ', "not-json", "row 3", "", id="jsonl"),
        pytest.param("r.parquet", "PAR0, no", "damaged-file", "r.parquet", "Parquet", id="parquet"),
        pytest.param("r.parquet", "", "damaged-file", "r.parquet", "Parquet", id="empty parquet"),
        pytest.param("r.json", "", "not-json", "r.json", "line 1", id="empty json"),
        pytest.param("r.json", '{"rows": []}', "wrong-shape", "r.json", "dict", id="json object"),
        pytest.param("r.xlsx", "", "file-of-no-kind", "r.xlsx", ".json, .jsonl", id="unknown ending"),
        pytest.param("rows", "", "file-of-no-kind", "rows", "dataset.format", id="no ending"),
        pytest.param("r.json", "[]", "gold-missing", "r.json", "no rows", id="empty list"),
        pytest.param("r.jsonl", "\n", "gold-missing", "r.jsonl", "no rows", id="empty jsonl"),
        pytest.param("r.csv", "", "gold-missing", "r.csv", "no rows", id="empty csv"),
        pytest.param("r.csv", "id,text,labels\n", "gold-missing", "r.csv", "no rows", id="csv header only"),
        pytest.param(
            "r.csv",
            "id,text,labels\n1,x,\n2,y,\n",
            "gold-missing",
            "r.csv",
            "'labels' (there is 'id', 'text', 'labels'",
            id="no gold",
        ),
        pytest.param("r.csv", "id,text,labels,labels\n1,x,a,b\n", "column-repeated", "labels", "", id="column twice"),
        pytest.param("r.csv", 'id,text,labels\n1,x,a\n2,"oops,b\n3,y,a\n', "quotes-odd", "row 3", "", id="open quote"),
        pytest.param(
            "r.csv", 'id,text,labels\n1,"x\ny",a\n2,"oops,b\n3,y,a\n', "quotes-odd", "row 3", "line 4", id="line"
        ),
        pytest.param(
            "r.csv", '"id,text,labels\n1,x,a\n', "quotes-odd", "r.csv", "header", id="open quote in the header"
        ),
        pytest.param(
            "r.jsonl", '{"text": ' + "[" * 3000 + "]" * 3000 + "}", "not-json", "row 1", "", id="too deep a line"
        ),
        pytest.param("r.jsonl", '{"text": ' + "1" * 5000 + "}", "not-json", "row 1", "", id="too long a number"),
        pytest.param("r.json", "[" * 3000 + "]" * 3000, "not-json", "r.json", "", id="too deep a file"),
        pytest.param(
            "r.csv", "id,text,labels\n1,x,a_b\n2,y,A b\n", "bad-label-list", "A b", "'a_b'", id="colliding gold"
        ),
        pytest.param("r.csv", "text,labels\nx,\u00ad\n", "bad-label-list", "\u00ad", "'\\xad'", id="gold not seen"),
        pytest.param("r.csv", "id,text,labels\n1,x,[]\n", "bad-label-list", "", "empty", id="gold without labels"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_name(tmp_path, name, content, code, key, shown):
    error = refusal_of_text(tmp_path, name, content)
    says(error, DataError, code, tmp_path / name if key == name else key, f"dataset.path: {tmp_path / name}", shown)


def test_a_parquet_file_without_rows_is_refused(tmp_path):
    pyarrow.parquet.write_table(pyarrow.table({"text": pyarrow.array([], pyarrow.string())}), tmp_path / "r.parquet")
    says(refusal(tmp_path / "r.parquet"), DataError, "gold-missing", tmp_path / "r.parquet", "no rows")


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
