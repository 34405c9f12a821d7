"""A provider that begins no call whose asker has stopped waiting: the throttle's retries end with the request."""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed
from runner.core.protocols import Provider


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
    """There is no time left to ask, or to ask again. Never tried again.

    Args:
        last: what went wrong before; None if it was never asked.
    """

    transient = False

    def __init__(self, last: CallFailed | None = None) -> None:
        super().__init__(last.kind if last else "timeout", last.detail if last else "there was no time left to ask")
        self.retry_after = last.retry_after if last else None


class DeadlineClient:
    """Directly before a provider, which outlives the clients that are opened for it: only ``end`` closes it.

    Attributes:
        calls, input_tokens, output_tokens, usd: what was paid for, also for those who had stopped waiting; of the
            dollars those that are known.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.model = provider.model
        self.rate_limits = provider.rate_limits
        self.calls = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.usd = 0.0

    async def complete(self, call: Call) -> Reply:
        who = asking.get()
        if who and time.monotonic() >= who.until:
            raise TooLate
        try:
            reply = await self._provider.complete(call)
        except CallFailed as failure:
            if who:
                who.failure = failure
                if failure.transient and time.monotonic() + (failure.retry_after or 0) >= who.until:
                    raise TooLate(failure) from failure
            raise
        self.calls += 1
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        self.usd += reply.cost_usd or 0.0
        return reply

    def describe(self, call: Call) -> Mapping[str, Any]:
        return self._provider.describe(call)

    def cost_at_most(self, call: Call) -> float | None:
        return self._provider.cost_at_most(call)

    async def close(self) -> None:
        """A client is closed; the provider stays for the next one."""

    async def end(self) -> None:
        """Let go of connections and memory."""
        await self._provider.close()
