"""What counts as gold: never only what a model got wrong. The shapes are those of a Community server, 1.23.2."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from exported import INTERFACE, annotation, area, choices, export
from refusals import refused

from runner.core.errors import DataError
from runner.datasets.annotation_origin import Origin, as_corrected, by_a_person, origin_of
from runner.datasets.file import File
from runner.label_studio.dataset import LabelStudio
from runner.label_studio.default_interface import interface_for
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.task_file import new_tasks
from runner.label_studio.tasks import Reader, sound_annotations, typed_regions
from runner.stats.intervals import reward_interval
from verifiers.label_set import LabelSet

LABELS = ("Refund", "Other")
XML = interface_for(LabelSet(dict.fromkeys(LABELS, "")), multiple=False, dialogue=False)
TICK = choices(["yes"], "checked", "text")
MADE, LATER = "2026-11-30T10:20:04.380061Z", "2026-11-30T10:20:34.455560Z"
Made = dict[str, Any]


def of(origin: str | None, *regions: Made) -> list[Made]:
    """The regions with an origin; None takes it away."""
    return [{**{k: v for k, v in region.items() if k != "origin"}, **({"origin": origin} if origin else {})}
            for region in regions]  # fmt: skip


def label(name: str) -> Made:
    return choices([name], "labels", "text")


PROMPT = area("Which one?", "prompt", "text")


def machine(name: str) -> Made:
    """*Create Annotations From Predictions*, and nobody since."""
    made = annotation(*of(None, label(name), PROMPT), when=MADE, created_at=MADE, lead_time=None)
    return {**made, "parent_prediction": 7}


def changed(name: str, *more: Made) -> Made:
    """The same, changed and saved: every region is called a person's then."""
    made = annotation(*of("manual", label(name), PROMPT, *more), when=LATER, created_at=MADE, lead_time=2.8)
    return {**made, "parent_prediction": 7}


def submitted(name: str, origin: str = "prediction") -> Made:
    """Submit, under a prediction that was shown."""
    made = annotation(*of(origin, label(name)), *of("prediction", PROMPT), when=MADE, created_at=MADE, lead_time=1.9)
    return {**made, "parent_prediction": 7}


def own(name: str, *more: Made) -> Made:
    return annotation(label(name), *more, when=MADE, created_at=MADE, lead_time=2.0, parent_prediction=None)


@pytest.mark.parametrize(
    ("made", "origin"),
    [
        (machine("Other"), "machine"),
        (changed("Refund"), "corrected"),
        (changed("Other", TICK), "checked"),
        (changed("Refund", TICK), "checked"),
        (submitted("Other"), "submitted"),
        (submitted("Refund", "prediction-changed"), "submitted"),
        ({**submitted("Refund"), "updated_at": LATER}, "submitted"),
        (own("Refund"), "own"),
        (own("Refund", TICK), "checked"),
        ({**machine("Other"), "ground_truth": True}, "marked"),
        ({**changed("Other", TICK), "was_cancelled": True}, "skipped"),
        ({**submitted("Refund"), "result": of("manual", label("Refund"))}, "submitted"),  # of an empty prediction
        ({**changed("Refund"), "parent_prediction": None, "result": as_corrected([label("Refund")])}, "corrected"),
        ({**own("Refund"), "result": of("prediction-changed", label("Refund"))}, "own"),  # submitted, then imported
        ({**own("Refund"), "result": None}, "own"),
        ({**changed("Refund"), "created_at": "?", "updated_at": 3}, "corrected"),
    ],
)  # fmt: skip
def test_how_an_annotation_came_about(made: Made, origin: Origin) -> None:
    assert origin_of(made, "checked") == origin
    assert by_a_person(made, "checked") == (origin != "machine")


def test_without_a_control_for_it_a_tick_says_nothing() -> None:
    assert origin_of(changed("Other", TICK)) == "corrected"
    verified = '<Choices name="verified" toName="t"><Choice value="yes"/><Choice value="no"/></Choices>'
    claims = f'<View><Text name="t" value="$t"/>{verified}</View>'
    assert read_interface(claims).choices.name == "verified" and read_interface(claims).checked is None
    other = '<Choices name="c" toName="t"><Choice value="a"/></Choices>'
    both = f'<View><Text name="t" value="$t"/>{other}{verified}</View>'
    assert read_interface(both).names == ("c", "verified")  # two labels are no box to tick
    boxed = both.replace('<Choice value="no"/>', "")
    assert (read_interface(boxed).choices.name, read_interface(boxed).checked) == ("c", "verified")
    assert read_interface(boxed, "verified").choices.name == "verified"


def world(seed: int, tasks: int = 200) -> tuple[list[str], list[str]]:
    """(the truth, what a model says that is right on seven of ten)."""
    chance = random.Random(seed)
    truth = [chance.choice(LABELS) for _ in range(tasks)]
    return truth, [name if chance.random() < 0.7 else LABELS[name == LABELS[0]] for name in truth]


def exported(folder: Path, annotations: list[Made]) -> LabelStudio:
    tasks = [
        {"id": n, "data": {"text": f"text {n}"}, "annotations": [made], "predictions": []}
        for n, made in enumerate(annotations)
    ]
    export(folder, tasks, XML)
    return LabelStudio(path=f"{folder}/export.json", config_file=f"{folder}/interface.xml", gold="all")


def accuracy(data: Any, said: list[str]) -> tuple[float, float]:
    """The interval of the model's accuracy on the gold."""
    credits = [float(item.gold == (said[int(item.id)],)) for item in data.items]
    return reward_interval(credits)


@pytest.mark.parametrize("seed", range(5))
def test_gold_does_not_depend_on_whether_the_model_was_right(seed: int, tmp_path: Path) -> None:
    """200 tasks whose predictions became annotations. People go through half of them as the page says."""
    truth, said = world(seed)
    made = [changed(right, TICK) if n % 2 else machine(said[n]) for n, right in enumerate(truth)]
    data = exported(tmp_path, made).load()
    low, high = accuracy(data, said)
    assert len(data.items) == 100 and low <= 0.7 <= high
    assert any("100 annotations left out" in note for note in data.notes)
    shown = [submitted(right, "prediction" if right == said[n] else "prediction-changed")
             for n, right in enumerate(truth)]  # fmt: skip
    low, high = accuracy(exported(tmp_path, shown).load(), said)
    assert low <= 0.7 <= high


def test_corrections_alone_are_no_gold(tmp_path: Path) -> None:
    truth, said = world(1)
    wrong = sum(right != guess for right, guess in zip(truth, said, strict=True))
    made = [machine(guess) if right == guess else changed(right) for right, guess in zip(truth, said, strict=True)]
    with refused(DataError, "gold-missing", key="all") as told:
        exported(tmp_path, made).load()
    assert f"{wrong} annotations left out" in str(told.value) and "gold=TAB" in str(told.value)
    assert f"{200 - wrong} annotations left out" in str(told.value)
    source = exported(tmp_path, [*made[:150], *map(own, truth[150:])])
    data = source.load()
    assert {int(item.id) for item in data.items} == set(range(150, 200)) and data.notes
    assert sum(1 for _ in source.stream()) == 200


def test_who_labelled_counts_where_the_rest_is_labelled(tmp_path: Path) -> None:
    """A correction is no gold, and a person's work all the same."""
    exported(tmp_path, [machine("Other"), changed("Refund"), own("Refund")])
    rest = LabelStudio(path=f"{tmp_path}/export.json", config_file=f"{tmp_path}/interface.xml", tasks="unlabelled")
    assert [row.id for row in rest.stream()] == ["0"]


def test_a_file_that_was_exported_keeps_to_the_same(tmp_path: Path) -> None:
    made = [changed("Refund"), changed("Refund", TICK), own("Other"), machine("Other"), submitted("Other")]
    exported(tmp_path, made)
    data = File(path=f"{tmp_path}/export.json").load()
    assert [item.gold for item in data.items] == [("Refund",), ("Other",), ("Other",)]
    assert any(note.startswith("1 tasks are left out") for note in data.notes)


def test_what_was_corrected_is_still_known_in_another_project(tmp_path: Path) -> None:
    """And what was submitted is as good there, changed or not."""
    bare = {**submitted("Refund"), "result": of("prediction-changed", label("Refund"))}  # no areas in the interface
    unchanged = {**submitted("Other"), "result": of("prediction", label("Other"))}
    exported(tmp_path, [changed("Refund"), changed("Other", TICK), machine("Other"), bare, unchanged])
    interface = read_interface(XML)
    new = new_tasks(tmp_path / "export.json", interface, {})
    sent = [entry for task in new.tasks for entry in task.get("annotations", [])]
    assert [origin_of(entry, "checked") for entry in sent] == ["corrected", "checked", "own", "own"]
    assert new.unopened == 1


def test_a_control_with_two_answers_is_no_box_to_tick_in_a_file_either(tmp_path: Path) -> None:
    no = choices(["no"], "verified", "text")
    tasks = [
        {"id": n, "data": {"text": f"text {n}"}, "annotations": [own("Refund", one)]}
        for n, one in enumerate((no, choices(["yes"], "verified", "text")))
    ]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    with refused(DataError, "choices-ambiguous", key="row 1"):
        File(path=f"{tmp_path}/export.json").load()
    (tmp_path / "export.json").write_text(json.dumps(tasks[1:]))
    assert [item.gold for item in File(path=f"{tmp_path}/export.json").load().items] == [("Refund",)]


def test_a_prompt_that_a_prediction_filled_in_was_typed_by_nobody() -> None:
    interface = read_interface(XML)
    prediction = {"id": 7, "result": [label("Other"), PROMPT]}
    typed = of("manual", area("Mine", "prompt", "text"))
    assert typed_regions(changed("Refund")) == []
    assert interface.prompt_in(typed_regions(changed("Refund"), [prediction])) is None
    assert interface.prompt_in(typed_regions(changed("Refund", *typed), [prediction])) == "Mine"
    assert interface.prompt_in(typed_regions(own("Refund", PROMPT))) == "Which one?"
    reader = Reader(interface, "all")
    reader.item({"id": 1, "data": {"text": "a"}, "annotations": [changed("Refund")], "predictions": [prediction]})
    assert reader.prompt is None


def test_our_interface_has_the_box_and_every_choice_reads_as_before() -> None:
    interface = read_interface(INTERFACE)
    assert interface.checked == "checked" and "checked" in interface.controls
    assert interface.labels_in([TICK]) is None and interface.choices.name == "labels"


def test_a_task_that_is_not_what_the_server_sends_is_one_line() -> None:
    with refused(DataError, "wrong-shape", key="3"):
        sound_annotations({"id": 3, "annotations": [{"result": "Refund"}]})
    assert sound_annotations({"id": 3, "annotations": [own("Refund")]}) == [own("Refund")]
