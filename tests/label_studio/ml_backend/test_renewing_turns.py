"""A renewal takes turns: with itself, with Label Studio's own batches, with trainings and with new tasks."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from endpoint import Endpoint
from ml_backend import PROMPT, Backend, backend, tasks, until
from studio_fake import FakeProject

from runner.label_studio.ml_backend.adoption import adoption
from runner.label_studio.ml_backend.projects import Renewal
from runner.label_studio.ml_backend.renewal_tasks import Wanting


@dataclass
class SlowProject(FakeProject):
    """A project whose server answers when it is told to.

    Attributes:
        sending: set to have predictions arrive. looking: set to have it tell what there is to renew.
        began: how often predictions were on their way. looks: how often it was asked what there is to renew.
    """

    sending: threading.Event = field(default_factory=threading.Event)
    looking: threading.Event = field(default_factory=threading.Event)
    began: int = 0
    looks: int = 0

    def send(self, wanted: Wanting, requests: Sequence[Mapping[str, Any]]) -> int:
        self.began += 1
        assert self.sending.wait(20)
        return super().send(wanted, requests)

    def wanting(self, version: str, xml: str) -> Wanting:
        self.looks += 1
        assert self.looking.wait(20)
        return super().wanting(version, xml)

    def twice(self) -> list[int]:
        """Tasks with two predictions of one version."""
        return [task for task, versions in self.predictions.items() if len(set(versions)) < len(versions)]


def slow(*, sends: bool = True, looks: bool = True, count: int = 60) -> SlowProject:
    studio = SlowProject({task["id"]: task["data"] for task in tasks(count)})
    if sends:
        studio.sending.set()
    if looks:
        studio.looking.set()
    return studio


async def adopted(served: Backend, prompt: str = "Proved.") -> None:
    """A training's prompt is adopted, and the predictions follow it."""
    parts = served.parts
    changes = await adoption(parts.serving, parts.projects.get("1"), prompt, Path("/a/run"), "better")
    await parts.projects.change("1", **changes)
    parts.renewals.follow("1")


async def begun(served: Backend) -> None:
    await served.set_up()
    await served.submit(PROMPT)


def renewal(served: Backend) -> Renewal:
    found = served.parts.projects.get("1").renewal
    assert found is not None
    return found


async def finished(served: Backend) -> Renewal:
    await until(lambda: renewal(served).status == "finished")
    return renewal(served)


async def settle() -> None:
    """Time in which what must not happen would happen."""
    await asyncio.sleep(0.3)


async def test_what_is_being_sent_ends_before_another_renewal_of_the_project_begins(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    studio = slow(sends=False)
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        renewals = served.parts.renewals
        await begun(served)
        await adopted(served)
        await until(lambda: studio.began == 1)
        renewals.follow("1", again=True)
        renewals.pause("1")
        renewals.follow("1")
        renewals.follow("1", again=True)
        await settle()
        assert (studio.looks, studio.began) == (1, 1)
        studio.sending.set()
        assert (await finished(served)).renewed == 60
    assert not studio.twice()


async def test_the_server_and_a_batch_wait_for_what_is_being_sent(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = slow(sends=False)
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        await adopted(served)
        await until(lambda: studio.began == 1)
        served.parts.renewals.follow("1")
        served.parts.renewals.pause("1")
        batch = asyncio.ensure_future(served.predict(tasks(2)))
        await settle()
        assert not batch.done()
        closing = asyncio.ensure_future(served.parts.renewals.close())
        await settle()
        assert not closing.done()
        studio.sending.set()
        await closing
        assert all(await batch)
