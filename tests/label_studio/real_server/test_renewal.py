"""An adopted prompt on a real Label Studio: every task that no person labelled shows its prediction, and says so."""

import time
from collections import Counter
from typing import Any

import httpx
import pytest
from endpoint import Endpoint
from exported import SAMPLE, area, choices
from figures import figures
from goldloop_process import Goldloop
from serve_process import serving, wait_for

from runner.datasets.sample import Sample
from runner.label_studio.client import Studio, connect
from runner.label_studio.dev_server.server import Server
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
