"""A wire that begins no call whose asker has stopped waiting: the throttle's retries end with the request."""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from runner.errors import CallFailed
from runner.types import Call, Reply, Wire


@dataclass
class Asking:
    """Someone who waits for an answer.

    Attributes:
        until: how long, by ``time.monotonic``.
        failure: what went wrong last, for the words if no answer comes.
    """

    until: float
    failure: CallFailed | None = None


asking: ContextVar[Asking | None] = ContextVar("asking", default=None)
"""Set by who asks; tasks that the journal makes for the call inherit it."""


class TooLate(CallFailed):
    """Nobody waits for the answer any more. Never tried again."""

    transient = False

    def __init__(self) -> None:
        super().__init__("timeout", "there was no time left to ask")


class Punctual:
    """Stands directly before a wire, which outlives the doors that are opened to it: only ``end`` closes it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.model = wire.model
        self.pace = wire.pace

    async def complete(self, call: Call) -> Reply:
        who = asking.get()
        if who and time.monotonic() >= who.until:
            raise TooLate
        try:
            return await self._wire.complete(call)
        except CallFailed as failure:
            if who:
                who.failure = failure
            raise

    def describe(self, call: Call) -> Mapping[str, Any]:
        return self._wire.describe(call)

    def cost_at_most(self, call: Call) -> float | None:
        return self._wire.cost_at_most(call)

    async def close(self) -> None:
        """A door is closed; the wire stays for the next one."""

    async def end(self) -> None:
        """Let go of connections and memory."""
        await self._wire.close()
