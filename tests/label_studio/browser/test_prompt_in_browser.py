"""What an annotator does and sees, in a real browser: a prompt answered, a reason, Start Training, a new version."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from endpoint import Endpoint
from exported import SAMPLE
from goldloop_process import Goldloop
from label_studio_page import Page
from paths import ROOT
from serve_process import serving, wait_for

from runner.core.items import Item
from runner.core.prompt import Demo, Prompt
from runner.datasets.sample import Sample
from runner.label_studio.dev_server.server import Server

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]


def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: those of the pages with GOLDLOOP_SCREENSHOTS=1."""
    return ROOT / "docs/images" if os.environ.get("GOLDLOOP_SCREENSHOTS") else tmp_path / "images"


def version(backend: str) -> str:
    """What the backend serves now."""
    return str(httpx.get(f"{backend}/versions").json()["versions"][0])


def typed_with_turns(page: Page, endpoint: Endpoint, labels: list[str]) -> None:
    """Examples that are typed as turns of the chat are shown as they were typed, and reach the model as turns."""
    examples = [Demo("Hello\nagain", ("Complaint",)), Demo("Bye", ())]
    typed, before = Prompt("Which intents?").with_demos(examples, turns=True), len(endpoint.requests)
    page.ask(typed.render())
    page.until(lambda: len(endpoint.requests) > before, "it is asked")
    page.until(lambda: page.ticked() == labels, "its labels are ticked")
    page.until(lambda: [shown.split() for shown in page.text("prompt")] == [typed.render().split()], "as typed")
    chat = endpoint.requests[-1]["messages"]
    assert [message["role"] for message in chat] == ["system", *["user", "assistant"] * 2, "user"]
    assert chat[1:-1] == typed.messages("")[1:-1]


def test_a_prompt_is_answered_and_training_brings_a_new_version(
    goldloop: Goldloop, endpoint: Endpoint, studio: Server, browser: Any, tmp_path: Path
) -> None:
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    unlabelled = [item.text for item in list(Sample().stream())[:3] if isinstance(item, Item)]
    endpoint.answers = {**{text: ["Information_Request"] for text in unlabelled}, **endpoint.answers}
    (tmp_path / "few.jsonl").write_text("".join((SAMPLE / "unlabelled.jsonl").read_text().splitlines(True)[:3]))
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "epochs=2"]
    with serving(goldloop, *model) as backend, httpx.Client(timeout=60, follow_redirects=True) as http:
        for words in (
            [f"studio.labels={SAMPLE}/labels.yaml", "studio.tasks=few.jsonl"],
            [f"studio.tasks={SAMPLE}/gold.jsonl", f"studio.backend={backend}"],
        ):
            done = goldloop("studio", "studio.project=Support", *words)
            assert done.returncode == 0, done.stderr
        project = int(done.stdout.split("/projects/")[1].split("/")[0])
        from label_studio_sdk.client import LabelStudio

        client = LabelStudio(base_url=studio.url, api_key=studio.access.token, httpx_client=http)
        tasks = sorted(task.id for task in client.tasks.list(project=project, include="id", page_size=100))
        page = Page(browser, studio.url)
        try:
            page.login(studio.access.email, studio.access.password)
            page.open(project, tasks[0])
            assert page.ticked() == []  # no prompt yet, so no prediction
            page.switch_on()
            page.ask("Which intents does this dialogue show?")
            page.until(lambda: page.text("response"), "the reply is shown")
            [reply] = page.text("response")
            page.until(lambda: page.ticked() == reply.split("\n"), "its labels are ticked")
            page.picture(pictures(tmp_path) / "label-studio-prompt.png")
            endpoint.fault = lambda body, number: (400, {"error": {"message": "maximum context length is 8"}}, {})
            page.ask("And now?")
            reason = "goldloop: maximum context length is 8"
            page.until(lambda: page.text("response") == [reason], "the reason is shown")
            assert page.ticked() == []
            page.picture(pictures(tmp_path) / "label-studio-reason.png")
            endpoint.fault = None
            page.ask("Which intents has this dialogue?")
            page.until(lambda: page.ticked() == reply.split("\n"), "it works again")
            typed_with_turns(page, endpoint, reply.split("\n"))
            page.picture(pictures(tmp_path) / "label-studio-turns.png")
            page.press("Submit")
            page.until(lambda: page.says("Annotation saved successfully"), "saved")
            first = version(backend)
            page.train(project)
            page.picture(pictures(tmp_path) / "label-studio-training.png")
            wait_for(lambda: version(backend) != first, 90)
            new = version(backend)
            page.open(project, tasks[1])
            page.until(lambda: any(tab.endswith(new[-6:]) for tab in page.tabs()), "the new version is shown")
            page.picture(pictures(tmp_path) / "label-studio-version.png")
        except BaseException:
            page.picture(tmp_path / "failed.png")
            raise
