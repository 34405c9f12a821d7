"""CSV as spreadsheets write it: what parts its columns, blank rows, odd quotes."""

import pytest
from refusals import says
from rows import load, load_text, refusal_of_text, write

from runner.core.errors import DataError
from runner.core.items import Item
from runner.datasets.file import File


def test_a_short_csv_row_lacks_its_last_fields(tmp_path):
    data = load_text(tmp_path, "rows.csv", "id,text,labels\n1,hi,A\n2,ho\n")
    assert (data.items, data.unlabelled) == ([Item("1", "hi", ("A",))], 1)


def test_csv_cells_beyond_the_header_are_a_bad_row(tmp_path):
    error = refusal_of_text(tmp_path, "rows.csv", "id,text,labels\n1,Hello, world,A\n")
    says(error, DataError, "cells-too-many", "row 2")


@pytest.mark.parametrize(
    ("name", "header", "mark_name"),
    [("r.csv", "text,labels", "commas"), ("r.csv", "text;labels", "semicolons"), ("r.tsv", "text\tlabels", "tabs")],
)
def test_cells_too_many_are_told_with_what_parts_the_columns(tmp_path, name, header, mark_name):
    mark = header.removeprefix("text").removesuffix("labels")
    error = refusal_of_text(tmp_path, name, f"{header}\nx{mark}y{mark}z\n")
    says(error, DataError, "cells-too-many", "row 2", "(2)", mark_name)


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
        assert (item.text, item.gold) == ("one, two; three\t", ("A", "B"))


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
    error = refusal_of_text(tmp_path, "odd.csv", content + f'"open{mark}A')
    says(error, DataError, "quotes-odd", "row 3", "line 4:")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_blank_rows_of_a_spreadsheet_are_no_rows_and_are_counted(tmp_path, mark):
    rows = [["text", "labels"], ["", ""], ["x", "A"], [" ", "", ""], [], ["y", "A", ""], ["", ""], ["", ""]]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(mark.join(row) for row in rows))
    assert load(path).items == [Item("3", "x", ("A",)), Item("6", "y", ("A",))]
    assert [row.id for row in File(str(path)).stream()] == ["3", "6"]


def test_a_row_with_line_breaks_in_its_cells_is_one_row(tmp_path):
    content = 'text,labels\n"one\n\ntwo",A\n"three\r\nfour",A\n,A\n'
    says(refusal_of_text(tmp_path, "rows.csv", content), DataError, "text-missing", "row 4", "1 bad row:")
    assert [row.id for row in File(str(tmp_path / "rows.csv")).stream()] == ["2", "3", "4"]


def test_a_long_text_can_be_read_from_csv(tmp_path):
    row = {"id": "1", "text": "x" * 140_000, "labels": ["A"]}
    assert load(write(tmp_path / "rows.csv", [row])).items == load(write(tmp_path / "rows.json", [row])).items


def test_columns_without_a_name_are_no_columns_twice(tmp_path):
    (tmp_path / "r.csv").write_text("text,labels,,\nhello,a,,\n")
    [item] = File(tmp_path / "r.csv").load().items
    assert (item.text, item.gold) == ("hello", ("a",))
