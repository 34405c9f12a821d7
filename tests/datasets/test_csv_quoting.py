"""Quotes that are not what the dialect of a CSV file says: no row is lost, and no text takes in other rows."""

import pytest
from refusals import says
from rows import load, load_text, refusal_of_text

from runner.core.errors import DataError
from runner.datasets.file import File

NAMES = ("Refund", "Delivery", "Other")
ROWS = [(f"text {place} about a parcel", NAMES[place % 3]) for place in range(12)]


def table(rows, mark, header=("text", "labels")):
    return "\n".join(mark.join(map(str, row)) for row in (header, *rows)) + "\n"


def with_texts(texts):
    return [(texts.get(place, text), label) for place, (text, label) in enumerate(ROWS)]


SWALLOWING = with_texts({2: '"it begins', 7: 'it ends"'})
DIALOGUE = "Customer: hi, you\nAgent: yes, fine\nCustomer: ok, then"


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param({2: '"it begins', 7: 'it ends"'}, id="closes rows later"),
        pytest.param({2: '"it begins', 3: 'it ends"'}, id="closes in the next row"),
        pytest.param({0: '"it begins', 11: 'it ends"'}, id="takes in all rows"),
        pytest.param({11: '"it begins'}, id="never closes"),
        pytest.param({2: '"Yes" is what he said', 5: 'the 24" pipe'}, id="within a text"),
        pytest.param({2: '"one', 4: 'two"', 6: '"three', 8: 'four"'}, id="twice"),
    ],
)
@pytest.mark.parametrize("text_first", [True, False])
def test_the_quotes_of_an_unquoted_tsv_are_themselves(tmp_path, texts, text_first):
    rows, header = with_texts(texts), ("text", "labels")
    if not text_first:
        rows, header = [row[::-1] for row in rows], header[::-1]
    items = load_text(tmp_path, "rows.tsv", table(rows, "\t", header)).items
    assert [(item.text, *item.gold) for item in items] == with_texts(texts)


@pytest.mark.parametrize("mark", [",", ";"])
@pytest.mark.parametrize("text_first", [True, False])
@pytest.mark.parametrize("last", [3, 7, 11])
def test_a_quote_that_takes_in_rows_is_a_bad_row(tmp_path, mark, text_first, last):
    rows = with_texts({2: '"it begins', last: 'it ends"'})
    rows = [(place, *(row if text_first else row[::-1])) for place, row in enumerate(rows)]
    header = ("id", "text", "labels") if text_first else ("id", "labels", "text")
    error = refusal_of_text(tmp_path, "rows.csv", table(rows, mark, header))
    says(error, DataError, "quotes-odd", "row 4", "line 4 ", f"line {last + 2}")


@pytest.mark.parametrize("ids", [range(12), [f"T-{place:04}" for place in range(12)], range(100000, 101200, 100)])
def test_a_quote_that_takes_in_unlabelled_rows_is_told_where_rows_have_ids(tmp_path, ids):
    rows = [(name, text) for name, (text, _) in zip(ids, SWALLOWING, strict=True)]
    (tmp_path / "rows.csv").write_text(table(rows, ",", ("id", "text")))
    bad = [row for row in File(str(tmp_path / "rows.csv")).stream() if hasattr(row, "problem")]
    assert [row.code for row in bad] == ["quotes-odd"]


def test_a_quote_that_takes_in_rows_of_one_column_is_told_where_quotes_mean_nothing(tmp_path):
    content = 'text\nhe said "no"\n"bar\nbaz\nqux"\n'
    (tmp_path / "rows.csv").write_text(content)
    assert [getattr(row, "code", "") for row in File(str(tmp_path / "rows.csv")).stream()] == ["", "quotes-odd"]
    (tmp_path / "rows.csv").write_text(content.replace('he said "no"', '"he said ""no"""'))
    assert [row.text for row in File(str(tmp_path / "rows.csv")).stream()] == ['he said "no"', "bar\nbaz\nqux"]


@pytest.mark.parametrize(
    ("name", "header", "cells", "text"),
    [
        ("r.csv", "text,labels", '"Hello, I want\na refund",Refund', "Hello, I want\na refund"),
        ("r.csv", "text,labels", f'"{DIALOGUE}",Refund', DIALOGUE),
        ("r.csv", "id,text,labels", f'7,"{DIALOGUE}",Refund', DIALOGUE),
        ("r.csv", "id,text,labels", '7,"Of 12, 5\n13, and 14, too",Refund', "Of 12, 5\n13, and 14, too"),
        ("r.csv", "text;labels", '"a;b\n\n""c"";d";Refund', 'a;b\n\n"c";d'),
        ("r.tsv", "text\tlabels", '"first\tline\nsecond"\tRefund', "first\tline\nsecond"),
        ("r.tsv", "labels\ttext", 'Refund\t"first\nsecond\nthird"', "first\nsecond\nthird"),
    ],
)
def test_a_quoted_text_of_several_lines_is_one_text(tmp_path, name, header, cells, text):
    more = {"text": "plain", "labels": "Refund", "id": "8"}
    mark = "\t" if "\t" in header else ";" if ";" in header else ","
    plain = mark.join(more[column] for column in header.split(mark))
    items = load_text(tmp_path, name, f"{header}\n{plain}\n{cells}\n").items
    assert [(item.text, item.gold) for item in items] == [("plain", ("Refund",)), (text, ("Refund",))]


def test_quotes_within_cells_may_be_written_with_a_backslash(tmp_path):
    content = (
        'text,labels\nplain,A\n"He said \\"no\\", twice",A\n"ends \\"x\\"",B\n"\\"",A\n'
        '"C:\\\\dir\\\\",A\n"two\nlines \\"q\\"",B\n'
    )
    texts = ["plain", 'He said "no", twice', 'ends "x"', '"', "C:\\\\dir\\", 'two\nlines "q"']
    assert [item.text for item in load_text(tmp_path, "rows.csv", content).items] == texts


def test_a_backslash_before_a_closing_quote_is_a_backslash(tmp_path):
    content = 'text,labels\n"C:\\dir\\",A\n"a, b",B\n'
    assert [item.text for item in load_text(tmp_path, "rows.csv", content).items] == ["C:\\dir\\", "a, b"]


def test_a_quote_behind_a_blank_that_is_cut_off_is_a_bad_row(tmp_path):
    error = refusal_of_text(tmp_path, "rows.csv", 'id,text,labels\n1, "a\nb", X\n2,c,X\n')
    says(error, DataError, "quotes-odd", "row 2")


def test_rows_before_and_behind_an_odd_quote_are_read_as_ever(tmp_path):
    content = 'text\tlabels\n"quoted"\tA\n"say ""x"""\tA\n"odd\tA\nplain\tA\n'
    (tmp_path / "rows.tsv").write_text(content)
    assert [item.text for item in load(tmp_path / "rows.tsv").items] == ["quoted", 'say "x"', '"odd', "plain"]
