"""What the backend answers: the version of a project, predictions for its tasks, and what follows from its webhooks.

An answer holds what the model said, or says why there is none; nothing is ever guessed. Of a task only the fields that
the labelling interface shows are read: annotations, gold among them, never reach the model.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from runner.archive import read_run
from runner.datasets.rows import RowProblem
from runner.errors import DataError, GoldloopError
from runner.prompt import Prompt, complete, model_version
from runner.scores import Scores
from runner.serve.model import Answer, Model, Task
from runner.serve.projects import Adopted, Project, Projects, Typed, now, project_id
from runner.serve.training import Trainings, progress
from runner.studio.interface import Interface, Region, read_interface
from verifiers.verdict import Verifier

NO_PROMPT = "no-prompt-yet"
_INTERACTIVE = 30.0  # seconds that a person waits for an answer at most
_HISTORY = 20  # versions remembered
_ANNOTATIONS = frozenset({"ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED"})

PromptFrom = Literal["typed", "submitted", "none"]
"""Which prompts of people become the project's: all that were answered, those in submitted annotations, or none."""

_log = logging.getLogger("goldloop.serve")
_interface = lru_cache(maxsize=256)(read_interface)


class BadRequest(Exception):
    """A request that cannot be answered; says in a sentence why."""


@dataclass(frozen=True)
class Served:
    """What a project is served with now.

    Attributes:
        version: the model version. source: where its prompt came from, in words.
    """

    version: str
    source: str
    task: Task | None
    scores: Scores | None = None


class Backend:
    """Answers for all projects.

    Args:
        verifier_of: the verifier for an interface with any number of labels, or with one.
        deadline: seconds for a batch; what does not fit is left out and asked for again.
    """

    def __init__(
        self,
        projects: Projects,
        model: Model,
        trainings: Trainings,
        *,
        verifier_of: Callable[[bool], Verifier],
        prompt_from: PromptFrom,
        deadline: float,
    ) -> None:
        self.projects = projects
        self.model = model
        self.trainings = trainings
        self._verifier_of = verifier_of
        self._prompt_from = prompt_from
        self._deadline = deadline
        self.counts: Counter[str] = Counter()

    def set_up(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the interface of a project; its version. The token that comes along is not looked at."""
        name, xml = _project(body.get("project")), _text(body.get("schema"), "schema")
        self._read(xml)
        return {"model_version": self.served(self.projects.change(name, config=xml)).version}

    async def predict(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Predictions for tasks, one entry each; an entry without any is a task to ask about again."""
        tasks = body.get("tasks")
        if not isinstance(tasks, list) or not all(isinstance(task, Mapping) for task in tasks):
            raise BadRequest("tasks must be a list of tasks")
        name = _project(body.get("project"))
        xml = body.get("label_config")
        project = self.projects.get(name)
        if isinstance(xml, str) and xml and xml != project.config:
            self._read(xml)
            project = self.projects.change(name, config=xml)
        interface = self._read(project.config)
        context = (body.get("params") or {}).get("context") if isinstance(body.get("params") or {}, Mapping) else None
        if isinstance(context, Mapping):
            return {"results": [await self._answered(project, interface, tasks, context)]}
        return {"results": await self._predicted(self.served(project), interface, tasks)}

    def webhook(self, body: Mapping[str, Any]) -> str:
        """Do what follows from an event; returns what was done in words."""
        action = body.get("action")
        self.counts[f"webhook_{action}" if isinstance(action, str) and action.isupper() else "webhook_other"] += 1
        name = _project(body.get("project"))
        if action == "START_TRAINING":
            return self.trainings.start(name)
        if action == "PROJECT_UPDATED" and isinstance(body.get("project"), Mapping):
            xml = body["project"].get("label_config")
            if isinstance(xml, str) and xml:
                self._read(xml)
                self.projects.change(name, config=xml)
                return f"project {name}: the labelling interface is up to date"
        if action in _ANNOTATIONS and self._prompt_from != "none":
            return self._typed_in(name, body.get("annotation"))
        return f"project {name}: nothing to do"

    def served(self, project: Project) -> Served:
        """What a project is served with: the prompt typed last, or that of the run adopted last, or none yet."""
        prompt = project.prompt
        if prompt is None or not project.config:
            return Served(NO_PROMPT, "no prompt yet: type one into the prompt area of a task", None)
        try:
            task = self._task(self._read(project.config), prompt.text)
        except BadRequest as problem:
            return Served(NO_PROMPT, str(problem), None)
        version = model_version(task.prompt, self.model.name)
        if isinstance(prompt, Typed):
            return Served(version, f"typed by a person at {prompt.at}", task)
        return Served(version, f"the best prompt of {prompt.run} ({prompt.verdict})", task, _scores(prompt.run))

    def versions(self) -> list[dict[str, Any]]:
        """Each project's version, where its prompt came from, and how its training goes."""
        told = []
        for project in self.projects.all():
            served = self.served(project)
            entry: dict[str, Any] = {"project": project.id, "version": served.version, "source": served.source}
            entry["before"] = list(project.history)
            if project.training:
                entry["training"] = progress(project.training)
            if self.model.away:
                entry["model"] = self.model.away
            told.append(entry)
        return told

    async def _answered(
        self, project: Project, interface: Interface, tasks: Sequence[Mapping[str, Any]], context: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The answer to a person who typed a prompt. Without one in it the request asks nothing of the model."""
        typed = interface.prompt_in(_typed_regions(context.get("result")))
        if typed is None or not tasks:
            return {"result": []}
        self.counts["prompts"] += 1
        try:
            text = interface.text_of(_data(tasks[0]))
        except RowProblem as problem:
            return {"result": interface.answer([], f"goldloop: {problem}")}
        task = self._task(interface, typed)
        try:
            async with asyncio.timeout(min(_INTERACTIVE, self._deadline)):
                answer = await self.model.ask(task, text)
        except TimeoutError:
            answer = Answer(None, failure="timeout", words=f"no answer in {min(_INTERACTIVE, self._deadline):g} s")
        if self._prompt_from == "typed" and answer.failure != "model_away":
            self._take(project.id, typed)
        version = model_version(task.prompt, self.model.name)
        return {"result": interface.answer(answer.labels or [], _shown(answer)), "model_version": version}

    async def _predicted(
        self, served: Served, interface: Interface, tasks: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any] | list[Any]]:
        texts: list[str | None] = []
        for task in tasks:
            try:
                texts.append(interface.text_of(_data(task)))
            except RowProblem:
                texts.append(None)
                self.counts["no_text"] += 1
        if served.task is None:
            self.counts["no_prompt"] += len(tasks)
            return [[] for _ in tasks]
        wanted = [text for text in texts if text is not None]
        answers = await self.model.ask_all(served.task, wanted, self._deadline)
        late = len(set(wanted)) - len(answers)
        if late:
            _log.warning("%s of %s texts were not answered in %g s: ask again", late, len(set(wanted)), self._deadline)
        self.counts["late"] += late
        return [self._prediction(served, interface, answers.get(text or "")) for text in texts]

    def _prediction(self, served: Served, interface: Interface, answer: Answer | None) -> dict[str, Any] | list[Any]:
        """A prediction; an empty list where there is none, which Label Studio stores nothing of and asks again."""
        if answer is None or answer.labels is None:
            return []
        self.counts["predictions"] += 1
        made = {"result": interface.regions(answer.labels, response=answer.reply), "model_version": served.version}
        score = served.scores.of(answer.labels) if served.scores else None
        return made if score is None else {**made, "score": score}

    def _typed_in(self, name: str, annotation: object) -> str:
        annotations = annotation if isinstance(annotation, list) else [annotation]
        project = self.projects.get(name)
        if not project.config:
            return f"project {name}: not set up yet"
        interface = self._read(project.config)
        for entry in annotations:
            if not isinstance(entry, Mapping):
                continue
            typed = interface.prompt_in(_typed_regions(entry.get("result"), bool(entry.get("parent_prediction"))))
            if typed:
                self._take(name, typed)
                return f"project {name}: a prompt was typed"
        return f"project {name}: no prompt in it"

    def _take(self, name: str, typed: str) -> None:
        """A prompt becomes the project's, unless it is what is served already."""
        project = self.projects.get(name)
        if project.prompt is not None and project.prompt.text == typed:
            return
        before = self.served(project).version
        history = (before, *(one for one in project.history if one != before))[:_HISTORY]
        self.projects.change(name, typed=Typed(typed, now()), history=() if before == NO_PROMPT else history)

    def _task(self, interface: Interface, prompt: str) -> Task:
        text = complete(prompt, interface.labels, multiple=interface.multiple)
        return Task(Prompt(text), interface.labels, self._verifier_of(interface.multiple))

    def _read(self, xml: str) -> Interface:
        if not xml:
            raise BadRequest("the project is not set up yet: its labelling interface is unknown")
        try:
            return _interface(xml)
        except DataError as error:
            raise BadRequest(str(error)) from error


def adopted(run: str) -> Adopted:
    """The best prompt of a run, to be served. Raises DataError if it has none."""
    archive = read_run(Path(run))
    verdict = str((archive.result.get("decision") or {}).get("verdict") or "unproved")
    return Adopted(run, archive.prompt("best"), verdict, "")  # earlier than whatever is typed or adopted later


@lru_cache(maxsize=256)
def _scores(run: str) -> Scores | None:
    try:
        return Scores.of_run(read_run(Path(run)))
    except GoldloopError:
        return None


def _typed_regions(result: object, from_prediction: bool = False) -> list[Region]:
    """The regions that a person made or changed: what a prediction filled in was typed by nobody."""
    regions = [region for region in result if isinstance(region, Mapping)] if isinstance(result, list) else []
    unmarked = (None,) if from_prediction else ()
    return [region for region in regions if region.get("origin") not in ("prediction", *unmarked)]


def _shown(answer: Answer) -> str:
    """The model's reply; where there is none, the reason, for the person who waits for it."""
    if answer.reply:
        return answer.reply
    words = f" ({answer.words})" if answer.words else ""
    return f"goldloop: no answer: {(answer.failure or 'none').replace('_', ' ')}{words}"


def _data(task: Mapping[str, Any]) -> Mapping[str, Any]:
    data = task.get("data")
    return data if isinstance(data, Mapping) else {}


def _project(value: object) -> str:
    try:
        return project_id(value)
    except ValueError as problem:
        raise BadRequest(str(problem)) from problem


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise BadRequest(f"{name} must be a text")
    return value
