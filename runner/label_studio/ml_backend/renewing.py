"""Renews the predictions of a project's tasks when a prompt was adopted: Label Studio asks for none that it has.

Chunk by chunk, each written down when Label Studio has it. A server that was killed goes on with the tasks that lack
the version, and the journal answers what was asked before.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from runner.core.errors import GoldloopError, StudioError
from runner.core.secrets import redact
from runner.label_studio.interface import Interface
from runner.label_studio.ml_backend.in_thread import in_thread
from runner.label_studio.ml_backend.model import Model
from runner.label_studio.ml_backend.predicting import texts_of
from runner.label_studio.ml_backend.projects import ADOPTED, Chosen, Project, Projects, Renewal
from runner.label_studio.ml_backend.renewal_answers import answers_of, entries
from runner.label_studio.ml_backend.renewal_tasks import Wanting
from runner.label_studio.ml_backend.request_body import Refused
from runner.label_studio.ml_backend.served_prompt import Served, Serving
from runner.label_studio.ml_backend.studio_project import Opener, OpenProject

_CHUNK = 50  # tasks between two looks at whether to go on
_RETRIED = frozenset({"unreachable", "no-answer"})  # of Label Studio
_TELL = 30.0  # seconds between lines in the log
_CLOSE = 10.0  # seconds for what is being sent when the server ends
_log = logging.getLogger(__name__)


class Renewals:
    """The renewals of all projects, at most one of each at a time.

    Args:
        opened: opens a project in Label Studio.
        words: what the project's description says of an adopted prompt, beside its version.
        renew: whether predictions are made again; without only the description tells of the prompt.
        pause: seconds before what is away is tried again.
    """

    def __init__(
        self,
        projects: Projects,
        serving: Serving,
        model: Model,
        opened: Opener,
        words: Callable[[str, Chosen], str],
        renew: bool = True,
        pause: float = 15.0,
    ) -> None:
        self._projects = projects
        self._serving = serving
        self._model = model
        self._opened = opened
        self._words = words
        self._renew = renew
        self._pause = pause
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    async def go_on(self) -> None:
        """After a restart: go on with what had not come to its end, where no training runs."""
        for project in self._projects.all():
            trained = project.training is not None and project.training.status == "running"
            if project.renewal and project.renewal.status != "finished" and not trained:
                self.follow(project.id)

    def follow(self, name: str, again: bool = False) -> None:
        """Have the project's predictions follow the prompt that it is served with now.

        What is under way ends in good order before. Nothing is done where no prompt was adopted since the last other.

        Args:
            again: also if they did so already, for tasks that got no answer.
        """
        if self._closed or (not again and self._projects.get(name).renewal is None):
            return
        before = self._end(name)
        self._under_way[name] = task = asyncio.ensure_future(self._followed(name, before, again))
        task.add_done_callback(lambda done: self._ended(name, done))

    def pause(self, name: str) -> None:
        """End what is under way in good order, until ``follow`` is called again."""
        self._end(name)

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """Hold a renewal while Label Studio asks for many tasks itself, and until it has stored the answers.

        Both at once would give a task two predictions of one version.
        """
        task = self._end(name)
        if task is None:
            yield
            return
        await asyncio.wait([task])
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(self._pause, self.follow, name)

    async def close(self) -> None:
        """End all in good order; the next start of the server goes on with them."""
        self._closed = True
        tasks = [task for name in list(self._under_way) if (task := self._end(name))]
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE)

    def _end(self, name: str) -> "asyncio.Task[None] | None":
        task = self._under_way.pop(name, None)
        if task:
            task.cancel()
        return task

    def _ended(self, name: str, done: "asyncio.Task[None]") -> None:
        if self._under_way.get(name) is done:
            del self._under_way[name]

    async def _followed(self, name: str, before: "asyncio.Task[None] | None", again: bool) -> None:
        if before:
            await asyncio.wait([before])
        try:
            while not await self._tried(name, again):  # noqa: ASYNC110 - what comes back tells nobody
                await asyncio.sleep(self._pause)
        except (GoldloopError, Refused) as error:
            await self._stopped(name, str(error))
        except Exception:  # noqa: BLE001 - a bug: it is told, and the server goes on
            _log.exception("project %s: a bug in renewing its predictions", name)
            await self._stopped(name, "a bug: the server's log has it")

    async def _tried(self, name: str, again: bool) -> bool:
        """Follow the prompt once; whether that came to an end: not so while Label Studio is away."""
        project = self._projects.get(name)
        chosen = self._projects.prompt(project)
        try:
            if chosen is None or chosen.event != ADOPTED:
                await self._let_go(project)
                return True
            return await self._adopted(project, chosen, again)
        except StudioError as error:
            if error.code not in _RETRIED:
                raise
            await self._noted(name, f"it is tried again: {error}")
            return False

    async def _let_go(self, project: Project) -> None:
        """Another prompt is served than the adopted one: Label Studio is to ask the backend again."""
        old = project.renewal
        if old is None:
            return
        if old.shown:
            place = await in_thread(self._opened, int(project.id))
            try:
                await in_thread(place.show_live, old.version)
            finally:
                await in_thread(place.close)
        await self._projects.change(project.id, renewal=None)
        _log.info("project %s: another prompt is served than %s: its renewal is over", project.id, old.version)

    async def _adopted(self, project: Project, chosen: Chosen, again: bool) -> bool:
        served = await self._serving.now(project)
        interface = await self._serving.interface(project.id)
        old = project.renewal
        same = old is not None and old.version == served.version
        if old and same and old.status == "finished" and not again:
            return True
        state = Renewal(served.version, signed=old.signed if old and same else "")
        place = await in_thread(self._opened, int(project.id))
        try:
            if not state.signed:
                words = f"{served.version}, {self._words(project.id, chosen)}"
                state = replace(state, signed=await in_thread(place.describe, chosen.text, words))
            if not self._renew:
                state = replace(state, status="finished", words="predictions are not renewed (serve.renew=false)")
                await self._projects.change(project.id, renewal=state)
                return True
            wanted = await in_thread(place.wanting, served.version, project.config)
            there, people = wanted.there, wanted.by_people - wanted.there
            state = replace(state, total=wanted.total, renewed=len(there), by_people=len(people))
            await self._projects.change(project.id, renewal=state)
            _log.info("project %s: renewing predictions with %s: %s", project.id, served.version, state.counts)
            state = await self._all(project.id, place, wanted, served, interface, state)
            return await self._shown(project.id, place, state)
        finally:
            await in_thread(place.close)

    async def _all(
        self, name: str, place: OpenProject, wanted: Wanting, served: Served, interface: Interface, state: Renewal
    ) -> Renewal:
        """Renew chunk by chunk; how far it came."""
        task, left, told = served.task, place.chunks(wanted, _CHUNK), time.monotonic()
        if task is None:
            return state
        while chunk := await in_thread(next, left, None):
            texts = await in_thread(texts_of, interface, [data for _, data in chunk])
            asked = [text for text in texts if isinstance(text, str)]
            answers, spent = await answers_of(self._model, task, asked, self._pause, partial(self._noted, name))
            made = entries(served, interface, chunk, texts, answers)
            gone = await in_thread(place.send, wanted, made)
            failed = 0 if spent else len(chunk) - len(made)
            state = replace(
                state,
                total=state.total - gone,
                renewed=state.renewed + len(made) - gone,
                failed=state.failed + failed,
            )
            await self._projects.change(name, renewal=state)
            if spent:
                return replace(state, status="stopped", words=spent)
            if time.monotonic() - told > _TELL:
                told = time.monotonic()
                _log.info("project %s: %s", name, state.counts)
        return replace(state, status="finished")

    async def _shown(self, name: str, place: OpenProject, state: Renewal) -> bool:
        """Have Label Studio show what was renewed."""
        if state.renewed:
            stored = await in_thread(place.stored, state.version)
            if stored < state.renewed:
                lost = f"Label Studio stored {stored} of {state.renewed} predictions"
                state = replace(state, renewed=stored, words="; ".join(filter(None, (state.words, lost))))
            ours = [version.name for version in self._projects.get(name).versions]
            kept = await in_thread(place.show_version, state.version, ours)
            state = replace(state, shown=not kept, words="; ".join(filter(None, (state.words, kept))))
        await self._projects.change(name, renewal=state)
        more = f"; {state.words}" if state.words else ""
        _log.info("project %s: renewal %s: %s%s", name, state.status, state.counts, redact(more))
        return True

    async def _noted(self, name: str, words: str) -> None:
        """Say what it waits for: in the log once, on the page as long as it waits."""
        await self._told(name, words, "running")

    async def _stopped(self, name: str, words: str) -> None:
        await self._told(name, words, "stopped")

    async def _told(self, name: str, words: str, status: Any) -> None:
        words = redact(" ".join(words.split()))
        project = self._projects.get(name)
        state = project.renewal or Renewal("")
        if state.words != words:
            _log.warning("project %s: predictions are not renewed: %s", name, words)
        with suppress(Refused):
            await self._projects.change(name, renewal=replace(state, status=status, words=words))
