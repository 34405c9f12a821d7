"""A server that answers, but not like Label Studio; and addresses that hold a password."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from exported import INTERFACE, SAMPLE
from goldloop_process import Goldloop
from refusals import refused

from runner.core.error_codes import Code
from runner.core.errors import ConfigError, GoldloopError, StudioError
from runner.label_studio.backend_connection import Credentials, connect_backend, webhook_state
from runner.label_studio.client import connect
from runner.label_studio.dataset import LabelStudio, tasks_of
from runner.label_studio.diagnose import check
from runner.label_studio.predicted_annotations import annotate
from runner.label_studio.predictions import Prediction, push
from runner.label_studio.project import Wanted, import_tasks, make_project
from runner.label_studio.queue_project import queue_project

NO_LOGIN, LOGIN = Credentials("", ""), Credentials("me", "password")
PROJECT = {"id": 1, "title": "Support", "label_config": INTERFACE, "task_number": 1, "ground_truth_number": 1}
ANSWERS = {
    "/api/current-user/whoami": {"id": 1, "email": "me@example.com"},
    "/api/version": {"release": "1.0"},
    "/api/projects": {"count": 1, "results": [PROJECT]},
    "/api/projects/1": PROJECT,
    "/api/tasks": {"total": 0, "tasks": []},
    "/api/ml": [],
    "/api/webhooks": [],
    "/api/dm/views": [],
}
BACKEND = "http://h:9090"


class Odd:
    """A server on this machine that answers each path with the JSON it is told."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = dict(ANSWERS)
        self.beyond: Any = {"detail": "Invalid page."}  # what the page after the last one answers
        self.made: list[str] = []  # what was asked to be made
        self.lost = False  # whether the answers to that get lost on the way
        answers, odd = self.answers, self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                beyond = "page=2" in query.split("&")
                answer = odd.beyond if beyond else answers.get(path.rstrip("/"))
                body = json.dumps(answer).encode()
                lost = self.command == "POST" and odd.lost
                odd.made += [path] * (self.command == "POST")
                self.send_response(404 if beyond else 504 if lost else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PATCH = do_GET

            def log_message(self, *words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Odd]:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "a" * 40)
    server = Odd()
    yield server
    server.close()


def opened(url: str) -> Any:
    return connect(url, "LABEL_STUDIO_API_KEY")


def made(url: str, named: int | str, labels: Any = None) -> Any:
    with opened(url) as studio:
        return make_project(studio, Wanted(named, labels, "multiple", None, None))


def imported(url: str) -> str:
    with opened(url) as studio:
        return import_tasks(studio, studio.project(1), f"{SAMPLE}/gold.jsonl")


def tasks(url: str) -> list[Any]:
    with opened(url) as studio:
        return list(tasks_of(studio, 1))


def hook(url: str) -> GoldloopError | None:
    with opened(url) as studio:
        return webhook_state(studio, 1, BACKEND, LOGIN)


def backend(url: str) -> str:
    with opened(url) as studio:
        return connect_backend(studio, 1, BACKEND, NO_LOGIN)


def pushed(url: str) -> Any:
    with opened(url) as studio:
        return push(studio, studio.project(1), [Prediction(7, ["Payment"], None)], "m-1", None)


def annotated(url: str) -> int:
    with opened(url) as studio:
        return annotate(studio, 1, "m-1").made


def queued(url: str) -> None:
    with opened(url) as studio:
        queue_project(studio, studio.project(1), "Which prompt?", None)


SOMETHING_ELSE: list[Any] = [[], {}, None, "text", 3, [None], ["text"]]
TASK = {"id": 1, "annotations": []}
BARE = [{"tasks": [{"id": 1, **more}]} for more in ({"predictions": [3]}, {"annotations": "a"}, {"annotations": [3]})]
CASES: list[tuple[str, Callable[[str], Any], list[Any]]] = [
    ("/api/current-user/whoami", opened, SOMETHING_ELSE),
    ("/api/projects", lambda url: made(url, "Support"), [*SOMETHING_ELSE, {"results": [None]}, {"results": "abc"}]),
    ("/api/projects/1", lambda url: made(url, 1), SOMETHING_ELSE),
    ("/api/projects", lambda url: made(url, "New one", ["a", "b"]), SOMETHING_ELSE),
    ("/api/tasks", tasks, [*SOMETHING_ELSE, {"tasks": [None]}, {"tasks": [{**TASK, "data": "text"}]}]),
    ("/api/tasks", imported, [*SOMETHING_ELSE, {"tasks": [3]}, {"tasks": [{**TASK, "data": [1]}]}]),
    ("/api/tasks", annotated, [*SOMETHING_ELSE, {"tasks": [3]}, *BARE]),
    (
        "/api/tasks",
        annotated,
        [{"total": 1, "tasks": [{"id": 1, "annotations": [{"parent_prediction": 2}], "predictions": [{}]}]}],
    ),
    ("/api/webhooks", hook, [{}, None, "text", 3, [None], ["text"], [{"url": f"{BACKEND}/webhook", "headers": "x"}]]),
    ("/api/ml", backend, [{}, None, "text", 3, [None], ["text"], [{"url": 3}]]),
]


@pytest.mark.parametrize(
    ("path", "does", "answer"), [(path, does, answer) for path, does, answers in CASES for answer in answers]
)
def test_an_answer_of_another_shape_is_one_line(path: str, does: Callable[[str], Any], answer: Any, odd: Odd) -> None:
    odd.answers[path] = answer
    with refused(StudioError, "wrong-shape", key=odd.url):
        does(odd.url)


@pytest.mark.parametrize("answer", [{}, None, "text", [None]])
@pytest.mark.parametrize(
    ("path", "part"),
    [("/api/version", "server"), ("/api/projects/1", "project"), ("/api/ml", "backend"), ("/api/webhooks", "webhook")],
)
def test_the_check_says_which_part_answers_oddly(path: str, part: str, answer: Any, odd: Odd) -> None:
    odd.answers[path] = answer
    findings = {one.part: one for one in check(odd.url, "LABEL_STUDIO_API_KEY", 1, BACKEND, NO_LOGIN)}
    assert findings[part].code == "wrong-shape" and odd.url in (findings[part].problem or "")


def test_what_answers_like_label_studio_is_taken(odd: Odd) -> None:
    findings = list(check(odd.url, "LABEL_STUDIO_API_KEY", "Support", None, NO_LOGIN))
    assert [one.problem for one in findings] == [None] * 5


@pytest.mark.parametrize(
    ("does", "path", "tasks"),
    [
        (lambda url: made(url, "New one", ["a", "b"]), "/api/projects", []),
        (imported, "/api/projects/1/import", []),
        (pushed, "/api/projects/1/import/predictions", []),
        (annotated, "/api/dm/actions", [{"id": 7}]),
        (queued, "/api/projects", []),
        (backend, "/api/ml", []),
    ],
)
def test_what_makes_something_is_asked_for_once_though_the_answer_gets_lost(
    does: Callable[[str], Any], path: str, tasks: list[Any], odd: Odd
) -> None:
    odd.lost, odd.answers["/api/tasks"] = True, {"total": len(tasks), "tasks": tasks}
    with refused(StudioError, "status-unexpected", key=odd.url) as told:
        does(odd.url)
    assert "504" in str(told.value)
    assert [one.rstrip("/") for one in odd.made] == [path]


@pytest.mark.parametrize(("number", "code"), [(0, "not-all-stored"), (99, "stored-twice")])
def test_more_or_fewer_tasks_than_were_sent_are_told(number: int, code: Code, odd: Odd) -> None:
    odd.answers["/api/projects/1"] = {**PROJECT, "task_number": number}
    odd.answers["/api/tasks"] = {"total": 2, "tasks": [{"id": one, "data": {"id": f"x{one}"}} for one in (3, 4)]}
    with refused(StudioError, code, key="1") as told:
        imported(odd.url)
    assert {str(number), "62"} <= set(re.findall(r"\d+", str(told.value)))


def test_only_the_page_after_the_last_ends_a_list(odd: Odd) -> None:
    odd.beyond = {"detail": "the proxy knows no such page"}
    with refused(StudioError, "not-found", key=odd.url):
        made(odd.url, "New one", ["a", "b"])


@pytest.mark.filterwarnings("ignore:The `parse_obj` method")  # the SDK's
def test_a_personal_token_is_renewed_below_the_path(odd: Odd, monkeypatch: pytest.MonkeyPatch) -> None:
    def part(**content: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    token = f"{part(alg='HS256', typ='JWT')}.{part(exp=4e9, token_type='refresh')}.{'s' * 43}"
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    odd.answers["/studio/api/token/refresh"] = {"access": f"{part(alg='HS256')}.{part(exp=4e9)}.{'s' * 43}"}
    odd.answers["/studio/api/current-user/whoami"] = {"id": 1}
    opened(f"{odd.url}/studio/").http.close()
    assert odd.made == ["/studio/api/token/refresh/"]


def test_the_webhook_of_another_backend_is_none(odd: Odd) -> None:
    odd.answers["/api/webhooks"] = [{"id": 1, "url": f"{BACKEND}1/webhook", "headers": {}}]
    missing = hook(odd.url)
    assert missing and (missing.code, missing.key) == ("webhook-missing", BACKEND)
    odd.answers["/api/webhooks"] = [{"id": 1, "url": f"{BACKEND}/webhook", "headers": {"Authorization": LOGIN.header}}]
    assert hook(odd.url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://user:hidden-pw@h:8080",
        "http://hidden-pw@h",
        "user:hidden-pw@h",
        "http://u:hid/den-pw@h",
        "h?x=hidden-pw",
    ],
)
def test_a_password_in_the_address_is_refused_and_not_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "a" * 40)
    with refused(ConfigError, "secret-in-address", key="studio.url") as told:
        connect(url, "LABEL_STUDIO_API_KEY")
    monkeypatch.setenv("LABEL_STUDIO_URL", url)
    [finding] = check(None, "LABEL_STUDIO_API_KEY", 1, None, NO_LOGIN)
    assert finding.code == "secret-in-address"
    for words in (str(told.value), finding.problem or ""):
        assert "pw" not in words and "LABEL_STUDIO_URL" in words


def test_a_password_in_the_backends_address_is_refused_too(odd: Odd) -> None:
    with opened(odd.url) as studio, refused(ConfigError, "secret-in-address", key="studio.backend") as told:
        connect_backend(studio, 1, "http://user:hidden-pw@h:9090", NO_LOGIN)
    assert "pw" not in str(told.value)


def test_true_is_not_project_1(odd: Odd, goldloop: Goldloop) -> None:
    with opened(odd.url) as studio, refused(ConfigError, "bad-value", key="studio.project"):
        studio.project(True)
    with refused(ConfigError, "bad-value", key="dataset.project"):
        LabelStudio(odd.url, project=True)
    done = goldloop("studio", "studio.project=true", f"studio.url={odd.url}", LABEL_STUDIO_API_KEY="a" * 40)
    assert done.returncode == 2 and "studio.project" in done.stderr, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_dotenv_of_the_working_directory_is_read(odd: Odd, goldloop: Goldloop, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"LABEL_STUDIO_URL={odd.url}\nLABEL_STUDIO_API_KEY={'a' * 40}\n")
    done = goldloop("studio", "studio.project=Support", "step=check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert odd.url in done.stdout


@pytest.mark.parametrize(
    ("variable", "value", "code", "key"),
    [
        ("LABEL_STUDIO_API_KEY", f"“{'a' * 40}”", "key-unusable", "LABEL_STUDIO_API_KEY"),
        ("LABEL_STUDIO_API_KEY", f"{'a' * 40}\n\nb", "key-unusable", "LABEL_STUDIO_API_KEY"),
        ("SSL_CERT_FILE", "/none/aaaa.pem", "certificates-unusable", "SSL_CERT_FILE"),
        ("http_proxy", f"http://user:{'a' * 8}@[::1", "address-unusable", "proxy"),
        ("all_proxy", f"gopher://user:{'a' * 8}@inside", "address-unusable", "proxy"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named_and_never_shown(
    variable: str, value: str, code: Code, key: str, odd: Odd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with refused(ConfigError, code, key=key) as told:
        opened(odd.url)
    assert variable in str(told.value) and "a" * 8 not in str(told.value)


def test_a_token_with_a_line_end_is_taken_and_blotted_out(odd: Odd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "a" * 40 + "\r\n")
    odd.answers["/api/current-user/whoami"] = {"id": "a" * 40}
    with refused(StudioError, "wrong-shape", key=odd.url) as told:
        opened(odd.url)
    assert "aaaa" not in str(told.value)
