"""The queue of disagreements: what is asked, what counts as an answer, and what is decided of it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from exported import INTERFACE, annotation, choices, rows
from figures import figures
from goldloop_process import Goldloop
from refusals import refused
from run_records import PREDICTION, RESULT

from runner.cli.label_studio import studio as command
from runner.config.command_line import CommandLine
from runner.core.errors import DataError
from runner.datasets.sample import Sample
from runner.label_studio.client import connect, listed
from runner.label_studio.dev_server.server import Server
from runner.label_studio.disagreements import (
    Disagreements,
    Labelled,
    decided,
    differing,
    read_disagreements,
    show_disagreements,
)
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.predicted_annotations import annotate
from runner.label_studio.predictions import Prediction, push
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
    taken_over = annotation(said, parent_prediction=7, lead_time=3.5)  # opened and submitted as it was shown
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


@real
def test_disagreements_become_a_queue_and_its_labels_a_decision(
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
        assert figures(out.splitlines()[-2]) == [len(first["tasks"]), 15]
        # Predictions turned into annotations are nobody's word.
        push(at, made, [Prediction(int(one), ["Payment"], None) for one in first["tasks"]], "m", None)
        assert annotate(at, made.id, "m").made == len(first["tasks"])
        before = said(f"decide={run}")
        assert figures(before.splitlines()[-2])[:2] == [0, len(first["tasks"])]
        assert decision()["arrived"] == 0
        for one in first["tasks"]:
            at.client.annotations.create(id=int(one), result=[choices(["Payment"])], lead_time=2.0)
        # More tasks: those of the first time stay, and so do their labels.
        elsewhere = [
            int(t.id)
            for t in listed(at.client.tasks.list(project=made.id, include="id"))
            if str(t.id) not in first["asked"]
        ]
        push(at, made, [Prediction(one, ["Payment"], None) for one in elsewhere[:6]], "m", None)
        out = said(f"queue={run}", "studio.queue_tasks=15")
        both = json.loads((tmp_path / run / "queue.json").read_text())
        assert len(both["asked"]) == 30 and both["tasks"].items() > first["tasks"].items()
        assert not {str(one) for one in elsewhere[:6]} & both["tasks"].keys()
        [left_out] = [line for line in out.splitlines() if "predictions" in line]
        assert 0 < figures(left_out)[0] <= 6
        [view] = at.client.views.list(project=made.id)
        shown = {str(one.id) for one in listed(at.client.tasks.list(view=view.id, include="id"))}
        assert view.data["title"] == both["title"] and shown == set(both["tasks"])
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
def test_a_tab_of_many_tasks_opens(studio: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as at:
        made = at.client.projects.create(title="Many", label_config=INTERFACE)
        sent = at.client.projects.import_tasks(id=made.id, request=[{"data": DIALOGUE}] * 1100, return_task_ids=True)
        tasks = {str(one): (["Payment"], []) for one in sent.task_ids}
        show_disagreements(at, Disagreements(made.id, "Tab", list(tasks), tasks))
        [view] = at.client.views.list(project=made.id)
        assert at.client.tasks.list(view=view.id, include="id", page_size=1).response.total == 900
