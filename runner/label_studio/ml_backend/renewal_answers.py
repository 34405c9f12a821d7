"""The answers for the tasks whose predictions are renewed: what may pass is asked again, and the budget is kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from runner.label_studio.interface import Interface
from runner.label_studio.ml_backend.model import AWAY, BUDGET, Answer, Model, Task
from runner.label_studio.ml_backend.predicting import prediction
from runner.label_studio.ml_backend.renewal_tasks import Chunk
from runner.label_studio.ml_backend.served_prompt import Served

_PATIENCE = 300.0  # seconds for the answers of a chunk
_TRIES = 3  # for texts whose calls failed for what may pass
_PASSING = frozenset({AWAY, "timeout", "rate_limited", "overloaded", "unreachable", "broken_reply", "interrupted"})


async def answers_of(
    model: Model, task: Task, texts: Sequence[str], pause: float, waits: Callable[[str], Awaitable[None]]
) -> tuple[Mapping[str, Answer], str]:
    """The answers by text; and if the budget is spent, so that no more can be had, the words that say so.

    Args:
        pause: seconds before what failed is asked again: three times, and as long as the model is away.
        waits: told why it waits.
    """
    answers: dict[str, Answer] = {}
    left, tries = list(texts), _TRIES
    while left:
        answers |= await model.ask_all(task, left, time.monotonic() + _PATIENCE)
        if spent := next((one.words for one in answers.values() if one.failure == BUDGET), ""):
            return answers, spent
        left = [text for text in left if text not in answers or answers[text].failure in _PASSING]
        away = model.away
        tries -= away is None
        if not left or not tries:
            break
        if away:
            await waits(f"the model is away, and is tried again: {away}")
        await asyncio.sleep(pause)
    return answers, ""


def entries(
    served: Served,
    interface: Interface,
    chunk: Chunk,
    texts: Sequence[str | Answer],
    answers: Mapping[str, Answer],
) -> list[dict[str, Any]]:
    """The predictions of a chunk's tasks, of those with a usable answer.

    Args:
        texts: of the tasks, in their order.
    """
    found = [answers.get(text) if isinstance(text, str) else None for text in texts]
    return [
        {"task": task, **prediction(served, interface, answer, data)}
        for (task, data), answer in zip(chunk, found, strict=True)
        if answer is not None and not answer.failure
    ]
