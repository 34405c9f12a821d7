"""goldloop label target=... in a project: trusted labels become annotations, people get a tab with the rest."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from colours import ROWS, Knowing, colour, doubtful, finished_run, logprobs
from endpoint import Running
from goldloop_process import Goldloop

from runner.label_studio.client import Studio, connect, listed
from runner.label_studio.dev_server.server import Server

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

XML = """<View><Text name="text" value="$text"/><Choices name="colour" toName="text" choice="single">
<Choice value="red"/><Choice value="green"/><Choice value="blue"/></Choices></View>"""


@pytest.fixture
def at(studio: Server, goldloop: Goldloop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as server:
        yield server


def tab(at: Studio, project: int) -> list[Any]:
    """The tasks of the tab for people, as the Data Manager shows them."""
    views = [view for view in listed(at.client.views.list(project=project)) if view.data["title"] == "For people"]
    assert len(views) == 1
    return list(listed(at.client.tasks.list(project=project, view=views[0].id, fields="all")))


def test_trusted_labels_become_annotations_and_people_answer_the_rest(
    at: Studio, goldloop: Goldloop, tmp_path: Path
) -> None:
    project = int(at.client.projects.create(title="Colours", label_config=XML).id)
    at.client.projects.import_tasks(id=project, request=[{"data": {"text": f"row {n}"}} for n in range(1, ROWS + 1)])
    with Running(Knowing(logprobs=logprobs, any_model=True)) as up:
        run = finished_run(goldloop, up.url)
        words = ["dataset=label_studio", f"studio.project={project}", "sink=label_studio", "studio.annotations=true"]
        done = goldloop("label", str(run), *words, "target=0.95")
        assert done.returncode == 0, done.stderr
    assert "10 tasks for people, least certain first, in the tab 'For people'" in done.stdout
    assert "30 annotations made" in done.stdout
    numbers = [int(task.data["text"].split()[1]) for task in tab(at, project)]
    assert numbers == [n for n in range(ROWS, 0, -1) if doubtful(f"row {n}")]
    tasks = list(listed(at.client.tasks.list(project=project, fields="all")))
    bare = {int(task.data["text"].split()[1]) for task in tasks if not task.total_annotations}
    assert bare == set(numbers)
    for task in tab(at, project)[:9]:
        choice = {"choices": [colour(int(task.data["text"].split()[1]))]}
        result = [{"from_name": "colour", "to_name": "text", "type": "choices", "value": choice}]
        at.client.annotations.create(id=task.id, result=result, lead_time=3.0)
    directory = next(tmp_path.glob("outputs/label/*"))
    again = goldloop("label", f"resume={directory}", "review=project")
    assert again.returncode == 0, again.stderr
    assert json.loads((directory / "result.json").read_text())["reviewed"] == 9
    gold = [json.loads(line) for line in (directory / "gold.jsonl").read_text().splitlines()]
    reviewed = [row for row in gold if row["text"].startswith("row ")]
    assert len(reviewed) == 9 and {row["part"] for row in reviewed} == {"reflect"}
    assert all(row["labels"] == [colour(int(row["text"].split()[1]))] for row in reviewed)
    assert len(tab(at, project)) == 1
