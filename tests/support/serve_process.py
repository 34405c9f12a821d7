"""``goldloop serve`` as a process."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from goldloop_process import Goldloop


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(goldloop: Goldloop, *words: str, port: int | None = None) -> Iterator[str]:
    """goldloop serve as a process; its address."""
    port = port or free_port()
    process = goldloop.start("serve", f"serve.port={port}", *words)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(f"{url}/health"), 30, process)
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=30)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


def wait_for(true: Any, seconds: float, process: "subprocess.Popen[str] | None" = None) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)
