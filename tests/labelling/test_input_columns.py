"""sink=file with sink.columns: what stood in the file that was labelled stands before the labels."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from refusals import refused

from runner.core.error_codes import Code
from runner.core.errors import ConfigError, DataError
from runner.datasets.file import File
from runner.datasets.sample import Sample
from runner.labelling.sinks.file import FileSink

OURS = ["id", "labels", "score", "failure", "model_version"]
ROWS = [
    {"id": "a", "text": "=1+1", "note": "é", "labels": "x|y", "size": 3},
    {"id": 5, "text": "", "turns": [{"author": "A", "text": "é\ud800"}]},
    {"id": "c", "text": "three", "note": None},
]


def record_of(folder: Path, source: Any) -> Path:
    """The record of a run that labelled ``source``."""
    record = folder / "labels.jsonl"
    rows = [
        {"id": item.id, "labels": ["A", "B"], "score": 0.5, "failure": None, "model_version": "m"}
        for item in source.stream()
    ]
    record.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return record


def delivered(folder: Path, source: Any, name: str, **options: Any) -> Path:
    sink = FileSink(str(folder / name), overwrite=True, **options)
    sink.beside(source)
    sink.deliver(record_of(folder, source), "m", "p")
    return folder / name


def rows_in(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_table(path).to_pylist()
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def source(tmp_path: Path) -> File:
    (tmp_path / "rest.jsonl").write_text("\n".join(map(json.dumps, ROWS)) + "\n{broken\n")
    return File(str(tmp_path / "rest.jsonl"))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_all_columns_stand_before_the_labels(ending: str, source: File, tmp_path: Path) -> None:
    back = rows_in(delivered(tmp_path, source, f"out.{ending}", columns="all"))
    names = ["text", "note", "input_labels", "size", "turns"]
    assert [list(row) for row in back] == [names + OURS] * 4
    assert [row["id"] for row in back] == ["a", "5", "c", "4"]
    plain = ending == "jsonl"
    assert [back[0][name] for name in ("text", "note", "input_labels", "size")] == [
        "'=1+1" if ending == "csv" else "=1+1", "é", "x|y", 3 if plain else "3",
    ]  # fmt: skip
    turns = back[1]["turns"] if plain else json.loads(back[1]["turns"])
    assert turns == [{"author": "A", "text": "é?"}]
    nothing = "" if ending == "csv" else None
    assert [back[3][name] for name in names] == [nothing] * 5  # of a row that could not be read


def test_only_the_columns_that_are_asked_for(source: File, tmp_path: Path) -> None:
    back = rows_in(delivered(tmp_path, source, "out.csv", columns=["note", "text"]))
    assert list(back[0]) == ["note", "text", *OURS]
    assert list(rows_in(delivered(tmp_path, source, "out.csv"))[0]) == OURS


def test_names_that_are_ours_and_an_id_that_is_another(tmp_path: Path) -> None:
    source = File(str(tmp_path / "rest.csv"), id_field="key")
    (tmp_path / "rest.csv").write_text("key,id,text,labels,input_labels,\nk1,7,one,x,y,\n,,,,,\nk2,8,two,x,y,\n")
    back = rows_in(delivered(tmp_path, source, "out.csv", columns="all"))
    own = {"key": "k2", "input_id": "8", "text": "two", "input_input_labels": "x", "input_labels": "y"}
    assert {name: back[1][name] for name in list(back[1])[:5]} == own
    assert back[1]["id"] == "k2" and back[1]["labels"] == "A|B"


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_with_the_text_a_delivered_file_is_gold_once_it_was_verified(ending: str, tmp_path: Path) -> None:
    (tmp_path / "rest.csv").write_text("text,labels\none,\ntwo,\n")
    path = delivered(tmp_path, File(str(tmp_path / "rest.csv")), f"out.{ending}", columns="all")
    with refused(DataError, "labels-unverified", "dataset.verified", "2 rows", "dataset.verified=true"):
        File(str(path)).load()
    assert [(item.id, item.text, item.gold) for item in File(str(path), verified=True).load().items] == [
        ("2", "one", ("A", "B")), ("3", "two", ("A", "B")),
    ]  # fmt: skip


def test_a_name_of_a_column_is_harmless_and_no_task_of_label_studio_comes_of_it(tmp_path: Path) -> None:
    row = {"id": "r1", "=HYPERLINK(1)": "x", "half \ud800": "y", "data": {"text": "t"}, "annotations": [], "text": "t"}
    texts = ({**row, "id": f"r{number}", "text": f"t{number}"} for number in (1, 2))
    (tmp_path / "rest.jsonl").write_text("\n".join(map(json.dumps, texts)))
    for ending in ("csv", "jsonl", "parquet"):
        path = delivered(tmp_path, File(str(tmp_path / "rest.jsonl")), f"out.{ending}", columns="all")
        data = File(str(path), text_field="text", verified=True).load()
        assert [item.gold for item in data.items] == [("A", "B"), ("A", "B")]
    assert (tmp_path / "out.csv").read_text().startswith("'=HYPERLINK(1),half ?,data,input_annotations,text,id,")


def test_texts_that_changed_since_are_refused_and_the_file_stays(source: File, tmp_path: Path) -> None:
    path = delivered(tmp_path, source, "out.csv", columns="all")
    before = path.read_bytes()
    sink = FileSink(str(path), overwrite=True, columns="all")
    sink.beside(source)
    (tmp_path / "rest.jsonl").write_text(json.dumps(ROWS[0]) + "\n" + json.dumps(ROWS[2]) + "\n")
    with refused(DataError, "file-changed", "sink.columns"):
        sink.deliver(tmp_path / "labels.jsonl", "m", "p")
    (tmp_path / "texts.sha256").unlink()  # labelled before there were such notes
    with refused(DataError, "rows-changed", "5", "row 2", "'c'"):
        sink.deliver(tmp_path / "labels.jsonl", "m", "p")
    assert path.read_bytes() == before and not list(tmp_path.glob(".out.csv*"))


def test_the_sample_has_columns_too(tmp_path: Path) -> None:
    assert rows_in(delivered(tmp_path, Sample(), "out.csv", columns=["dialogue"]))[0]["dialogue"].startswith("[{")


def test_excel_knows_the_file_by_its_mark_and_so_do_we(source: File, tmp_path: Path) -> None:
    path = delivered(tmp_path, source, "out.csv", columns="all", excel=True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbftext,")
    assert next(iter(File(str(path)).stream())).id == "a"
    assert delivered(tmp_path, source, "plain.csv", columns="all").read_bytes().startswith(b"text,")


@pytest.mark.parametrize(
    ("options", "code", "key", "way_out"),
    [
        ({"path": "o.csv", "columns": "text"}, "bad-value", "sink.columns", "'[text]'"),
        ({"columns": "all"}, "needs-file", "sink.columns", "sink.path=labels.csv"),
        ({"path": "o.jsonl", "excel": True}, "needs-csv", "sink.excel", "sink.path=labels.csv"),
        ({"excel": True}, "needs-csv", "sink.excel", "sink.path=labels.csv"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], code: Code, key: str, way_out: str) -> None:
    with refused(ConfigError, code, key, way_out):
        FileSink(**options)


def test_a_source_without_columns_is_refused() -> None:
    with refused(ConfigError, "needs-columns", "sink.columns", "dataset=file"):
        FileSink("o.csv", columns="all").beside(object())
