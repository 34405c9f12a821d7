"""Work that is done at once: the results in order, and nothing goes on behind the first error."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in order. The first error, or a cancellation, ends the rest before it is raised as itself.

    What went on behind an error would spend calls that the budget keeps for the sealed test.
    """
    tasks = [asyncio.ensure_future(job) for job in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
