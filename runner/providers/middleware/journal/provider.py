"""A provider that looks in the journal first, and writes down what it had to ask."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict

from runner.core.calls import Call, Reply
from runner.core.errors import BudgetSpent, CallFailed, JournalError
from runner.core.protocols import ChatClient, Description
from runner.providers.middleware.journal.keys import key_of, packed, unpacked
from runner.providers.middleware.journal.run_log import RunCallLog
from runner.providers.middleware.journal.store import Store

Mode = Literal["use", "replay", "refresh", "off"]
"""``use``: ask what was never asked. ``replay``: a call that is not there is an error; no network, no key.
``refresh``: ask again, once in this run, and write it down anew. ``off``: neither read nor write."""


class JournalSettings(BaseModel):
    """How calls are looked up and written down: ``mode``, and the file that all runs of a project share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode
    path: str


_WAIT = 0.05  # seconds between looks while another process asks


class Journal:
    """Answers from the journal where it can.

    Args:
        provider: whom to ask otherwise.
        describe: what decides a call's answer: provider, model, endpoint, messages, parameters, sample.
        log: the run's own journal. A call that it says this run paid for counts as paid, not as a hit, so that a
            resumed run has the same figures as one that was never interrupted. None where nothing is replayed
            (labelling a million texts, serving): nothing of a call stays in memory then.
        store: the shared journal; None to do without.
        spent: what ended the calls of the run that is replayed, if a budget did.
        on_hit: told that the endpoint has answered such a call before.
    """

    def __init__(
        self,
        provider: ChatClient,
        describe: Description,
        *,
        log: RunCallLog | None,
        store: Store | None,
        mode: Mode,
        spent: BudgetSpent | None = None,
        on_hit: Callable[[Call], None] = lambda call: None,
    ) -> None:
        self._provider = provider
        self._describe = describe
        self._log = log
        self._store = store
        self._mode = mode
        self._spent = spent
        self._on_hit = on_hit
        self._counted: set[str] = set()
        self._flying: dict[str, asyncio.Task[Reply]] = {}
        self.model = provider.model
        self.rate_limits = provider.rate_limits
        # However slow the disk, a kill loses what is being asked, and at most as much again that is being written.
        self._unwritten = asyncio.Semaphore(2 * self.rate_limits.concurrency)

    async def complete(self, call: Call) -> Reply:
        key = key_of(self._describe(call))
        known = self._log.known.get(key) if self._log else None
        if known:
            self._on_hit(call)
            return self._noted(key, *known)
        if key in self._flying:
            return replace(await asyncio.shield(self._flying[key]), from_journal=True)
        # A task of its own: whoever is cancelled, an answer under way is paid for and will be written down.
        task = asyncio.create_task(self._answer(key, call))
        self._flying[key] = task
        task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    def _noted(self, key: str, text: str, paid: bool) -> Reply:
        """A reply that this run has used before, perhaps before it was interrupted: then it counts as it did then."""
        first = key not in self._counted
        self._counted.add(key)
        return unpacked(text, from_journal=not (paid and first))

    def _note(self, key: str, text: str, *, paid: bool) -> None:
        if self._log:
            self._log.add(key, text, paid=paid)
            self._counted.add(key)

    async def settle(self) -> None:
        """Wait for what is under way, so that it is written down."""
        await asyncio.gather(*self._flying.values(), return_exceptions=True)

    async def close(self) -> None:
        """Settle, and let go."""
        await self.settle()
        await self._provider.close()

    def _landed(self, key: str, done: "asyncio.Task[Reply]") -> None:
        self._flying.pop(key, None)
        if not done.cancelled():
            done.exception()  # someone may have stopped waiting; it is not lost, it is in the journal

    async def _answer(self, key: str, call: Call) -> Reply:
        if self._store and self._mode in {"use", "replay"}:
            found = await self._found(key, self._store)
            if found is not None:
                self._on_hit(call)
                self._note(key, found, paid=False)
                return unpacked(found, from_journal=True)
        if self._mode == "replay" and self._log and key in self._log.failed:
            raise CallFailed(*self._log.failed[key])
        if self._mode == "replay" and self._spent:
            raise BudgetSpent(*self._spent.args)
        if self._mode == "replay":
            raise JournalError(
                "journal.mode=replay: a call is not in the journal, so this is not the run that was recorded "
                f"(labels for: {call.messages[-1]['content'][:40]!r}...)",
                code="call-not-recorded",
                key=call.messages[-1]["content"][:40],
            )
        async with self._unwritten:
            try:
                reply = await self._provider.complete(call)
            except BaseException as error:
                if self._store and self._mode == "use":
                    await self._store.release(key)
                if self._log and isinstance(error, CallFailed):
                    self._log.add_failed(key, error.kind, error.detail)
                raise
            text = packed(reply)
            self._note(key, text, paid=True)  # first, so that a resumed run knows that it paid for this
            if self._store:
                await self._store.put(key, text)
            return reply

    async def _found(self, key: str, store: Store) -> str | None:
        """The recorded reply; None once it is ours to ask."""
        if self._mode == "replay":
            return await store.get(key)
        while True:
            reply, ours = await store.take(key)
            if reply is not None or ours:
                return reply
            await asyncio.sleep(_WAIT)
