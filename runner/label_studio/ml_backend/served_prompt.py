"""What a project is served with now: its labelling interface, its prompt, and the version that names both."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from runner.core.errors import DataError, GoldloopError
from runner.core.items import Data
from runner.core.prompt import Prompt, complete, model_version
from runner.core.run_result import RunResult
from runner.core.secrets import redact
from runner.core.surrogates import question_marks
from runner.datasets.typed_gold import typed
from runner.label_studio.interface import Interface
from runner.label_studio.ml_backend.model import Task
from runner.label_studio.ml_backend.projects import Chosen, Project, Projects, Version
from runner.label_studio.ml_backend.request_body import Refused
from runner.labelling.confidence import LabelConfidence
from runner.runs.prompt_to_use import Choice, Which, prompt_to_use
from runner.runs.reader import read_run
from verifiers.verifier import Verifier

NO_PROMPT = "no-prompt"
"""The version of a project without a prompt: another than any with one, so that Label Studio asks again."""

_LONGEST = 2 << 20  # characters of an interface; ten thousand choices have half of that
_TITLE = 100  # characters
_HISTORY = 20  # versions that a project remembers

ScoreOf = Callable[[Sequence[str]], float | None]


@dataclass(frozen=True)
class Served:
    """What a project is served with.

    Attributes:
        version: the model version. source: where its prompt came from, in words.
        shown: the prompt as a person would edit it. task: how to ask with it; None where there is no prompt yet.
        score_of: the score of an answer with these classes, None where nobody measured how often such are right.
    """

    version: str
    source: str
    shown: str = ""
    task: Task | None = None
    score_of: ScoreOf = lambda labels: None


class Serving:
    """Knows it for all projects.

    Args:
        model: the model's name.
        read: reads a project's interface, of its number and the XML; raises DataError.
        verifier_of: the verifier for what an interface describes.

    Attributes:
        changed: told a project whose interface is another one than before.
    """

    def __init__(
        self,
        projects: Projects,
        model: str,
        read: Callable[[str, str], Interface],
        verifier_of: Callable[[Data], Verifier],
    ) -> None:
        self._projects = projects
        self._model = model
        self._read = lru_cache(maxsize=32)(read)
        self._verifier_of = verifier_of
        self.changed: Callable[[str], None] = lambda name: None

    async def interface(self, name: str, xml: object = None) -> Interface:
        """The interface of a project: ``xml``, which is kept, or the one that is known where it is empty.

        Raises:
            Refused: there is none, or it cannot be used; says why.
        """
        known = self._projects.get(name).config
        given = xml if xml else known
        if not isinstance(given, str) or not given:
            raise Refused(
                "the labelling interface is missing, and the project was not set up before",
                code="interface-missing",
                key="label_config",
            )
        interface = await self._interface(name, given)
        if given != known:
            await self._projects.change(name, config=given)
            self.changed(name)
        return interface

    async def titled(self, name: str, title: object) -> None:
        """Keep a project's title, for people."""
        if isinstance(title, str) and title.strip():
            await self._projects.change(name, title=question_marks(" ".join(title.split()))[:_TITLE])

    async def now(self, project: Project) -> Served:
        """What a project is served with: the prompt typed last, or of the run adopted last, or the configured one."""
        chosen = self._projects.prompt(project)
        if chosen is None or not project.config:
            return Served(NO_PROMPT, "no prompt yet")
        interface = await self._interface(project.id, project.config)
        task = self.task(interface, chosen.text)
        served = Served(model_version(task.prompt, self._model), chosen.source, chosen.text, task)
        await self._remember(project, served)
        if not chosen.run:
            return served
        return Served(served.version, served.source, chosen.text, task, await _scored(chosen))

    async def known(self, project: Project) -> tuple[Served, str]:
        """What ``now`` says, for a list of projects; and why nothing is served, empty where something is."""
        try:
            return await self.now(project), ""
        except (GoldloopError, Refused) as error:
            return Served(NO_PROMPT, "nothing can be served"), redact(str(error))

    async def would_serve(self, project: Project, chosen: Chosen) -> None:
        """Read a prompt as a project would be served with it. Raises what reading it does."""
        if project.config:
            self.version(self.task(await self._interface(project.id, project.config), chosen.text))

    def task(self, interface: Interface, prompt: str) -> Task:
        """How to ask with a prompt: with the labels added that it does not name, and with how to answer."""
        described = interface.described()
        _, verifier = typed(described, self._verifier_of(described))
        return Task(Prompt(complete(prompt, verifier.instructions())), verifier)

    def version(self, task: Task) -> str:
        return model_version(task.prompt, self._model)

    async def _interface(self, name: str, xml: str) -> Interface:
        if len(xml) > _LONGEST:
            raise Refused(
                f"the labelling interface is longer than {_LONGEST} characters", code="too-long", key="label_config"
            )
        try:
            return await asyncio.to_thread(self._read, name, xml)
        except DataError as error:
            raise Refused(str(error), code=error.code, key=error.key) from error

    async def _remember(self, project: Project, served: Served) -> None:
        version = Version(served.version, served.source, served.shown)
        if version != next(iter(project.versions), None):
            before = [one for one in project.versions if one.name != version.name]
            await self._projects.change(project.id, versions=(version, *before)[:_HISTORY])


async def _scored(chosen: Chosen) -> ScoreOf:
    return await asyncio.to_thread(_scores, chosen.run, chosen.which)


def of_run(run: str, at: str, choice: Choice = "auto") -> Chosen:
    """The prompt of a run that the configuration chooses, ``auto``: the one to use. Raises DataError: it has none."""
    archive = read_run(Path(run))
    which = prompt_to_use(archive.result, choice).which
    return Chosen(archive.prompt(which), at, "serve.run", run, verdict_of(archive.result), which)


def verdict_of(result: RunResult) -> str:
    """What was decided of a run's best prompt; ``unproved`` where nothing could be."""
    return result.decision.verdict if result.decision else "unproved"


@lru_cache(maxsize=64)
def _scores(run: str, which: Which) -> ScoreOf:
    """Calibrated agreement, measured by the run; none where its directory is gone."""
    try:
        return LabelConfidence.of_run(read_run(Path(run)), which).of
    except GoldloopError:
        return lambda labels: None
