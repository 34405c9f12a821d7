"""Bodies of requests while they arrive: each must keep coming, and together they take no more memory than allowed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

GRACE = 5.0  # seconds in which a body may be slower
SLOWEST = 256 << 10  # bytes a second after that: 100 MB take a minute and a half from another building, at worst
LONGEST = 60.0  # seconds for a whole body
_TOGETHER = 2  # bodies of the largest size, in memory


class TooSlow(Exception):
    """A body did not arrive in time."""


class TooLarge(Exception):
    """A body is larger than allowed."""


class Arriving:
    """Takes bodies. What a client has not sent takes no place, so that slow ones keep nobody out.

    Args:
        largest: bytes of a body.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._held: dict[object, int] = {}  # the oldest first
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def body(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The whole body, which takes its place until this is left.

        Raises:
            TooSlow, TooLarge: it is.
        """
        who = object()
        self._held[who] = 0
        try:
            yield await self._read(who, chunks)
        finally:
            async with self._changed:
                del self._held[who]
                self._changed.notify_all()

    async def _read(self, who: object, chunks: AsyncIterator[bytes]) -> bytes:
        left, content = GRACE, bytearray()
        whole = LONGEST
        while True:
            began = time.monotonic()
            try:
                async with asyncio.timeout(min(left, whole)):
                    chunk = await anext(chunks, b"")
            except TimeoutError:
                raise TooSlow from None
            if not chunk:
                return bytes(content)
            took = time.monotonic() - began
            left, whole = left - took + len(chunk) / SLOWEST, whole - took
            await self._room(who, len(chunk))
            content += chunk

    async def _room(self, who: object, size: int) -> None:
        """Wait until ``size`` bytes more may be held. The oldest body never waits, so that one always goes on."""
        if self._held[who] + size > self._largest:
            raise TooLarge
        self._held[who] += size
        async with self._changed:
            await self._changed.wait_for(
                lambda: sum(self._held.values()) <= _TOGETHER * self._largest or next(iter(self._held)) is who
            )
