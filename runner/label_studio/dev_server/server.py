"""A Label Studio of one's own, on this machine: started with a data directory, waited for and stopped.

``make label-studio`` runs this module. Tests start the same server.
"""

import argparse
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, NoReturn

from runner.core.errors import GoldloopError, StudioError
from runner.core.file_lock import Held, hold
from runner.label_studio.dev_server.credentials import DevCredentials, access
from runner.label_studio.dev_server.installation import DATABASE, Installation

_PORT = 8080  # Label Studio's own, and goldloop's default


class Server:
    """Label Studio while it runs.

    Args:
        data: the directory of its database and files; kept from one start to the next.
        port: if something has it, any that is free is taken, and so it is with 0.
        patience: seconds to wait for its first answer.
        installation: where it is installed.

    Raises:
        StudioError: from ``start``: it is not installed, runs on this directory already, or does not come up.
    """

    def __init__(
        self, data: Path, port: int = _PORT, patience: float = 180, installation: Installation | None = None
    ) -> None:
        self.data = data.resolve()
        self.port = port
        self._patience = patience
        self._installation = installation or Installation()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def access_file(self) -> Path:
        """Where user, password and token are kept."""
        return self.data / "access.json"

    @property
    def access(self) -> DevCredentials:
        """The user, the password and the token."""
        return access(self.access_file)

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.data / "server.log"

    def start(self) -> "Server":
        """Start it, and wait until it answers."""
        self._installation.version()
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(self.data)
        try:
            if not (self.data / DATABASE).exists():
                self._installation.new_database(self.data)
            self.port = _free_port(self.port)
            self._process = self._run(self.port)
            self._wait_for_answer(self.port)
        except BaseException:
            self.stop()
            raise
        self._lock.write(self.url)
        self._lock.flush()
        return self

    def wait(self) -> int:
        """Wait until the server ends by itself; its exit code."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """End it and wait until it is gone. Once more does nothing."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
            with self._process:  # closes the pipe, and waits
                self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, port: int) -> "subprocess.Popen[bytes]":
        words = ["start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
        access = {
            "LABEL_STUDIO_USERNAME": self.access.email,
            "LABEL_STUDIO_PASSWORD": self.access.password,
            "LABEL_STUDIO_USER_TOKEN": self.access.token,
        }
        with self.log.open("wb") as log:
            return subprocess.Popen(
                self._installation.command(*words),
                env=self._installation.variables(self.data) | access,
                cwd=self.data,
                stdin=subprocess.PIPE,  # the server ends when this closes
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only the starter, which stops it in good order
            )

    def _wait_for_answer(self, port: int) -> None:
        end = time.monotonic() + self._patience
        while _status(port, "/health") != 200:
            if self._process is None or self._process.poll() is not None:
                raise StudioError(
                    f"Label Studio ended before it answered: see {self.log}", code="server-ended", key=str(self.log)
                )
            if time.monotonic() > end:
                raise StudioError(
                    f"Label Studio did not answer at {self.url} in {self._patience:g} s: see {self.log}",
                    code="no-answer",
                    key=self.url,
                )
            time.sleep(0.1)
        # Also finds a stranger on this port, and a database that others made.
        status = _status(port, "/api/current-user/whoami", self.access.token)
        if status != 200:
            raise StudioError(
                f"Label Studio at {self.url} refuses the token in {self.access_file} (status {status}): "
                f"write the user's present one there, or move {self.data} away to begin anew",
                code="key-refused",
                key=str(self.access_file),
            )


def _lock(data: Path) -> IO[str]:
    """The sign that a server runs on ``data``, and where; it goes away with the process that holds it."""
    try:
        return hold(data / "running")
    except Held as held:
        raise StudioError(
            f"Label Studio runs already on {data}: {held.note or 'it is starting'}", code="file-in-use", key=str(data)
        ) from None


def _free_port(wish: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wish))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _status(port: int, path: str, token: str = "") -> int | None:
    """The status of an answer; None if there is none."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Authorization": f"Token {token}"} if token else {})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main(words: list[str] | None = None, installation: Installation | None = None) -> int:
    """Run until Ctrl-C; say where it is and how to enter."""
    options = argparse.ArgumentParser(prog="python -m runner.label_studio.dev_server.server")
    options.add_argument("--data", type=Path, default=Path("outputs/label-studio"), help="its data directory")
    options.add_argument("--port", type=int, default=_PORT, help=f"{_PORT}; any that is free if something has it")
    given = options.parse_args(words)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    installation = installation or Installation()
    server = Server(given.data, given.port, installation=installation)
    try:
        version = installation.version()
        print(f"Starting Label Studio {version} on {given.data} (the first time takes half a minute) ...", flush=True)
        with server:
            _tell(server)
            code = server.wait()
        raise StudioError(
            f"Label Studio ended by itself with exit code {code}: see {server.log}",
            code="server-ended",
            key=str(server.log),
        )
    except KeyboardInterrupt:
        print("\nLabel Studio is stopped.")
        return 0
    except GoldloopError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2


def _tell(server: Server) -> None:
    """The way in. Secrets go to a terminal only, never into a file that takes the output."""
    print(f"\nLabel Studio: {server.url}")
    if sys.stdout.isatty():
        access = server.access
        print(f"  user      {access.email}\n  password  {access.password}\n\nFor goldloop, in another terminal:")
        print(f"  export LABEL_STUDIO_URL={server.url} LABEL_STUDIO_API_KEY={access.token}")
    else:
        print(f"  user, password and token are in {server.access_file}")
    print(f"\nCtrl-C stops it. What you did stays in {server.data}.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
