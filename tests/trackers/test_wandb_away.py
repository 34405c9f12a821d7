"""W&B that is switched off, away or unwilling: a line within seconds, files for later, and a run that goes on."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from endpoint import Endpoint
from goldloop_process import Goldloop
from process_runs import model, runs, wandb_records

from runner.trackers import wandb_run

pytestmark = [pytest.mark.wandb, pytest.mark.uncovered]
KEY = {"WANDB_API_KEY": "x" * 40}
WORDS = ["epochs=0", "optimizer=none"]


@contextmanager
def server(status: int, text: str) -> Iterator[str]:
    """A server that is up and answers every question of W&B's so."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()


def sent_later(goldloop: Goldloop, run: Path) -> str:
    found = [str(path) for path in run.glob("wandb/offline-run-*")]
    sync = [str(Path(sys.executable).with_name("wandb")), "sync", "--dry-run", *found]
    done = subprocess.run(sync, capture_output=True, text=True, check=True, cwd=goldloop.directory)
    return done.stdout + done.stderr


def test_a_server_that_cannot_be_reached_is_told_and_the_files_are_kept(goldloop: Goldloop, endpoint: Endpoint) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = goldloop(*model(endpoint), *WORDS, **KEY, WANDB_BASE_URL=dead)
    assert (done.returncode, done.stderr) == (0, "")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("W&B")]
    [run] = runs(goldloop.directory)
    assert dead in line and f"wandb sync {run.relative_to(goldloop.directory)}/wandb/offline-run-*" in line
    assert " 1 run(s)" in sent_later(goldloop, run)


@pytest.mark.parametrize(
    ("status", "text"),
    [(401, '{"errors": [{"message": "no login"}]}'), (200, "<html>Log in")],
    ids=["401", "page"],
)
def test_a_server_that_does_not_take_the_run_is_told_and_the_files_are_kept(
    status: int, text: str, goldloop: Goldloop, endpoint: Endpoint
) -> None:
    with server(status, text) as url:
        done = goldloop(*model(endpoint), *WORDS, **KEY, WANDB_BASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line[:4] for line in done.stdout.splitlines() if "W&B" in line] == ["W&B:"]
    [run] = runs(goldloop.directory)
    assert " 1 run(s)" in sent_later(goldloop, run)


def test_what_is_not_taken_in_time_at_the_end_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Settings:
        finish_timeout = 60.0

    class Slow:
        settings = Settings()

        def finish(self, exit_code: int) -> None:
            raise TimeoutError

    wandb_run.close_run(Slow(), tmp_path)
    [line] = capsys.readouterr().out.splitlines()
    assert "60 s" in line and "wandb/run-*" in line


@pytest.mark.parametrize(  # the other pairs: test_wandb_mode.py, without a process
    ("mode", "place"), [("offline", "folder"), ("offline", "variable"), ("disabled", "home")]
)
def test_where_it_is_switched_off_nothing_is_sent(
    mode: str, place: str, goldloop: Goldloop, endpoint: Endpoint, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    folder = {"folder": goldloop.directory / "wandb", "home": home / ".config/wandb"}.get(place, tmp_path / "unread")
    folder.mkdir(parents=True)
    (folder / "settings").write_text(f"[default]\nmode = {mode}\n")
    variable = {"WANDB_MODE": mode} if place == "variable" else {}
    with socket.create_server(("127.0.0.1", 0)) as heard:
        heard.settimeout(0.2)
        url = f"http://127.0.0.1:{heard.getsockname()[1]}"
        done = goldloop(*model(endpoint), *WORDS, **KEY, **variable, WANDB_BASE_URL=url, HOME=str(home))
        with pytest.raises(TimeoutError):
            heard.accept()
    assert (done.returncode, done.stderr) == (0, "") and "W&B" not in done.stdout
    [run] = runs(goldloop.directory)
    assert len(list(run.glob("wandb/offline-run-*"))) == (mode == "offline")


@pytest.mark.parametrize(
    ("words", "project"), [([], "theirs"), (["tracker.project=mine"], "mine")], ids=["variable", "option"]
)
def test_the_project_of_the_environment_is_obeyed_and_an_option_goes_before_it(
    words: list[str], project: str, goldloop: Goldloop, endpoint: Endpoint
) -> None:
    done = goldloop(*model(endpoint), *WORDS, *words, WANDB_PROJECT="theirs", WANDB_ENTITY="us")
    assert done.returncode == 0, done.stderr
    [run] = runs(goldloop.directory)
    [header] = [record.run for record in wandb_records(run) if record.HasField("run")]
    assert (header.project, header.entity) == (project, "us")


def test_what_w_and_b_cannot_take_is_one_line_and_the_run_goes_on(goldloop: Goldloop, endpoint: Endpoint) -> None:
    for number, (words, environment) in enumerate([(["tracker.project=a/b"], {}), ([], {"WANDB_MODE": "off"})]):
        done = goldloop(*model(endpoint), *WORDS, *words, **environment)
        assert done.returncode == 0
        [line] = done.stderr.splitlines()
        assert line.startswith("ERROR: WandB failed at start and is left out; the run goes on (")
        assert len(runs(goldloop.directory)) == number + 1


def test_a_run_is_not_kept_waiting_longer_than_its_own_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_INIT_TIMEOUT", "200")
    own = wandb_run.OwnSettings.now()
    assert set(wandb_run.patience(own)) == {"finish_timeout"}
    began = time.monotonic()
    with server(200, "") as url:
        monkeypatch.setenv("WANDB_BASE_URL", url)
        monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
        assert wandb_run.no_way_to(wandb_run.OwnSettings.now(), url) is None
    assert time.monotonic() - began < 5
