"""The tutorial from its first to its last step, as a person walks it: nothing is imported that people would press."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from exported import SAMPLE, rows
from goldloop_process import Goldloop
from label_studio_page import Page
from serve_process import serving, wait_for

from runner.label_studio import task_filters as filtered
from runner.label_studio.client import Studio, connect
from runner.label_studio.dataset import LabelStudio
from runner.label_studio.dev_server.server import Server

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

TASKS, CHECKED = 14, 10
BOX = "I have checked this task: the labels are right"


class Walk:
    """The walk so far: the page, the project, and what its gold should be."""

    def __init__(self, page: Page, at: Studio, project: int) -> None:
        self.page, self.at, self.project = page, at, project
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
        self.page.press("OK")
        wait_for(lambda: filtered.count(self.at, self.project, filtered.PREDICTED) == len(self.tasks), 60)

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
        page.until(lambda: page.says("saved successfully") or page.says("updated successfully"), "saved")


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
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "epochs=2"]
    page = Page(browser, studio.url)
    with serving(goldloop, *model) as backend:
        done = goldloop(
            "studio", "studio.project=Walk", f"studio.labels={SAMPLE}/labels.yaml", "studio.tasks=texts.json"
        )
        assert done.returncode == 0, done.stderr
        walk = Walk(page, at, int(done.stdout.split("/projects/")[1].split("/")[0]))
        try:
            page.login(studio.access.email, studio.access.password)
            page.connect(walk.project, "my model", backend)
            page.press("Validate and Save")
            page.until(lambda: page.says("Connected"), "connected")
            walk.prompt_typed("Which intents does this dialogue show?")
            page.press("Submit")
            page.until(lambda: page.says("saved successfully"), "saved")
            walk.retrieve()
            for number, row in enumerate(gold[:CHECKED]):
                walk.check(number, row["labels"])
            found = LabelStudio(project=walk.project).load()
            assert [item.gold for item in found.items] == [tuple(row["labels"]) for row in gold[:CHECKED]]
        except BaseException:
            page.picture(tmp_path / "failed.png")
            raise
