"""Between the loop and the wire: as many calls at once as the provider bears, and whether to ask again."""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from runner.acceptance import Acceptance
from runner.errors import CallFailed, ProviderError
from runner.protocols import Provider
from runner.shared_limits import Slate
from runner.types import Call, Reply


@dataclass(frozen=True)
class Retry:
    """Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015).

    Attributes:
        tries: how often one call is made at most; first_tries: the same at an endpoint that never answered.
        base, cap: seconds; try n waits a random time below min(cap, base * 2**n).
        patience: seconds; a provider that asks to wait longer (a daily quota) ends the run.
    """

    tries: int = 8
    first_tries: int = 3
    base: float = 0.25
    cap: float = 20.0
    patience: float = 300.0

    def wait(self, attempt: int, asked: float | None) -> float:
        """Seconds before the next try; what the provider asked for is the least."""
        drawn = random.uniform(0, min(self.cap, self.base * 2**attempt))
        return max(drawn, asked or 0.0)


class Gate:
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

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it."""
        if self.inside >= int(self.limit) or self._waiting:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except BaseException:
                if turn.done() and not turn.cancelled():
                    self._leave()  # it was ours already
                elif turn in self._waiting:
                    self._waiting.remove(turn)
                raise
        else:
            self.inside += 1
        try:
            pause = self._open_at - self._clock()
            if pause > 0:
                await asyncio.sleep(pause)
            yield
        finally:
            self._leave()

    def succeeded(self) -> None:
        """The provider bears it."""
        self.limit = min(self._most, self.limit + 1 / max(1.0, self.limit))

    def pushed_back(self, retry_after: float | None) -> None:
        """The provider has too much: fewer at once, and none before it asked for some."""
        now = self._clock()
        if retry_after:
            self._open_at = max(self._open_at, now + retry_after)
        if now >= self._calm_at:
            self.limit = max(1.0, self.limit * self._CUT)
            self._calm_at = now + self._CALM

    def _leave(self) -> None:
        self.inside -= 1
        while self._waiting and self.inside < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.inside += 1
                turn.set_result(None)


class Rate:
    """A token bucket: so many units a minute, in bursts of a few seconds' worth.

    Args:
        slate: where processes that share the limit keep the level; None if nobody does.
    """

    _BURST = 5.0  # seconds

    def __init__(self, per_minute: float | None, slate: Slate | None = None) -> None:
        self._each = per_minute / 60 if per_minute else None
        self._slate = slate
        self._clock = time.time if self._slate else time.monotonic  # processes have only the wall's clock in common
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
        """Take units that are known only afterwards."""
        if self._each is not None:
            async with self._turn():
                self._level -= units

    def close(self) -> None:
        if self._slate:
            self._slate.close()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The level as it is now, for this process alone until it is left."""
        if self._slate is None:
            self._refill()
            yield
            return
        async with self._slate.turn() as numbers:
            self._level, self._seen = numbers.get("level", self._most), numbers.get("seen", 0.0)
            self._refill()
            yield
            numbers.update(level=self._level, seen=self._seen)

    def _refill(self) -> None:
        now = self._clock()
        self._level = min(self._most, self._level + max(0.0, now - self._seen) * (self._each or 0.0))
        self._seen = now


class Throttle:
    """A provider that is asked as often as it bears, and again after transient failures.

    What is not transient is not tried again; a wrong key or an unknown model ends the run. So does an endpoint that
    cannot be reached in all tries, since no later call would reach it either, and one that accepted no request with
    these parameters and refuses several: then it is the parameters, else it is this text.

    Args:
        slate: the slate of a limit by its name, for limits that hold over several processes.
    """

    def __init__(
        self, provider: Provider, retry: Retry | None = None, slate: Callable[[str], Slate] | None = None
    ) -> None:
        self._provider = provider
        self._retry = retry or Retry()
        self.model = provider.model
        self.pace = provider.pace
        self._gate = Gate(self.pace.concurrency)
        requests, tokens = self.pace.requests_per_minute, self.pace.tokens_per_minute
        self._requests = Rate(requests, slate("requests") if slate and requests else None)
        self._tokens = Rate(tokens, slate("tokens") if slate and tokens else None)
        self._gone: ProviderError | None = None
        self._answered = False
        self._acceptance = Acceptance()
        self._failure: CallFailed | None = None
        self.retries = 0

    async def complete(self, call: Call) -> Reply:
        attempt = 1
        while True:
            try:
                return await self._once(call)
            except CallFailed as failure:
                self._failure = failure
                if not failure.transient:
                    raise
                if attempt == self._tries(failure):
                    if failure.kind == "unreachable":
                        self._gone = ProviderError(f"{failure.detail} (tried {attempt} times)")
                        raise self._gone from failure
                    raise
                if (failure.retry_after or 0) > self._retry.patience:
                    self._gone = ProviderError(
                        f"the provider asks to wait {failure.retry_after:.0f} s ({failure.detail})"
                    )
                    raise self._gone from failure
                self.retries += 1
                # The place is free while we wait.
                await asyncio.sleep(self._retry.wait(attempt, failure.retry_after))
                attempt += 1

    def answered_before(self, call: Call) -> None:
        """Told by the journal: the endpoint has accepted such a request."""
        self._acceptance.accepted(call)

    @property
    def dead(self) -> ProviderError | None:
        """Why no call can succeed, if that is known: it was refused, or failed whenever it was tried."""
        if self._gone or self._answered or not self._failure:
            return self._gone
        return ProviderError(f"no call was answered ({self._failure.detail or self._failure.kind})")

    def stop(self) -> None:
        """Begin nothing more; what is under way is finished."""
        self._gone = self._gone or ProviderError("stopped")

    async def close(self) -> None:
        self._requests.close()
        self._tokens.close()
        await self._provider.close()

    def _tries(self, failure: CallFailed) -> int:
        """How often to ask; an endpoint that never answered is at a wrong address, and that is said soon."""
        never = failure.kind == "unreachable" and not self._answered
        return min(self._retry.tries, self._retry.first_tries) if never else self._retry.tries

    async def _once(self, call: Call) -> Reply:
        async with self._gate.place():
            if self._gone:
                raise self._gone  # the calls that waited need not ask
            await self._requests.pay(1)
            await self._tokens.pay(0)
            try:
                with self._acceptance.asking(call):
                    async with asyncio.timeout(self.pace.timeout):
                        reply = await self._provider.complete(call)
            except TimeoutError:
                raise CallFailed("timeout", f"no answer in {self.pace.timeout:g} s") from None
            except CallFailed as failure:
                if failure.kind in {"rate_limited", "overloaded"}:
                    self._gate.pushed_back(failure.retry_after)
                if failure.kind == "bad_request" and await self._acceptance.refuses_all(call):
                    self._gone = ProviderError(failure.detail)
                    raise self._gone from failure
                raise
            except ProviderError as error:
                self._gone = error
                raise
            self._answered = True
            self._acceptance.accepted(call)
            self._gate.succeeded()
            await self._tokens.owe(reply.input_tokens + reply.output_tokens)
            return reply
