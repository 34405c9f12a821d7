"""An adopted prompt on a real Label Studio: every task that no person labelled shows its prediction, and says so."""

import json
import re
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from endpoint import Endpoint
from exported import INTERFACE, SAMPLE, area, choices, rows
from figures import figures
from goldloop_process import Goldloop
from label_studio_page import Page
from refusals import refused
from run_directories import make_run
from serve_process import answers, free_port, serving, wait_for

from runner.core.errors import StudioError
from runner.datasets.sample import Sample
from runner.label_studio.client import Studio, connect
from runner.label_studio.description import SAID, prompt_shown
from runner.label_studio.dev_server.server import Server
from runner.label_studio.ml_backend.studio_project import opener
from runner.label_studio.task_filters import read

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

PROMPT = "Which intents does this dialogue show?"
PEOPLE = 9


@pytest.fixture
def at(studio: Server, goldloop: Goldloop, monkeypatch: pytest.MonkeyPatch) -> Any:
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as server:
        yield server


def all_tasks(at: Studio, project: int) -> list[dict[str, Any]]:
    return [task.model_dump() for task in read(at, project, page=500, fields="all")]


def versions(task: dict[str, Any]) -> list[str]:
    return [one["model_version"] for one in task["predictions"]]


def given(task: dict[str, Any]) -> list[dict[str, Any]]:
    """A task's annotations, without how long ago they were made."""
    return [{key: value for key, value in one.items() if key != "created_ago"} for one in task["annotations"]]


def label(at: Studio, tasks: list[int]) -> list[Any]:
    return [at.client.annotations.create(id=task, result=[choices(["Other"])], lead_time=3.0).id for task in tasks]


def test_after_an_adopted_training_label_studio_shows_the_new_predictions(
    at: Studio, goldloop: Goldloop, endpoint: Endpoint, studio: Server
) -> None:
    unlabelled = {item.text: ["Information_Request"] for item in Sample().stream()}  # type: ignore[union-attr]
    endpoint.answers = {**unlabelled, **endpoint.answers}
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "epochs=2"]
    with serving(goldloop, *model, "tracker=none") as backend:

        def state() -> dict[str, Any]:
            return dict(httpx.get(f"{backend}/versions").json()["projects"][0])

        for words in (
            [f"studio.labels={SAMPLE}/labels.yaml", f"studio.tasks={SAMPLE}/unlabelled.jsonl"],
            [f"studio.tasks={SAMPLE}/gold.jsonl"],
            [f"studio.backend={backend}"],
        ):
            done = goldloop("studio", "studio.project=Renewal", *words)
            assert done.returncode == 0, done.stderr
        project = int(done.stdout.split("/projects/")[1].split("/")[0])
        tasks = all_tasks(at, project)
        bare = [task["id"] for task in tasks if not task["annotations"]]
        gold = [task["id"] for task in tasks if task["annotations"]]
        assert (len(bare), len(gold)) == (200, 60)
        at.client.annotations.create(id=bare[0], result=[area(PROMPT)], lead_time=2.0)
        wait_for(lambda: state()["prompt"] == PROMPT, 30)
        at.client.actions.create(
            id="retrieve_tasks_predictions", project=project, selected_items={"all": True, "excluded": []}
        )
        old = state()["version"]
        assert sum(versions(task) == [old] for task in all_tasks(at, project)) == 260
        label(at, bare[1:PEOPLE])
        at.client.actions.create(  # annotations that no person made, nor opened
            id="predictions_to_annotations", project=project,
            selected_items={"all": False, "included": bare[-20:]},
            request_options={"additional_body_parameters": {"model_version": old}},
        )  # fmt: skip
        before = {task["id"]: given(task) for task in all_tasks(at, project)}
        assert sum(map(bool, before.values())) == 60 + PEOPLE + 20
        title = at.client.projects.get(id=project).model_version
        [connected] = at.client.ml.list(project=project)
        assert title == connected.title
        began = time.monotonic()
        at.client.ml.train(id=connected.id)
        wait_for(lambda: (state()["training"] or {}).get("status") == "finished", 120)
        trained = time.monotonic()
        wait_for(lambda: state()["renewal"]["status"] == "finished", 120)
        renewed = time.monotonic()
        print(f"trained in {trained - began:.1f} s, then renewed in {renewed - trained:.1f} s")
        new = state()["version"]
        assert new != old and figures(state()["renewal"]["counts"]) == [191, 260, 69], state()["renewal"]
        after = all_tasks(at, project)
        assert {task["id"]: given(task) for task in after} == before  # people's, and all others
        assert Counter(tuple(versions(task)) for task in after) == {(old, new): 191, (old,): 69}
        assert {task["id"] for task in after if new not in versions(task)} == {*gold, *bare[:PEOPLE]}
        seen = at.client.projects.get(id=project)
        assert seen.model_version == new  # of several predictions Label Studio shows the one of this version
        assert f"{backend.replace('127.0.0.1', 'localhost')}/projects/{project}" in seen.description
        assert "proved better" in seen.description and new in seen.description
        shown = httpx.get(
            f"{studio.url}/api/projects/{project}/next",
            headers={"Authorization": f"Token {studio.access.token}"}, timeout=60,
        ).json()  # fmt: skip
        assert [one["model_version"] for one in shown["predictions"]] == [new]
        at.client.annotations.create(id=bare[20], result=[area("Another prompt."), choices(["Other"])], lead_time=2.0)
        wait_for(lambda: state()["renewal"] is None, 30)
        assert at.client.projects.get(id=project).model_version == title  # the backend is asked again


FIGURES = {"difference": 0.1, "interval": [-0.1, 0.3], "p": 0.4, "items": 9, "items_needed": 60}
OLD, NEW = "An old prompt.", "The prompt that was found."


def project_of_250(at: Studio) -> tuple[int, list[int]]:
    """A project whose tasks have predictions of an old version, nine of them labelled by a person."""
    made = at.client.projects.create(title="Killed", label_config=INTERFACE)
    texts = [row["dialogue"] for row in (*rows("unlabelled"), *rows("gold"))][:250]
    data = [{"data": {"dialogue": dialogue}} for dialogue in texts]
    tasks = list(at.client.projects.import_tasks(id=made.id, request=data, return_task_ids=True).task_ids)
    result = [choices(["Other"]), area(OLD)]
    old = [{"task": task, "model_version": "old-1", "result": result} for task in tasks]
    at.client.projects.import_predictions(id=made.id, request=old)
    label(at, tasks[100 : 100 + PEOPLE])
    return int(made.id), tasks


def with_a_training(directory: Path, project: int) -> None:
    """The state of a server whose training of the project ended undecided."""
    decision = {"verdict": "undecided", **FIGURES}
    run = make_run(directory / "outputs/serve-run/1", [True] * 9, prompt=NEW, result={"decision": decision})
    training = {"run": str(run), "pid": 0, "status": "finished", "began": "2026", "words": "not served"}
    state = {"id": str(project), "config": INTERFACE, "typed": None, "known": [], "adopted": None, "versions": []}
    file = directory / f"outputs/serve/projects/{project}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({**state, "training": {**training, "verdict": "undecided"}}))


def press_use(url: str, project: int) -> None:
    """Press the button "Use this prompt"."""
    page = httpx.get(f"{url}/projects/{project}", headers={"Accept": "text/html"}).text
    [token] = re.findall(r'/use"><input type="hidden" name="token" value="(\w+)"', page)
    sent = httpx.post(f"{url}/projects/{project}/use", data={"token": token}, headers={"Origin": url})
    assert sent.status_code == 303


def shown_prompt(browser: Any, studio: Server, project: int, task: int, tmp_path: Path) -> str:
    """The prompt that a person sees who opens a task."""
    page = Page(browser, studio.url)
    page.login(studio.access.email, studio.access.password)
    page.open(project, task)
    [prompt] = page.until(lambda: page.text("prompt"), "a prediction is shown")
    page.picture(tmp_path / "renewed.png")
    return str(prompt)


def test_use_this_prompt_outlives_a_kill_and_is_what_people_see(
    at: Studio, goldloop: Goldloop, endpoint: Endpoint, studio: Server, browser: Any, tmp_path: Path
) -> None:
    unlabelled = {item.text: ["Information_Request"] for item in Sample().stream()}  # type: ignore[union-attr]
    endpoint.answers = {**unlabelled, **endpoint.answers}
    endpoint.delay = 0.1
    project, tasks = project_of_250(at)
    with_a_training(tmp_path, project)
    before = {task["id"]: given(task) for task in all_tasks(at, project)}
    port = free_port()
    url = f"http://localhost:{port}"
    words = ["serve", f"serve.port={port}", "provider=openai", f"provider.base_url={endpoint.url}"]
    words += ["provider.model=fake-model", "provider.concurrency=2"]

    def renewed() -> tuple[str, int]:
        found = httpx.get(f"{url}/versions").json()["projects"][0]["renewal"] or {"status": "", "renewed": 0}
        return found["status"], found["renewed"]

    first = goldloop.start(*words)
    try:
        wait_for(lambda: answers(f"{url}/health"), 60, first)
        done = goldloop("studio", f"studio.project={project}", f"studio.backend={url}", "step=backend")
        assert done.returncode == 0, done.stderr
        press_use(url, project)
        wait_for(lambda: 50 <= renewed()[1] < 200, 90, first)
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    second = goldloop.start(*words)
    try:
        wait_for(lambda: answers(f"{url}/health"), 60, second)
        began = time.monotonic()
        wait_for(lambda: renewed()[0] == "finished", 120, second)
        print(f"the rest after the kill: {time.monotonic() - began:.1f} s")
        told = httpx.get(f"{url}/versions").json()["projects"][0]
        assert figures(told["renewal"]["counts"]) == [241, 250, PEOPLE]
        after = all_tasks(at, project)
        assert {task["id"]: given(task) for task in after} == before
        new = told["version"]
        assert Counter(tuple(versions(task)) for task in after) == {("old-1", new): 241, ("old-1",): PEOPLE}
        paid = [json.dumps(request["messages"]) for request in endpoint.requests]
        assert len(paid) - len(set(paid)) <= 2  # what was under way when it was killed
        seen = at.client.projects.get(id=project)
        assert seen.model_version == new and "undecided" in seen.description
        assert shown_prompt(browser, studio, project, tasks[0], tmp_path) == NEW
    finally:
        second.terminate()
        second.communicate(timeout=60)


def test_what_a_person_wrote_or_chose_in_a_project_is_kept(at: Studio, studio: Server) -> None:
    made = at.client.projects.create(title="Kept", label_config=INTERFACE, description="Ask Ana.")
    tasks = at.client.projects.import_tasks(
        id=made.id, request=[{"data": {"dialogue": row["dialogue"]}} for row in rows("gold")[:4]], return_task_ids=True
    ).task_ids
    result = [choices(["Other"])]
    at.client.projects.import_predictions(
        id=made.id, request=[{"task": tasks[0], "model_version": "theirs", "result": result}]
    )
    at.client.annotations.create(id=tasks[1], result=result)
    at.client.annotations.create(id=tasks[2], result=[], was_cancelled=True)  # skipped, and so labelled by nobody
    opened = opener(studio.url, "LABEL_STUDIO_API_KEY")(made.id)
    with refused(StudioError, "other-project", made.id, "LABEL_STUDIO_URL="):
        opened.wanting("m-1", INTERFACE.replace('value="Other"', 'value="Another"'))
    wanted = opened.wanting("m-1", INTERFACE)
    assert (wanted.total, wanted.there, wanted.by_people) == (4, frozenset(), frozenset({tasks[1]}))
    [[*left], [last]] = opened.chunks(wanted, 2)
    assert [task for task, _ in (*left, last)] == [tasks[0], tasks[2], tasks[3]]
    at.client.tasks.delete(id=str(tasks[3]))
    sent = [{"task": task, "model_version": "m-1", "result": result} for task in (tasks[0], tasks[3])]
    assert opened.send(wanted, sent) == 1  # whose task is gone
    assert opened.stored("m-1") == 1

    def shown() -> str | None:
        found: str | None = at.client.projects.get(id=made.id).model_version
        return found

    at.client.projects.update(id=made.id, model_version="theirs")
    assert "theirs" in opened.show_version("m-1", []) and shown() == "theirs"
    assert opened.show_version("m-1", ["theirs"]) == "" and shown() == "m-1"  # one of ours of before
    opened.show_live("m-2")
    assert shown() == "m-1"
    assert opened.describe("The prompt.", "m-1, proved") == SAID["own"]
    assert at.client.projects.get(id=made.id).description == "Ask Ana."
    at.client.projects.update(id=made.id, description="")
    assert opened.describe("The prompt.", "m-1, proved better, http://localhost:9090/projects/3") == SAID["shown"]
    assert prompt_shown(at.client.projects.get(id=made.id).description) == "The prompt."
    assert opened.describe("Another.", "m-2, undecided, http://localhost:9090/projects/3") == SAID["shown"]
    opened.close()
