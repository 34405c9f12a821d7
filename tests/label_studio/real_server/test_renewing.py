"""Annotations made of predictions in a real Label Studio: renewed to a new version, and people's never touched."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from endpoint import Endpoint
from exported import INTERFACE, area, choices, rows
from goldloop_process import Goldloop
from serve_process import serving, wait_for

from runner.core.errors import StudioError
from runner.label_studio.client import Studio, connect, listed
from runner.label_studio.dev_server.server import Server
from runner.label_studio.predicted_annotations import Annotated, annotate
from runner.label_studio.predictions import Prediction, push

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

EVERY = {"all": True, "excluded": []}


@pytest.fixture
def at(studio: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as server:
        yield server


def project(at: Studio, title: str, tasks: int) -> tuple[Any, list[int]]:
    made = at.client.projects.create(title=title, label_config=INTERFACE)
    data = [{"data": {"dialogue": row["dialogue"]}} for row in rows("gold")[:tasks]]
    sent = at.client.projects.import_tasks(id=made.id, request=data, return_task_ids=True)
    return at.client.projects.get(id=made.id), list(sent.task_ids)


def predict(at: Studio, made: Any, tasks: list[int], label: str, version: str) -> None:
    push(at, made, [Prediction(task, [label], 0.5, label) for task in tasks], version, f"The prompt of {version}")


def from_predictions(at: Studio, made: Any, version: str | None) -> None:
    """Create Annotations From Predictions, as the Data Manager's dialogue asks for it."""
    at.client.actions.with_raw_response.create(
        id="predictions_to_annotations",
        project=made.id,
        selected_items=EVERY,
        request_options={"additional_body_parameters": {"model_version": version}},
    )


def kept(at: Studio, made: Any) -> dict[int, list[dict[str, Any]]]:
    """The annotations of each task."""
    tasks = listed(at.client.tasks.list(project=made.id, fields="all", page_size=100))
    return {task.id: list(task.model_dump()["annotations"]) for task in tasks}


def chosen(annotation: dict[str, Any]) -> list[str]:
    return next((one["value"]["choices"] for one in annotation["result"] if one["type"] == "choices"), [])


class Cut:
    """The SDK's client, but the connection breaks after so many changes of annotations."""

    def __init__(self, client: Any, after: int) -> None:
        self._client, self._left = client, after
        self.annotations = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get(self, **what: Any) -> Any:
        return self._client.annotations.get(**what)

    def update(self, **what: Any) -> Any:
        import httpx

        self._left -= 1
        if self._left < 0:
            raise httpx.ConnectError("the connection broke")
        return self._client.annotations.update(**what)


def test_machine_made_annotations_are_renewed_and_peoples_are_left_as_they_are(at: Studio, studio: Server) -> None:
    made, tasks = project(at, "Renew", 14)
    predict(at, made, tasks[:12], "Payment", "v-one")
    from_predictions(at, made, "v-one")  # nobody opened them
    before = {task: every[0] for task, every in kept(at, made).items() if every}
    changed, submitted, marked, skipped, scripted, begun, deleted = tasks[:7]
    change = at.client.annotations.update
    change(id=before[changed]["id"], result=[choices(["Other"])], lead_time=4.0)
    change(id=before[submitted]["id"], lead_time=2.0)
    change(id=before[marked]["id"], ground_truth=True)
    change(id=before[skipped]["id"], was_cancelled=True)
    change(id=before[scripted]["id"], result=[choices(["Other"])])
    at.http.post(
        f"{at.url}/api/tasks/{begun}/annotations/{before[begun]['id']}/drafts",
        json={"result": [choices(["Other"])], "lead_time": 1.0},
        headers={"Authorization": f"Token {studio.access.token}"},
    ).raise_for_status()
    at.client.annotations.create(id=tasks[7], result=[choices(["Other"])], lead_time=3.0)  # beside the model's
    at.client.annotations.create(id=tasks[12], result=[choices(["Other"])], was_cancelled=True)
    people = kept(at, made)
    predict(at, made, [*tasks[:11], *tasks[12:]], "Refund_Request", "v-two")  # not of the one at 11
    at.client.tasks.delete(id=str(deleted))

    with pytest.raises(StudioError) as cut:
        annotate(replace(at, client=Cut(at.client, after=1)), made.id, "v-two")
    assert cut.value.code == "unreachable"
    assert all(every for task, every in kept(at, made).items() if task != tasks[13])  # not one of them has lost its own

    done = annotate(at, made.id, "v-two")
    assert done == Annotated(made=1, renewed=3, current=1, people=8, older=1)
    after = kept(at, made)
    untouched = {changed, submitted, marked, skipped, scripted, begun, tasks[12]}
    assert {task: after[task] for task in untouched} == {task: people[task] for task in untouched}
    assert after[tasks[11]] == people[tasks[11]]
    theirs, renewed = sorted(after[tasks[7]], key=lambda one: one["lead_time"] is None)
    assert chosen(theirs) == ["Other"] and chosen(renewed) == ["Refund_Request"]
    for task in tasks[8:11]:
        [renewed] = after[task]
        assert chosen(renewed) == ["Refund_Request"] and renewed["id"] == before[task]["id"]
        assert renewed["lead_time"] is None and renewed["parent_prediction"] != before[task]["parent_prediction"]
    assert [chosen(one) for one in after[tasks[13]]] == [["Refund_Request"]]

    again = annotate(at, made.id, "v-two")
    assert again == Annotated(made=0, renewed=0, current=5, people=8, older=1)
    assert kept(at, made) == after


def test_what_somebody_changes_while_the_rest_is_renewed_stays_theirs(at: Studio) -> None:
    made, tasks = project(at, "Renew meanwhile", 3)
    predict(at, made, tasks, "Payment", "v-one")
    annotate(at, made.id, "v-one")
    before = kept(at, made)
    predict(at, made, tasks, "Refund_Request", "v-two")

    class Meanwhile(Cut):
        def update(self, **what: Any) -> Any:
            if what["id"] == before[tasks[0]][0]["id"]:  # the page was read by now
                at.client.annotations.update(id=before[tasks[1]][0]["id"], result=[choices(["Other"])], lead_time=9.0)
                at.client.annotations.delete(id=before[tasks[2]][0]["id"])
            return at.client.annotations.update(**what)

    done = annotate(replace(at, client=Meanwhile(at.client, 9)), made.id, "v-two")
    assert (done.renewed, done.people, done.made) == (1, 2, 1)  # the one that was deleted is made
    assert [chosen(every[0]) for every in kept(at, made).values()] == [
        ["Refund_Request"],
        ["Other"],
        ["Refund_Request"],
    ]


def test_with_a_backend_the_dialogue_offers_the_version_that_was_pushed_and_the_backend_still_predicts(
    at: Studio, goldloop: Goldloop, endpoint: Endpoint, studio: Server
) -> None:
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    made, tasks = project(at, "Dialogue", 7)
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]

    def versions() -> list[list[str]]:
        found = listed(at.client.tasks.list(project=made.id, fields="all"))
        return [[one["model_version"] for one in task.model_dump()["predictions"]] for task in found]

    def opened(task: int) -> int:
        """How many predictions a person who opens the task has; where it had none, the backend is asked."""
        return len(at.client.tasks.get(id=str(task)).predictions)

    with serving(goldloop, *model) as backend:
        done = goldloop("studio", f"studio.project={made.id}", f"studio.backend={backend}", "step=backend")
        assert done.returncode == 0, done.stderr
        predict(at, made, tasks[:4], "Payment", "v-pushed")
        checked = goldloop("studio", f"studio.project={made.id}", "step=check").stdout
        assert "ok       predictions: 4 tasks" in checked and "v-pushed" in checked
        assert at.client.projects.get(id=made.id).model_version == "v-pushed"
        offered = at.http.get(
            f"{at.url}/api/dm/actions/predictions_to_annotations/form?project={made.id}",
            headers={"Authorization": f"Token {studio.access.token}"},
        ).json()[0]["fields"][0]["value"]
        from_predictions(at, made, offered)  # confirmed as it opens
        assert [len(every) for every in kept(at, made).values()] == [1, 1, 1, 1, 0, 0, 0]
        at.client.annotations.create(id=tasks[6], result=[area("Which intents?")])
        wait_for(lambda: opened(tasks[5]) == 1, 30)
        at.client.actions.create(id="retrieve_tasks_predictions", project=made.id, selected_items=EVERY)
        found = versions()
        assert [len(each) for each in found] == [2, 2, 2, 2, 1, 1, 1]
        assert len({each[-1] for each in found}) == 1 and found[0][-1] != "v-pushed"
