"""Work that is done at once: the results in order, and nothing goes on behind the first error."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from runner.core.errors import BudgetSpent

T = TypeVar("T")


async def gather_or_cancel(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in order. The first error, or a cancellation, ends the rest before it is raised as itself.

    Where the budget is spent, the calls that it let in are waited for, and it refuses all others: what was paid for
    counts, and the same calls are made whichever of them is answered first.
    """
    tasks = [asyncio.ensure_future(job) for job in work]
    try:
        try:
            return await asyncio.gather(*tasks)
        except BudgetSpent:
            await asyncio.wait(tasks)
            for task in tasks:
                if (error := task.exception()) and not isinstance(error, BudgetSpent):
                    raise error from None
            raise
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
