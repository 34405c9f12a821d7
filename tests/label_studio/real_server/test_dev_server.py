"""Label Studio of one's own: the real one once, and an imitation for everything that may happen to it."""

import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

import pytest
from figures import figures
from paths import ROOT
from refusals import refused

from runner.core.errors import StudioError
from runner.label_studio.dev_server.installation import DATABASE, Installation
from runner.label_studio.dev_server.server import Server

BROKEN = "it is broken"
IMITATION = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

data = Path(os.environ["LABEL_STUDIO_BASE_DATA_DIR"])

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        token = (data / "token").read_text()
        self.send_response(200 if self.path == "/health" or self.headers["Authorization"] == f"Token {token}" else 401)
        self.end_headers()

def main():
    (data / "names").write_text(" ".join(os.environ))
    if (data.parent / "broken").exists():
        sys.exit("it is broken")
    if sys.argv[1] == "init":
        (data / "label_studio.sqlite3").write_text("empty")
    else:
        if not (data / "token").exists():
            (data / "token").write_text(os.environ["LABEL_STUDIO_USER_TOKEN"])
        (data / "pid").write_text(str(os.getpid()))
        HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Answer).serve_forever()
"""
START = """
import sys
from pathlib import Path
from runner.label_studio.dev_server.installation import Installation
from runner.label_studio.dev_server.server import main
sys.exit(main(["--data", sys.argv[1], "--port", "0"], Installation(Path(sys.argv[2]))))
"""


@pytest.fixture(scope="module")
def imitation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A virtual environment in which Label Studio answers two addresses."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    for name, text in (("label_studio-9.8.7.dist-info/METADATA", ""), ("label_studio/server.py", IMITATION)):
        (packages / name).parent.mkdir()
        (packages / name).write_text(text)
    (environment / "done").touch()
    return Installation(environment)


@pytest.fixture(autouse=True)
def cache(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The databases that tests keep are not those of the person who runs them."""
    if "imitation" in request.fixturenames:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def server(tmp_path: Path, imitation: Installation) -> Iterator[Server]:
    server = Server(tmp_path / "data", 0, installation=imitation)
    yield server
    server.stop()


def status(server: Server, path: str = "/health", token: str = "") -> int | None:
    connection = HTTPConnection("localhost", server.port)
    try:
        connection.request("GET", path, headers={"Authorization": f"Token {token}"})
        return connection.getresponse().status
    except ConnectionRefusedError:
        return None
    finally:
        connection.close()


def gone(pid: int) -> bool:
    """Whether the process ends, sooner or later."""
    for _ in range(600):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def started(data: Path, imitation: Installation, stdout: int = subprocess.PIPE) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", START, str(data), str(imitation.environment)]
    # A shell that put the tests into the background has them ignore Ctrl-C, and children inherit that.
    usual = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731
    return subprocess.Popen(words, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True, preexec_fn=usual)  # noqa: PLW1509


def until_told(lines: IO[str] | None) -> str:
    """What is printed until the server is there."""
    told = ""
    while lines and "Ctrl-C stops it" not in told:
        line = lines.readline()
        assert line, told
        told += line
    return told


@pytest.mark.xdist_group("label_studio")
def test_the_real_one_opens_to_its_token_and_keeps_secrets_to_itself(studio: Server) -> None:
    assert status(studio, "/api/projects", studio.access.token) == 200
    assert status(studio, "/api/projects", "0" * 40) == 401
    assert stat.S_IMODE(studio.access_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(studio.data.stat().st_mode) == 0o700
    assert studio.access.token not in studio.log.read_text()
    assert studio.access.password not in studio.log.read_text()


def test_where_it_is_not_installed_one_line_says_how(tmp_path: Path) -> None:
    with refused(StudioError, "package-missing", tmp_path):
        Server(tmp_path / "data", installation=Installation(tmp_path)).start()
    assert not (tmp_path / "data").exists()


def test_a_restart_finds_user_and_data_again(server: Server) -> None:
    with server:
        first = server.access
    (server.data / DATABASE).write_text("full")
    with server:
        assert server.access == first
        assert status(server, "/", first.token) == 200
    assert (server.data / DATABASE).read_text() == "full"


def test_the_empty_database_is_made_once_for_each_version(server: Server, cache: Path, imitation: Installation) -> None:
    with server:
        kept = cache / "goldloop/label-studio-9.8.7" / DATABASE
        assert kept.read_text() == "empty"
    kept.write_text("from the cache")
    with Server(server.data.parent / "other", 0, installation=imitation) as other:
        assert (other.data / DATABASE).read_text() == "from the cache"


def test_two_servers_at_once_have_ports_and_data_of_their_own(server: Server, imitation: Installation) -> None:
    with server, Server(server.data.parent / "other", 0, installation=imitation) as other:
        assert status(server) == status(other) == 200
        with refused(StudioError, "file-in-use", server.data, server.url):
            Server(server.data, installation=imitation).start()
        assert status(server) == 200
    assert status(server) is status(other) is None


def test_a_port_that_something_has_is_left_to_it(tmp_path: Path, imitation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with Server(tmp_path / "data", taken, installation=imitation) as server:
            assert server.port != taken
            assert status(server) == 200


def test_a_token_that_was_changed_is_named(server: Server) -> None:
    with server:
        (server.data / "token").write_text("changed in the page")
    with refused(StudioError, "key-refused", server.access_file, 401):
        server.start()
    assert status(server) is None


def test_one_that_ends_before_it_answers_is_named_with_its_log(server: Server) -> None:
    with server:
        pass
    (server.data.parent / "broken").touch()
    with refused(StudioError, "server-ended", server.log, server.log):
        server.start()
    assert BROKEN in server.log.read_text()


def test_one_that_never_answers_is_given_up(server: Server, imitation: Installation) -> None:
    with pytest.raises(StudioError) as told:
        Server(server.data, patience=0, installation=imitation).start()
    assert told.value.code == "no-answer" and told.value.key in str(told.value)
    with server:  # and nothing of it is left
        assert status(server) == 200


def test_a_database_that_cannot_be_made_is_told(
    tmp_path: Path, imitation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "broken").touch()
    with pytest.raises(StudioError) as told:
        Server(tmp_path / "data", installation=imitation).start()
    assert told.value.code == "database-unmade" and figures(str(told.value)) == [1] and BROKEN in str(told.value)


def test_it_sees_no_key_and_none_of_the_plain_names_that_it_would_obey(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "HOST", "DEBUG", "DATABASE_NAME", "HTTP_PROXY"):
        monkeypatch.setenv(name, "1")
    with server:
        names = (server.data / "names").read_text().split()
    assert "LABEL_STUDIO_SSRF_PROTECTION_ENABLED" in names
    assert not {"OPENAI_API_KEY", "HOST", "DEBUG", "DATABASE_NAME", "HTTP_PROXY"} & set(names)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_it_in_good_order(server: Server, imitation: Installation, number: signal.Signals) -> None:
    with started(server.data, imitation) as process:
        told = until_told(process.stdout)
        process.send_signal(number)
        out, problems = process.communicate()
    assert (process.returncode, out, problems) == (0, "\nLabel Studio is stopped.\n", "")
    assert gone(int((server.data / "pid").read_text()))
    assert str(server.access_file) in told
    assert server.access.token not in told
    assert server.access.password not in told


def test_a_starter_that_is_killed_leaves_no_server(server: Server, imitation: Installation) -> None:
    with started(server.data, imitation) as process:
        until_told(process.stdout)
        process.kill()
    assert gone(int((server.data / "pid").read_text()))
    with server:
        assert status(server) == 200


def test_a_server_that_is_killed_is_told(server: Server, imitation: Installation) -> None:
    with started(server.data, imitation) as process:
        until_told(process.stdout)
        os.kill(int((server.data / "pid").read_text()), signal.SIGKILL)
        out, problems = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert problems.startswith("error: ") and problems.endswith(f" -9: see {server.log}\n")


def test_a_terminal_is_shown_the_way_in(server: Server, imitation: Installation) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours) as screen, started(server.data, imitation, theirs) as process:
        os.close(theirs)
        told = until_told(screen)
        process.terminate()
    assert f"password  {server.access.password}\n" in told
    assert re.search(
        rf"export LABEL_STUDIO_URL=http://localhost:\d+ LABEL_STUDIO_API_KEY={server.access.token}\n", told
    )
