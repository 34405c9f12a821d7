"""Files of rows in every format, and what the file dataset makes of them."""

import csv
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from runner.core.errors import GoldloopError
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


GOOD = {"id": "g", "text": "fine", "labels": ["A"]}


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


def refusal(path: Path, **options) -> GoldloopError:
    """The error with which the file is refused."""
    with pytest.raises(GoldloopError) as caught:
        load(path, **options)
    return caught.value


def refusal_of_text(tmp_path: Path, name: str, content: str | bytes, **options) -> GoldloopError:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return refusal(tmp_path / name, **options)


def refusal_of_rows(tmp_path: Path, *rows, **options) -> GoldloopError:
    return refusal(write(tmp_path / "rows.json", rows), **options)


def choice(*names, **marks):
    return {"result": [{"value": {"choices": list(names)}}], **marks}


def task(*annotations):
    return {"id": 5, "data": {"dialogue": TURNS}, "annotations": list(annotations)}
