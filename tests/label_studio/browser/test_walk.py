"""The tutorial from its first to its last step, as a person walks it: nothing is imported that people would press."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from endpoint import Endpoint
from exported import SAMPLE, rows
from goldloop_process import Goldloop
from label_studio_page import Page
from paths import ROOT
from serve_process import serving, wait_for

from runner.label_studio import task_filters as filtered
from runner.label_studio.client import Studio, connect
from runner.label_studio.dataset import LabelStudio, plain_task
from runner.label_studio.dev_server.server import Server

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

TASKS, CHECKED = 14, 10
BOX = "I have checked this task: the labels are right"


def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: those of the pages with GOLDLOOP_SCREENSHOTS=1."""
    return ROOT / "docs/images" if os.environ.get("GOLDLOOP_SCREENSHOTS") else tmp_path / "images"


def versions(backend: str) -> dict[str, Any]:
    """What the backend says of the one project that it knows."""
    return dict(httpx.get(f"{backend}/versions").json()["projects"][0])


class Walk:
    """The walk so far: the page, the project, and what its gold should be."""

    def __init__(self, page: Page, at: Studio, project: int, images: Path) -> None:
        self.page, self.at, self.project, self.images = page, at, project, images
        self.tasks = list(filtered.tasks(at, project))

    def prompt_typed(self, words: str) -> None:
        self.page.open(self.project, self.tasks[0])
        self.page.switch_on()
        self.page.ask(words)
        self.page.until(lambda: self.page.text("response"), "the reply is shown")

    def retrieve(self) -> None:
        """Predictions for every task, in the Data Manager."""
        self.page.data_manager(self.project)
        self.page.choose_action("Retrieve Predictions")
        self.page.picture(self.images / "label-studio-retrieve.png")
        self.page.press("OK")
        wait_for(lambda: filtered.count(self.at, self.project, filtered.PREDICTED) == len(self.tasks), 60)

    def annotations(self) -> dict[int, Any]:
        """What was annotated, by task."""
        kept = ("id", "result", "updated_at", "lead_time", "ground_truth", "parent_prediction")
        read = map(plain_task, filtered.read(self.at, self.project, page=100, fields="all"))
        return {
            task["id"]: [{name: made[name] for name in kept} for made in task["annotations"]]
            for task in read
            if task["annotations"]
        }

    def export(self) -> list[tuple[str | None, list[str]]]:
        """(the model version an annotation was made of, its labels) of each task, as exported."""
        content = b"".join(self.at.client.projects.exports.download_sync(self.project, download_all_tasks=True))
        read = map(plain_task, filtered.read(self.at, self.project, page=100, fields="all"))
        version = {made["id"]: made["model_version"] for task in read for made in task["predictions"]}
        found = []
        for task in sorted(json.loads(content), key=lambda task: int(task["id"])):
            [made] = task["annotations"]
            chosen = [region["value"]["choices"] for region in made["result"] if region["from_name"] == "labels"]
            found.append((version.get(made["parent_prediction"]), [name for names in chosen for name in names]))
        return found

    def saved(self, number: int, truth: set[str]) -> bool:
        """Whether the server has the labels of a task, and that they were checked."""
        made = self.at.client.annotations.list(id=self.tasks[number])
        held = {name for one in made for region in one.result or [] for name in region["value"].get("choices", ())}
        return held == {*truth, "yes"}

    def check(self, number: int, truth: list[str]) -> None:
        """Correct what is wrong in a task, say that it was checked, and save."""
        page = self.page
        page.open(self.project, self.tasks[number])
        page.until(page.ticked, "the prediction is shown")
        for name in {*page.ticked()} ^ {*truth}:
            page.tick(name)
        page.tick(BOX)
        page.until(lambda: {*page.ticked()} == {*truth, BOX}, "it is as it should be")
        page.press("Update" if page.called("//button[normalize-space()='Update']") else "Submit")
        page.until(lambda: self.saved(number, {*truth}), "saved")


@pytest.fixture
def at(studio: Server, goldloop: Goldloop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    for name, value in {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}.items():
        monkeypatch.setenv(name, value)
        goldloop.environment[name] = value
    with connect(None, "LABEL_STUDIO_API_KEY") as server:
        yield server


def test_from_the_first_to_the_last_step(
    goldloop: Goldloop, endpoint: Endpoint, studio: Server, browser: Any, at: Studio, tmp_path: Path
) -> None:
    gold = rows("gold")[:TASKS]
    texts = [{"id": f"d{number}", "dialogue": row["dialogue"]} for number, row in enumerate(gold)]
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model"]
    model += ["epochs=2", "serve.adopt=not_worse"]  # ten items prove nothing
    page = Page(browser, studio.url)
    with serving(goldloop, *model) as backend:
        done = goldloop(
            "studio", "studio.project=Walk", f"studio.labels={SAMPLE}/labels.yaml", "studio.tasks=texts.json"
        )
        assert done.returncode == 0, done.stderr
        walk = Walk(page, at, int(done.stdout.split("/projects/")[1].split("/")[0]), pictures(tmp_path))
        try:
            page.login(studio.access.email, studio.access.password)
            page.connect(walk.project, "my model", backend)
            page.picture(pictures(tmp_path) / "label-studio-connect.png")
            page.press("Validate and Save")
            page.until(lambda: page.says("Connected"), "connected")
            walk.prompt_typed("Which intents does this dialogue show?")
            page.press("Submit")
            page.until(lambda: page.says("saved successfully"), "saved")
            walk.retrieve()
            for number, row in enumerate(gold[:CHECKED]):
                walk.check(number, row["labels"])
            page.until(lambda: BOX in page.ticked(), "the last task is shown as it was saved")
            page.picture(pictures(tmp_path) / "label-studio-checked.png")
            found = LabelStudio(project=walk.project).load()
            assert [item.gold for item in found.items] == [tuple(row["labels"]) for row in gold[:CHECKED]]
            people, old = walk.annotations(), versions(backend)
            page.train(walk.project)
            wait_for(lambda: versions(backend)["renewal"], 120)
            wait_for(lambda: versions(backend)["renewal"]["status"] == "finished", 60)
            new = versions(backend)["version"]
            assert new != old["version"]
            page.driver.get(f"{backend}/projects/{walk.project}")
            page.until(lambda: page.says(f"{TASKS - CHECKED} of {TASKS} tasks"), "what was renewed stands on the page")
            page.picture(pictures(tmp_path) / "label-studio-page.png")
            page.open(walk.project, walk.tasks[-1])
            page.until(lambda: any(tab.endswith(new[-6:]) for tab in page.tabs()), "the new version is shown")
            assert walk.annotations() == people
            page.data_manager(walk.project)
            page.choose_action("Create Annotations From Predictions")
            page.press("OK")  # as it opens
            wait_for(lambda: len(walk.annotations()) == TASKS, 60)
            exported = walk.export()
            assert {task: made for task, made in walk.annotations().items() if task in people} == people
            assert [version for version, _ in exported[CHECKED:]] == [new] * (TASKS - CHECKED)
            assert [labels for _, labels in exported[:CHECKED]] == [row["labels"] for row in gold[:CHECKED]]
        except BaseException:
            page.picture(tmp_path / "failed.png")
            raise
