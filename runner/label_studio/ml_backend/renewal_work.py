"""What a renewal does to a project: missing predictions made chunk by chunk, and Label Studio told to show them."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from runner.core.secrets import redact
from runner.label_studio.interface import Interface
from runner.label_studio.ml_backend.in_thread import in_thread
from runner.label_studio.ml_backend.model import Answer, Task
from runner.label_studio.ml_backend.predicting import texts_of
from runner.label_studio.ml_backend.projects import Chosen, Project, Projects, Renewal
from runner.label_studio.ml_backend.renewal_answers import entries
from runner.label_studio.ml_backend.renewal_tasks import Wanting
from runner.label_studio.ml_backend.served_prompt import Served, Serving
from runner.label_studio.ml_backend.studio_project import Opener, OpenProject

_CHUNK = 50  # tasks between two looks at whether to go on
_TELL = 30.0  # seconds between lines in the log
_log = logging.getLogger(__name__)


class Asking(Protocol):
    """Asks the model, as ``answers_of`` does."""

    async def __call__(
        self, task: Task, texts: Sequence[str], *, waits: Callable[[str], Awaitable[None]]
    ) -> tuple[Mapping[str, Answer], str]:
        """The answers by text; and why no more can be had, if the budget is spent."""
        ...


class RenewalWork:
    """Does it; what is said of the arguments in ``Renewals`` holds here.

    Args:
        noted: told a project and why it waits.
    """

    def __init__(
        self,
        projects: Projects,
        serving: Serving,
        asking: Asking,
        opened: Opener,
        words: Callable[[str, Chosen], str],
        renew: bool,
        noted: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._projects = projects
        self._serving = serving
        self._asking = asking
        self._opened = opened
        self._words = words
        self._renew = renew
        self._noted = noted

    async def let_go(self, project: Project) -> None:
        """Another prompt is served than the adopted one: Label Studio is to ask the backend again."""
        old = project.renewal
        if old is None:
            return
        # Of the version that was renewed it may not be known yet that it is shown.
        shown = {old.shown_version, old.version if old.renewed else ""} - {""}
        if shown:
            place = await in_thread(self._opened, int(project.id))
            try:
                for version in sorted(shown):
                    await in_thread(place.show_live, version)
            finally:
                await in_thread(place.close)
        await self._projects.change(project.id, renewal=None)
        _log.info("project %s: another prompt is served than %s: its renewal is over", project.id, old.version)

    async def adopted(self, project: Project, chosen: Chosen) -> bool:
        """Make the predictions with an adopted prompt that are missing, unless that is done, and have them shown.

        Returns:
            Whether that came to an end: not so where another version is served meanwhile.
        """
        served = await self._serving.now(project)
        interface = await self._serving.interface(project.id)
        old = project.renewal
        same = old is not None and old.version == served.version
        if old and same and old.status == "finished":
            return True
        state = Renewal(served.version, shown_version=old.shown_version if old else "")
        if old and same:
            state = replace(state, signed=old.signed)
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
            done = await self._all(project.id, place, wanted, served, interface, state)
            if done:
                await self._shown(project.id, place, done)
            return done is not None
        finally:
            await in_thread(place.close)

    async def _all(
        self, name: str, place: OpenProject, wanted: Wanting, served: Served, interface: Interface, state: Renewal
    ) -> Renewal | None:
        """Renew chunk by chunk; how far it came, None where another version is served meanwhile."""
        task, left, told = served.task, place.chunks(wanted, _CHUNK), time.monotonic()
        if task is None:
            return state
        while chunk := await in_thread(next, left, None):
            if await self._outdated(name, served):
                return None
            texts = await in_thread(texts_of, interface, [data for _, data in chunk])
            asked = [text for text in texts if isinstance(text, str)]
            answers, spent = await self._asking(task, asked, waits=partial(self._noted, name))
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
        return None if await self._outdated(name, served) else replace(state, status="finished")

    async def _outdated(self, name: str, served: Served) -> bool:
        """Whether another version is served meanwhile: another prompt, or an interface with other labels."""
        return (await self._serving.now(self._projects.get(name))).version != served.version

    async def _shown(self, name: str, place: OpenProject, state: Renewal) -> None:
        """Have Label Studio show what was renewed."""
        if state.renewed:
            stored = await in_thread(place.stored, state.version)
            if stored < state.renewed:
                lost = f"Label Studio stored {stored} of {state.renewed} predictions"
                state = replace(state, renewed=stored, words="; ".join(filter(None, (state.words, lost))))
            ours = [version.name for version in self._projects.get(name).versions]
            kept = await in_thread(place.show_version, state.version, ours)
            state = replace(
                state, shown_version="" if kept else state.version, words="; ".join(filter(None, (state.words, kept)))
            )
        await self._projects.change(name, renewal=state)
        more = f"; {state.words}" if state.words else ""
        _log.info("project %s: renewal %s: %s%s", name, state.status, state.counts, redact(more))
