"""``goldloop studio gold=``: what people went through is gold, on a real Community server."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from goldloop_process import Goldloop

from runner.label_studio import task_filters as filtered
from runner.label_studio.client import Studio, connect
from runner.label_studio.dataset import LabelStudio
from runner.label_studio.default_interface import interface_for
from runner.label_studio.dev_server.server import Server
from runner.stats.intervals import reward_interval
from verifiers.label_set import LabelSet

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

LABELS = ("Refund", "Other")
XML = interface_for(LabelSet(dict.fromkeys(LABELS, "")), multiple=False, dialogue=False)
Region = dict[str, Any]


@pytest.fixture
def at(studio: Server, goldloop: Goldloop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    known = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    goldloop.environment |= known
    with connect(None, "LABEL_STUDIO_API_KEY") as server:
        yield server


def chosen(name: str, control: str = "labels") -> Region:
    return {"from_name": control, "to_name": "text", "type": "choices", "value": {"choices": [name]}}


def project(at: Studio, title: str, said: list[str], *, annotations: bool = True) -> tuple[int, list[int]]:
    """A project in which a model answered every task, and all its answers became annotations."""
    made = int(at.client.projects.create(title=title, label_config=XML).id)
    results = [{"model_version": "v1", "result": [chosen(name)]} for name in said]
    data = [{"data": {"text": f"text {n}"}, "predictions": [one]} for n, one in enumerate(results)]
    at.client.projects.import_tasks(id=made, request=data)
    if annotations:
        everything = {"selectedItems": {"all": True, "excluded": []}}
        at.client.actions.create(id="predictions_to_annotations", project=made, request_options={
            "additional_body_parameters": everything,
        })  # fmt: skip
    return made, list(filtered.tasks(at, made))


def annotations(at: Studio, task: int) -> list[Any]:
    return list(at.client.annotations.list(id=task))


def update(at: Studio, task: int, name: str, *more: Region) -> None:
    """What the browser sends when something was changed and *Update* is pressed."""
    [one] = annotations(at, task)
    result = [{**region, "origin": "manual"} for region in (chosen(name), *more)]
    at.client.annotations.update(id=one.id, result=result, lead_time=3.1)


def tab(at: Studio, number: int, title: str, tasks: list[int]) -> None:
    items = [{"filter": "filter:tasks:id", "operator": "equal", "type": "Number", "value": task} for task in tasks]
    data = {"title": title, "filters": {"conjunction": "or", "items": items}}
    at.client.views.create(project=number, data=data)


def gold(number: int, rule: str = "ground_truth") -> Any:
    return LabelStudio(project=number, gold=rule).load()  # type: ignore[arg-type]


def studio_says(goldloop: Goldloop, number: int, named: str, code: int = 0) -> str:
    done = goldloop("studio", f"studio.project={number}", f"gold={named}")
    assert done.returncode == code, done.stderr
    return (done.stdout if code == 0 else done.stderr).strip()


def test_two_hundred_tasks_of_a_model_that_is_right_on_seven_of_ten(goldloop: Goldloop, at: Studio) -> None:
    """People go through the first 100 of 200: they correct what is wrong, and tick the box, or name the tab."""
    chance = random.Random(1)
    truth = [chance.choice(LABELS) for _ in range(200)]
    said = [name if chance.random() < 0.7 else LABELS[name == LABELS[0]] for name in truth]
    number, tasks = project(at, "Bias", said)
    for task, right, guess in list(zip(tasks, truth, said, strict=True))[:100]:
        if right != guess:
            update(at, task, right)
    done = goldloop("check", "dataset=label_studio", f"studio.project={number}", "dataset.gold=all")
    wrong = sum(right != guess for right, guess in zip(truth[:100], said[:100], strict=True))
    assert done.returncode == 2 and f"{wrong} annotations left out: made of the model's answers" in done.stderr

    tab(at, number, "only the wrong ones", [t for t, a, b in zip(tasks, truth, said, strict=True) if a != b][:wrong])
    assert "gold must not depend on that" in studio_says(goldloop, number, "only the wrong ones", 2)
    tab(at, number, "gone through", tasks[:100])
    told = studio_says(goldloop, number, "gone through")
    assert told == f"100 tasks marked as gold ({100 - wrong} as the model had them, {wrong} the model's, corrected)"
    data = gold(number)
    assert [item.gold for item in data.items] == [(name,) for name in truth[:100]]
    guesses = dict(zip(map(str, tasks), said, strict=True))
    low, high = reward_interval([float(item.gold == (guesses[item.id],)) for item in data.items])
    assert low <= 0.7 <= high
    assert studio_says(goldloop, number, "gone through") == "0 tasks marked as gold; 100 were"
    update(at, tasks[150], "Refund" if said[150] == "Other" else "Other")
    tab(at, number, "the next day", tasks[:100] + tasks[150:151])  # what was marked before has the right ones
    assert studio_says(goldloop, number, "the next day").startswith("1 task marked as gold (1 the model's, corrected)")


def test_a_ticked_box_a_list_of_tasks_and_an_annotators_work(goldloop: Goldloop, at: Studio, studio: Server) -> None:
    number, tasks = project(at, "Ways", ["Other"] * 8)
    update(at, tasks[0], "Other", chosen("yes", "checked"))
    update(at, tasks[1], "Refund")
    assert [item.id for item in gold(number).items] == [str(tasks[0])]
    told = studio_says(goldloop, number, studio.access.email)
    assert told.startswith("1 task marked as gold (1 by people); 1 are left out that were made of the model's answers")
    said = studio_says(goldloop, number, f"[{tasks[2]},{tasks[3]}]")
    assert said == "2 tasks marked as gold (2 as the model had them)"
    said = studio_says(goldloop, number, f"{tasks[1]}-{tasks[4]}")
    assert said == "2 tasks marked as gold (1 as the model had them, 1 the model's, corrected); 2 were"
    assert [item.gold for item in gold(number).items] == [("Other",), ("Refund",), ("Other",), ("Other",), ("Other",)]
    bare, few = project(at, "Bare", ["Other"] * 2, annotations=False)
    assert "2 without an annotation are left out" in studio_says(goldloop, bare, f"{few[0]}-{few[1]}")
    for _ in range(2):
        tab(at, bare, "Twice", few)
    for named, words in (
        ("Twice", "several tabs with this title"), ("", "must name a tab"), ("[]", "must name a tab"),
        ("true", "must name a tab"), ("1.5", "must name a tab"),
        ("nobody@example.org", "no such user"), ("No_such_tab", "no such tab (there is"), ("999999", "no task 999999"),
        ("'tasks:9-2'", "3-40"),
    ):  # fmt: skip
        assert words in studio_says(goldloop, bare, named, 2)
    for word in ("push=", "queue=", "decide="):  # as of a variable that is not set
        done = goldloop("studio", f"studio.project={bare}", word)
        assert done.returncode == 2 and f"{word} names nothing" in done.stderr
