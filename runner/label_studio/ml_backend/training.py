"""Start Training: an optimisation in a process of its own, watched, resumed after a restart, served if it is better."""

import asyncio
import logging
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from runner.core.errors import GoldloopError
from runner.core.secrets import redact
from runner.label_studio.ml_backend import training_process as process
from runner.label_studio.ml_backend.adoption import UNSERVED, adoption
from runner.label_studio.ml_backend.projects import Projects, Training, now
from runner.label_studio.ml_backend.renewing import Renewals
from runner.label_studio.ml_backend.request_body import Refused
from runner.label_studio.ml_backend.served_prompt import Serving, verdict_of
from runner.label_studio.ml_backend.training_progress import ended, epochs_of, over, proved
from runner.runs.reader import read_run
from runner.runs.run_files import result_of

Adopt = Literal["better", "not_worse", "always", "never"]
_ADOPTED: dict[Adopt, frozenset[str]] = {
    "better": frozenset({"better"}),
    "not_worse": frozenset({"better", "undecided"}),
    "always": frozenset({"better", "undecided", "worse", "unproved"}),
    "never": frozenset(),
}
_LOOK = 0.5  # seconds between looks at a training
_GRACE = 15.0  # seconds to stop in
_LONGEST = 300  # characters of a reason
_log = logging.getLogger(__name__)

Words = Callable[[str, Path, Path, str | None, str | None], Sequence[str]]
"""(project, run directory, folder for files, prompt, run that it follows) -> what starts a project's optimisation."""


class Trainings:
    """The trainings of all projects, at most one of each at a time.

    Args:
        renewals: renew predictions when a prompt is adopted, and pause while a training runs.
        state: a folder; each project has one below it, with the configuration, the prompt and the output.
        runs: where run directories go.
        most: trainings of different projects at the same time.
        trust: modules that their configurations may name; ``words`` has them already.
    """

    def __init__(
        self,
        projects: Projects,
        serving: Serving,
        renewals: Renewals,
        words: Words,
        adopt: Adopt,
        state: Path,
        runs: Path,
        most: int = 8,
        trust: Sequence[str] = (),
    ) -> None:
        self._projects = projects
        self._serving = serving
        self._renewals = renewals
        self._words = words
        self._adopt = adopt
        self._state = state
        self._runs = runs
        self._most = most
        self._trust = [f"--trust={name}" for name in trust]
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._own: dict[str, subprocess.Popen[bytes]] = {}

    async def start(self, name: str) -> str:
        """Begin a training, unless one is running; returns what was done in words.

        Raises:
            GoldloopError, Refused: it cannot be begun; the project's state says so too.
        """
        if name in self._watching or process.alive(self._folder(name)):
            training = self._projects.get(name).training
            return f"a training is running already, in {training.run if training else '?'}"
        if len(self._watching) >= self._most:
            return f"not trained: {self._most} trainings of other projects are running; try again later"
        run = self._runs / f"serve-{name}" / datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S-%f")
        await self._begin(name, run)
        return f"training in {run}"

    async def go_on(self) -> None:
        """After a restart: watch what still runs, take what has ended, resume what was cut off."""
        for project in self._projects.all():
            training = project.training
            if training is None or training.status != "running":
                continue
            run = Path(training.run)
            if process.alive(self._folder(project.id)):
                _log.info("project %s: the training in %s is still running", project.id, run)
                self._watch(project.id, run)
            elif over(run):
                await self._conclude(project.id, run)
            else:
                _log.info("project %s: going on with the training in %s", project.id, run)
                begun = (run / ".hydra" / "config.yaml").is_file()
                with suppress(GoldloopError, Refused):  # the project's state says so
                    await self._begin(project.id, run, [*self._trust, f"resume={run}"] if begun else None)

    async def close(self) -> None:
        """Stop them in good order; the next start of the server goes on with them."""
        for task in self._watching.values():
            task.cancel()
        await asyncio.gather(*self._watching.values(), return_exceptions=True)
        left = [project for project in self._projects.all() if process.alive(self._folder(project.id))]
        for kill, seconds in ((False, _GRACE), (True, 1.0)):
            for project in left:
                process.interrupt(project.training.pid if project.training else 0, self._folder(project.id), kill=kill)
            end = asyncio.get_running_loop().time() + seconds
            while left and asyncio.get_running_loop().time() < end:
                await asyncio.sleep(0.05)
                left = [project for project in left if process.alive(self._folder(project.id))]
        for child in self._own.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(1)

    async def _begin(self, name: str, run: Path, resume: Sequence[str] | None = None) -> None:
        training = Training(str(run), 0, "running", now())
        folder = self._folder(name)
        try:
            words = resume
            if words is None:
                folder.mkdir(parents=True, exist_ok=True)
                words = self._words(name, run, folder, await self._prompt(name), self._follows(name))
            # Written down first: whatever happens next, this process or the next one knows of it.
            await self._projects.change(name, training=training)
            self._own[name] = child = process.start(words, folder)
        except (GoldloopError, Refused, OSError) as error:
            await self._projects.change(name, training=replace(training, status="failed", words=_short(str(error))))
            raise
        self._renewals.pause(name)
        self._watch(name, run)
        await self._projects.change(name, training=replace(training, pid=child.pid))

    async def _prompt(self, name: str) -> str | None:
        """The prompt to begin with: what is served now, labels added."""
        task = (await self._serving.now(self._projects.get(name))).task
        return task.prompt.render() if task else None

    def _follows(self, name: str) -> str | None:
        """The run that it goes on from, if its directory is there."""
        run = self._projects.run_behind(self._projects.get(name))
        return str(Path(run).resolve()) if run and (Path(run) / "data.json.gz").is_file() else None

    def _watch(self, name: str, run: Path) -> None:
        task = asyncio.ensure_future(self._watched(name, run))
        self._watching[name] = task
        task.add_done_callback(lambda done: self._unwatched(name, done))

    def _unwatched(self, name: str, done: "asyncio.Task[None]") -> None:
        self._watching.pop(name, None)
        if not done.cancelled() and (bug := done.exception()):
            _log.error("project %s: a bug in watching its training", name, exc_info=bug)

    async def _watched(self, name: str, run: Path) -> None:
        """Wait for a training's end, tell how it goes, and take what it proved."""
        told = -1
        while process.alive(self._folder(name)):
            await asyncio.sleep(_LOOK)
            epoch, best = await asyncio.to_thread(epochs_of, run)
            if epoch > told and best is not None:
                told = epoch
                _log.info("project %s: epoch %s, best reward so far %.3f", name, epoch, best)
        child = self._own.pop(name, None)
        if child:
            child.wait()
        await self._conclude(name, run)

    async def _conclude(self, name: str, run: Path) -> None:
        project, problem = self._projects.get(name), ""
        training = project.training or Training(str(run), 0, "running", now())
        changes: dict[str, Any] = {}
        try:
            result = result_of(run)
            best = read_run(run).prompt("best") if result and proved(result) else ""
        except GoldloopError as error:
            result, best, problem = None, "", str(error)
        if result is None or not ended(result) or result.status == "failed":
            said = problem or (result.stop_reason if result else "")
            words = said or process.last_words(self._folder(name)) or "it ended without a word"
            training = replace(training, status="failed", words=_short(words))
        else:
            verdict, words = verdict_of(result), "the prompt it began with is the best"
            if proved(result):
                words = UNSERVED
                if verdict in _ADOPTED[self._adopt]:
                    try:
                        changes = await adoption(self._serving, project, best, run, verdict)
                        words = "served"
                    except (GoldloopError, Refused) as error:  # of the interface as it is read now
                        words = _short(f"{UNSERVED}: {error}")
            training = replace(training, status="finished", verdict=verdict, words=words)
        project = await self._projects.change(name, training=training, **changes)
        _log.info(
            "project %s: training %s: %s",
            name,
            training.status,
            ", ".join(filter(None, (training.verdict, training.words))),
        )
        with suppress(GoldloopError, Refused):
            await self._serving.now(project)  # which remembers the version
        self._renewals.follow(name)

    def _folder(self, name: str) -> Path:
        return (self._state / name).resolve()


def _short(words: str) -> str:
    return redact(" ".join(words.split()))[:_LONGEST]
