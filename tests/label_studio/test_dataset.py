"""What an interface says, what tasks hold, and a whole run on an exported project."""

import json
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from exported import INTERFACE, annotation, area, choices, export, gold_tasks, rows
from goldloop_process import Goldloop
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from runner.core.error_codes import Code
from runner.core.errors import ConfigError, DataError
from runner.core.items import BadRow, Item
from runner.datasets.row_problem import RowProblem
from runner.datasets.sample import Sample
from runner.label_studio.dataset import LabelStudio
from runner.label_studio.default_interface import interface_for
from runner.label_studio.html_text import text_in
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.tasks import Reader
from verifiers.label_set import LabelSet

HOUSE = """<View>
  <Text name="t" value="$body"/>
  <Choices name="verdict" toName="t" choice="single-radio"><Choice value="Yes, please" alias="yes"/><Choice value="no"/>
  </Choices>
</View>"""


def read(tasks: list[dict[str, Any]], folder: Path, xml: str = INTERFACE, **options: Any) -> Any:
    export(folder, tasks, xml)
    return LabelStudio(path=f"{folder}/export.json", config_file=f"{folder}/interface.xml", **options)


def test_the_interface_gives_labels_text_and_areas_whatever_their_names() -> None:
    interface = read_interface(HOUSE)
    assert (interface.choices.name, interface.choices.to_name, interface.multiple) == ("verdict", "t", False)
    assert dict(interface.labels.definitions) == {"yes": "Yes, please", "no": ""}
    assert interface.text_of({"body": " hello "}) == " hello "
    assert interface.prompt is None and interface.response is None


def test_our_own_interface_reads_back(tmp_path: Path) -> None:
    labels = LabelSet({'A & "B"': "<what> it's", "C": ""})
    for multiple in (True, False):
        for dialogue in (True, False):
            interface = read_interface(interface_for(labels, multiple=multiple, dialogue=dialogue))
            assert interface.labels == labels and interface.multiple == multiple
            assert interface.prompt and interface.response and interface.prompt.name == "prompt"


@pytest.mark.parametrize(
    ("xml", "code", "key"),
    [
        ("", "not-xml", ""),
        ("<View>", "not-xml", ""),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><View/>", "has-doctype", ""),
        ("<View><Text name='t' value='$t'/></View>", "control-missing", ""),
        ("<View><Text name='t' value='$t'/><Choices name='a' toName='t' value='$o'/></View>", "labels-in-tasks", "a"),
        ("<View><Text name='t' value='$t'/><Choices name='a' toName='t'/></View>", "labels-missing", "a"),
        (
            "<View><Image name='t' value='$t'/><Choices name='a' toName='t'><Choice value='x'/></Choices></View>",
            "text-missing",
            "",
        ),
    ],
)
def test_an_interface_that_cannot_be_used_is_refused_in_one_line(xml: str, code: Code, key: str) -> None:
    with refused(DataError, code, key=key):
        read_interface(xml)


def test_the_control_and_the_fields_can_be_chosen() -> None:
    two = """<View><Text name="s" value="$subject"/><HyperText name="h" value="$html"/>
    <Choices name="a" toName="s"><Choice value="x"/></Choices>
    <Choices name="b" toName="s" choice="multiple"><Choice value="y"/></Choices></View>"""
    both = read_interface(two, control="b")
    assert both.labels.names == ("y",)
    text = both.text_of({"subject": "Hi", "html": "<p>one<br>two</p><script>evil()</script><!-- no -->"})
    assert text == "subject:\nHi\n\nhtml:\none\ntwo"
    assert read_interface(two, control="b", fields=["subject"]).text_of({"subject": "Hi"}) == "Hi"
    with refused(DataError, "control-unknown", key="c"):
        read_interface(two, control="c")
    with refused(DataError, "field-unknown", key="zz"):
        read_interface(two, control="b", fields=["zz"])


def test_a_dialogue_reads_as_with_a_file() -> None:
    interface = read_interface(INTERFACE)
    items = {item.text for item in Sample().load().items}
    assert {interface.text_of({"dialogue": row["dialogue"]}) for row in rows("gold")} == items
    other = INTERFACE.replace('nameKey="author" textKey="text"', 'nameKey="who" textKey="said"')
    assert read_interface(other).text_of({"dialogue": [{"who": "A", "said": "x"}, {"said": "y"}]}) == "A: x\ny"


@pytest.mark.parametrize("data", [{}, {"dialogue": ""}, {"dialogue": 3.5j}, {"dialogue": [{"x": 1}]}, {"dialogue": []}])
def test_a_task_without_its_text_says_so(data: dict[str, Any]) -> None:
    with pytest.raises(RowProblem):
        read_interface(INTERFACE).text_of(data)


@given(st.text())
def test_any_text_is_html_enough(source: str) -> None:
    assert isinstance(text_in(source), str)


@given(st.lists(st.sampled_from(sorted(Sample().load().labels)), unique=True), st.text(), st.text())
def test_what_a_prediction_holds_reads_back(labels: list[str], prompt: str, response: str) -> None:
    interface = read_interface(INTERFACE)
    regions = interface.regions(labels, prompt=prompt, response=response)
    assert set(interface.labels_in(regions) or []) == set(labels)
    assert interface.prompt_in(regions) == (prompt.strip() or None)


def test_gold_is_what_the_rule_says(tmp_path: Path) -> None:
    data = {"dialogue": [{"author": "C", "text": "unique"}]}
    one = annotation(choices(["Payment"]), when="2026-01-01")
    two = annotation(choices(["Refund_Request"]), when="2026-01-02")
    same = annotation(choices(["Payment"]), when="2026-01-03")
    true = annotation(choices(["Other"]), when="2025-01-01", ground_truth=True)
    cancelled = annotation(choices(["Greeting"]), when="2027-01-01", was_cancelled=True)
    empty, typed = annotation(), annotation(area("Do it"))
    cases: dict[str, list[tuple[list[Any], tuple[str, ...] | None]]] = {
        "ground_truth": [([one, two], None), ([one, true, two], ("Other",)), ([], None)],
        "all": [
            ([one, two, cancelled], ("Refund_Request",)),
            ([one, true], ("Other",)),
            ([empty], ()),
            ([typed], None),
            ([one, annotation(area("Do it"), when="2026-02-01")], ("Payment",)),
        ],
        "agreed": [([one, same], ("Payment",)), ([one, two], None), ([one], None), ([one, two, same], None)],
    }
    for rule, examples in cases.items():
        for annotations, gold in examples:
            reader = Reader(read_interface(INTERFACE), rule)  # type: ignore[arg-type]
            assert reader.item({"id": 1, "data": data, "annotations": annotations}).gold == gold, (rule, annotations)


def test_agreement_of_annotators_is_the_ceiling(tmp_path: Path) -> None:
    tasks = gold_tasks()
    for number, task in enumerate(tasks):
        first = task["annotations"][0]["result"][0]["value"]["choices"]
        other = first if number % 4 else [*first, "Other"] if "Other" not in first else ["Payment"]
        task["annotations"] = [annotation(choices(first)), annotation(choices(other))]
    data = read(tasks, tmp_path, gold="agreed").load()
    assert data.agreement.items == 60 and data.agreement.exact == 0.75
    assert 0.75 < data.agreement.f1 < 1
    assert len(data.items) == 45 and data.unlabelled == 15


def test_the_prompt_typed_last_is_the_initial_one(tmp_path: Path) -> None:
    tasks = gold_tasks()
    tasks[3]["annotations"].append(annotation(area("Old words"), when="2026-03-01"))
    tasks[1]["annotations"].append(annotation(area("New {words}"), when="2026-04-01"))
    assert read(tasks, tmp_path).load().prompt == "New {words}"  # a run completes it with the labels
    assert read(tasks, tmp_path, prompt_from="config").load().prompt is None
    assert read(gold_tasks(), tmp_path).load().prompt is None


def test_a_prompt_that_a_prediction_filled_in_is_not_the_one_typed_last(tmp_path: Path) -> None:
    old, copied = {**area("Old"), "origin": "prediction"}, {**area("Old"), "origin": None}
    submitted = {"lead_time": 3.0, "parent_prediction": 5}  # a person corrected the labels of a prediction
    tasks = gold_tasks()
    tasks[1]["annotations"].append(annotation(area("Typed"), when="2026-03-01"))
    tasks[2]["annotations"].append(annotation(old, choices(["Payment"]), when="2026-04-01", **submitted))
    tasks[3]["annotations"].append(annotation(copied, choices(["Payment"]), when="2026-05-01", **submitted))
    assert read(tasks, tmp_path).load().prompt == "Typed"
    changed = {**area("Changed"), "origin": "prediction-changed"}
    tasks[4]["annotations"].append(annotation(changed, when="2026-06-01", **submitted))
    assert read(tasks, tmp_path).load().prompt == "Changed"


def test_every_task_is_streamed_with_gold_or_without(tmp_path: Path) -> None:
    tasks = [*gold_tasks(), {"id": 99, "data": {"nothing": 1}}]
    streamed = list(read(tasks, tmp_path).stream())
    assert len(streamed) == 61 and isinstance(streamed[0], Item)
    assert streamed[-1].code == "text-missing" and streamed[-1].id == "99" and "'dialogue'" in streamed[-1].problem
    with refused(DataError, "text-missing", key="99"):
        read([*tasks[:-1], {**tasks[-1], "annotations": tasks[0]["annotations"]}], tmp_path).load()


@pytest.mark.parametrize(
    ("options", "code", "key"),
    [
        ({"path": "x.json"}, "option-missing", "dataset.config_file"),
        ({"path": "x.json", "config_file": "y", "prompt_from": "project"}, "needs-server", "dataset.prompt_from"),
    ],
)
def test_what_an_export_cannot_give_is_refused(options: dict[str, Any], code: Code, key: str) -> None:
    with refused(ConfigError, code, key=key):
        LabelStudio(**options)


@pytest.mark.parametrize("rule", ["ground_truth", "agreed", "all"])
def test_a_project_without_gold_is_told_by_its_rule(rule: str, tmp_path: Path) -> None:
    bare = [{**task, "annotations": []} for task in gold_tasks()]
    with refused(DataError, "gold-missing", key=rule) as told:
        read(bare, tmp_path, gold=rule).load()
    assert "60" in str(told.value) and ("dataset.gold=all" in str(told.value)) == (rule == "ground_truth")
    with refused(DataError, "tasks-missing", key=rule):
        read([], tmp_path, gold=rule).load()


def test_bad_rows_are_told_before_that_there_is_no_gold(tmp_path: Path) -> None:
    bare = [{**task, "annotations": [], "data": {"other": "x"}} for task in gold_tasks()]
    with refused(DataError, "text-missing", key="1"):
        read(bare, tmp_path).load()


@pytest.mark.parametrize(
    "annotations",
    ["none", ["x"], [{"result": "x"}], [{"result": ["x"]}], [{"result": [{"value": 3, "from_name": "labels"}]}], {}],
)
def test_odd_annotations_are_a_bad_row_or_none(annotations: Any, tmp_path: Path) -> None:
    tasks = gold_tasks()
    tasks[0]["annotations"] = annotations
    source = read(tasks, tmp_path)
    bad = [row.id for row in source.stream() if isinstance(row, BadRow)]
    if bad:
        with pytest.raises(DataError) as told:
            source.load()
        assert bad == ["1"] and told.value.key == "1" and told.value.code
    else:
        assert len(source.load().items) == 59


def test_a_min_export_is_refused(tmp_path: Path) -> None:
    with refused(DataError, "not-a-task", key="1"):
        read([{"id": 1, "dialogue": [], "labels": []}], tmp_path).load()


def test_a_choice_that_left_the_interface_is_a_bad_row(tmp_path: Path) -> None:
    tasks = gold_tasks()
    tasks[5]["annotations"][0]["result"] = [choices(["Gone"])]
    with refused(DataError, "label-unknown", key="6") as told:
        read(tasks, tmp_path).load()
    assert "'Gone'" in str(told.value)


def test_a_run_on_an_export_replays_from_its_directory(goldloop: Goldloop, endpoint: Endpoint, tmp_path: Path) -> None:
    tasks = gold_tasks()
    tasks[0]["annotations"].append(annotation(area("Which intents has this dialogue?"), when="2026-04-01"))
    words = export(tmp_path, tasks)
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    done = goldloop(*words, *model, "epochs=1")
    assert done.returncode == 0, done.stderr
    run = done.stdout.splitlines()[-1]
    assert (tmp_path / run / "initial_prompt.txt").read_text().startswith("Which intents has this dialogue?")
    (tmp_path / "export.json").unlink()
    again = goldloop("reproduce", run)
    assert "identical" in again.stdout, again.stdout + again.stderr
    assert json.loads((tmp_path / run / "result.json").read_text())["best"]["select"] > 0


@pytest.mark.parametrize("rule", ["ground_truth", "all"])
def test_annotations_of_other_controls_are_no_verified_none(rule: Any, tmp_path: Path) -> None:
    stars = {"from_name": "stars", "to_name": "dialogue", "type": "rating", "value": {"rating": 3}}
    tasks = gold_tasks()
    tasks[4]["annotations"] = [annotation(stars, ground_truth=True)]
    with refused(DataError, "control-missing", "5", "rating of 'stars'", "'labels'"):
        read(tasks, tmp_path, gold=rule).load()
    shown = INTERFACE.replace("</View>", '<Rating name="stars" toName="dialogue"/></View>', 1)
    data = read(tasks, tmp_path, xml=shown, gold=rule, control="labels").load()
    assert data.items[4].gold == ()
    for task in tasks:
        task["annotations"] = [annotation(stars, ground_truth=True)]
    with refused(DataError, "control-missing", "labels", "rating of 'stars'", "60"):
        read(tasks, tmp_path, xml=shown, gold=rule, control="labels").load()
