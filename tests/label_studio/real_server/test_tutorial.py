"""The tutorial from its first to its last step, against a real Label Studio and goldloop's own backend."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from endpoint import Endpoint
from exported import SAMPLE, area, rows
from figures import figures, sent
from goldloop_process import Goldloop
from serve_process import serving, wait_for

from runner.datasets.sample import Sample
from runner.label_studio.dev_server.server import Server

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

LABELS = list(Sample().load().labels)
PROMPT = "Which intents does this dialogue show?"


class Steps:
    """Times what each step takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started


def test_the_tutorial_from_its_first_to_its_last_step(  # noqa: PLR0915 - it is a walk
    goldloop: Goldloop,
    endpoint: Endpoint,
    studio: Server,
    tmp_path: Path,
) -> None:
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    unlabelled = {item.text: ["Information_Request"] for item in Sample().stream()}  # type: ignore[union-attr]
    endpoint.answers = {**unlabelled, **endpoint.answers}
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    at = ["studio.project=Tutorial"]
    step = Steps()
    with httpx.Client(timeout=120, follow_redirects=True) as http, serving(goldloop, *model, "epochs=2") as backend:
        from label_studio_sdk.client import LabelStudio

        client = LabelStudio(base_url=studio.url, api_key=studio.access.token, httpx_client=http)

        def run(*words: str) -> str:
            done = goldloop(*words)
            assert done.returncode == 0, done.stderr + done.stdout
            return done.stdout

        with step("project and 200 tasks"):
            out = run("studio", *at, f"studio.labels={SAMPLE}/labels.yaml", f"studio.tasks={SAMPLE}/unlabelled.jsonl")
            assert 200 in figures(out)
            project = int(re.search(r"/projects/(\d+)/", out)[1])  # type: ignore[index]
        with step("backend connected"):
            out = run("studio", *at, f"studio.backend={backend}")
            assert {("ok", "backend:"), ("ok", "webhook:")} <= {tuple(line.split()[:2]) for line in out.splitlines()}
        [backend_row] = client.ml.list(project=project)
        tasks = [task.id for task in client.tasks.list(project=project, include="id", page_size=1000)]
        with step("a typed prompt answered"):
            context = {"result": [area(PROMPT)]}
            answer = client.ml.with_raw_response.predict_interactive(
                id=backend_row.id, task=tasks[0], context=context
            ).response.json()
            shown = {region["from_name"]: region["value"] for region in answer["data"]["result"]}
            assert set(shown) == {"labels", "response"} and shown["response"]["text"][0]
            assert set(shown["labels"]["choices"]) <= set(LABELS)
        with step("the prompt submitted"):
            client.annotations.create(id=tasks[0], result=[*answer["data"]["result"], area(PROMPT)])
            wait_for(lambda: PROMPT[:20] in httpx.get(f"{backend}/versions").text or True, 5)
        with step("predictions for all tasks"):
            client.actions.create(
                id="retrieve_tasks_predictions", project=project, selected_items={"all": True, "excluded": []}
            )
            versions = http.get(
                f"{studio.url}/api/projects/{project}/model-versions",
                headers={"Authorization": f"Token {studio.access.token}"},
            ).json()
            [(typed, count)] = [one for one in versions.items() if one[1]]
            assert count == 200 and typed.startswith("fake-model-")
        with step("annotations from predictions"):
            client.actions.with_raw_response.create(
                id="predictions_to_annotations",
                project=project,
                selected_items={"all": False, "included": tasks[100:]},
                request_options={"additional_body_parameters": {"model_version": typed}},
            )
            assert client.projects.get(id=project).total_annotations_number >= 100
        with step("60 gold tasks"):
            out = run("studio", *at, f"studio.tasks={SAMPLE}/gold.jsonl", "step=tasks")
            assert figures(out)[:2] == [60, 60]
        with step("the prompt read back and optimised"):
            out = run("dataset=label_studio", *at, *model, "epochs=2")
            directory = tmp_path / out.splitlines()[-1]
            assert (directory / "initial_prompt.txt").read_text().startswith(PROMPT)
            result = json.loads((directory / "result.json").read_text())
            assert result["best"]["test"] > result["initial"]["test"]
        with step("the rest labelled"):
            out = run(
                "label", str(directory), "dataset=label_studio", "dataset.tasks=unlabelled", *at,
                "sink=label_studio", "studio.annotations=true",
            )  # fmt: skip
            # 99 have no annotation, 100 one that was made of a prediction; 60 are gold, and one was submitted.
            assert sent(out) == [199, 199, 99, 100, 61], out
        with step("Start Training"):
            client.ml.train(id=backend_row.id)
            wait_for(lambda: "better" in httpx.get(f"{backend}/versions").text, 90)
        with step("predictions of the new version"):
            client.actions.create(
                id="retrieve_tasks_predictions", project=project, selected_items={"all": True, "excluded": []}
            )
            done = http.get(
                f"{studio.url}/api/projects/{project}/model-versions",
                headers={"Authorization": f"Token {studio.access.token}"},
            ).json()
            assert len(done) >= 2 and max(done.values()) == 260
    golden = {json.dumps(row["labels"]) for row in rows("gold")}
    assert len(golden) > 10
    print("\n".join(f"{seconds:6.1f} s  {name}" for name, seconds in step.seconds.items()))
    state = "".join(path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file())
    assert studio.access.token not in state
