"""Between the loop and the wire: how many calls at once, and whether to ask again."""

import asyncio
import random
from dataclasses import dataclass

from runner.errors import CallFailed, ProviderError
from runner.types import Call, Provider, Reply


@dataclass(frozen=True)
class Retry:
    """Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015).

    Attributes:
        tries: how often one call is made at most.
        base, cap: seconds; try n waits a random time below min(cap, base * 2**n).
    """

    tries: int = 5
    base: float = 0.5
    cap: float = 20.0

    def wait(self, attempt: int, asked: float | None) -> float:
        """Seconds before the next try; what the provider asked for is the least."""
        drawn = random.uniform(0, min(self.cap, self.base * 2**attempt))
        return max(drawn, asked or 0.0)


class Throttle:
    """A provider that is asked ``provider.concurrency`` times at once, and again after transient failures.

    What is not transient (wrong key, unknown model, bad request) is not tried again. An endpoint that
    cannot be reached in all tries ends the run, since no later call would reach it either.
    """

    def __init__(self, provider: Provider, retry: Retry | None = None) -> None:
        self._provider = provider
        self._retry = retry or Retry()
        self._slots = asyncio.Semaphore(provider.concurrency)
        self.model = provider.model
        self.concurrency = provider.concurrency
        self.retries = 0
        self._gone: ProviderError | None = None

    async def complete(self, call: Call) -> Reply:
        async with self._slots:
            if self._gone:
                raise self._gone
            try:
                return await self._tried(call)
            except ProviderError as error:
                self._gone = error  # the calls that wait for a slot need not ask
                raise

    async def _tried(self, call: Call) -> Reply:
        attempt = 1
        while True:
            try:
                return await self._provider.complete(call)
            except CallFailed as failure:
                if failure.transient and attempt == self._retry.tries and failure.kind == "unreachable":
                    raise ProviderError(f"{failure.detail} (tried {attempt} times)") from failure
                if not failure.transient or attempt == self._retry.tries:
                    raise
                self.retries += 1
                await asyncio.sleep(self._retry.wait(attempt, failure.retry_after))
                attempt += 1

    async def close(self) -> None:
        await self._provider.close()
