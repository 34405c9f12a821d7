"""How fast an endpoint is asked: how many calls at once, and how many units a minute."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from runner.core.errors import JournalError
from runner.providers.middleware.shared_state import SharedCounters


class ConcurrencyLimiter:
    """Lets so many through at once; the number sinks under overload and grows again.

    Additive increase, multiplicative decrease, as TCP does it (Chiu & Jain 1989): a push-back takes a third of the
    places, at most once in ``_CALM`` seconds; each success gives back a share of one place, up to ``most``.
    """

    _CALM = 1.0
    _CUT = 2 / 3

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self.limit = float(most)
        self.inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._calm_at = 0.0
        self._open_at = 0.0
        self._halted = asyncio.Event()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it. Who came first goes first."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        # Even a free place is taken in the loop's next pass: who was given one before has yet to wake.
        asyncio.get_running_loop().call_soon(self._admit)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._leave()  # it was ours already
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise
        try:
            pause = self._open_at - self._clock()
            if pause > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._halted.wait(), pause)
            yield
        finally:
            self._leave()

    def succeeded(self) -> None:
        """The provider bears it."""
        self.limit = min(self._most, self.limit + 1 / max(1.0, self.limit))

    def halt(self) -> None:
        """Hold nobody back any more who waits for the provider's time."""
        self._halted.set()

    def pushed_back(self, retry_after: float | None) -> bool:
        """The provider has too much: fewer at once, and none before it asked for some. Whether that is a new wait."""
        now = self._clock()
        new = bool(retry_after) and self._open_at <= now
        if retry_after:
            self._open_at = max(self._open_at, now + retry_after)
        if now >= self._calm_at:
            self.limit = max(1.0, self.limit * self._CUT)
            self._calm_at = now + self._CALM
        return new

    def _leave(self) -> None:
        self.inside -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self.inside < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.inside += 1
                turn.set_result(None)


class TokenBucket:
    """A token bucket: so many units a minute, in bursts of a few seconds' worth.

    Args:
        counters: where processes that share the limit keep the level; None if nobody does.
    """

    _BURST = 5.0  # seconds

    def __init__(self, per_minute: float | None, counters: SharedCounters | None = None) -> None:
        self._each = per_minute / 60 if per_minute else None
        self._counters = counters
        self._clock = time.time if self._counters else time.monotonic  # processes have only the wall's clock in common
        self._level = self._most = (self._each or 0.0) * self._BURST
        self._seen = self._clock()

    async def pay(self, units: float) -> None:
        """Take units, waiting until the level allows it; a debt is worked off before the next taker."""
        while self._each is not None:
            async with self._turn():
                if self._level > 0:
                    self._level -= units
                    return
            await asyncio.sleep(-self._level / self._each + 0.001)

    async def owe(self, units: float) -> None:
        """Take units that are known only afterwards. Where they cannot be written down, the next ``pay`` says so."""
        if self._each is not None:
            with suppress(JournalError):  # an answer is there, and must not be lost for this
                async with self._turn():
                    self._level -= units

    def close(self) -> None:
        if self._counters:
            self._counters.close()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The level as it is now, for this process alone until it is left."""
        if self._counters is None:
            self._refill()
            yield
            return
        async with self._counters.turn() as numbers:
            self._level, self._seen = numbers.get("level", self._most), numbers.get("seen", 0.0)
            self._refill()
            yield
            numbers.update(level=self._level, seen=self._seen)

    def _refill(self) -> None:
        now = self._clock()
        self._level = min(self._most, self._level + max(0.0, now - self._seen) * (self._each or 0.0))
        self._seen = now
