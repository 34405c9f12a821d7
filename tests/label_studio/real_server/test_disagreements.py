"""The queue of disagreements: what is asked, what counts as an answer, and what is decided of it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from exported import INTERFACE, annotation, area, choices, rows
from figures import figures
from goldloop_process import Goldloop
from refusals import refused
from run_records import PREDICTION, RESULT
from serve_process import serving, wait_for

from runner.cli.label_studio import studio as command
from runner.config.command_line import CommandLine
from runner.core.errors import DataError
from runner.datasets.sample import Sample
from runner.label_studio.client import Studio, connect, listed
from runner.label_studio.dev_server.server import Server
from runner.label_studio.disagreements import (
    Disagreements,
    Labelled,
    decided,
    differing,
    read_disagreements,
)
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.predicted_annotations import annotate
from runner.label_studio.predictions import Prediction, push
from runner.label_studio.queue_project import copy_tasks, joined, queue_project
from runner.label_studio.tasks import Reader
from runner.runs.reader import Run
from verifiers.rewards.per_item import ExactMatch

real = pytest.mark.xdist_group("label_studio")
DIALOGUE = {"dialogue": [{"author": "Customer", "text": "Hello"}]}
WINS = {str(number): (["Payment"], ["Refund_Request"]) for number in range(1, 11)}


def task(number: int, *annotations: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": number, "data": DIALOGUE, "annotations": list(annotations)}


def taken_up(tasks: list[dict[str, Any]], run: Run) -> Labelled:
    queue = Disagreements(1, "Which prompt?", sorted(WINS), WINS)
    return decided(run, queue, tasks, Reader(read_interface(INTERFACE), "all"), ExactMatch())


def run_with(folder: Path, credits: list[tuple[Any, Any]], *, sealed: bool) -> Run:
    rows = [{"id": str(number), "initial_credit": one, "credit": two} for number, (one, two) in enumerate(credits)]
    lines = [{**PREDICTION, **row} for row in rows]
    (folder / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Run(folder, {**RESULT, "sealed": sealed}, {}, [])


def test_only_people_decide(tmp_path: Path) -> None:
    run = run_with(tmp_path, [], sealed=True)
    said = choices(["Refund_Request"])
    made = annotation(said, parent_prediction=7, lead_time=None)  # predictions_to_annotations
    assert taken_up([task(n, made) for n in range(1, 11)], run).arrived == 0
    shown_labels = {**said, "origin": "prediction"}
    taken_over = annotation(shown_labels, parent_prediction=7, lead_time=3.5)  # opened and submitted as it was shown
    shown = taken_up([task(n, taken_over) for n in range(1, 11)], run)
    assert (shown.arrived, shown.prompted, shown.decision.verdict) == (0, 10, "undecided")
    people = taken_up([task(n, annotation(said, lead_time=3.5), made, taken_over) for n in range(1, 11)], run)
    assert (people.arrived, people.prompted, people.decision.verdict) == (10, 0, "better")


def test_a_choice_that_left_the_interface_is_one_line(tmp_path: Path) -> None:
    gone = annotation(choices(["Gone"]), lead_time=1.0)
    with refused(DataError, "label-unknown", 3, "'Gone'"):
        taken_up([task(3, gone)], run_with(tmp_path, [], sealed=True))


def test_the_sealed_items_count_first_where_there_are_any(tmp_path: Path) -> None:
    credits = [(0.0, 1.0)] * 9 + [(1.0, None)]
    sealed = taken_up([], run_with(tmp_path, credits, sealed=True))
    assert (sealed.sealed, sealed.decision.wins, sealed.decision.verdict) == (9, 9, "better")
    searched = taken_up([], run_with(tmp_path, credits, sealed=False))  # split=none: the search has seen them
    assert (searched.sealed, searched.decision.pairs, searched.decision.verdict) == (0, 0, "undecided")
    with refused(DataError, "wrong-shape", "initial_credit"):
        taken_up([], run_with(tmp_path, [("a", 1.0)], sealed=True))


def test_a_queue_grows_and_forgets_nothing(tmp_path: Path) -> None:
    first = Disagreements(3, "Tab", ["1", "2"], {"1": (["a"], ["b"])})
    both = first.joined(["2", "10", "9"], {"10": (["a"], []), "1": (["c"], ["d"])})
    assert list(both.asked) == ["1", "2", "9", "10"]
    assert both.tasks == {"1": (["a"], ["b"]), "10": (["a"], [])}
    assert read_disagreements(tmp_path) is None
    (tmp_path / "queue.json").write_text('{"project": 3, "title": "T", "asked": [30], "tasks": {}}')
    assert read_disagreements(tmp_path) == Disagreements(3, "T", ["30"], {}, None)  # an older goldloop's
    whole = replace(both, url="http://h:8080", tasks={"1": (["a"], ["b"])})
    whole.write(tmp_path)
    assert read_disagreements(tmp_path) == replace(whole, tasks={"1": (["a"], ["b"])})
    (tmp_path / "queue.json").write_text('{"project": 3, "title": "T", "asked": 30, "tasks": {}}')
    with refused(DataError, "damaged-file", tmp_path / "queue.json"):
        read_disagreements(tmp_path)


def test_only_tasks_that_were_not_asked_count_as_more() -> None:
    queue = Disagreements(1, "Tab", ["1", "2", "3"], {})
    assert queue.reach(map(str, range(1, 40)), 5) == 8
    assert queue.reach(map(str, range(3, 40)), 5) == 6  # 1 and 2 are labelled by now
    assert queue.reach(["2", "9"], 5) == 2
    assert queue.reach([], 5) == 0


def test_they_differ_where_both_gave_labels_and_not_the_same() -> None:
    initial = [{"id": 1, "labels": ["a", "b"]}, {"id": 2, "labels": ["a"]}, {"id": 3, "labels": None}]
    best = [
        {"id": 1, "labels": ["b", "a"]},
        {"id": 2, "labels": []},
        {"id": 3, "labels": ["a"]},
        {"id": 4, "labels": []},
    ]
    assert differing(initial, best) == {"2": (["a"], [])}


def copies(at: Studio, project: int) -> list[dict[str, Any]]:
    """The tasks of a queue's project, as a person who opens them gets them."""
    numbers = [task.id for task in listed(at.client.tasks.list(project=project, include="id"))]
    return [at.client.tasks.get(id=str(number)).model_dump() for number in numbers]


@real
def test_disagreements_become_a_queue_and_its_labels_a_decision(  # noqa: PLR0915 - it is a walk
    goldloop: Goldloop, endpoint: Endpoint, studio: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    truth = {item.text: ["Payment"] for item in Sample().stream()}  # type: ignore[union-attr]
    endpoint.answers = {**truth, **endpoint.answers}
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    run = goldloop(*model, "epochs=1").stdout.splitlines()[-1].rstrip("/")

    def said(*words: str) -> str:
        done = goldloop("studio", "studio.project=Queue", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def decision() -> dict[str, Any]:
        content: dict[str, Any] = json.loads((tmp_path / run / "queue_decision.json").read_text())
        return content

    with connect(studio.url, "LABEL_STUDIO_API_KEY") as at:
        made = at.client.projects.create(title="Queue", label_config=INTERFACE)
        data = [{"data": {"dialogue": row["dialogue"]}} for row in rows("unlabelled")[:40]]
        at.client.projects.import_tasks(id=made.id, request=data)
        made = at.client.projects.get(id=made.id)
        none_yet = goldloop("studio", "studio.project=Queue", f"decide={run}")
        assert none_yet.returncode == 2 and f"goldloop studio queue={run}" in none_yet.stderr
        out = said(f"queue={run}", "studio.queue_tasks=15")
        first = json.loads((tmp_path / run / "queue.json").read_text())
        assert len(first["asked"]) == 15 and 3 <= len(first["tasks"]) < 15
        assert figures(out.splitlines()[-2])[:3] == [len(first["tasks"]), 15, first["copies"]]
        assert f"/projects/{first['copies']}/data" in out and first["copies"] != made.id
        # Predictions turned into annotations are nobody's word, and nobody who labels a copy sees them.
        push(at, made, [Prediction(int(one), ["Payment"], None) for one in first["tasks"]], "m", None)
        assert annotate(at, made.id, "m").made == len(first["tasks"])
        before = said(f"decide={run}")
        assert figures(before.splitlines()[-2])[:2] == [0, len(first["tasks"])]
        assert decision()["arrived"] == 0
        for task in copies(at, first["copies"]):
            assert not task["predictions"] and not task["annotations"]
            at.client.annotations.create(id=task["id"], result=[choices(["Payment"])], lead_time=2.0)
        # More tasks, also those with predictions: those of the first time stay, and so do their labels.
        every = [int(task.id) for task in listed(at.client.tasks.list(project=made.id, include="id"))]
        push(at, made, [Prediction(one, ["Payment"], None) for one in every], "m2", None)
        labelled = annotate(at, made.id, "m2")
        assert (labelled.made, labelled.renewed) == (40 - len(first["tasks"]), len(first["tasks"]))
        out = said(f"queue={run}", "studio.queue_tasks=15")
        both = json.loads((tmp_path / run / "queue.json").read_text())
        assert len(both["asked"]) == 30 and both["tasks"].items() > first["tasks"].items()
        assert both["copies"] == first["copies"]
        shown = copies(at, both["copies"])
        assert {str(task["data"]["goldloop_task"]) for task in shown} == set(both["tasks"])
        assert len(shown) == len(both["tasks"]) and not any(task["predictions"] for task in shown)
        after = said(f"decide={run}")
        assert decision()["arrived"] == len(first["tasks"]) and decision()["sealed"] == 24
        assert decision()["verdict"] == "better" and "is better" in after
        at.client.projects.create(title="Queue elsewhere", label_config=INTERFACE)
        wrong = goldloop("studio", "studio.project=Queue elsewhere", f"decide={run}")
        assert wrong.returncode == 2 and figures(wrong.stderr)[-1] == made.id
        for what in ("queue", "decide"):  # on another server the same numbers are other tasks'
            wrong = goldloop("studio", f"{what}={run}", LABEL_STUDIO_URL="http://127.0.0.1:9")
            assert wrong.returncode == 2 and f"studio.url={studio.url}," in wrong.stderr
            assert len(wrong.stderr.splitlines()) == 1
        at.client.projects.delete(id=both["copies"])
        gone = goldloop("studio", f"decide={run}")
        assert gone.returncode == 2 and f"goldloop studio queue={run}" in gone.stderr
        said(f"queue={run}", "studio.queue_tasks=5")
        new = json.loads((tmp_path / run / "queue.json").read_text())
        assert new["copies"] != both["copies"] and len(copies(at, new["copies"])) == len(new["tasks"])


@real
def test_prompts_that_agree_are_asked_about_other_tasks_each_time(
    goldloop: Goldloop,
    endpoint: Endpoint,
    studio: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    run = goldloop(*model, "epochs=0", "max_failed=1").stdout.splitlines()[-1].rstrip("/")
    monkeypatch.chdir(tmp_path)
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as at:
        number = at.client.projects.create(title="Agreed", label_config=INTERFACE).id
        data = [{"data": {"dialogue": row["dialogue"]}} for row in rows("unlabelled")[:8]]
        at.client.projects.import_tasks(id=number, request=data)
        tasks = sorted(str(task.id) for task in listed(at.client.tasks.list(project=number, include="id")))

    def asked(*words: str) -> list[str]:
        command(CommandLine("studio", [], None, [f"queue={run}", "studio.queue_tasks=5", *words]))
        content: list[str] = json.loads(Path(run, "queue.json").read_text())["asked"]
        return content

    assert len(asked("studio.project=Agreed")) == 5
    said = capsys.readouterr().out.splitlines()[-1]
    assert figures(said) == [5, 5] and "done again" in said
    with refused(DataError, "queue-empty", run, f"goldloop studio queue={run} "):
        command(CommandLine("studio", [], None, [f"decide={run}"]))
    assert sorted(asked()) == tasks  # the project is the queue's
    said = capsys.readouterr().out.splitlines()[-1]
    assert figures(said) == [8, 8] and "done again" not in said


@real
def test_copies_are_made_once_also_when_cut_off_and_carry_what_the_original_shows(
    studio: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as at:
        made = at.client.projects.create(title="Many", label_config=INTERFACE)
        request = [{"data": {**DIALOGUE, "number": number}} for number in range(1100)]
        tasks = at.client.projects.import_tasks(id=made.id, request=request, return_task_ids=True).task_ids
        made = at.project(made.id)
        queue = queue_project(at, made, "Which prompt? " + "long/" * 20, None)
        assert queue_project(at, made, "Which prompt? " + "long/" * 20, None) == queue  # cut off before it was kept
        assert copy_tasks(at, made.id, queue, [str(one) for one in tasks[:600]]) == 600
        assert copy_tasks(at, made.id, queue, [str(one) for one in [*tasks[:1099], tasks[-1] + 1000]]) == 1099
        copied = listed(at.client.tasks.list(project=queue, include="id,data", page_size=2000))
        assert {one.data["goldloop_task"]: one.data["number"] for one in copied} == {
            task: number for number, task in enumerate(tasks[:1099])
        }
        at.client.projects.update(id=made.id, label_config=INTERFACE.replace("Payment", "Paid"))
        assert queue_project(at, at.project(made.id), "Which prompt?", queue) == queue
        assert "Paid" in at.project(queue).label_config
        at.client.projects.delete(id=queue)
        assert queue_project(at, made, "Which prompt?", queue) != queue


@real
def test_a_connected_backend_answers_for_originals_and_never_for_copies(
    goldloop: Goldloop, endpoint: Endpoint, studio: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as at, serving(goldloop, *model) as backend:
        made = at.client.projects.create(title="Live", label_config=INTERFACE)
        data = [{"data": {"dialogue": row["dialogue"]}} for row in rows("gold")[:2]]
        tasks = at.client.projects.import_tasks(id=made.id, request=data, return_task_ids=True).task_ids
        assert goldloop("studio", f"studio.project={made.id}", f"studio.backend={backend}").returncode == 0
        at.client.annotations.create(id=tasks[1], result=[area("Which intents?")])
        queue = queue_project(at, at.project(made.id), "Which prompt? live", None)
        copy_tasks(at, made.id, queue, [str(tasks[0])])
        wait_for(lambda: at.client.tasks.get(id=str(tasks[0])).predictions, 30)
        [copy] = copies(at, queue)
        assert copy["data"]["dialogue"] == data[0]["data"]["dialogue"] and copy["predictions"] == []


def test_the_annotations_of_a_copy_are_its_originals(tmp_path: Path) -> None:
    said = annotation(choices(["Payment"]), lead_time=1.0)
    copy = {"id": 70, "data": {**DIALOGUE, "goldloop_task": 7}, "annotations": [said]}
    both = list(joined(iter([task(7, annotation()), task(70)]), iter([copy, {"id": 71, "data": DIALOGUE}])))
    assert [(one["id"], len(one["annotations"])) for one in both] == [(7, 2), (70, 0)]
    assert both[0]["annotations"][1] is said
