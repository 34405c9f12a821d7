"""A task file makes a project: a real Label Studio takes the interface, and what it asks is read from it again."""

import json
from pathlib import Path
from typing import Any

import pytest
from refusals import refused

from runner.cli.label_studio import studio as command
from runner.config.command_line import CommandLine
from runner.core.errors import StudioError
from runner.label_studio.dataset import LabelStudio
from runner.label_studio.dev_server.server import Server
from verifiers.fields import Fields
from verifiers.labels import Labels
from verifiers.number import Number
from verifiers.rating import Rating
from verifiers.spans import Spans
from verifiers.taxonomy import Taxonomy
from verifiers.text import FreeText
from verifiers.verifier import vocabulary_of

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

SPAN = {"label": "person", "start": 5, "end": 8}
TREE = "{home: {kitchen: where one cooks, bath: null}, away: null}"
SEVERAL = f"""
  date: {{type: spans, labels: {{person: who, place: null}}}}
  urgency: {{type: rating, column: Priority, low: 1, high: 4}}
  nights: {{type: number}}
  Größe & Maß: {{type: choice, column: size, labels: [S, M]}}
  tags: {{type: labels, labels: [a, b]}}
  area: {{type: taxonomy, tree: {TREE}}}
  summary: {{type: text}}"""
ONE = {  # what a task file asks, gold in a row, gold as it is read again, and what reads it
    "spans": ("{type: spans, column: gold, labels: {person: who, place: null}}", [SPAN], [SPAN], Spans),
    "rating": ("{type: rating, column: gold, low: 1, high: 7}", 6, 6, Rating),
    "number": ("{type: number, column: gold}", -2.5, -2.5, Number),
    "text": ("{type: text, column: gold}", "a summary", "a summary", FreeText),
    "taxonomy": (
        f"{{type: taxonomy, column: gold, tree: {TREE}}}",
        ["home", "bath"],
        [["home", "bath"]],
        Taxonomy,
    ),
    "choice": ("{type: choice, column: gold, labels: [S, M]}", "M", ("M",), Labels),
}
ROW = {
    "date": [SPAN],
    "Priority": 3,
    "nights": 2,
    "size": "M",
    "tags": ["b"],
    "area": "home > bath",
    "summary": "s",
}


@pytest.fixture
def at(studio: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(folder: Path, title: str, answer: str, *rows: dict[str, Any]) -> None:
    (folder / "task.yaml").write_text(f"text: What they say\nanswer: {answer}\n")
    (folder / "rows.json").write_text(json.dumps([{"What they say": "\r\n 😀 Ada", **row} for row in rows]))
    command(CommandLine("studio", [], None, [f"studio.project={title}", "task=task.yaml", "studio.tasks=rows.json"]))


@pytest.mark.parametrize("kind", ONE)
def test_one_answer_of_each_type(at: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer, gold, again, verifier = ONE[kind]
    made(at, f"Asked {kind}", answer, {"gold": gold})
    out = capsys.readouterr().out
    assert "1 tasks imported (1 with gold)" in out and "PROBLEM" not in out
    data = LabelStudio(project=f"Asked {kind}").load()
    [item] = data.items
    assert (item.text, item.gold) == ("\r\n 😀 Ada", again)
    assert kind == "choice" or type(data.verifier) is verifier
    made(at, f"Asked {kind}", answer, {"gold": gold})  # done again
    assert "no task is new, 1 were there" in capsys.readouterr().out


def test_several_answers_at_once(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(at, "Asked several", SEVERAL, ROW)
    assert "PROBLEM" not in capsys.readouterr().out
    data = LabelStudio(project="Asked several").load()
    assert isinstance(data.verifier, Fields)
    fields = data.verifier.fields
    kinds = [Spans, Rating, Number, Labels, Labels, Taxonomy, FreeText]
    assert all(isinstance(held, kind) for held, kind in zip(fields.values(), kinds, strict=True))
    assert list(vocabulary_of(fields["area"])) == ["home > kitchen", "home > bath", "away"]
    [item] = data.items
    assert item.gold == {
        "date": [SPAN], "urgency": 3, "nights": 2, "Größe & Maß": ["M"], "tags": ["b"],
        "area": [["home", "bath"]], "summary": "s",
    }  # fmt: skip
    with refused(StudioError, "interface-differs", key="task"):
        made(at, "Asked several", "{type: number, column: nights}", {"nights": 2})
