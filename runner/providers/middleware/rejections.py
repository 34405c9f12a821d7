"""Whose fault a refused request is: its text's, or the parameters', which every call has."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from runner.core.calls import Call

Shape = tuple[float | None, int | None, bool]
"""What an endpoint may refuse of a call beside its text: temperature, tokens at most, whether it has a schema."""


class RejectionTracker:
    """Which shapes of requests an endpoint accepts, as far as its answers tell."""

    def __init__(self) -> None:
        self._accepted: set[Shape] = set()
        self._refused: Counter[Shape] = Counter()
        self._under_way: Counter[Shape] = Counter()
        self._landed = asyncio.Event()  # a call came to an end

    def accepted(self, call: Call) -> None:
        """The endpoint has answered such a request."""
        self._accepted.add(_shape(call))

    @contextmanager
    def asking(self, call: Call) -> Iterator[None]:
        """While the call is under way."""
        shape = _shape(call)
        self._under_way[shape] += 1
        try:
            yield
        finally:
            self._under_way[shape] -= 1
            self._landed.set()

    async def refuses_all(self, call: Call) -> bool:
        """Whether no such request is accepted, after this one was refused: as those tell that are under way, and two
        that were refused."""
        shape = _shape(call)
        self._refused[shape] += 1
        while shape not in self._accepted and self._under_way[shape]:
            self._landed.clear()
            await self._landed.wait()
        return shape not in self._accepted and self._refused[shape] > 1


def _shape(call: Call) -> Shape:
    return call.temperature, call.max_tokens, call.schema is not None
