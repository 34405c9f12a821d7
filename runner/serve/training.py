"""Start Training: an optimisation in its own process, watched, resumed after a restart, adopted if it is better."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from runner.serve.projects import Adopted, Project, Projects, Training, now

Adopt = Literal["better", "not_worse", "always", "never"]
_LOOK = 0.5  # seconds between looks at a training
_ALLOWED = {
    "better": {"better"},
    "not_worse": {"better", "undecided"},
    "always": {"better", "undecided", "worse", "unproved"},
    "never": set(),
}
_log = logging.getLogger("goldloop.serve")


class Trainings:
    """The trainings of all projects, at most one of each at a time.

    Args:
        words: the words that start the optimisation of a project in a run directory.
        adopt: which decisions have the new prompt served.
        environment: of the processes.
    """

    def __init__(
        self, projects: Projects, words: Callable[[Project, Path], Sequence[str]], adopt: Adopt, runs: Path
    ) -> None:
        self._projects = projects
        self._words = words
        self._adopt = adopt
        self._runs = runs
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> str:
        """Begin a training, unless one is running; returns what was done in words."""
        project = self._projects.get(name)
        if name in self._watching:
            return f"project {name}: a training is running already ({project.training.run if project.training else ''})"
        stamp = now().replace(":", "-").replace("+00-00", "")
        run = self._runs / f"serve-{name}" / stamp
        try:
            words = self._words(project, run)
        except Exception as error:
            self._projects.change(name, training=Training(str(run), 0, "failed", str(error), now()))
            raise
        self._begin(name, run, words)
        return f"project {name}: training in {run}"

    def go_on(self) -> None:
        """After a restart: watch those that still run, resume those that were cut off."""
        for project in self._projects.all():
            training = project.training
            if training is None or training.status != "running" or project.id in self._watching:
                continue
            run = Path(training.run)
            if _result(run).get("status") == "finished" or _alive(training):
                self._watch(project.id, run)
            elif (run / ".hydra" / "config.yaml").is_file():
                self._begin(project.id, run, [f"resume={run}"])
            else:
                self._projects.change(
                    project.id, training=replace(training, status="failed", words="it ended before it began")
                )

    def running(self, name: str) -> bool:
        return name in self._watching

    async def close(self) -> None:
        """Stop the trainings in good order; each can be resumed, and is at the next start."""
        for task in self._watching.values():
            task.cancel()
        for process in self._processes.values():
            process.send_signal(signal.SIGINT)
        for process in self._processes.values():
            try:
                await asyncio.to_thread(process.wait, 20)
            except subprocess.TimeoutExpired:
                process.kill()
                await asyncio.to_thread(process.wait)
        await asyncio.gather(*self._watching.values(), return_exceptions=True)

    def _begin(self, name: str, run: Path, words: Sequence[str]) -> None:
        run.parent.mkdir(parents=True, exist_ok=True)
        log = run.parent / f"{run.name}.log"
        with log.open("ab") as out:
            # A session of its own: it outlives a server that is killed, and Ctrl-C at the terminal is ours to hand on.
            process = subprocess.Popen(
                [sys.executable, "-m", "runner", *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes[name] = process
        self._projects.change(name, training=Training(str(run), process.pid, "running", "", now()))
        self._watch(name, run)

    def _watch(self, name: str, run: Path) -> None:
        task = asyncio.ensure_future(self._watched(name, run))
        self._watching[name] = task
        task.add_done_callback(lambda done: self._watching.pop(name, None))

    async def _watched(self, name: str, run: Path) -> None:
        """Wait for a training's end, and take what it proved."""
        while self._lives(name):  # noqa: ASYNC110 - it may be a process that an earlier server began
            await asyncio.sleep(_LOOK)
        self._processes.pop(name, None)
        project = self._projects.get(name)
        result, training = _result(run), project.training
        if training is None:
            return
        if result.get("status") not in {"finished", "stopped"}:
            words = str(result.get("stop_reason") or _last_line(run) or "it ended without a word")
            self._projects.change(name, training=replace(training, status="failed", words=words))
            _log.warning("project %s: the training failed: %s", name, words)
            return
        verdict = str((result.get("decision") or {}).get("verdict") or "unproved")
        taken = verdict in _ALLOWED[self._adopt] and result["best"]["epoch"] > 0
        words = f"{verdict}; {'served' if taken else 'not served'}"
        changes: dict[str, Any] = {"training": replace(training, status="finished", words=words)}
        if taken:
            text = (run / "best_prompt.txt").read_text("utf-8").rstrip("\n")
            changes["adopted"] = Adopted(str(run), text, verdict, now())
        self._projects.change(name, **changes)
        _log.info("project %s: the training in %s ended: %s", name, run, words)

    def _lives(self, name: str) -> bool:
        process = self._processes.get(name)
        if process is not None:
            return process.poll() is None
        training = self._projects.get(name).training
        return training is not None and _alive(training)


def progress(training: Training) -> dict[str, Any]:
    """How far a training is: the epoch, the best reward so far, and its state."""
    rows = _lines(Path(training.run) / "epochs.jsonl")
    best = rows[-1]["best"]["select"] if rows else None
    epoch = rows[-1]["epoch"] if rows else 0
    return {"status": training.status, "run": training.run, "epoch": epoch, "best": best, "words": training.words}


def _alive(training: Training) -> bool:
    """Whether the process still works on this run: its number alone may be another's by now."""
    try:
        command = Path(f"/proc/{training.pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return _signalled(training.pid) and not Path("/proc/self").exists()
    return training.run in command or Path(training.run).name in command


def _signalled(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _result(run: Path) -> dict[str, Any]:
    try:
        content = json.loads((run / "result.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    except (OSError, ValueError):
        return []


def _last_line(run: Path) -> str:
    """What the process said last: why it did not even begin."""
    try:
        lines = (run.parent / f"{run.name}.log").read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].removeprefix("goldloop: error: ") if lines else ""
