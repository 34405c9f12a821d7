"""Gold of every type of answer from Parquet: nested lists and structs, or JSON in a text, as from JSON."""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from refusals import refused, says
from rows import write

from runner.core.errors import DataError
from runner.core.items import Data
from runner.datasets.file import File
from runner.datasets.typed_gold import typed
from verifiers.choice import Choice
from verifiers.fields import Fields
from verifiers.items import Items
from verifiers.number import Number
from verifiers.rating import Rating
from verifiers.spans import Spans
from verifiers.taxonomy import Taxonomy
from verifiers.text import FreeText
from verifiers.verifier import Verifier, judge

TEXTS = ["Anna lives in Bonn", "Nobody is here", "Bo, 😀 Bo", "not looked at"]
PERSON = {"label": "PER", "start": 0, "end": 4}
ORDER = {"what": "pens", "count": 3}
CASES: dict[str, tuple[Verifier, list[Any]]] = {
    "spans": (Spans(), [[{**PERSON, "text": "Anna"}], [], [{"label": "PER", "start": 6, "end": 8, "text": None}]]),
    "regions": (Spans(), [[{"value": {"start": 0, "end": 4, "text": "Anna", "labels": ["PER", "X"]}}], [], []]),
    "taxonomy": (Taxonomy(optional=True), [["a", "b"], [], ["a", "c"]]),
    "several paths": (Taxonomy(multiple=True), [[["a", "b"], ["c"]], [], [["c"]]]),
    "rating": (Rating(1, 5), [1, 4.5, 5]),
    "ratings of several people": (Rating(1, 5), [[1, 2, 2], [5], [3, 4]]),
    "rating and ratings": (
        Rating(1, 5),
        [{"rating": 2.0, "ratings": [1, 3]}, {"rating": 3.0, "ratings": None}, {"rating": None, "ratings": [3]}],
    ),
    "number": (Number(), [12.5, -3.0, 0.0]),
    "text": (FreeText(), ["a reply", "{left", "Ü"]),
    "texts": (FreeText(), [["one", "another"], ["x"], ["y"]]),
    "fields": (
        Fields({"mood": Choice(), "stars": Rating(1, 5), "who": Spans()}, optional=["mood", "stars"]),
        [
            {"mood": "glad", "stars": 5, "who": [PERSON]},
            {"mood": None, "stars": None, "who": []},
            {"mood": "sad", "stars": 1, "who": None},
        ],
    ),
    "items": (Items({"what": FreeText(), "count": Number()}, optional=["count"]), [[ORDER, ORDER], [],
              [{"what": "ink", "count": None}]]),
}  # fmt: skip


def rows_of(golds: list[Any]) -> list[dict[str, Any]]:
    return [
        {"id": f"n{n}", "text": text, "gold": gold}
        for n, (text, gold) in enumerate(zip(TEXTS, [*golds, None], strict=True))
    ]


def load(path: Path, verifier: Verifier) -> tuple[Data, Verifier]:
    file = File(str(path), gold_field="gold")
    file.read_cells(verifier.cells if isinstance(verifier.cells, str) else "value")
    return typed(file.load(), verifier)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("written", ["nested", "as JSON in a text"])
def test_gold_is_that_of_json_and_its_answer_is_right(tmp_path: Path, case: str, written: str) -> None:
    verifier, golds = CASES[case]
    rows = rows_of(golds)
    expected, _ = load(write(tmp_path / "rows.json", rows), verifier)
    if written != "nested":
        rows = [{**row, "gold": None if row["gold"] is None else json.dumps(row["gold"])} for row in rows]
    if case == "text":
        rows = rows_of(golds)
    data, bound = load(write(tmp_path / "rows.parquet", rows), verifier)
    golds_read = [bound.gold(item.gold, item) for item in data.items]
    assert golds_read == [bound.gold(item.gold, item) for item in expected.items]
    assert len(data.items) == 3 and data.unlabelled == 1 and not data.contradicted
    for item, gold in zip(data.items, golds_read, strict=True):
        reply = "\n".join(bound.show(bound.example(gold))) or "none"
        assert judge(bound, reply, gold, item).exact


def table(path: Path, **columns: Any) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def test_what_parquet_has_beside_json_is_read_as_it_is_meant(tmp_path: Path) -> None:
    texts = TEXTS[:2]
    maps = pyarrow.array([[("mood", "glad")], [("mood", "sad")]], pyarrow.map_(pyarrow.string(), pyarrow.string()))
    path = table(tmp_path / "map.parquet", text=texts, gold=maps)
    assert [item.gold for item in load(path, Fields({"mood": Choice()}))[0].items] == [
        {"mood": "glad"},
        {"mood": "sad"},
    ]
    path = table(tmp_path / "decimal.parquet", text=texts, gold=[[Decimal("1.5")], [Decimal("4.0")]])
    assert [item.gold for item in load(path, Rating(1, 5))[0].items] == [[1.5], [4.0]]
    path = table(tmp_path / "bytes.parquet", text=texts, gold=[[b"one"], [b"two"]])
    assert [item.gold for item in load(path, FreeText())[0].items] == [["one"], ["two"]]
    path = table(tmp_path / "nan.parquet", text=texts, gold=[float("nan"), 2.0])
    assert [item.gold for item in load(path, Number())[0].items] == [2.0]
    dictionary = pyarrow.array(["a", "b"]).dictionary_encode()
    path = table(tmp_path / "dictionary.parquet", text=texts, gold=dictionary)
    assert [item.gold for item in load(path, FreeText())[0].items] == ["a", "b"]
    path = table(tmp_path / "empty.parquet", text=texts, gold=[[], []])
    assert [item.gold for item in load(path, Spans(vocabulary=["PER"]))[0].items] == [[], []]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value", [datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2), datetime.time(3), datetime.timedelta(1)]
)
@pytest.mark.parametrize("nested", [False, True])
def test_gold_that_is_a_date_is_a_bad_row(tmp_path: Path, value: Any, nested: bool) -> None:
    path = table(tmp_path / "rows.parquet", text=TEXTS[:1], gold=[[value] if nested else value])
    with refused(DataError, "bad-value", "row 1", type(value).__name__, "rows.parquet"):
        load(path, FreeText())


def test_a_time_that_python_cannot_hold_is_one_line(tmp_path: Path) -> None:
    path = table(tmp_path / "rows.parquet", text=TEXTS[:1], at=pyarrow.array([2**60], pyarrow.timestamp("us")))
    with refused(DataError, "bad-value", None, "rows.parquet"):
        load(path, FreeText())


def test_objects_of_the_hugging_face_library_have_the_names_of_its_labels(tmp_path: Path) -> None:
    names = {"_type": "ClassLabel", "names": ["LOC", "PER"]}
    one = {"label": names, "start": {"_type": "Value"}, "end": {"_type": "Value"}}
    span = {"label": 1, "start": 0, "end": 4}
    spans: list[tuple[Any, Any]] = [
        ([one], [[span], []]),
        ({"_type": "List", "feature": one}, [[span], []]),
        (
            {"_type": "Sequence", "feature": one},
            [{name: [value] for name, value in span.items()}, {name: list[int]() for name in span}],
        ),
    ]
    for number, (feature, gold) in enumerate(spans):
        told = {"huggingface": json.dumps({"info": {"features": {"gold": feature}}})}
        made = pyarrow.Table.from_pylist([{"text": t, "gold": g} for t, g in zip(TEXTS[:2], gold, strict=True)])
        path = tmp_path / f"{number}.parquet"
        pyarrow.parquet.write_table(made.replace_schema_metadata(told), path)
        assert [item.gold for item in load(path, Spans())[0].items] == [[PERSON], []]


BAD: list[tuple[Verifier, Any, list[str]]] = [
    (Spans(), [{"label": "PER", "start": 0, "end": 99}], ["span 1", "<= 18", "0 and 99"]),
    (Spans(), [{"label": "PER", "start": 5, "end": 2}], ["start < end", "5 and 2"]),
    (Spans(), [{"label": "PER", "start": -1, "end": 2}], ["0 <= start", "-1 and 2"]),
    (Spans(), [{"label": "PER", "start": "0", "end": "4"}], ["numbers of characters", "'0'"]),
    (Spans(), [{"label": "PER", "start": 0, "end": 4, "text": "Bonn"}], ["'Bonn'", "'Anna'"]),
    (Spans(), [{"label": None, "start": 0, "end": 4}], ["one label or more"]),
    (Spans(), [{"label": "PER"}], ['"start" and "end"']),
    (Spans(), "Anna", ["a list of", "'Anna'"]),
    (Rating(1, 5), 7, ["7", "from 1 to 5"]),
    (Rating(1, 5), "good", ["from 1 to 5", "'good'"]),
    (Rating(1, 5), [1, 9], ["9", "from 1 to 5"]),
    (Number(), "a few", ["must be a number", "'a few'"]),
    (Number(), True, ["must be a number", "True"]),
    (Taxonomy(), [["a"], ["b"]], ["one path", "found 2"]),
    (Taxonomy(optional=False).bind(None, ["a"]), [], ["no path", "verifier.optional=true"]),
    (FreeText(), 1.5, ["must be a text", "1.5"]),
    (Fields({"mood": Choice()}), {"mod": "x"}, ["'mod'", "mood"]),
    (Fields({"stars": Rating(1, 5)}), {"stars": 9}, ["'stars'", "9"]),
    (Items({"count": Number()}), [{"count": "1"}, {"count": "many"}], ["object 2", "'count'", "'many'"]),
]  # fmt: skip


@pytest.mark.parametrize(  # in CSV true and 1.5 are texts, which may be gold
    ("verifier", "gold", "shown", "ending"),
    [
        (*bad, ending)
        for bad in BAD
        for ending in ("parquet", "json", "jsonl", "csv")
        if ending != "csv" or not (bad[1] is True or bad[1] == 1.5)
    ],
    ids=lambda value: repr(value)[:40],
)
def test_gold_that_cannot_be_is_named_by_its_row_with_what_was_expected(
    tmp_path: Path, verifier: Verifier, gold: Any, shown: list[str], ending: str
) -> None:
    rows = [{"id": "x", "text": TEXTS[0], "gold": gold}]
    with pytest.raises(DataError) as error:
        load(write(tmp_path / f"rows.{ending}", rows), verifier)
    row = 2 if ending == "csv" else 1
    says(error.value, DataError, "gold-unfit", f"row {row} (id 'x')", *shown)


def test_a_label_that_is_not_on_the_list_is_named_by_its_row(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.parquet", [{"id": "x", "text": TEXTS[0], "gold": [PERSON]}])
    with refused(DataError, "gold-unfit", "row 1 (id 'x')", "'PER'", "LOC"):
        load(path, Spans().bind(None, ["LOC"]))


@pytest.mark.parametrize("ending", ["json", "parquet"])
def test_places_count_in_the_text_as_the_file_has_it(tmp_path: Path, ending: str) -> None:
    text = " \n Anna lives "
    golds = [
        [{"label": "PER", "start": 3, "end": 7, "text": "Anna"}, {"label": "X", "start": 0, "end": 4, "text": " \n A"}],
        [{"label": "X", "start": 3, "end": 14, "text": "Anna lives "}],
    ]
    rows = [{"text": f"{'x' * n}{text}".replace("x", " "), "gold": gold} for n, gold in enumerate(golds[:1])]
    rows.append({"text": f"{text}!", "gold": golds[1]})
    data, bound = load(write(tmp_path / f"rows.{ending}", rows), Spans())
    found = [[(span.label, span.text) for span in bound.gold(item.gold, item)] for item in data.items]
    assert found == [[("X", " \n A"), ("PER", "Anna")], [("X", "Anna lives ")]]
    rows = [{"text": text, "gold": [{"label": "X", "start": 8, "end": 15}]}]
    with refused(DataError, "gold-unfit", "row 1", "8 and 15"):
        load(write(tmp_path / f"rows.{ending}", rows), Spans())
