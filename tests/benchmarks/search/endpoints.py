"""The endpoints of the benchmarks of searches: the embedded model behind one, and one that counts before it."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CONTEXT = 6144


def post(url: str, body: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=3600) as reply:
        answered: dict[str, Any] = json.load(reply)
    return answered


@contextmanager
def gate(url: str, out: Path, at_once: int = 1, slots: int = 1) -> Iterator[str]:
    """The counting endpoint, in a process of its own; what it remembers stands in ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, str(HERE / "gate.py"), "--upstream", url, "--cache", str(out / "replies.sqlite")]
    words += ["--at-once", str(at_once), "--slots", str(slots)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.communicate()


@contextmanager
def upstream(given: str | None = None, slots: int = 1) -> Iterator[str]:
    """The endpoint that was given, or the embedded model behind one."""
    if given:
        yield given
        return
    import xllamacpp

    from runner.providers.embedded_weights import QWEN_CODER_1_5B, joined

    params = xllamacpp.CommonParams()
    params.model.path = str(joined(QWEN_CODER_1_5B))
    params.n_parallel, params.n_ctx = slots, CONTEXT * slots
    params.n_gpu_layers, params.verbosity, params.port = 0, 0, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = os.cpu_count() or 1
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server
