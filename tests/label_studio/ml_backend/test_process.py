"""goldloop serve as a process: started, refused, stopped, killed; its trainings go on, and nothing secret is left."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from endpoint import Endpoint
from exported import INTERFACE, annotation, area, gold_tasks
from figures import figures
from goldloop_process import Goldloop
from refusals import refused

from runner.cli.main import COMMANDS
from runner.cli.serve import serve
from runner.config.command_line import parse_command_line
from runner.core.error_codes import Code
from runner.core.errors import ConfigError, GoldloopError
from runner.label_studio.ml_backend import training_process as process

PROMPT = "Which intents does this dialogue show? {x} ${y} 'z'"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(true: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


class Server:
    """goldloop serve and a client of it."""

    def __init__(self, goldloop: Goldloop, endpoint: Endpoint) -> None:
        self.goldloop = goldloop
        self.words = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model"]
        self.words += ["tracker=none", "dataset=customer_intents", "epochs=1"]
        self.process: subprocess.Popen[str] | None = None
        self.client = httpx.Client(timeout=60)
        self.told = ""

    def start(self, *words: str, **environment: str) -> "Server":
        port = free_port()
        self.process = self.goldloop.start("serve", f"serve.port={port}", *self.words, *words, **environment)
        self.client.base_url = httpx.URL(f"http://127.0.0.1:{port}")

        def up() -> bool:
            assert self.process and self.process.poll() is None, self.process and self.process.communicate()
            try:
                return self.client.get("/health").status_code == 200
            except httpx.TransportError:
                return False

        wait_for(up)
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        """Stop it; returns the exit code."""
        assert self.process
        self.process.send_signal(number)
        out, error = self.process.communicate(timeout=60)
        self.told += out + error
        code, self.process = self.process.returncode, None
        return code

    def post(self, path: str, **more: Any) -> Any:
        body = {"project": "3.1", "schema": INTERFACE, "label_config": INTERFACE, **more}
        answer = self.client.post(path, json=body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def submit(self, prompt: str = PROMPT) -> None:
        self.post("/setup")
        self.post("/webhook", action="ANNOTATION_CREATED", annotation=annotation(area(prompt)))
        wait_for(lambda: prompt in self.client.get("/versions").json()["projects"][0]["prompt"])

    def predict(self, tasks: list[Any]) -> list[Any]:
        return list(self.post("/predict", tasks=tasks)["results"])

    @property
    def project(self) -> dict[str, Any]:
        found = self.client.get("/versions").json()["projects"]
        return dict(found[0]) if found else {}

    @property
    def training(self) -> dict[str, Any]:
        return self.project.get("training") or {}


@pytest.fixture
def server(goldloop: Goldloop, endpoint: Endpoint) -> Iterator[Server]:
    server = Server(goldloop, endpoint)
    yield server
    if server.process:
        server.end(signal.SIGKILL)
    folder = goldloop.directory / "outputs/serve/trainings/3"
    training = (
        json.loads((folder.parent.parent / "projects/3.json").read_text())["training"] if folder.exists() else None
    )
    if training:
        process.interrupt(training["pid"], folder, kill=True)
    server.client.close()


def test_it_says_where_it_is_what_it_serves_and_how_to_connect_it(server: Server) -> None:
    server.start()
    assert server.end() == 0
    lines = server.told.splitlines()
    assert "http://127.0.0.1:" in lines[0] and "fake-model (http://" in lines[0]
    assert figures(lines[1]) == [0] and "outputs/serve" in lines[1]
    assert "LABEL_STUDIO_API_KEY" in lines[2]
    assert "studio.project=ID studio.backend=http://127.0.0.1:" in lines[3]
    assert re.search(r" http://localhost:[1-9]\d+$", lines[4]), lines[4]
    server.start("serve.host=0.0.0.0", "dataset=label_studio", "prompt=Own")
    assert server.end(signal.SIGINT) == 130
    started = server.told.splitlines()[len(lines) :]
    for begins, holds in (("WARNING: ", " 0.0.0.0 "), ("prompt: default", ""), ("note: ", " LABEL_STUDIO_API_KEY")):
        [line] = [one for one in started if one.startswith(begins)]
        assert holds in line


def test_a_port_or_a_state_that_another_server_has_is_refused_in_one_line(server: Server, goldloop: Goldloop) -> None:
    server.start()
    port = f"serve.port={server.client.base_url.port}"
    for words, wrong in [([port, "serve.state=outputs/other"], port), (["serve.port=0"], "serve.state=outputs/serve")]:
        done = goldloop("serve", *server.words, *words)
        assert done.returncode == 2 and wrong in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert server.end() == 0


@pytest.mark.parametrize(
    ("words", "code", "key"),
    [
        (["serve.run=outputs/none"], "not-a-run", "outputs/none"),
        (["serve.host=256.1.1.1"], "address-unusable", "serve.host"),
        (["serve.state=broken"], "damaged-file", "broken/projects/3.json"),
        (["serve.user_env=ONE_OF_TWO"], "key-missing", "GOLDLOOP_SERVE_PASSWORD"),
        (["provider=openai"], "key-missing", "OPENAI_API_KEY"),
        (["provider=anthropic"], "key-missing", "ANTHROPIC_API_KEY"),
        (["provider=local", "provider.model_path=none.gguf"], "file-missing", "none.gguf"),
        (["serve.adopt=maybe"], "bad-value", "serve.adopt"),
        (["serve.budget.calls=0"], "bad-value", "serve.budget.calls"),
        (["serve.deadlin=1"], "option-unknown", "serve.deadlin"),
        (["epohs=1"], "option-unknown", "epohs"),
        (["prompt_file=none.txt"], "file-missing", "prompt_file"),
        (["--config-dir", "nowhere"], "folder-missing", "--config-dir"),
        (["-m", "seed=1,2"], "flag-unknown", "-m"),
        (["outputs/run"], "word-unreadable", "outputs/run"),
        (["resume=outputs"], "nothing-to-resume", "resume"),
        (["+serve.token=abcdefghijkl"], "secret-in-config", "serve.token"),
        (["optimizer._target_=os.system"], "target-untrusted", "optimizer._target_"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_served_is_refused_before_it_listens(
    words: list[str], code: Code, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONE_OF_TWO", "me")
    (tmp_path / "broken/projects").mkdir(parents=True)
    (tmp_path / "broken/projects/3.json").write_text("{")
    given = any(word.startswith("provider=") for word in words)
    model = [] if given else ["provider=openai", "provider.base_url=http://127.0.0.1:9/v1"]
    with pytest.raises(GoldloopError) as told:
        serve(parse_command_line(["serve", "serve.port=0", *model, *words], COMMANDS))
    assert (told.value.code, told.value.key) == (code, key), told.value
    assert len(str(told.value).splitlines()) == 1
    assert not given or not (tmp_path / "outputs").exists()


def test_a_replay_is_served_without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with refused(ConfigError, "address-unusable", key="serve.host"):  # the last that can be wrong
        serve(parse_command_line(["serve", "provider=openai", "journal.mode=replay", "serve.host=256.1.1.1"], COMMANDS))


def test_ones_own_yaml_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf/optimizer").mkdir(parents=True)
    (tmp_path / "conf/optimizer/mine.yaml").write_text("_target_: runner.optimizers.none.Nothing\n")
    with refused(ConfigError, "target-untrusted", "optimizer._target_", "runner.optimizers.none.Nothing"):
        serve(parse_command_line(["serve", "serve.port=0", "--config-dir", "conf", "optimizer=mine"], COMMANDS))


def test_a_kill_in_the_middle_of_a_batch_loses_nothing(server: Server, endpoint: Endpoint) -> None:
    endpoint.delay = 0.1
    server.start("provider.concurrency=4").submit()
    version = server.project["version"]
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(server.predict, gold_tasks())
        wait_for(lambda: len(endpoint.requests) >= 20)
        server.end(signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            batch.result()
    time.sleep(0.5)  # what was under way is answered to nobody
    asked = len(endpoint.requests)
    assert asked < 60
    server.start("provider.concurrency=4")
    assert server.project["prompt"] == PROMPT and server.project["version"] == version
    endpoint.delay = 0.0
    assert all(server.predict(gold_tasks()))
    texts = [request["messages"][-1]["content"] for request in endpoint.requests]
    assert len(texts) - len(set(texts)) <= 4 + 4  # those under way, and those whose commit was
    assert all(server.predict(gold_tasks()))
    assert len(endpoint.requests) == len(texts)


def test_a_stop_lets_calls_under_way_end_and_be_written_down(server: Server, endpoint: Endpoint) -> None:
    endpoint.delay = 0.3
    server.start("provider.concurrency=4").submit()
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(server.predict, gold_tasks())
        wait_for(lambda: len(endpoint.requests) >= 8)
        assert server.end() == 0
        results = batch.result()
    assert len(results) == 60 and 8 <= 60 - results.count([]) == len(endpoint.requests) <= 16
    endpoint.delay = 0.0
    server.start()
    assert all(server.predict(gold_tasks()))
    assert len(endpoint.requests) == 60


def test_a_training_outlives_a_killed_server_and_is_adopted_by_the_next(server: Server, endpoint: Endpoint) -> None:
    server.start().submit()
    before = server.project["version"]
    endpoint.delay = 0.2
    server.post("/webhook", action="START_TRAINING")
    wait_for(lambda: server.training.get("best"))
    endpoint.delay = 2.0
    run = Path(server.training["run"])
    server.end(signal.SIGKILL)
    server.start()
    assert server.training["run"] == str(run)
    server.post("/webhook", action="START_TRAINING")  # it is running
    endpoint.delay = 0.0
    wait_for(lambda: server.training["status"] == "finished")
    assert server.training["run"] == str(run) and server.training["verdict"] == "better"
    assert server.project["version"] != before and str(run) in server.project["source"]
    server.post("/webhook", action="START_TRAINING")  # goes on from the prompt that was adopted
    wait_for(lambda: server.training["run"] != str(run) and server.training["status"] == "finished")
    config = server.goldloop.directory / server.training["run"] / ".hydra/config.yaml"
    assert f"follows: {(server.goldloop.directory / run).resolve()}\n" in config.read_text()
    assert server.end() == 0
    about = [line for line in server.told.splitlines() if str(run) in line]
    assert any("still running" in line for line in about) and any("running already" in line for line in about)
    started = (server.goldloop.directory / run / "initial_prompt.txt").read_text()
    assert started.startswith(PROMPT)  # braces and quotes are just text


def test_a_training_that_was_killed_with_its_server_is_resumed(server: Server, endpoint: Endpoint) -> None:
    server.start().submit()
    endpoint.delay = 0.05
    server.post("/webhook", action="START_TRAINING")
    wait_for(lambda: server.training.get("best"))
    run, pid = server.training["run"], server.training["pid"]
    server.end(signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not process.alive(server.goldloop.directory / "outputs/serve/trainings/3"))
    asked = len(endpoint.requests)
    endpoint.delay = 0.0
    server.start()
    wait_for(lambda: server.training["status"] == "finished")
    assert server.training["run"] == run and server.training["verdict"] == "better"
    assert server.end() == 0
    assert any("going on" in line and run in line for line in server.told.splitlines())
    seen = [json.dumps(request["messages"]) for request in endpoint.requests]
    assert len(seen) > asked
    assert len(seen) - len(set(seen)) <= 16  # those that were under way


def test_a_crash_of_the_training_leaves_the_server_up_and_a_reason(server: Server, endpoint: Endpoint) -> None:
    server.start().submit()
    endpoint.delay = 0.05
    server.post("/webhook", action="START_TRAINING")
    pid = wait_for(lambda: server.training.get("best") and server.training["pid"])
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: server.training["status"] == "failed")
    assert server.training["words"]
    assert all(server.predict(gold_tasks()[:3]))
    server.post("/webhook", action="START_TRAINING")  # another one may be tried
    endpoint.delay = 0.0
    wait_for(lambda: server.training["status"] == "finished")


def test_no_secret_is_left_anywhere(server: Server, endpoint: Endpoint) -> None:
    secrets = {"OPENAI_API_KEY": "key-abcdefgh1234", "GOLDLOOP_SERVE_PASSWORD": "pass-abcdefgh1234"}
    token = "token-abcdefgh1234567890123456789012345"
    endpoint.key = "another"
    server.start(**secrets, GOLDLOOP_SERVE_USER="me")
    server.client.auth = ("me", secrets["GOLDLOOP_SERVE_PASSWORD"])
    bodies = [json.dumps(server.post("/setup", access_token=token, hostname=f"http://u:{token}@host"))]
    params = {"login": token, "password": token, "context": {"result": [area(PROMPT)]}}
    bodies += [json.dumps(server.post("/predict", tasks=gold_tasks()[:1], params=params, access_token=token))]
    assert endpoint.url in bodies[-1] and "OPENAI_API_KEY" in bodies[-1]
    server.post("/webhook", action="START_TRAINING", access_token=token)
    wait_for(lambda: server.training.get("status") == "failed")
    bodies += [server.client.get(path).text for path in ("/versions", "/metrics")]
    wrong = httpx.get(server.client.base_url.join("/versions"), auth=("me", "wrong-abcdefgh1234"))
    assert wrong.status_code == 401
    port = server.client.base_url.port
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(f"GET / HTTP/1.1\r\nAuthorization: Basic {token}\x01\r\n\r\n".encode())
        raw.recv(1 << 16)
    assert server.end() == 0
    files = [
        path.read_bytes().decode("utf-8", "replace") for path in server.goldloop.directory.rglob("*") if path.is_file()
    ]
    everything = "\n".join([*bodies, wrong.text, server.told, *files])
    for secret in (*secrets.values(), token, "wrong-abcdefgh1234"):
        assert secret not in everything
    assert "Traceback" not in server.told
