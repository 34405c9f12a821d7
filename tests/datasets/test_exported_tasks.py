"""Rows that are tasks as Label Studio exports them."""

import pytest
from refusals import says
from rows import LINES, TURNS, choice, load, load_row, refusal, task, write

from runner.core.errors import DataError
from runner.core.items import Item


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
        says(error, DataError, "wrong-shape", "row 2")
    else:
        assert [item.gold for item in data.items[1:]] in ([], [()])


def test_choices_of_several_controls_need_a_name(tmp_path):
    regions = [{"from_name": "intent", "value": {"choices": ["A"]}}, {"from_name": "mood", "value": {"choices": ["B"]}}]
    task = {"id": 1, "data": {"text": "hi"}, "annotations": [{"result": regions}]}
    path = write(tmp_path / "tasks.json", [task])
    says(refusal(path), DataError, "choices-ambiguous", "row 1", "(intent, mood)", "dataset.labels_field=NAME")
    assert load(path, labels_field="mood").items[0].gold == ("B",)


def region(control, kind, **value):
    return {"from_name": control, "type": kind, "value": value}


OTHERS = [
    region("topic", "taxonomy", taxonomy=[["Animal", "A"]]), region("stars", "rating", rating=3),
    region("note", "textarea", text=["A"]),
]  # fmt: skip


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("options", [{}, {"labels_field": "intent"}])
def test_annotations_of_other_controls_are_refused(tmp_path, other, options):
    rows = [{"id": n, "data": {"text": f"t{n}"}, "annotations": [{"result": [other]}]} for n in range(3)]
    error = refusal(write(tmp_path / "tasks.json", rows), labels=["A"], **options)
    says(error, DataError, "control-missing", "row 1", other["type"], repr(other["from_name"]), "3 bad rows")


def test_a_mistyped_control_is_refused_with_those_there_are(tmp_path):
    rows = [{"id": 1, "data": {"text": "t"}, "annotations": [{"result": [region("intent", "choices", choices=["A"])]}]}]
    error = refusal(write(tmp_path / "tasks.json", rows), labels=["A"], labels_field="intnet")
    says(error, DataError, "control-missing", "row 1", "'intnet'", "'intent'")


def test_of_a_mixed_export_what_was_left_empty_is_no_label_and_what_is_of_others_is_not(tmp_path):
    chosen, note = region("intent", "choices", choices=["A"]), OTHERS[2]
    results = [[chosen, note], [note], [region("intent", "choices", choices=[])], []]
    rows = [{"id": n, "data": {"text": f"t{n}"}, "annotations": [{"result": r}]} for n, r in enumerate(results)]
    path = write(tmp_path / "tasks.json", rows)
    assert [item.gold for item in load(path).items] == [("A",), (), (), ()]
    rows[1]["annotations"] = [{"result": [OTHERS[0]]}]
    says(refusal(write(path, rows)), DataError, "control-missing", "row 2", "1 bad row", "taxonomy")
    rows[1]["annotations"].append({"result": [chosen]})
    data = load(write(path, rows))
    assert data.items[1].gold == ("A",) and not data.notes
    rows[1]["annotations"].append({"result": [region("intent", "choices", choices=["B"])]})
    assert "disagree on 1 tasks" in load(write(path, rows), labels=["A", "B"]).notes[0]
