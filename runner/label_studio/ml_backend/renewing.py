"""Renews the predictions of a project's tasks when a prompt was adopted: Label Studio asks for none that it has.

Chunk by chunk, each written down when Label Studio has it. A server that was killed goes on with the tasks that lack
the version, and the journal answers what was asked before.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from runner.core.errors import GoldloopError, StudioError
from runner.core.secrets import redact
from runner.label_studio.ml_backend.model import Model
from runner.label_studio.ml_backend.projects import ADOPTED, Chosen, Projects, Renewal
from runner.label_studio.ml_backend.renewal_answers import answers_of
from runner.label_studio.ml_backend.renewal_work import RenewalWork
from runner.label_studio.ml_backend.request_body import Refused
from runner.label_studio.ml_backend.served_prompt import Serving
from runner.label_studio.ml_backend.studio_project import Opener

_RETRIED = frozenset({"unreachable", "no-answer"})  # of Label Studio
_CLOSE = 10.0  # seconds for what is being sent when the server ends
_log = logging.getLogger(__name__)


class Renewals:
    """The renewals of all projects, at most one of each at a time.

    Args:
        opened: opens a project in Label Studio.
        words: what the project's description says of an adopted prompt, beside its version.
        renew: whether predictions are made again; without only the description tells of the prompt.
        pause: seconds before what is away is tried again.

    Attributes:
        renews: whether predictions are made again.
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
        asking = partial(answers_of, model, pause=pause)
        self._work = RenewalWork(projects, serving, asking, opened, words, renew, self._noted)
        serving.changed = self.follow  # labels are a part of what is asked, and so of the version
        self.renews = renew
        self._pause = pause
        self._tasks: defaultdict[str, set[asyncio.Task[None]]] = defaultdict(set)  # also those that are still ending
        self._again: set[str] = set()  # to be done once more, which is not written down yet
        self._holders: Counter[str] = Counter()
        self._held_back: set[str] = set()
        self._closed = False

    async def go_on(self) -> None:
        """After a restart: go on with what had not come to its end, where no training runs."""
        for project in self._projects.all():
            if project.renewal and project.renewal.status != "finished" and not self._trained(project.id):
                self.follow(project.id)

    def follow(self, name: str, again: bool = False) -> None:
        """Have the project's predictions follow the prompt that it is served with now.

        What is under way ends in good order before. Nothing is done where no prompt was adopted since the last other.

        Args:
            again: also if they did so already, for tasks that got no answer.
        """
        if again:
            self._again.add(name)
        if self._closed or (name not in self._again and self._projects.get(name).renewal is None):
            return
        task = asyncio.ensure_future(self._followed(name, self._end(name)))
        self._tasks[name].add(task)
        task.add_done_callback(self._tasks[name].discard)

    def extend(self, name: str) -> None:
        """Give new tasks of a project predictions too, where those of the others are renewed.

        Label Studio shows predictions of one version then, and does not ask for those of a new task. What is under way
        goes on, and is done once more at its end.
        """
        renewal = self._projects.get(name).renewal
        busy = any(not task.done() and not task.cancelling() for task in self._tasks[name])
        if renewal is not None and busy:
            self._again.add(name)
        elif renewal is not None and renewal.shown_version:
            self.follow(name, again=True)

    def pause(self, name: str) -> None:
        """End what is under way in good order, until ``follow`` is called again."""
        self._end(name)

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """Hold a renewal while Label Studio asks for many tasks itself, and until it has stored the answers.

        Both at once would give a task two predictions of one version. Batch follows upon batch: it goes on after the
        last.
        """
        self._holders[name] += 1
        try:
            if ending := self._end(name):
                self._held_back.add(name)
                await asyncio.wait(ending)
            yield
        finally:
            asyncio.get_running_loop().call_later(self._pause, self._released, name)

    def _released(self, name: str) -> None:
        self._holders[name] -= 1
        if not self._holders[name] and name in self._held_back:
            self._held_back.discard(name)
            self.follow(name)

    async def close(self) -> None:
        """End all in good order; the next start of the server goes on with them."""
        self._closed = True
        ending = [task for name in list(self._tasks) for task in self._end(name)]
        if ending:
            await asyncio.wait(ending, timeout=_CLOSE)
        for name in list(self._again):
            await self._written_down(name)

    def _end(self, name: str) -> "list[asyncio.Task[None]]":
        """Have what is under way end; all that has not ended yet, for what is being sent comes to its end."""
        ending = [task for task in self._tasks[name] if not task.done()]
        for task in ending:
            if not task.cancelling():  # a second time would leave what is being sent alone
                task.cancel()
        return ending

    async def _followed(self, name: str, before: "Sequence[asyncio.Task[None]]") -> None:
        try:
            await self._written_down(name)
            if self._trained(name):  # at its end this begins anew
                return
            if self._holders[name]:
                self._held_back.add(name)
                return
            if before:
                await asyncio.wait(before)
            await self._done(name)
            while name in self._again:
                await self._written_down(name)
                await self._done(name)
        except (GoldloopError, Refused) as error:
            await self._stopped(name, str(error))
        except Exception:  # noqa: BLE001 - a bug: it is told, and the server goes on
            _log.exception("project %s: a bug in renewing its predictions", name)
            await self._stopped(name, "a bug: the server's log has it")

    async def _written_down(self, name: str) -> None:
        """Have what is to be done once more be under way in the project's state, whatever happens next."""
        if name in self._again:
            state = self._projects.get(name).renewal or Renewal("")
            await self._projects.change(name, renewal=replace(state, status="running", words=""))
            self._again.discard(name)

    async def _done(self, name: str) -> None:
        """Follow the prompt, however long Label Studio is away."""
        while not await self._tried(name):  # noqa: ASYNC110 - what comes back tells nobody
            await asyncio.sleep(self._pause)

    def _trained(self, name: str) -> bool:
        training = self._projects.get(name).training
        return training is not None and training.status == "running"

    async def _tried(self, name: str) -> bool:
        """Follow the prompt once; whether that came to an end: not so while Label Studio is away, or if it changed."""
        project = self._projects.get(name)
        chosen = self._projects.prompt(project)
        try:
            if chosen is None or chosen.event != ADOPTED:
                await self._work.let_go(project)
            else:
                return await self._work.adopted(project, chosen)
            return True
        except StudioError as error:
            if error.code not in _RETRIED:
                raise
            await self._noted(name, f"it is tried again: {error}")
            return False

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
