"""Labels back into a real Label Studio: predictions, annotations, the prompt, and the queue of disagreements."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from exported import INTERFACE, choices, rows
from figures import figures, sent
from goldloop_process import Goldloop
from refusals import refused

from runner.core.errors import StudioError
from runner.datasets.row_problem import RowProblem
from runner.label_studio.client import Studio, connect, listed
from runner.label_studio.dataset import tasks_of
from runner.label_studio.description import prompt_shown, show_prompt
from runner.label_studio.dev_server.server import Server
from runner.label_studio.predicted_annotations import annotate
from runner.label_studio.predictions import Prediction, count_of, predictions_of, push
from runner.label_studio.sink import LabelStudioSink

real = pytest.mark.xdist_group("label_studio")


@pytest.fixture
def at(studio: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    with connect(None, "LABEL_STUDIO_API_KEY") as server:
        yield server


def project(at: Studio, title: str, tasks: int) -> tuple[Any, list[int]]:
    made = at.client.projects.create(title=title, label_config=INTERFACE)
    data = [{"data": {"dialogue": row["dialogue"]}} for row in (rows("unlabelled") * (tasks // 200 + 1))[:tasks]]
    sent = at.client.projects.import_tasks(id=made.id, request=data, return_task_ids=True)
    return at.client.projects.get(id=made.id), list(sent.task_ids)


@real
def test_predictions_are_sent_once_and_counted(at: Studio) -> None:
    made, tasks = project(at, "Push", 1200)
    all_of_them = [Prediction(task, ["Payment"], 0.5, "Payment") for task in tasks]
    first = push(at, made, all_of_them[:700], "m-1", "The prompt")
    assert (first.sent, first.before, first.stored) == (700, 0, 700)
    again = push(at, made, all_of_them, "m-1", "The prompt")  # as after a kill in the middle
    assert (again.sent, again.before, again.stored) == (500, 700, 1200)
    assert at.client.projects.get(id=made.id).model_version == "m-1"
    task = at.client.tasks.get(id=str(tasks[0])).model_dump()
    [prediction] = task["predictions"]
    assert prediction["score"] == 0.5 and prediction["model_version"] == "m-1"
    by_control = {region["from_name"]: region["value"] for region in prediction["result"]}
    assert by_control["labels"] == {"choices": ["Payment"]}
    assert by_control["prompt"] == {"text": ["The prompt"]} and by_control["response"] == {"text": ["Payment"]}


@real
def test_deleted_tasks_are_left_out_and_counted(at: Studio, tmp_path: Path) -> None:
    made, tasks = project(at, "Deleted", 1200)
    project(at, "Neighbour", 3)  # whose tasks have the numbers that follow
    gone = [tasks[3], tasks[900]]  # Label Studio may take in the first hundreds before it meets the second
    for task in gone:
        at.client.tasks.delete(id=str(task))
    record = tmp_path / "labels.jsonl"
    rows = [{"id": str(task), "labels": ["Payment"]} for task in [*tasks, tasks[-1] + 1]]
    record.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = LabelStudioSink(project="Deleted").deliver(record, "m-2", "Words")
    assert figures(told) == [1198, 1198, 3] and "m-2" in told
    assert all(task.total_predictions == 1 for task in listed(at.client.tasks.list(project=made.id, fields="all")))
    again = LabelStudioSink(project="Deleted").deliver(record, "m-2", "Words")
    assert figures(again) == [0, 1198, 1198, 3]
    with refused(StudioError, "tasks-gone", key=str(made.id)):
        push(at, made, [Prediction(task, ["Payment"], None) for task in gone], "m-3", None)


@real
def test_tasks_that_are_deleted_while_they_are_read_move_no_others(at: Studio) -> None:
    made, tasks = project(at, "Moving", 7)
    read = tasks_of(at, made.id, page=2)
    seen = [next(read)["id"], next(read)["id"]]
    for task in tasks[:2]:
        at.client.tasks.delete(id=str(task))
    assert seen + [task["id"] for task in read] == tasks


@real
def test_annotations_are_made_for_tasks_that_nobody_labelled_or_skipped(at: Studio) -> None:
    made, tasks = project(at, "Annotate", 7)
    at.client.annotations.create(id=tasks.pop(), result=[], was_cancelled=True)
    at.client.annotations.create(id=tasks[0], result=[choices(["Other"])], ground_truth=True)
    labels = [["Payment"]] * 4 + [[]] * 2
    push(at, made, [Prediction(task, said, None) for task, said in zip(tasks, labels, strict=True)], "m", None)
    push(at, made, [Prediction(tasks[-1] + 1, ["Payment"], None)], "m", None)  # the one that was skipped
    first = annotate(at, made.id, "m")
    assert (first.made, first.renewed, first.people) == (5, 0, 2)  # one has gold, one was skipped
    assert annotate(at, made.id, "m") == replace(first, made=0, current=5)
    gold = at.client.tasks.get(id=str(tasks[0])).model_dump()["annotations"]
    assert len(gold) == 1 and gold[0]["ground_truth"]


@real
def test_what_the_interface_would_drop_is_refused_before_it_is_sent(at: Studio) -> None:
    made, tasks = project(at, "Unfit", 2)
    with refused(StudioError, "prediction-unfit", key=str(tasks[1])) as told:
        push(at, made, [Prediction(tasks[0], ["Payment"], 1.0), Prediction(tasks[1], ["Nonsense"], 1.0)], "m", None)
    assert "Nonsense" in str(told.value)
    assert count_of(at, made.id, "m") == 0


@real
def test_the_sink_sends_a_record_and_shows_the_prompt(at: Studio, tmp_path: Path) -> None:
    made, tasks = project(at, "Sink", 3)
    lines = [{"id": str(task), "labels": ["Payment"], "score": 0.25} for task in tasks[:2]]
    lines.append({"id": str(tasks[2]), "labels": None, "failure": "timeout"})
    record = tmp_path / "labels.jsonl"
    record.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"id": "9')
    sink = LabelStudioSink(project="Sink", annotations=True)
    sink.check()
    told = sink.deliver(record, "v9", "Best words")
    assert figures(told) == [2, 2, 2, 0, 0] and "v9" in told
    description = at.client.projects.get(id=made.id).description
    assert prompt_shown(description) == prompt_shown(description.replace("\n", "\r\n")) == "Best words"
    at.client.projects.update(id=made.id, description="Ours")
    assert figures(sink.deliver(record, "v9", "Best words")) == [0, 2, 2, 0, 0, 2, 0]
    assert at.client.projects.get(id=made.id).description == "Ours"
    with refused(StudioError, "project-unknown", key="Sunk"):
        LabelStudioSink(project="Sunk").check()


@real
def test_a_description_that_a_person_changed_is_left_as_it_is(at: Studio) -> None:
    made, _ = project(at, "Description", 1)

    def described(text: str | None = None) -> str:
        if text is not None:
            at.client.projects.update(id=made.id, description=text)
        return str(at.client.projects.get(id=made.id).description)

    for words in ("v1", "v2 (of a, b)"):  # its own text it replaces; ``made`` is as the project was before
        assert show_prompt(at, made, f"\nLabel it.\r\n\nAs {words}  \n", words) == "shown"
        assert prompt_shown(described()).endswith(f"As {words}")
    ours = described()
    assert show_prompt(at, made, "New", "v3") == "shown"
    older = "Labelling prompt found by goldloop (v0):\n\nwhoever wrote this"  # has no hash, so it may be a person's
    for text in (ours + "\n\nAsk Ana", ours.replace("Label it", "Tag it"), ours.replace("(v2", "(our v2"), older):
        told = show_prompt(at, at.client.projects.get(id=made.id), "New", "v3") if described(text) else ""
        assert told == "changed"
        assert described() == text.strip()
    assert described("Ours") and show_prompt(at, made, "New", "v3") == "own"
    described("")
    show_prompt(at, made, "New", "v3")
    assert prompt_shown(described()) == "New"


def test_rows_that_are_no_tasks_are_named() -> None:
    assert list(predictions_of([{"id": "7", "labels": None}, {"id": "8", "labels": []}])) == [Prediction(8, [], None)]
    with pytest.raises(RowProblem) as told:
        list(predictions_of([{"id": "chat-1", "labels": ["a"]}]))
    assert told.value.code == "not-a-task-number" and "'chat-1'" in str(told.value)


@real
def test_after_a_run_every_task_has_the_best_prompts_prediction(
    at: Studio, goldloop: Goldloop, endpoint: Endpoint, studio: Server, tmp_path: Path
) -> None:
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    project(at, "After a run", 20)
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    done = goldloop(*model, "epochs=0", "studio.project=After a run", "studio.push=true", "max_failed=1")
    assert done.returncode == 0, done.stderr
    pushed, stored = sent(done.stdout)
    assert pushed == stored
    without = goldloop(*model, "epochs=0", "studio.push=true")
    assert without.returncode == 2 and "studio.project" in without.stderr
    swept = goldloop("-m", *model, "seed=1,2", "studio.project=1", "studio.push=true")
    assert swept.returncode == 2 and "studio.push" in swept.stderr
