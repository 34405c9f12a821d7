"""The model behind the backend: texts are asked within a deadline, so many at once, and a failure is an answer too."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from runner.core.calls import Call, Reply
from runner.core.errors import BudgetSpent, CallFailed, GoldloopError
from runner.core.items import Item
from runner.core.prompt import Prompt
from runner.core.protocols import Provider
from runner.core.secrets import redact
from runner.label_studio.ml_backend.deadline import Asking, asking
from runner.label_studio.ml_backend.reconnecting_client import CLOSE, COOL, ReconnectingClient
from runner.providers.middleware.client import ModelClient
from verifiers.verdict import Unusable
from verifiers.verifier import Json, Verifier, is_empty, keys_of_answer, read_reply

_SETTLE = 0.5  # seconds in which those who waited for nothing notice it
AWAY = "away"
BUDGET = "budget"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one text.

    Attributes:
        answer: what the reply says, as data; None where there is no reply, or none that can be read.
        failure: why, by name: a call's, a bad reply's, ``away`` or ``budget``. words: the same for a person.
        keys: the classes of the answer.
    """

    answer: Json | None
    reply: str = ""
    failure: str | None = None
    words: str = ""
    replied: bool = False
    keys: Sequence[str] = ()


@dataclass(frozen=True)
class Task:
    """How to ask: the prompt, and how its replies are read."""

    prompt: Prompt
    verifier: Verifier


class Model:
    """Asks about texts, and counts what was paid for.

    Args:
        opened: makes a client of the provider.
        cool: seconds to leave a model alone that was away.
        finish: seconds for those who wait when the server is stopped. close: seconds for calls under way after that.

    Attributes:
        away: why no call can succeed at present; None if they can.
        paid: what was paid for. hits: calls that the journal answered.
    """

    def __init__(
        self,
        provider: Provider,
        opened: Callable[[Provider], ModelClient],
        cool: float = COOL,
        finish: float = 8.0,
        close: float = CLOSE,
    ) -> None:
        self._client = ReconnectingClient(provider, opened, cool, close)
        self._finish = finish
        self._at_once = provider.rate_limits.concurrency
        self._places = asyncio.Semaphore(self._at_once)
        self._stopping = False
        self._limits: set[asyncio.Timeout] = set()
        self.name = provider.model
        self.paid = self._client.paid
        self.hits = 0

    @property
    def away(self) -> str | None:
        return self._client.away

    async def ask(self, task: Task, text: str, until: float) -> Answer:
        """The model's answer about one text; a failure is an answer too.

        Args:
            until: when to stop waiting, by ``time.monotonic``. A call under way goes on, into the journal.
        """
        item = Item("", text)
        call = Call(task.prompt.messages(text), schema=task.verifier.schema(item))
        who = Asking(until)
        asking.set(who)
        try:
            async with self._limited(until):
                reply = await self._client.ask(call, until)
        except TimeoutError:
            last = who.failure
            name, words = (last.kind, last.detail) if last else ("timeout", "the model did not answer in time")
            return Answer(None, failure=name, words=redact(words or name))
        except CallFailed as failure:
            return Answer(None, failure=failure.kind, words=redact(failure.detail or failure.kind))
        except BudgetSpent as spent:
            return Answer(None, failure=BUDGET, words=f"serve.{spent}")
        except GoldloopError as error:
            return Answer(None, failure=AWAY, words=redact(str(error)))
        except Exception as error:  # noqa: BLE001 - a bug: it is told, and the server goes on with the others
            _log.exception("a bug in a component")
            return Answer(None, failure="bug", words=f"a bug ({type(error).__name__}): the server's log has it")
        self.hits += reply.from_journal
        return _answer(task.verifier, item, reply)

    async def ask_all(self, task: Task, texts: Sequence[str], until: float) -> dict[str, Answer]:
        """Answers by text, of as many as there is time for, in their order; equal texts are asked once."""
        waiting = deque(dict.fromkeys(texts))
        done: dict[str, Answer] = {}

        async def work() -> None:
            while waiting:
                async with self._places:  # all requests share them, so that a person need not wait for batches
                    if not waiting or self._stopping or time.monotonic() >= until:
                        return
                    text = waiting.popleft()
                    done[text] = await self.ask(task, text, until)
                    if done[text].failure in {AWAY, BUDGET}:
                        waiting.clear()  # the others would fare no better

        at_once = min(len(waiting), self._at_once)
        workers = [asyncio.ensure_future(work()) for _ in range(at_once)]
        try:
            if workers:
                await asyncio.wait(workers, timeout=max(0.0, until - time.monotonic()) + _SETTLE)
        finally:  # also where nobody waits for them any more
            for worker in workers:
                worker.cancel()
        for ended in await asyncio.gather(*workers, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended  # a bug: what a model does is an answer
        return done

    def stop(self) -> None:
        """Take up no further texts, and have nobody wait much longer for what is under way."""
        self._stopping = True
        soon = asyncio.get_running_loop().time() + self._finish
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(min(soon, limit.when() or soon))

    async def close(self) -> None:
        """Let what is under way be written down, and let go."""
        self.stop()
        await self._client.close()

    @asynccontextmanager
    async def _limited(self, until: float) -> AsyncIterator[None]:
        """Time for the body until then, or until soon after the server is stopped."""
        async with asyncio.timeout(max(0.0, until - time.monotonic())) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)


def _answer(verifier: Verifier, item: Item, reply: Reply) -> Answer:
    """What a reply says."""
    read = read_reply(verifier, reply.text, item, reply.finish)
    if isinstance(read, Unusable):
        return Answer(None, reply.text, read.name, replied=True)
    answer = verifier.dump(read.answer)
    if read.unfit and is_empty(answer):  # a strange name does not say that there is nothing
        return Answer(None, reply.text, read.unfit[0][0], replied=True)
    return Answer(answer, reply.text, replied=True, keys=keys_of_answer(verifier, read.answer, item))
