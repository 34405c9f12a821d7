"""The way to a model that may be away for a while: a new client when the last is closed, one call to try it."""

import asyncio
import time
from collections.abc import Callable

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, GoldloopError, ProviderError
from runner.core.protocols import Provider
from runner.label_studio.ml_backend.deadline import DeadlineClient, TooLate
from runner.providers.middleware.client import ModelClient

COOL = 5.0  # seconds before a model that was away is tried again, with one call
CLOSE = 15.0  # seconds for calls under way, at the end


class ReconnectingClient:
    """Passes calls through one client after the other, whose budgets and waiting are one.

    Args:
        opened: makes a client of the provider.
        cool: seconds to leave a model alone that was away. close: seconds for calls under way, at the end.

    Attributes:
        paid: what was paid for.
    """

    def __init__(
        self, provider: Provider, opened: Callable[[Provider], ModelClient], cool: float = COOL, close: float = CLOSE
    ) -> None:
        self._provider = self.paid = DeadlineClient(provider)
        self._opened = opened
        self._cool = cool
        self._close = close
        self._client: ModelClient | None = None
        self._away_at = 0.0
        self._probe = asyncio.Lock()
        self._retiring: set[asyncio.Task[None]] = set()
        self._begun = 0
        self._problem: GoldloopError | None = None

    @property
    def away(self) -> str | None:
        """Why no call can succeed at present; None if they can."""
        return None if self._problem is None else str(self._problem)

    async def ask(self, call: Call, until: float) -> Reply:
        """The reply; if it is known that the model is away, its absence at once.

        Args:
            until: when the asker stops waiting, by ``time.monotonic``.

        Raises:
            CallFailed, GoldloopError, BudgetSpent: as clients do.
        """
        while True:
            try:
                return await self._through(call) if self._problem is None else await self._tried_again(call)
            except TooLate as late:  # perhaps somebody else asked the same, who had less time
                if time.monotonic() + (late.retry_after or 0) >= until:
                    raise

    async def close(self) -> None:
        """Let what is under way be written down, and let go."""
        if self._client:
            self._retire(self._client)
            self._client = None
        if self._retiring:
            _, late = await asyncio.wait(self._retiring, timeout=self._close)
            for closing in late:  # a provider that asked to wait for minutes
                closing.cancel()
        await self._provider.end()

    async def _tried_again(self, call: Call) -> Reply:
        """One call finds out whether the model is back; the others wait for what it finds."""
        async with self._probe:
            known = self._problem
            if known is not None and time.monotonic() - self._away_at < self._cool:
                raise ProviderError(str(known), code=known.code, key=known.key)
            try:
                reply = await self._through(call)
            except CallFailed as failure:
                if failure.transient or isinstance(failure, TooLate):
                    self._away_at = time.monotonic()
                else:
                    self._problem = None
                raise
            self._problem = None
            return reply

    async def _through(self, call: Call) -> Reply:
        client = self._client = self._client or self._new_client()
        try:
            return await client.complete(call)
        except GoldloopError as error:
            # A client that found the model away lets nothing through any more.
            self._problem, self._away_at = error, time.monotonic()
            if client is self._client:
                self._client = None
                self._retire(client)
            raise

    def _new_client(self) -> ModelClient:
        """A client whose budget knows what was spent before it."""
        client, paid = self._opened(self._provider), self.paid
        client.budget.spent_before(calls=self._begun, tokens=paid.input_tokens + paid.output_tokens, usd=paid.usd)
        return client

    def _retire(self, client: ModelClient) -> None:
        self._begun = client.budget.begun
        closing = asyncio.ensure_future(client.close())
        self._retiring.add(closing)
        closing.add_done_callback(self._retiring.discard)
