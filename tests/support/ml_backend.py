"""The backend in the test's own process, over real HTTP, with the local endpoint as its model."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from endpoint import Endpoint
from exported import INTERFACE, area, rows

from runner.core.errors import ConfigError
from runner.label_studio.ml_backend.adoption import PersonsChoice
from runner.label_studio.ml_backend.app import Parts, application
from runner.label_studio.ml_backend.basic_auth import BasicAuth
from runner.label_studio.ml_backend.model import Model
from runner.label_studio.ml_backend.page_address import PageAddress
from runner.label_studio.ml_backend.predicting import Predicting
from runner.label_studio.ml_backend.project_options import OneProject, ProjectOptions
from runner.label_studio.ml_backend.projects import Chosen, Projects
from runner.label_studio.ml_backend.renewing import Renewals
from runner.label_studio.ml_backend.served_prompt import Serving
from runner.label_studio.ml_backend.studio_project import Opener, OpenProject
from runner.label_studio.ml_backend.training import Trainings
from runner.label_studio.ml_backend.webhooks import Webhooks
from runner.providers.middleware.budget import Budget
from runner.providers.middleware.client import ModelClient
from runner.providers.middleware.journal import JournalFiles
from runner.providers.middleware.limits import Limits
from runner.providers.openai import OpenAI
from verifiers.auto import auto

PROMPT = "Which intents does this dialogue show?"


def no_words(name: str, run: Path, folder: Path, prompt: str | None) -> Sequence[str]:
    return ["--version"]


def no_token(number: int) -> OpenProject:
    raise ConfigError("no token for Label Studio", code="key-missing", key="LABEL_STUDIO_API_KEY")


@dataclass
class Backend:
    """A running backend, and what is in it."""

    client: "TestClient[Any, Any]"
    parts: Parts
    interface: str = INTERFACE
    asked: list[Any] = field(default_factory=list)

    async def post(self, path: str, body: Any, **more: Any) -> tuple[int, Any]:
        async with self.client.post(path, json=body, **more) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> Any:
        async with self.client.get(path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json() if "json" in answer.content_type else await answer.text()

    async def set_up(self, project: int = 1, interface: str | None = None) -> str:
        body = {"project": f"{project}.1795473060", "schema": interface or self.interface, "access_token": "t" * 40}
        status, answer = await self.post("/setup", body)
        assert status == 200, answer
        return str(answer["model_version"])

    async def predict(self, tasks: Sequence[Any], context: Any = None, project: int = 1) -> list[Any]:
        status, answer = await self.post("/predict", self.request(tasks, context, project))
        assert status == 200, answer
        return list(answer["results"])

    def request(self, tasks: Sequence[Any], context: Any = None, project: int = 1) -> dict[str, Any]:
        params = {"login": None, "password": None, "context": context}
        return {
            "tasks": list(tasks), "project": f"{project}.1795473060", "label_config": self.interface, "params": params,
        }  # fmt: skip

    async def type(self, prompt: str, task: Any = None, project: int = 1) -> dict[str, Any]:
        """A person types a prompt; returns what they see, by control."""
        [answer] = await self.predict([task or tasks()[0]], {"result": [area(prompt)]}, project)
        return seen(answer)

    async def submit(self, prompt: str, project: int = 1) -> None:
        """A person submits an annotation with a prompt."""
        await self.event("ANNOTATION_CREATED", project, annotation={"result": [area(prompt)], "updated_at": "2026"})

    async def event(self, action: str, project: int = 1, **more: Any) -> None:
        """A webhook, followed to its end."""
        status, _ = await self.post("/webhook", {"action": action, "project": {"id": project}, **more})
        assert status == 201
        await self.parts.events.settled()

    async def metric(self, name: str) -> float:
        text = await self.get("/metrics")
        return float(next(line.split()[-1] for line in text.splitlines() if line.split()[0] == name))


@asynccontextmanager
async def backend(
    folder: Path,
    endpoint: Endpoint,
    *,
    prompt_from: Any = "typed",
    control: str | None = None,
    own: Mapping[str, OneProject] | None = None,
    adopt: Any = "better",
    deadline: float = 20.0,
    login: BasicAuth | None = None,
    max_megabytes: int = 100,
    limits: Limits | None = None,
    concurrency: int = 8,
    timeout: float = 10.0,
    cool: float = 0.1,
    words: Any = no_words,
    others: tuple[Chosen, ...] = (),
    provider: Any = None,
    journal: Any = "use",
    most_projects: int = 1000,
    most_events: int = 1000,
    most_trainings: int = 8,
    finish: float = 8.0,
    close: float = 15.0,
    train: Callable[[str], Awaitable[str]] | None = None,
    trust: Sequence[str] = (),
    studio: Opener = no_token,
    renew: bool = True,
    pause: float = 0.05,
) -> AsyncIterator[Backend]:
    projects = Projects(folder / "state" / "projects", others, most_projects)
    provider = provider or OpenAI("fake-model", endpoint.url, None, concurrency=concurrency, timeout=timeout)
    path = folder / "journal.sqlite"

    def opened(to: Any) -> ModelClient:
        return ModelClient(to, Budget(limits or Limits()), JournalFiles(journal, path))

    model = Model(provider, opened, cool, finish, close)
    options = ProjectOptions(prompt_from, control, own=own or {})
    serving = Serving(projects, provider.model, options.read, lambda data: data.verifier or auto(data.multiple))
    predicting = Predicting(projects, serving, model, options, deadline)
    state = folder / "state" / "trainings"
    address = PageAddress("http://pages.example", "127.0.0.1", 0)
    renewals = Renewals(projects, serving, model, studio, address.words, renew, pause)
    predicting.changed, predicting.held = renewals.follow, renewals.held
    choice = PersonsChoice(projects, serving, renewals)
    trainings = Trainings(projects, serving, renewals, words, adopt, state, folder / "outputs", most_trainings, trust)
    events = Webhooks(serving, predicting, train or trainings.start, most_events)
    events.imported = renewals.extend
    parts = Parts(projects, serving, model, predicting, renewals, choice, trainings, events)
    app = application(parts, login or BasicAuth("", ""), max_megabytes)
    async with TestClient(TestServer(app)) as client:
        yield Backend(client, parts)


def tasks(count: int = 60) -> list[dict[str, Any]]:
    """Tasks as Label Studio sends them, without annotations."""
    return [
        {"id": number, "project": 1, "data": {"dialogue": row["dialogue"]}, "annotations": [], "predictions": []}
        for number, row in enumerate(rows("gold")[:count], 1)
    ]


def seen(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer puts into each control."""
    values = {region["from_name"]: region["value"] for region in answer["result"]}
    return {name: value.get("choices", value.get("text")) for name, value in values.items()}


async def until(true: Callable[[], Any], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)
