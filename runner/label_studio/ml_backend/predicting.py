"""Answers to /predict: to a person who typed a prompt, at once; for many tasks, as many as there is time for.

Of a task only the fields that the labelling interface shows are read: annotations, gold among them, never get here.
"""

import asyncio
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from runner.core.surrogates import question_marks
from runner.datasets.row_problem import RowProblem
from runner.label_studio.controls import Region
from runner.label_studio.interface import Interface
from runner.label_studio.ml_backend.model import Answer, Model
from runner.label_studio.ml_backend.project_options import ProjectOptions
from runner.label_studio.ml_backend.projects import Chosen, Projects, now, project_id
from runner.label_studio.ml_backend.request_body import Refused
from runner.label_studio.ml_backend.served_prompt import Served, Serving
from runner.label_studio.tasks import by_people

TRIED = "typed"
"""The event of a prompt that a person tries, with Shift+Enter."""

_PERSON = 30.0  # seconds that a person waits at most
_LONGEST = 1_000_000  # characters of a prompt; a pool of 5,000 examples has about half of that
_LONGEST_WORDS = 300
_KNOWN = 200  # prompts of a project that are recognised
_log = logging.getLogger(__name__)

Entry = dict[str, Any] | list[Any]
"""An empty list where there is none: Label Studio stores nothing then and asks again (an empty *result* is stored)."""


class AllFailed(Exception):
    """The model answered nothing that was asked; says why.

    Args:
        failure: the same by name, as of an ``Answer``.
    """

    def __init__(self, message: str, failure: str) -> None:
        super().__init__(message)
        self.failure = failure


def only_data(task: object) -> Mapping[str, Any] | None:
    """What is kept of a task when a request is read: its data, and nothing that anybody said about it."""
    data = task.get("data") if isinstance(task, Mapping) else None
    return data if isinstance(data, Mapping) else None


class Predicting:
    """Answers for all projects.

    Args:
        options: which prompts of people become a project's. deadline: seconds for one request.

    Attributes:
        held: entered with the project while a batch is answered.
        changed: told the project that a person gave another prompt.
        empty: tasks that got no prediction, by the name of the reason. made: predictions.
    """

    def __init__(
        self, projects: Projects, serving: Serving, model: Model, options: ProjectOptions, deadline: float
    ) -> None:
        self._projects = projects
        self._serving = serving
        self._model = model
        self._options = options
        self._deadline = deadline
        self.held: Callable[[str], AbstractAsyncContextManager[None]] = lambda name: nullcontext()
        self.changed: Callable[[str], None] = lambda name: None
        self.made = 0
        self.empty: Counter[str] = Counter()

    async def predict(self, body: Mapping[str, Any], started: float) -> list[Entry]:
        """An entry for each task, in their order.

        Args:
            body: the request; ``tasks`` as ``only_data`` left them. started: when it came, by ``time.monotonic``.

        Raises:
            Refused: it is no request for predictions. AllFailed: the model answered nothing.
        """
        tasks, params = body.get("tasks"), body.get("params") or {}
        if not isinstance(tasks, list):
            raise Refused("tasks is missing or is no list of tasks", code="wrong-shape", key="tasks")
        if not isinstance(params, Mapping):
            raise Refused("params is no object", code="wrong-shape", key="params")
        name = project_id(body.get("project"))
        interface = await self._serving.interface(name, body.get("label_config"))
        context = params.get("context")
        if context is not None:
            until = started + min(_PERSON, self._deadline)
            return await self._to_person(name, interface, tasks, regions(context), until)
        served = await self._serving.now(self._projects.get(name))
        if len(tasks) > 1:
            async with self.held(name):
                return await self._batch(name, served, interface, tasks, started + self._deadline)
        return await self._batch(name, served, interface, tasks, started + self._deadline)

    async def typed(self, name: str, prompt: str, event: str, *, labelling: bool = False) -> bool:
        """A person gave the project a prompt; returns whether it is served now.

        It is read before it is kept: one that cannot be would be met again at each start. One that is only tried does
        not take the place of one that was adopted, or proved better; nor does one that a person leaves in a task.

        Args:
            labelling: it came with labels that the person says are right, so that these were meant.
        """
        project, policy = self._projects.get(name), self._options.policy(name)
        mark = hashlib.sha256(prompt.encode()).hexdigest()[:12]
        # Whoever corrects labels of an old annotation did not type the old prompt in it again.
        if policy == "none" or (event == "ANNOTATION_UPDATED" and mark in project.known):
            return False
        chosen = self._projects.prompt(project)
        known = (mark, *(one for one in project.known if one != mark))[:_KNOWN]
        if chosen and chosen.text == prompt:  # known none the less, when another is served
            await self._projects.change(name, known=known)
            return False
        kept = chosen is not None and chosen.stays and self._options.keeps_adopted(name)
        if (event == TRIED and policy == "submitted") or (kept and (event == TRIED or labelling)):
            how = "once it is submitted with an annotation" + (", the box not ticked" if kept else "")
            _log.info("project %s: a prompt was tried, and is served %s", name, how)
            return False
        typed = Chosen(prompt, now(), event)
        await self._serving.would_serve(project, typed)
        project = await self._projects.change(name, typed=typed, known=known)
        await self._serving.now(project)  # which remembers the version
        self.changed(name)
        return True

    async def _to_person(
        self, name: str, interface: Interface, tasks: Sequence[Any], result: Sequence[Region], until: float
    ) -> list[Entry]:
        """The answer to a person, into every control: one that is left out would keep what an older answer showed."""
        prompt = prompt_in(interface, result)
        if prompt is None:  # Label Studio asks so after each Submit, and shows whatever is answered
            return [{"result": []} for _ in tasks]
        if len(prompt) > _LONGEST:
            words = f"goldloop: the prompt is longer than {_LONGEST} characters"
            _log.warning("project %s: a typed prompt got no answer: %s", name, words.removeprefix("goldloop: "))
            return [{"result": interface.answer(None, words)} for _ in tasks]
        task = self._serving.task(interface, prompt)
        own = prompt_in(interface, by_people(result))
        if own:
            await self.typed(name, own, TRIED)
        texts = await asyncio.to_thread(texts_of, interface, tasks)
        asked = {text: await self._model.ask(task, text, until) for text in _distinct(texts)}
        version = self._serving.version(task)
        answers = [asked[text] if isinstance(text, str) else text for text in texts]
        for answer in answers:
            self._count(answer)
            if answer.failure:  # which the person sees in the reply's place, or as labels that are not ticked
                _log.warning("project %s: a typed prompt got no labels: %s", name, answer.words or answer.failure)
        return [
            {"result": interface.answer(one.answer, _shown(one), data), "model_version": version}
            for one, data in zip(answers, tasks, strict=True)
        ]

    async def _batch(
        self, name: str, served: Served, interface: Interface, tasks: Sequence[Any], until: float
    ) -> list[Entry]:
        if served.task is None:
            self.empty["no_prompt"] += len(tasks)
            return [[] for _ in tasks]
        texts = await asyncio.to_thread(texts_of, interface, tasks)
        answers = await self._model.ask_all(served.task, _distinct(texts), until)
        results = await asyncio.to_thread(self._predictions, served, interface, tasks, texts, answers)
        missing = results.count([])
        seconds = time.monotonic() - until + self._deadline
        _log.info("project %s: %s of %s tasks predicted in %.1f s", name, len(tasks) - missing, len(tasks), seconds)
        failed = [answer for answer in answers.values() if not answer.replied]
        if failed:
            _log.warning("project %s: %s texts failed, the last: %s", name, len(failed), failed[-1].words)
        if failed and len(failed) == len(answers):
            raise AllFailed(f"no task could be predicted: {failed[-1].words}", failed[-1].failure or "")
        return results

    def _predictions(
        self,
        served: Served,
        interface: Interface,
        tasks: Sequence[Any],
        texts: Sequence[str | Answer],
        answers: Mapping[str, Answer],
    ) -> list[Entry]:
        results: list[Entry] = []
        for text, data in zip(texts, tasks, strict=True):
            answer = answers.get(text, _LATE) if isinstance(text, str) else text
            self._count(answer)
            results.append([] if answer.failure else prediction(served, interface, answer, data))
        return results

    def _count(self, answer: Answer) -> None:
        if answer.failure:
            self.empty[answer.failure] += 1
        else:
            self.made += 1


def prediction(served: Served, interface: Interface, answer: Answer, data: Mapping[str, Any]) -> dict[str, Any]:
    """What Label Studio is given for a task, with a score where one was measured."""
    made: dict[str, Any] = {
        "result": interface.regions(answer.answer, data, prompt=served.shown, response=answer.reply),
        "model_version": served.version,
    }
    score = served.score_of(answer.keys)
    return made if score is None else {**made, "score": score}


_LATE = Answer(None, failure="late", words="there was no time left")


def regions(result: object) -> list[Region]:
    """The regions of an annotation, or of an interactive request's context."""
    listed = result.get("result") if isinstance(result, Mapping) else None
    return [region for region in listed if isinstance(region, Mapping)] if isinstance(listed, list) else []


def prompt_in(interface: Interface, result: Sequence[Region]) -> str | None:
    """The prompt in a result, as it can be written down and sent: half of a character becomes a question mark."""
    prompt = interface.prompt_in(result)
    return prompt and question_marks(prompt)


def texts_of(interface: Interface, tasks: Sequence[Any]) -> list[str | Answer]:
    """The text of each task, or that it has none and why."""
    texts: list[str | Answer] = []
    for place, data in enumerate(tasks):
        try:
            texts.append(interface.text_of(data or {}))
            interface.refuse_unplaced(data or {})
        except RowProblem as problem:
            del texts[place:]
            texts.append(Answer(None, failure="no_text", words=str(problem)[:_LONGEST_WORDS]))
    return texts


def _distinct(texts: Sequence[str | Answer]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if isinstance(text, str)))


def _shown(answer: Answer) -> str:
    """What a person sees in the area of the model's reply: what it wrote, or why there is nothing."""
    if answer.replied:
        return answer.reply or "goldloop: the model's reply is empty"
    return f"goldloop: {answer.words}"
