"""goldloop as a process that finds the packages it needs imported: they take half of a short run.

Each test worker keeps one process that has them, and it forks for each goldloop that a test starts. goldloop's own
modules are imported by every process itself, in its environment and under its coverage. What is shared is what other
packages read when they are imported, and the seed of hashes: tests that compare processes start real ones.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

PACKAGES = (
    "aiohttp", "antlr4", "httpx", "hydra._internal.hydra", "jinja2", "label_studio_sdk.client",
    "matplotlib.backends.backend_svg", "matplotlib.figure", "numpy", "omegaconf", "pydantic", "rich.live", "rich.table",
    "trio", "yaml",
)  # fmt: skip
LONGEST = 1 << 17  # bytes of the words and the environment of a process
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>


class Forked(subprocess.Popen[str]):
    """``python -m runner WORDS``, but forked. It is this process's child, as one of Popen's is."""

    def _execute_child(self, args: Any, *rest: Any) -> None:
        cwd, env, ends = rest[4], rest[5], rest[9:15]
        self.pid = keeper().fork({"words": args, "cwd": str(cwd), "env": env}, [ends[3], ends[5]])
        self._child_created = True
        self._close_pipe_fds(*ends)  # type: ignore[attr-defined]


@contextmanager
def adopting() -> Iterator[None]:
    """What this process's children leave behind becomes its own."""
    system = ctypes.CDLL(None)
    if system.prctl(SUBREAPER, 1, 0, 0, 0):
        raise OSError("this process cannot adopt what its children leave")
    try:
        yield
    finally:
        system.prctl(SUBREAPER, 0, 0, 0, 0)


class Keeper:
    """The process that has the packages. It ends with this one."""

    def __init__(self) -> None:
        self.requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS")}
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            env={**environment, "OPENBLAS_NUM_THREADS": "1"},  # a process with threads should not fork
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        atexit.register(self.end)

    def fork(self, request: dict[str, Any], ends: list[int]) -> int:
        """The number of the new process, whose output goes to ``ends``."""
        with adopting():
            socket.send_fds(self.requests, [json.dumps(request).encode()], ends)
            return int(self.requests.recv(LONGEST))

    def end(self) -> None:
        self.requests.close()
        self.process.wait()


keeper = cache(Keeper)


def asked(requests: socket.socket) -> dict[str, Any]:
    """Wait for requests; returns in the process that was forked for one, with its output where it goes."""
    while True:
        words, ends, _, _ = socket.recv_fds(requests, LONGEST, 2)
        if not words:
            os._exit(0)
        reader, writer = os.pipe()
        if child := os.fork():
            os.close(writer)
            for end in ends:
                os.close(end)
            os.waitpid(child, 0)
            requests.send(os.read(reader, 20))
            os.close(reader)
        elif os.fork():
            os._exit(0)
        else:
            os.write(writer, str(os.getpid()).encode())
            for number, end in enumerate(ends, start=1):
                os.dup2(end, number)
            for end in (*ends, reader, writer):
                os.close(end)
            requests.close()
            found: dict[str, Any] = json.loads(words)
            return found


def main() -> None:
    for package in PACKAGES:
        importlib.import_module(package)
    gc.freeze()  # or each child would look through all of it for garbage, and copy it by that
    request = asked(socket.socket(fileno=int(sys.argv[1])))
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    here = str(Path(__file__).parent)
    sys.path[:] = [request["cwd"], *request["env"]["PYTHONPATH"].split(":"), *(p for p in sys.path if p != here)]
    sys.argv = ["goldloop", *request["words"]]
    if any(name.startswith("COVERAGE_PROCESS") for name in os.environ):
        import coverage

        coverage.process_startup()
    runpy.run_module("runner", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
