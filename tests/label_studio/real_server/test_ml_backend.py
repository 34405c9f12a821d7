"""The backend with a real Label Studio: what that stores of the answers, shows of a refusal, and its passwords."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from endpoint import Endpoint
from exported import INTERFACE, area, rows
from goldloop_process import Goldloop
from serve_process import serving, wait_for

from runner.label_studio.dev_server.server import Server

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

PROMPT = "Which intents does this dialogue show?"
PASSWORD = {"GOLDLOOP_SERVE_USER": "me", "GOLDLOOP_SERVE_PASSWORD": "a-password-of-ours"}


@pytest.fixture
def client(studio: Server) -> Iterator[Any]:
    from label_studio_sdk.client import LabelStudio

    with httpx.Client(timeout=120, follow_redirects=True) as http:
        yield LabelStudio(base_url=studio.url, api_key=studio.access.token, httpx_client=http)


@pytest.fixture
def at(goldloop: Goldloop, studio: Server) -> Goldloop:
    """goldloop as a process that knows the server."""
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    return goldloop


def seen_by(backend: str) -> Callable[[str], int]:
    """How many webhooks of an action the backend took, as its metrics say."""
    login = PASSWORD["GOLDLOOP_SERVE_USER"], PASSWORD["GOLDLOOP_SERVE_PASSWORD"]

    def seen(action: str) -> int:
        text = httpx.get(f"{backend}/metrics", auth=login).text
        return sum(int(line.split()[-1]) for line in text.splitlines() if f'"{action}"' in line)

    return seen


def stored(client: Any, project: int) -> list[Any]:
    return [one for task in client.tasks.list(project=project, fields="all") for one in task.predictions]


def test_only_what_was_predicted_is_stored_and_the_rest_comes_later(
    at: Goldloop, client: Any, endpoint: Endpoint
) -> None:
    endpoint.delay = 0.1
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    project = client.projects.create(title="Deadline", label_config=INTERFACE).id
    some = [{"data": {"dialogue": row["dialogue"]}} for row in rows("gold")[:40]]
    client.projects.import_tasks(id=project, request=some)

    def retrieve() -> int:
        everything = {"all": True, "excluded": []}
        client.actions.create(id="retrieve_tasks_predictions", project=project, selected_items=everything)
        found = stored(client, project)
        assert all(json.loads(json.dumps(one["result"] if isinstance(one, dict) else one.result)) for one in found)
        return len(found)

    with serving(at, *model, "provider.concurrency=2", "serve.deadline=1") as backend:
        assert at("studio", f"studio.project={project}", f"studio.backend={backend}").returncode == 0
        assert retrieve() == 0  # no prompt yet: not even an empty prediction
        task = next(iter(client.tasks.list(project=project))).id
        client.annotations.create(id=task, result=[area(PROMPT)])
        wait_for(lambda: retrieve() > 0, 30)
        assert retrieve() < 40
        wait_for(lambda: retrieve() == 40, 60)
        checked = at("studio", f"studio.project={project}", "step=check")
        [told] = [line for line in checked.stdout.splitlines() if " predictions: " in line]
        assert told.startswith("next ") and "'goldloop'" in told and checked.returncode == 0
    assert len(endpoint.requests) == 40


def test_a_refusal_is_shown_with_its_reason_and_a_password_is_sent_with_everything(
    at: Goldloop, client: Any, endpoint: Endpoint
) -> None:
    at.environment |= PASSWORD
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    project = client.projects.create(title="Refusal", label_config=INTERFACE).id
    tasks = client.projects.import_tasks(
        id=project, request=[{"data": {"dialogue": rows("gold")[0]["dialogue"]}}], return_task_ids=True
    ).task_ids
    with serving(at, *model) as backend:
        done = at("studio", f"studio.project={project}", f"studio.backend={backend}")
        assert ["ok", "webhook:"] in [line.split()[:2] for line in done.stdout.splitlines()], done.stdout
        client.annotations.create(id=tasks[0], result=[area(PROMPT)])  # its webhook carries the password

        def predicted() -> bool:
            client.actions.create(
                id="retrieve_tasks_predictions", project=project, selected_items={"all": True, "excluded": []}
            )
            return len(stored(client, project)) == 1

        wait_for(predicted, 30)
        moved = backend.replace("127.0.0.1", "localhost")
        done = at("studio", f"studio.project={project}", f"studio.backend={moved}", "step=backend")
        assert moved in done.stdout, done.stderr
        hooks = [hook.url for hook in client.webhooks.list(project=project)]
        assert [one.url for one in client.ml.list(project=project)] == [moved] and hooks == [f"{moved}/webhook"]
        bare = '<View><Text name="t" value="$text"/><TextArea name="prompt" toName="t"/></View>'
        project = client.projects.create(title="No choices", label_config=bare).id
        done = at("studio", f"studio.project={project}", f"studio.backend={backend}", "step=backend")
        assert done.returncode == 2 and "400 " in done.stderr and "no control" in done.stderr


def test_all_of_the_group_is_with_one_worker_and_so_one_server_serves_it(request: pytest.FixtureRequest) -> None:
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("there is one worker only")
    assert request.node.nodeid.endswith("@label_studio")


def test_a_backend_with_a_password_that_was_connected_in_the_browser_is_found_and_mended(
    at: Goldloop, client: Any, endpoint: Endpoint
) -> None:
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    project = client.projects.create(title="By browser", label_config=INTERFACE).id
    [task] = client.projects.import_tasks(
        id=project, request=[{"data": {"dialogue": rows("gold")[0]["dialogue"]}}], return_task_ids=True
    ).task_ids
    login = {"basic_auth_user": "me", "basic_auth_pass": PASSWORD["GOLDLOOP_SERVE_PASSWORD"]}

    def checked(*words: str, **environment: str) -> dict[str, list[str]]:
        done = at("studio", f"studio.project={project}", "step=check", *words, **environment)
        lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
        return {part: [mark, words] for mark, part, words in lines}

    at.environment |= PASSWORD
    with serving(at, *model) as backend:
        for name in PASSWORD:
            del at.environment[name]  # set where goldloop serve was started, and nowhere else
        words = ["studio", f"studio.project={project}", f"studio.backend={backend}", "step=backend"]
        unknown = at(*words)
        assert unknown.returncode == 2 and all(name in unknown.stderr for name in PASSWORD)
        assert not list(client.ml.list(project=project))
        made = client.ml.create(
            project=project, url=backend, title="Ours", is_interactive=True, auth_method="BASIC_AUTH", **login
        )
        seen = seen_by(backend)
        client.annotations.create(id=task, result=[area(PROMPT)])
        assert seen("ANNOTATION_CREATED") == 0  # refused, and Label Studio says nothing
        context = {"result": [area(PROMPT)]}
        typed = client.ml.with_raw_response.predict_interactive(id=made.id, task=task, context=context).response.json()
        assert typed["data"]["result"]
        client.ml.train(id=made.id)
        wait_for(lambda: seen("START_TRAINING") == 1, 10)
        for named in ([], [f"studio.backend={backend}"]):
            mark, told = checked(*named)["webhook:"]
            assert mark == "PROBLEM" and f"studio.project={project} studio.backend={backend} step=backend" in told
            assert all(name in told for name in PASSWORD)
        assert checked(**PASSWORD)["webhook:"][0] == "PROBLEM"
        assert checked()["tasks:"][0] == "next"
        without = at(*words)
        assert without.returncode == 2 and all(name in without.stderr for name in PASSWORD)
        assert checked()["backend:"][0] == "ok"  # its password is still there
        done = at(*words, **PASSWORD)
        assert done.returncode == 0, done.stderr
        assert checked()["webhook:"][0] == checked(**PASSWORD)["webhook:"][0] == "ok"
        assert at(*words).returncode == 0 and checked(**PASSWORD)["webhook:"][0] == "ok"  # nothing is taken away
        assert [one.title for one in client.ml.list(project=project)] == ["Ours"]
        client.annotations.create(id=task, result=[area(PROMPT)])
        assert seen("ANNOTATION_CREATED") == 1
        [hook] = client.webhooks.list(project=project)
        client.webhooks.update(id=hook.id, url=hook.url, is_active=False)
        mark, told = checked()["webhook:"]
        assert mark == "PROBLEM" and "submitted" in told and "step=backend" in told
