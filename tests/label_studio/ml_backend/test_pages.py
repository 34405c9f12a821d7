"""The pages for people: what they say in each state, what their buttons do, and whom they refuse."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from exported import INTERFACE, annotation, area
from ml_backend import PROMPT, Backend, backend, tasks, until
from refusals import refused
from run_directories import make_run
from run_records import BEST, EPOCH
from studio_fake import FakeProject

from runner.core.error_codes import Code
from runner.core.errors import ConfigError
from runner.label_studio.ml_backend.adoption import USED
from runner.label_studio.ml_backend.basic_auth import BasicAuth
from runner.label_studio.ml_backend.page_address import PageAddress
from runner.label_studio.ml_backend.pages.curve import curve
from runner.label_studio.ml_backend.project_options import OneProject
from runner.label_studio.ml_backend.projects import Training, now

BROWSER = {
    "Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
}  # fmt: skip
OPENED = BROWSER | {"Sec-Fetch-Site": "none"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


async def page(served: Backend, path: str, status: int = 200, **headers: str) -> str:
    async with served.client.get(path, headers=OPENED | headers, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, text
        assert answer.content_type == "text/html"
        return text


async def press(served: Backend, path: str, token: str, **headers: str) -> tuple[int, str]:
    sent = {**BROWSER, "Sec-Fetch-Site": "same-origin", **headers}
    async with served.client.post(path, data={"token": token}, headers=sent, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "")


def token(text: str, action: str) -> str:
    found = re.search(rf'action="1/{action}"><input type="hidden" name="token" value="([0-9a-f]+)"', text)
    assert found, text
    return found[1]


def decided(verdict: str, needed: int | None = None) -> dict[str, Any]:
    figures = {"difference": 0.1, "interval": [-0.1, 0.3], "p": 0.4, "items": 24, "items_needed": needed}
    return {"decision": {"verdict": verdict, **figures}, "split": {"reflect": 18, "select": 18, "test": 24}}


async def trained(served: Backend, run: Path, status: Any = "finished", words: str = "not served") -> None:
    await served.set_up()
    await served.submit(PROMPT)
    await served.parts.projects.change("1", training=Training(str(run), 0, status, now(), words))


def run_of(tmp_path: Path, **result: Any) -> Path:
    run = make_run(tmp_path / "run", [True] * 9, prompt="Found by training.", result=result)
    best = [{**BEST, "select": reward} for reward in (0.5, 0.625, 0.75)]
    lines = [json.dumps({**EPOCH, "epoch": epoch, "best": row}) + "\n" for epoch, row in enumerate(best)]
    (run / "epochs.jsonl").write_text("".join(lines) + '{"half')
    return run


async def test_label_studio_gets_its_health_from_the_address_that_shows_people_the_projects(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
            async with served.client.get("/", headers=headers) as answer:
                assert (await answer.json())["status"] == "UP"
        assert "No project has asked yet" in await page(served, "/")
        await served.set_up(3)
        body = {"action": "PROJECT_UPDATED", "project": {"id": 3, "title": "Support", "label_config": INTERFACE}}
        await served.post("/webhook", body)
        await served.parts.events.settled()
        text = await page(served, "/")
        assert 'href="projects/3">Support</a>' in text and "No training yet" in text
        assert "Start Training" in await page(served, "/projects/3")
        assert "project 4 has not asked" in await page(served, "/projects/4", 404)
        assert "not a number" not in await page(served, "/projects/x", 404)


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (
            decided("undecided", 60),
            ["Undecided on the 24 sealed items", "about 60 more", "150 more gold items, 60 of them", "queue=/"],
        ),
        (decided("undecided"), ["Undecided on the 24 sealed items", "Label more gold items"]),
        (decided("worse"), ["The best prompt is worse on the 24 sealed items"]),
        ({"best": {"epoch": 0}}, ["the initial prompt is kept", "Label more gold items"]),
    ],
)
async def test_an_ended_training_says_what_was_decided_and_what_to_do(
    result: dict[str, Any], shown: list[str], tmp_path: Path, endpoint: Endpoint
) -> None:
    run = run_of(tmp_path, **result)
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run)
        text = await page(served, "/projects/1")
        assert [one for one in shown if one not in text] == []
        assert ("Use this prompt" in text) == ("decision" in result)
        assert "epoch 0: 0.500, epoch 1: 0.625, epoch 2: 0.750" in text and "<polyline" in text
        assert "refresh" not in text and "/report" not in text


async def test_a_running_and_a_failed_training_say_so(tmp_path: Path, endpoint: Endpoint) -> None:
    run = run_of(tmp_path)
    (run / "result.json").unlink()
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run, "running")
        text = await page(served, "/projects/1")
        assert "epoch 2, best reward so far 0.750" in text and 'http-equiv="refresh" content="5"' in text
        assert "Use this prompt" not in text
        await trained(served, run, "failed", "the model is gone")
        text = await page(served, "/projects/1")
        assert "The training failed" in text and "the model is gone" in text and "refresh" not in text


async def test_use_this_prompt_serves_it_and_renews_the_predictions(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = FakeProject({task["id"]: task["data"] for task in tasks(60)}, by_people={1, 2})
    run = run_of(tmp_path, **decided("undecided", 60))
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await trained(served, run)
        text = await page(served, "/projects/1")
        assert await press(served, "/projects/1/keep", token(text, "keep")) == (303, "../1")
        text = await page(served, "/projects/1")
        assert "the prompt in use was kept" in text and "Keep the prompt in use" not in text
        assert (await served.get("/versions"))["projects"][0]["prompt"] == PROMPT
        assert await press(served, "/projects/1/use", token(text, "use")) == (303, "../1")
        await until(lambda: (found := served.parts.projects.get("1").renewal) and found.status == "finished")
        text = await page(served, "/projects/1")
        assert "58 of 60 tasks renewed, 2 labelled by people left alone" in text and "its prompt is served" in text
        assert "Use this prompt" not in text and "the prompt stands in the project" in text
        assert (await served.get("/versions"))["projects"][0]["prompt"] == "Found by training."
        studio.by_people = set()
        assert await press(served, "/projects/1/renew", token(text, "renew")) == (303, "../1")
        await until(lambda: (found := served.parts.projects.get("1").renewal) and found.renewed == 60)
        await served.submit("A person's.")
        text = await page(served, "/projects/1")
        assert "its prompt was served, until a person gave another" in text and "Use this prompt" in text
        await press(served, "/projects/1/use", token(text, "use"))
        assert "its prompt is served" in await page(served, "/projects/1")


@pytest.mark.parametrize("renew", [True, False])
async def test_what_a_button_costs_is_said_before_it_is_pressed(
    renew: bool, tmp_path: Path, endpoint: Endpoint
) -> None:
    run = run_of(tmp_path, **decided("undecided"))
    async with backend(tmp_path, endpoint, renew=renew) as served:
        await trained(served, run)
        text = await page(served, "/projects/1")
        assert ("the model is asked again" in text) == renew
        assert await press(served, "/projects/1/use", token(text, "use")) == (303, "../1")
        await until(lambda: (found := served.parts.projects.get("1").renewal) and found.status == "stopped")
        text = await page(served, "/projects/1")
        assert "no token for Label Studio" in text and ("Make the missing predictions" in text) == renew


async def test_what_data_and_models_write_is_text_and_nothing_else(tmp_path: Path, endpoint: Endpoint) -> None:
    run = run_of(tmp_path, stop_reason=HOSTILE)
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        await served.submit(f"{HOSTILE} \ud800")
        project = {"id": 1, "title": HOSTILE, "label_config": INTERFACE}
        await served.post("/webhook", {"action": "PROJECT_UPDATED", "project": project})
        await served.parts.events.settled()
        training = Training(str(run), 0, "failed", now(), HOSTILE)
        await served.parts.projects.change("1", training=training)
        for path in ("/", "/projects/1"):
            text = await page(served, path)
            assert "&lt;script&gt;alert(1)" in text and "<script" not in text and "<img" not in text
            assert "style=" not in text and "http://" not in text.replace("http://www.w3.org", "")


async def test_the_policy_of_a_page_lets_nothing_run_load_or_be_framed(tmp_path: Path, endpoint: Endpoint) -> None:
    run = run_of(tmp_path, **decided("undecided"))
    (run / "report.html").write_text("<!doctype html><p>The report")
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run)
        for path in ("/", "/projects/1", "/projects/2", "/projects/1/report"):
            async with served.client.get(path, headers=OPENED) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
                assert ("sandbox" in policy) == path.endswith("report") != ("form-action 'self'" in policy)
                assert "unsafe" not in policy or "sandbox allow-scripts;" in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Cache-Control"] == "no-store"


async def test_the_report_is_that_of_the_projects_own_record(tmp_path: Path, endpoint: Endpoint) -> None:
    run = run_of(tmp_path, **decided("undecided"))
    (tmp_path / "secret.html").write_text("secret")
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run)
        assert "there is no report" in await page(served, "/projects/1/report", 404)
        (run / "report.html").symlink_to(tmp_path / "secret.html")
        assert "secret" not in await page(served, "/projects/1/report", 404)
        (run / "report.html").unlink()
        (run / "report.html").write_text("The report")
        assert "/report" in await page(served, "/projects/1")
        assert await page(served, "/projects/1/report") == "The report"
        for path in ("/projects/1/report?run=/etc", "/projects/1/report?path=../secret.html"):
            assert await page(served, path) == "The report"
        for path in ("/projects/1/secret.html", "/projects/1/..%2f..%2fsecret.html", "/projects/..%2f1/report"):
            async with served.client.get(path, headers=OPENED) as answer:
                assert answer.status == 404 and "secret" not in await answer.text()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "none"}, 200), ({"Sec-Fetch-Site": "cross-site"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "none", "Host": "evil.example"}, 403),
    ],
)  # fmt: skip
async def test_pages_are_opened_by_people_and_read_by_no_other_page(
    headers: dict[str, str], status: int, tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        for path in ("/", "/projects/1"):
            async with served.client.get(path, headers=BROWSER | headers) as answer:
                assert answer.status == status, path
        for path in ("/versions", "/metrics"):  # as before
            async with served.client.get(path, headers=BROWSER | {"Sec-Fetch-Site": "cross-site"}) as answer:
                assert answer.status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({}, 403), ({"Origin": "null"}, 403), ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:1", "Host": "localhost:1"}, 303),
        ({"Origin": "https://labels.example", "Host": "labels.example"}, 403),  # a host that is not allowed
        ({"Origin": "http://localhost:1.evil.example", "Host": "localhost:1"}, 403),
    ],
)  # fmt: skip
async def test_only_our_own_pages_press_buttons(
    headers: dict[str, str], status: int, tmp_path: Path, endpoint: Endpoint
) -> None:
    run = run_of(tmp_path, **decided("undecided"))
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run)
        data = {"token": token(await page(served, "/projects/1"), "keep")}
        async with served.client.post(
            "/projects/1/keep", data=data, headers=BROWSER | headers, allow_redirects=False
        ) as answer:
            assert answer.status == status
        kept = "the prompt in use was kept" in await page(served, "/projects/1")
        assert kept == (status == 303)


async def test_a_token_is_for_one_button_of_one_training(tmp_path: Path, endpoint: Endpoint) -> None:
    run = run_of(tmp_path, **decided("undecided"))
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run)
        text = await page(served, "/projects/1")
        for wrong in ("", "x", "é", token(text, "use"), token(text, "keep")[:-1]):
            assert (await press(served, "/projects/1/keep", wrong))[0] == 403
        right = token(text, "keep")
        await served.set_up(2)
        assert (await press(served, "/projects/2/keep", right))[0] == 403
        await served.parts.projects.change("1", training=Training("other", 0, "finished", now()))
        assert (await press(served, "/projects/1/keep", right))[0] == 403
        own = {**BROWSER, "Sec-Fetch-Site": "same-origin"}
        async with served.client.post("/projects/1/keep", json={"token": right}, headers=own) as answer:
            assert answer.status == 403
        async with served.client.post("/projects/1/keep", data={"token": "x" * 9000}, headers=own) as answer:
            assert answer.status == 413
        assert "Keep the prompt in use" not in await page(served, "/projects/1")  # its run directory is not there
        assert served.parts.projects.get("1").training.words == ""  # type: ignore[union-attr]
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run)
        assert (await press(served, "/projects/1/keep", right))[0] == 403  # of a server that has ended


async def test_a_button_for_which_there_is_nothing_any_more_says_so(tmp_path: Path, endpoint: Endpoint) -> None:
    run = run_of(tmp_path, **decided("undecided"))
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run)
        text = await page(served, "/projects/1")
        (run / "best_prompt.txt").unlink()
        assert (await press(served, "/projects/1/use", token(text, "use")))[0] == 404
        await trained(served, run, "running")
        assert (await press(served, "/projects/1/use", token(text, "use")))[0] == 409
        assert (await press(served, "/projects/1/keep", token(text, "keep")))[0] == 409
        assert (await served.get("/versions"))["projects"][0]["prompt"] == PROMPT


async def test_a_prompt_that_is_served_is_not_set_aside_by_an_older_page(tmp_path: Path, endpoint: Endpoint) -> None:
    run = run_of(tmp_path, **decided("undecided"))
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run)
        text = await page(served, "/projects/1")
        assert (await press(served, "/projects/1/use", token(text, "use")))[0] == 303
        assert (await press(served, "/projects/1/keep", token(text, "keep")))[0] == 409
        assert served.parts.projects.get("1").training.words == USED  # type: ignore[union-attr]


async def test_a_password_is_asked_for_by_pages_too(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, login=BasicAuth("me", "secret-of-ours")) as served:
        for path in ("/", "/projects/1", "/projects/1/report"):
            async with served.client.get(path, headers=OPENED) as answer:
                assert answer.status == 401 and "Basic" in answer.headers["WWW-Authenticate"]
        async with served.client.post("/projects/1/use", headers=OPENED) as answer:
            assert answer.status == 401


async def test_paths_that_anybody_asks_for_are_counted_as_one(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        for number in range(1, 9):
            await page(served, f"/projects/{number}", 404)
        text = await served.get("/metrics")
        counted = [line for line in text.splitlines() if "/projects/" in line]
        assert counted == ['goldloop_requests_total{endpoint="/projects/{id}",status="404"} 8']


@pytest.mark.parametrize(
    ("given", "host", "url"),
    [
        (None, "127.0.0.1", "http://localhost:9090"), (None, "0.0.0.0", "http://localhost:9090"),  # noqa: S104
        (None, "::", "http://localhost:9090"), (None, "192.168.1.7", "http://192.168.1.7:9090"),
        (None, "fd00::7", "http://[fd00::7]:9090"), ("https://labels.example/backend/", "::", "https://labels.example/backend"),
    ],
)  # fmt: skip
def test_where_people_open_the_pages(given: str | None, host: str, url: str) -> None:
    address = PageAddress(given, host, 9090)
    assert (address.url, address.of("3")) == (url, f"{url}/projects/3")


@pytest.mark.parametrize(
    ("given", "code"), [("http://me:secret@host", "secret-in-address"), ("labels.example", "bad-value")]
)
def test_what_is_no_address_of_pages_is_refused(given: str, code: Code) -> None:
    with refused(ConfigError, code, "serve.page_url"):
        PageAddress(given, "localhost", 9090)


def test_a_curve_of_one_epoch_or_none_is_drawn_too() -> None:
    assert curve([]) == ""
    one = curve([(0, 0.5)])
    assert one.count("<circle") == 1 and 'aria-label="Best reward by epoch: epoch 0: 0.500"' in one
    assert curve([(0, 1.0), (1, 1.0)]).count("<circle") == 2


async def test_a_submitted_prompt_in_an_annotation_keeps_the_title(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint) as served:
        await served.set_up()
        project = {"id": 1, "title": "  Support \n desk ", "label_config": INTERFACE}
        body = {"action": "ANNOTATION_CREATED", "project": project, "annotation": annotation(area(PROMPT))}
        await served.post("/webhook", body)
        await served.parts.events.settled()
        assert "Support desk" in await page(served, "/")
    async with backend(tmp_path, endpoint) as served:
        assert "Support desk" in await page(served, "/projects/1")


async def test_one_project_that_cannot_be_read_leaves_the_others_on_their_pages(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        for number in (1, 2):
            await served.set_up(number)
            await served.type(PROMPT, project=number)
        version = await served.set_up(2)
    async with backend(tmp_path, endpoint, own={"1": OneProject("Topic")}) as served:
        text = await page(served, "/")
        assert version in text and "Nothing is served: " in text and "serve.projects.1.control" in text
        assert "Nothing is served: " in await page(served, "/projects/1")
        assert "Nothing is served" not in await page(served, "/projects/2")
        told = await served.get("/versions")
        assert [bool(entry["problem"]) for entry in told["projects"]] == [True, False]
        assert told["projects"][1]["prompt"] == PROMPT and told["versions"][0] == version


@pytest.mark.parametrize(
    ("headers", "body", "status", "said"),
    [
        ({"Origin": "http://["}, "token=x", 403, "web pages are not answered"),
        ({"Sec-Fetch-Site": "same-origin"}, "&".join(f"f{number}=1" for number in range(6)), 400, "more fields"),
        ({"Sec-Fetch-Site": "same-origin"}, "token=" + "x" * 5000, 413, "4096 bytes"),
    ],
)
async def test_a_form_that_is_none_of_ours_gets_a_page(
    headers: dict[str, str], body: str, status: int, said: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    async with backend(tmp_path, endpoint) as served:
        await trained(served, run_of(tmp_path, **decided("undecided")))
        sent = {**BROWSER, **headers, "Content-Type": "application/x-www-form-urlencoded"}
        async with served.client.post("/projects/1/keep", data=body, headers=sent) as answer:
            text = await answer.text()
            assert (answer.status, answer.content_type) == (status, "text/html") and said in text
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
