"""A renewal takes turns: with itself, with Label Studio's own batches, with trainings and with new tasks."""

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from exported import INTERFACE
from ml_backend import PROMPT, Backend, backend, tasks, until
from studio_fake import FakeProject

from runner.label_studio.ml_backend.adoption import adoption
from runner.label_studio.ml_backend.projects import Renewal, Training, now
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


async def test_it_waits_for_the_last_of_many_batches(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = slow()
    async with backend(tmp_path, endpoint, studio=studio.open, concurrency=2, pause=0.4) as served:
        await begun(served)
        endpoint.delay = 0.1
        await adopted(served)
        await until(lambda: len(endpoint.requests) > 4)
        assert all(await served.predict(tasks(2)))  # which interrupts it
        assert all(await served.predict(tasks(40)))  # takes longer than it waits after a batch
        assert studio.looks == 1
        version = await served.set_up()
        studio.predictions = {number: [version] for number in studio.data}  # as Label Studio stores them
        assert (await finished(served)).renewed == 60
        assert studio.looks == 2
    assert not studio.sent


async def test_what_began_once_more_and_was_cut_off_goes_on(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = slow()
    late = {number: studio.data.pop(number) for number in (58, 59, 60)}
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        renewals, file = served.parts.renewals, tmp_path / "state/projects/1.json"
        await begun(served)
        await adopted(served)
        assert (await finished(served)).renewed == 57
        studio.looking.clear()
        studio.data[58] = late[58]
        await served.event("TASKS_CREATED")
        await until(lambda: studio.looks == 2)
        assert json.loads(file.read_text())["renewal"]["status"] == "running"
        renewals.pause("1")  # a training begins
        studio.looking.set()
        renewals.follow("1")  # and ends
        await until(lambda: renewal(served).renewed == 58)
        await finished(served)
        studio.data[59] = late[59]
        renewals.follow("1", again=True)
        renewals.pause("1")  # before it did anything at all
        await settle()
        assert renewal(served).renewed == 58
        renewals.follow("1")
        await until(lambda: renewal(served).renewed == 59)
        await finished(served)
        training = Training("/a/run", 0, "running", now())
        await served.parts.projects.change("1", training=training)
        studio.data[60] = late[60]
        renewals.follow("1", again=True)
        await until(lambda: json.loads(file.read_text())["renewal"]["status"] == "running")
        await served.parts.projects.change("1", training=replace(training, status="failed"))
        assert renewal(served).renewed == 59
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await until(lambda: renewal(served).renewed == 60)
        await finished(served)
    assert not studio.twice()


async def test_new_tasks_do_not_begin_what_is_under_way_anew(tmp_path: Path, endpoint: Endpoint) -> None:
    studio = slow()
    late = {number: studio.data.pop(number) for number in range(41, 61)}
    async with backend(tmp_path, endpoint, studio=studio.open, concurrency=2) as served:
        await begun(served)
        await adopted(served)
        assert (await finished(served)).shown
        last = late.pop(60)
        studio.data |= late
        endpoint.delay = 0.1
        await served.event("TASKS_CREATED")
        await until(lambda: studio.looks == 2)
        studio.data[60] = last
        for _ in range(4):
            await served.event("TASKS_CREATED")
            await asyncio.sleep(0.1)
        await until(lambda: renewal(served).renewed == 60)
        await finished(served)
        assert studio.looks == 3
    assert not studio.twice()


CHANGED = INTERFACE.replace("</Choices>", '<Choice value="Brand new"/></Choices>', 1)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("busy", [True, False])
async def test_a_changed_interface_is_another_version_which_they_follow(
    told: bool, busy: bool, tmp_path: Path, endpoint: Endpoint
) -> None:
    studio = slow(sends=not busy)
    async with backend(tmp_path, endpoint, studio=studio.open) as served:
        await begun(served)
        await adopted(served)
        await (until(lambda: studio.began == 1) if busy else finished(served))
        old = renewal(served).version
        if told:
            body = {"action": "PROJECT_UPDATED", "project": {"id": 1, "label_config": CHANGED}}
            assert (await served.post("/webhook", body))[0] == 201
            await served.parts.events.settled()
        else:
            await served.parts.projects.change("1", config=CHANGED)
            if not busy:
                served.parts.renewals.follow("1")
        studio.sending.set()
        await until(lambda: renewal(served).version != old)
        new = await finished(served)
        assert studio.shown == new.version == (await served.get("/versions"))["versions"][0]
        before = [old in versions for versions in studio.predictions.values()]
        assert new.renewed == 60 and sum(before) == (50 if busy else 60)
    assert not studio.twice()
