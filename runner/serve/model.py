"""The model behind the backend: asked within a deadline, bounded in number, and tried again when it was away."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.door import Door
from runner.errors import BudgetSpent, CallFailed, GoldloopError
from runner.prompt import Prompt
from runner.secrets import redact
from runner.types import Call
from verifiers.label_set import LabelSet
from verifiers.verdict import Verifier

_COOL = 5.0  # seconds before a model that was away is tried again


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one text. ``labels`` is None where there are none to trust, and ``failure`` says why."""

    labels: tuple[str, ...] | None
    reply: str = ""
    failure: str | None = None
    words: str = ""


@dataclass(frozen=True)
class Task:
    """How to ask: the prompt, and how its replies are read."""

    prompt: Prompt
    labels: LabelSet
    verifier: Verifier


class Model:
    """Asks through a door, and opens a new one when the last was found closed for good.

    Args:
        opened: makes a door.

    Attributes:
        failures: answers without labels, by the name of the reason.
        answered: answers with labels.
        away: why no call can succeed at present; None if they can.
    """

    def __init__(self, opened: Callable[[], Door]) -> None:
        self._opened = opened
        self._door: Door | None = None
        self._away_at = 0.0
        self._closing: set[asyncio.Task[None]] = set()
        self._past: list[Door] = []
        self.away: str | None = None
        self.failures: Counter[str] = Counter()
        self.answered = 0

    async def ask(self, task: Task, text: str) -> Answer:
        """The model's answer about one text; a failure is an answer too."""
        answer = await self._asked(task, text)
        if answer.failure:
            self.failures[answer.failure] += 1
        else:
            self.answered += 1
        return answer

    async def ask_all(self, task: Task, texts: Sequence[str], seconds: float) -> dict[str, Answer]:
        """Answers by text, of as many as there is time for. What is under way then ends up in the journal."""
        waiting = deque(dict.fromkeys(texts))
        done: dict[str, Answer] = {}

        async def work() -> None:
            while waiting:
                text = waiting.popleft()
                done[text] = await self.ask(task, text)

        at_once = min(len(waiting), self.concurrency)
        workers = [asyncio.ensure_future(work()) for _ in range(at_once)]
        if workers:
            await asyncio.wait(workers, timeout=seconds)
        for worker in workers:
            worker.cancel()
        for ended in await asyncio.gather(*workers, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended  # a bug: what a model does is an answer
        return done

    @property
    def concurrency(self) -> int:
        return self._at_hand().pace.concurrency

    @property
    def name(self) -> str:
        return self._at_hand().model

    def totals(self) -> dict[str, float]:
        """What was paid for so far: calls, tokens and dollars (0 where the price is unknown)."""
        meters = [door.meter for door in [*self._past, *([self._door] if self._door else [])]]
        return {
            "calls": sum(meter.calls - meter.hits for meter in meters),
            "journal": sum(meter.hits for meter in meters),
            "input_tokens": sum(meter.input_tokens for meter in meters),
            "output_tokens": sum(meter.output_tokens for meter in meters),
            "cost_usd": sum(meter.cost_usd or 0.0 for meter in meters),
        }

    async def close(self) -> None:
        """Let what is under way be written down, and let go."""
        await asyncio.gather(*self._closing, return_exceptions=True)
        if self._door:
            await self._door.close()

    async def _asked(self, task: Task, text: str) -> Answer:
        if self.away and time.monotonic() - self._away_at < _COOL:
            return Answer(None, failure="model_away", words=self.away)
        door = self._at_hand()
        schema = task.verifier.reply_schema(task.labels)
        try:
            reply = await door.complete(Call(task.prompt.messages(text), schema=schema))
        except CallFailed as failure:
            return Answer(None, failure=failure.kind, words=redact(failure.detail))
        except BudgetSpent as spent:
            return Answer(None, failure="budget", words=f"serve.{spent}")
        except GoldloopError as error:
            self._went_away(door, redact(str(error)))
            return Answer(None, failure="model_away", words=redact(str(error)))
        self.away = None
        verdict = task.verifier.judge(reply.text, gold=(), labels=task.labels, finish=reply.finish)
        strange = "out_of_list" if verdict.out_of_list and not verdict.predicted else None
        failure_name = verdict.bad_reply or strange
        return Answer(None if failure_name else verdict.predicted, reply.text, failure_name)

    def _at_hand(self) -> Door:
        if self._door is None:
            self._door = self._opened()
        return self._door

    def _went_away(self, door: Door, words: str) -> None:
        """A door that refused everything stays shut; the next call gets a new one."""
        self.away, self._away_at = words, time.monotonic()
        if door is self._door:
            self._door = None
            self._past.append(door)
            closing = asyncio.ensure_future(door.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
