"""The commands of docs/label-studio.md, in their order, against a real Label Studio."""

import json
import shlex
from pathlib import Path

import pytest
from endpoint import Endpoint
from exported import INTERFACE, SAMPLE, gold_tasks, rows
from goldloop_process import Goldloop
from markdown import blocks
from paths import ROOT
from serve_process import free_port, serving
from tickets import tickets

from runner.datasets.sample import Sample
from runner.label_studio.client import connect
from runner.label_studio.dev_server.server import Server

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]


def tab(studio: Server, title: str, name: str) -> None:
    """A tab of all tasks, as somebody makes it in the Data Manager."""
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as at:
        [project] = at.projects_called(title)
        at.client.views.create(project=project.id, data={"title": name})


def test_the_commands_of_the_page_run_in_their_order(
    goldloop: Goldloop, endpoint: Endpoint, studio: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    endpoint.answers = {**{item.text: ["Payment"] for item in Sample().stream()}, **endpoint.answers}  # type: ignore[union-attr]
    (tmp_path / "labels.yaml").write_text((SAMPLE / "labels.yaml").read_text())
    lines = [*rows("gold"), *rows("unlabelled")[:30]]
    (tmp_path / "texts.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "export.json").write_text(json.dumps(gold_tasks()))
    (tmp_path / "interface.xml").write_text(INTERFACE)
    [task] = blocks(ROOT / "docs/answers.md", "yaml")
    (tmp_path / "ticket.yaml").write_text(task)
    (tmp_path / "tickets.csv").write_text(tickets())
    lines_of_page = [line for block in blocks(ROOT / "docs/label-studio.md", "bash") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines_of_page]
    [serve] = [words for words in commands if words[0] == "serve"]
    commands.remove(serve)
    model = [f"provider.base_url={endpoint.url}", "provider.model=fake-model", "epochs=1"]
    port, run = free_port(), "outputs/optimize/TIME"
    with serving(goldloop, *serve[1:], *model, port=port):
        for words in commands:
            given = [word.replace("localhost:9090", f"127.0.0.1:{port}") for word in words]
            if given[0].startswith("dataset="):
                given = [*dict.fromkeys([*given, "provider=openai", *model, "tracker=none"])]
            if given[-1] == "gold=Checked":
                tab(studio, "Support", "Checked")
            done = goldloop(*[word.replace("outputs/optimize/TIME", run) for word in given])
            assert done.returncode == 0, f"{words}: {done.stderr}"
            if given[0].startswith("dataset=") and run.endswith("TIME"):
                run = done.stdout.splitlines()[-1].rstrip("/")
    assert len(commands) >= 8
