"""Exports of Label Studio (JSON, JSON_MIN) of other controls than choices: the same gold as with the interface."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from exported import annotation, area, choices
from refusals import refused

from runner.core.errors import DataError
from runner.core.items import Data
from runner.datasets.file import File
from runner.datasets.typed_gold import typed
from runner.label_studio.dataset import LabelStudio
from verifiers.choice import Choice
from verifiers.fields import Fields
from verifiers.labels import Labels
from verifiers.number import Number
from verifiers.rating import Rating
from verifiers.spans import Spans
from verifiers.taxonomy import Taxonomy
from verifiers.text import FreeText
from verifiers.verifier import Verifier

SHOWN = '<Text name="t" value="$text"/><TextArea name="prompt" toName="t"/>'
TEXTS = ["  Anna 😀 lives\nin Bonn ", "Nobody", "Bo"]
LABELS = '<Labels name="ner" toName="t"><Label value="PER"/><Label value="LOC"/></Labels>'


def region(control: str, kind: str, **value: Any) -> dict[str, Any]:
    return {"from_name": control, "to_name": "t", "type": kind, "origin": "manual", "value": value}


def part(start: int, end: int, *labels: str, text: int = 0, **more: Any) -> dict[str, Any]:
    return region("ner", "labels", start=start, end=end, text=TEXTS[text][start:end].replace("\n", "\\n"),
                  labels=list(labels), **more)  # fmt: skip


CASES: dict[str, tuple[str, Verifier, list[list[dict[str, Any]]]]] = {
    "spans": (LABELS, Spans(), [[part(2, 8, "PER", "LOC"), part(9, 22, "LOC")], [], [part(0, 2, "PER", text=2)]]),
    "rating": ('<Rating name="stars" toName="t"/>', Rating(1, 5, step=1),
               [[region("stars", "rating", rating=4)], [], [region("stars", "rating", rating=1)]]),
    "number": ('<Number name="n" toName="t"/>', Number(),
               [[region("n", "number", number=0)], [region("n", "number", number=2.5)], []]),
    "text": ('<TextArea name="note" toName="t"/>', FreeText(),
             [[area("two\nlines", "note", "t")], [region("note", "textarea", text=["one ", "", "two"])], []]),
    "taxonomy": (
        '<Taxonomy name="topic" toName="t"><Choice value="a"><Choice value="b"/></Choice>'
        '<Choice value="c"/></Taxonomy>',
        Taxonomy(multiple=True),
        [[region("topic", "taxonomy", taxonomy=[["a", "b"], ["c"]])], [],
         [region("topic", "taxonomy", taxonomy=[["c"]])]],
    ),
    "nested choices": (
        '<Choices name="topic" toName="t" allowNested="true"><Choice value="a"><Choice value="b"/></Choice></Choices>',
        Taxonomy(),
        [[region("topic", "choices", choices=[["a", "b"]])], [region("topic", "choices", choices=[["a"]])], []],
    ),
    "fields": (
        f'{LABELS}<Rating name="stars" toName="t"/><Choices name="mood" toName="t"><Choice value="glad"/></Choices>',
        Fields({"ner": Spans(), "stars": Rating(1, 5, step=1), "mood": Choice()}),
        [[part(2, 8, "PER"), region("stars", "rating", rating=2), choices(["glad"], "mood", "t")],
         [region("stars", "rating", rating=3)], [choices(["glad"], "mood", "t"), part(0, 2, "PER", text=2)]],
    ),
}  # fmt: skip


def tasks_of(results: list[list[dict[str, Any]]], **marks: Any) -> list[dict[str, Any]]:
    return [
        {"id": 7 + n, "data": {"text": text}, "annotations": [annotation(*result, completed_by=1, **marks)]}
        for n, (text, result) in enumerate(zip(TEXTS, results, strict=True))
    ]


def minimal(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as the converter of Label Studio writes JSON_MIN."""
    from label_studio_sdk.converter.utils import prettify_result

    rows = []
    for task in tasks:
        result: dict[str, list[Any]] = {}
        for one in task["annotations"][0]["result"]:
            kind = {"choices": "Choices", "textarea": "TextArea"}.get(one["type"], one["type"])
            result.setdefault(one["from_name"], []).append({**one["value"], "type": kind})
        made = {name: prettify_result(values) for name, values in result.items()}
        rows.append({**task["data"], "id": task["id"], **made, "annotator": 1, "annotation_id": 2, "lead_time": 2})
    return rows


def load(folder: Path, rows: Any, verifier: Verifier, **options: Any) -> tuple[Data, Verifier]:
    path = folder / "export.json"
    path.write_text(json.dumps(rows, ensure_ascii=False))
    file = File(str(path), **options)
    file.read_cells(verifier.cells)
    return typed(file.load(), verifier)


def golds(data: Data, verifier: Verifier) -> dict[str, tuple[str, Any]]:
    """Id -> text and answer; the paths of a taxonomy in one order."""
    made = {item.id: (item.text, verifier.gold(item.gold, item)) for item in data.items}
    if isinstance(verifier, Taxonomy):
        return {name: (text, sorted(gold)) for name, (text, gold) in made.items()}
    return made


def with_interface(folder: Path, xml: str) -> dict[str, tuple[str, Any]]:
    (folder / "interface.xml").write_text(f"<View>{SHOWN}{xml}</View>")
    kept = "note" if 'name="note"' in xml else None
    source = LabelStudio(
        path=str(folder / "export.json"), config_file=str(folder / "interface.xml"), gold="all", control=kept
    )
    data = source.load()
    assert data.verifier is not None
    return golds(*typed(data, data.verifier))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("marked", [False, True])
def test_an_export_gives_the_gold_that_it_gives_with_its_interface(tmp_path: Path, case: str, marked: bool) -> None:
    xml, verifier, results = CASES[case]
    data, bound = load(tmp_path, tasks_of(results, ground_truth=marked), verifier)
    found = golds(data, bound)
    assert found == with_interface(tmp_path, xml)
    assert data.notes == []


@pytest.mark.parametrize("case", CASES)
def test_json_min_gives_it_too(tmp_path: Path, case: str) -> None:
    _, verifier, results = CASES[case]
    tasks = tasks_of(results)
    expected = golds(*load(tmp_path, tasks, verifier))
    named = {} if case == "fields" else {"gold_field": results[0][0]["from_name"]}
    rows = minimal(tasks)
    found = golds(*load(tmp_path, rows, verifier, **named))
    assert found == expected


def test_json_min_with_several_choices_has_their_names(tmp_path: Path) -> None:
    tasks = tasks_of([[choices(["a", "b"], "c", "t")], [choices(["b"], "c", "t")], []])
    data, _ = load(tmp_path, minimal(tasks), Labels(), gold_field="c")
    assert [item.gold for item in data.items] == [("a", "b"), ("b",)] and data.unlabelled == 1


def test_one_of_several_controls_is_named(tmp_path: Path) -> None:
    _, _, results = CASES["fields"]
    with refused(DataError, "control-ambiguous", None, "'ner' (labels)", "'stars' (rating)", "dataset.gold_field=NAME"):
        load(tmp_path, tasks_of(results), Rating(1, 5))
    data, _ = load(tmp_path, tasks_of(results), Rating(1, 5), gold_field="stars")
    assert [item.gold for item in data.items] == [2, 3]
    with refused(DataError, "control-missing", None, "'strs'", "'stars' (rating)"):
        load(tmp_path, tasks_of(results), Rating(1, 5), gold_field="strs")
    fields = Fields({"grade": Rating(1, 5), "tone": Labels()})
    data, _ = load(tmp_path, tasks_of(results), fields, gold_field={"grade": "stars", "tone": "mood"})
    assert [item.gold for item in data.items] == [
        {"grade": 2, "tone": ["glad"]}, {"grade": 3, "tone": []}, {"tone": ["glad"]},
    ]  # fmt: skip


def test_who_takes_them_for_labels_is_told_the_type(tmp_path: Path) -> None:
    with refused(DataError, "control-missing", "row 1", "verifier=rating"):
        load(tmp_path, tasks_of(CASES["rating"][2]), Labels())
    with refused(DataError, "gold-unreadable", "row 1", "verifier=spans"):
        load(tmp_path, minimal(tasks_of(CASES["spans"][2])), Labels(), gold_field="ner")


def test_what_is_no_answer_is_none(tmp_path: Path) -> None:
    result = CASES["spans"][2][0]
    tasks = tasks_of([result, [area("Find them", shown="t")], []])
    tasks[2]["annotations"] = []
    data, _ = load(tmp_path, tasks, Spans())
    assert ([item.id for item in data.items], data.unlabelled) == (["7"], 2)  # typed a prompt; nobody looked at it
    tasks[0]["annotations"][0]["was_cancelled"] = True
    with refused(DataError, "control-missing", None, "'prompt' (text)"):
        load(tmp_path, tasks, Spans())
    tasks[1]["annotations"] = []
    with refused(DataError, "gold-missing", None, "3 rows without"):
        load(tmp_path, tasks, Spans())


def test_of_several_annotations_the_right_one_counts_and_others_are_said(tmp_path: Path) -> None:
    first, second = ([region("stars", "rating", rating=n)] for n in (2, 5))
    tasks = tasks_of([first, first, first])
    tasks[0]["annotations"].append(annotation(*second, ground_truth=True))
    tasks[1]["annotations"].append(annotation(*second))
    data, _ = load(tmp_path, tasks, Rating(1, 5))
    assert [item.gold for item in data.items] == [5, 2, 2]
    assert len(data.notes) == 1 and "disagree on 1 tasks" in data.notes[0]
    box = choices(["yes"], "checked", "t")
    tasks[1]["annotations"][1]["result"].append(box)
    data, _ = load(tmp_path, tasks, Rating(1, 5))
    assert [item.gold for item in data.items] == [5, 5, 2] and not data.notes


@pytest.mark.parametrize("kind", ["hypertextlabels", "paragraphlabels"])
@pytest.mark.parametrize("made", [deepcopy, minimal])
def test_places_that_only_the_interface_tells_lead_to_the_command(
    tmp_path: Path, kind: str, made: Callable[[Any], Any]
) -> None:
    one = region("ner", kind, **{"start": "0", "end": "0", "startOffset": 0, "endOffset": 2, kind: ["PER"]})
    told = "dataset=label_studio dataset.path=EXPORT.json dataset.config_file=INTERFACE.xml"
    with refused(DataError, "region-unplaced", None, "'ner'", told):
        load(tmp_path, made(tasks_of([[one], [one], [one]])), Spans(), gold_field="ner")


def test_a_control_of_something_else_is_named(tmp_path: Path) -> None:
    one = region("box", "rectanglelabels", x=1, rectanglelabels=["A"])
    with refused(DataError, "control-missing", None, "'box'"):
        load(tmp_path, tasks_of([[one], [], []]), Spans())


BAD: list[tuple[Verifier, dict[str, Any], str, list[str]]] = [
    (Spans(), part(2, 8, "PER") | {"value": {"start": 3, "end": 9, "text": "Anna 😀", "labels": ["PER"]}},
     "region-unplaced", ["row 1", "'Anna 😀'", "3 to 9"]),
    (Spans(), region("ner", "labels", start=2, end=99, labels=["PER"]), "gold-unfit", ["row 1 (id '7')", "2 and 99"]),
    (Spans(), region("ner", "labels", start=8, end=2, labels=["PER"]), "gold-unfit", ["row 1", "8 and 2"]),
    (Spans(), region("ner", "labels", start="2", end="8", labels=["PER"]), "gold-unfit", ["row 1", "'2'"]),
    (Spans(), region("ner", "labels", start=2, end=8, labels=[5]), "gold-unfit", ["row 1", "5"]),
    (Rating(1, 5), region("stars", "rating", rating=9), "gold-unfit", ["row 1", "9", "1 to 5"]),
    (Rating(1, 5), region("stars", "rating", rating={"a": 1}), "gold-unfit", ["row 1", "1 to 5"]),
    (Number(), region("n", "number", number="many"), "gold-unfit", ["row 1", "'many'"]),
    (Rating(1, 5), part(2, 8, "PER"), "gold-unfit", ["row 1", "1 to 5"]),
    (Spans(), region("stars", "rating", rating=3), "gold-unfit", ["row 1", "found 3"]),
]  # fmt: skip


@pytest.mark.parametrize(("verifier", "one", "code", "shown"), BAD, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("made", [deepcopy, minimal])
def test_gold_that_cannot_be_is_named_by_its_row(
    tmp_path: Path, verifier: Verifier, one: dict[str, Any], code: Any, shown: list[str], made: Callable[[Any], Any]
) -> None:
    rows = made(tasks_of([[one], [], []]))
    with refused(DataError, code, None, *shown):
        load(tmp_path, rows, verifier, gold_field=one["from_name"])


@pytest.mark.parametrize("annotations", [5, ["odd"], [{"result": 7}], [{"result": ["odd", {"value": 3}, {}]}]])
def test_a_broken_task_never_ends_in_a_traceback(tmp_path: Path, annotations: Any) -> None:
    tasks = tasks_of(CASES["rating"][2])
    tasks[2]["annotations"] = annotations
    try:
        data, _ = load(tmp_path, tasks, Rating(1, 5))
    except DataError as error:
        assert error.code == "wrong-shape" and "row 3" in str(error)
    else:
        assert [item.gold for item in data.items] == [4]
