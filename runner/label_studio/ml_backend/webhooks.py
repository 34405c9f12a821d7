"""What follows from Label Studio's webhooks: a prompt that was submitted, a changed interface, a training.

They are answered at once and followed one after the other, in the order in which they came.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from runner.core.errors import GoldloopError
from runner.core.secrets import redact
from runner.datasets.annotation_origin import origin_of
from runner.label_studio.ml_backend.predicting import Predicting, prompt_in, regions
from runner.label_studio.ml_backend.projects import project_id
from runner.label_studio.ml_backend.request_body import Refused
from runner.label_studio.ml_backend.served_prompt import Serving
from runner.label_studio.tasks import typed_regions

_ANNOTATIONS = frozenset({"ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED"})
_FOLLOWED = _ANNOTATIONS | {"START_TRAINING", "PROJECT_UPDATED", "TASKS_CREATED"}
_READ = ("id", "title", "label_config", "result", "updated_at", "was_cancelled", "parent_prediction")
_log = logging.getLogger(__name__)

Event = Mapping[str, Any]


class Full(Exception):
    """More events wait than are kept."""


class Webhooks:
    """Follows them.

    Args:
        train: begins a training of a project; returns what was done in words.
        most: events that wait.

    Attributes:
        imported: told the project that has new tasks. seen: how many came, by action.
    """

    def __init__(
        self, serving: Serving, predicting: Predicting, train: Callable[[str], Awaitable[str]], most: int = 1000
    ) -> None:
        self._serving = serving
        self._predicting = predicting
        self._train = train
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(most)
        self.imported: Callable[[str], None] = lambda name: None
        self.seen: Counter[str] = Counter()

    def take(self, body: Event) -> None:
        """Keep an event for later.

        Raises:
            Refused: it is none. Full: too many wait.
        """
        action = body.get("action")
        if not isinstance(action, str):
            raise Refused("action is missing: this is no webhook of Label Studio", code="wrong-shape", key="action")
        self.seen[action if action in _FOLLOWED else "other"] += 1
        if action not in _FOLLOWED:
            return
        project_id(body.get("project"))
        try:
            self._waiting.put_nowait({name: _needed(body.get(name)) for name in ("action", "project", "annotation")})
        except asyncio.QueueFull:
            raise Full from None

    async def follow(self) -> None:
        """Follow what comes, until cancelled."""
        while True:
            body = await self._waiting.get()
            try:
                _log.info("%s", redact(await self._done(body)))
            except (Refused, GoldloopError) as problem:
                _log.warning("a webhook (%s) was not followed: %s", body["action"], redact(str(problem)))
            except Exception:  # noqa: BLE001 - a bug: it is told, and the others are followed none the less
                _log.exception("a bug in following a webhook")
            finally:
                self._waiting.task_done()

    async def settled(self) -> None:
        """Wait until all that came was followed."""
        await self._waiting.join()

    async def _done(self, body: Event) -> str:
        name, action = project_id(body["project"]), str(body["action"])
        sent = body["project"].get("label_config") if isinstance(body["project"], Mapping) else None
        if action == "START_TRAINING":
            if sent:
                await self._serving.interface(name, sent)
            return f"project {name}: {await self._train(name)}"
        if action == "TASKS_CREATED":
            self.imported(name)
            return f"project {name}: it has new tasks"
        interface = await self._serving.interface(name, sent)
        if isinstance(body["project"], Mapping):
            await self._serving.titled(name, body["project"].get("title"))
        if action == "PROJECT_UPDATED":
            return f"project {name}: the labelling interface is up to date"
        annotations = body.get("annotation")
        for entry in _newest_first(annotations if isinstance(annotations, list) else [annotations]):
            own = typed_regions({**entry, "result": regions(entry)})
            prompt = None if entry.get("was_cancelled") else prompt_in(interface, own)
            if prompt:
                labelling = origin_of({**entry, "result": regions(entry)}, interface.checked) == "checked"
                changed = await self._predicting.typed(name, prompt, action, labelling=labelling)
                return f"project {name}: a prompt was submitted{'' if changed else ', which changes nothing'}"
        return f"project {name}: no prompt in {action}"


def _needed(part: Any) -> Any:
    """What is kept of a part of an event while it waits: a task with all that is known of it may be large."""
    if isinstance(part, list):
        return [_needed(entry) for entry in part if isinstance(entry, Mapping)]
    return {name: part[name] for name in _READ if name in part} if isinstance(part, Mapping) else part


def _newest_first(annotations: list[Any]) -> list[Mapping[str, Any]]:
    found = [entry for entry in annotations if isinstance(entry, Mapping)]
    found.sort(key=lambda entry: str(entry.get("updated_at") or ""))
    return found[::-1]  # of equals the one that came last
