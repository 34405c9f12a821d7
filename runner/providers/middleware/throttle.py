"""Between the loop and the provider: as many calls at once as the provider bears, and whether to ask again."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed, ProviderError
from runner.core.protocols import ChatClient
from runner.core.terminal import duration
from runner.providers.middleware.rate_limit import ConcurrencyLimiter, TokenBucket
from runner.providers.middleware.rejections import RejectionTracker
from runner.providers.middleware.retry import Retry
from runner.providers.middleware.shared_state import SharedCounters

_log = logging.getLogger(__name__)
_TOLD = 10.0  # seconds; of a longer wait a person is told


class Throttle:
    """A provider that is asked as often as it bears, and again after transient failures.

    What is not transient is not tried again; a wrong key or an unknown model ends the run. So does an endpoint that
    cannot be reached in all tries, since no later call would reach it either, and one that accepted no request with
    these parameters and refuses several: then it is the parameters, else it is this text.

    Args:
        counters: the counters of a limit by its name, for limits that hold over several processes.
    """

    def __init__(
        self, provider: ChatClient, retry: Retry | None = None, counters: Callable[[str], SharedCounters] | None = None
    ) -> None:
        self._provider = provider
        self._retry = retry or Retry()
        self.model = provider.model
        self.rate_limits = provider.rate_limits
        self._limiter = ConcurrencyLimiter(self.rate_limits.concurrency)
        requests, tokens = self.rate_limits.requests_per_minute, self.rate_limits.tokens_per_minute
        self._requests = TokenBucket(requests, counters("requests") if counters and requests else None)
        self._tokens = TokenBucket(tokens, counters("tokens") if counters and tokens else None)
        self._gone: ProviderError | None = None
        self._ended = asyncio.Event()  # nothing is begun any more
        self._answered = False
        self._rejections = RejectionTracker()
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
                        told = f"{failure.detail} (tried {attempt} times)"
                        raise self._ends(ProviderError(told, code="unreachable")) from failure
                    raise
                self.retries += 1
                # The place is free while we wait.
                await self._pause(self._retry.wait(attempt, failure.retry_after))
                attempt += 1

    def answered_before(self, call: Call) -> None:
        """Told by the journal: the endpoint has accepted such a request."""
        self._rejections.accepted(call)

    @property
    def dead(self) -> ProviderError | None:
        """Why no call can succeed, if that is known: it was refused, or failed whenever it was tried."""
        if self._gone or self._answered or not self._failure:
            return self._gone
        return ProviderError(
            f"no call was answered ({self._failure.detail or self._failure.kind})",
            code="no-answer",
            key=self._failure.kind,
        )

    def stop(self) -> None:
        """Begin nothing more; what is under way is finished."""
        if self._gone is None:
            self._ends(ProviderError("stopped", code="stopped"))

    async def close(self) -> None:
        self._requests.close()
        self._tokens.close()
        await self._provider.close()

    def _tries(self, failure: CallFailed) -> int:
        """How often to ask; an endpoint that never answered is at a wrong address, and that is said soon."""
        never = failure.kind == "unreachable" and not self._answered
        return min(self._retry.tries, self._retry.first_tries) if never else self._retry.tries

    async def _once(self, call: Call) -> Reply:
        async with self._limiter.place():
            if self._gone:
                raise self._gone  # the calls that waited need not ask
            await self._requests.pay(1)
            await self._tokens.pay(0)
            try:
                with self._rejections.asking(call):
                    async with asyncio.timeout(self.rate_limits.timeout):
                        reply = await self._provider.complete(call)
            except TimeoutError:
                raise CallFailed("timeout", f"no answer in {self.rate_limits.timeout:g} s") from None
            except CallFailed as failure:
                if failure.transient:
                    self._refuse_long_wait(failure)
                if failure.kind in {"rate_limited", "overloaded"}:
                    self._push_back(failure)
                if failure.kind == "bad_request" and await self._rejections.refuses_all(call):
                    raise self._ends(ProviderError(failure.detail, code="bad-request")) from failure
                raise
            except ProviderError as error:
                raise self._ends(error) from error.__cause__
            self._answered = True
            self._rejections.accepted(call)
            self._limiter.succeeded()
            await self._tokens.owe(reply.input_tokens + reply.output_tokens)
            return reply

    def _refuse_long_wait(self, failure: CallFailed) -> None:
        """Raise what ends all, if the endpoint asks for more than our patience."""
        asked = failure.retry_after or 0.0
        if asked > self._retry.patience:
            told = f"the provider asks to wait {duration(asked)} ({failure.detail})"
            raise self._ends(ProviderError(told, code="wait-too-long")) from failure

    def _push_back(self, failure: CallFailed) -> None:
        """Ask less, and not before the endpoint wants it."""
        asked = failure.retry_after or 0.0
        if self._limiter.pushed_back(failure.retry_after) and asked >= _TOLD:
            _log.warning("the provider asks to wait %s (%s): waiting", duration(asked), failure.detail)

    def _ends(self, error: ProviderError) -> ProviderError:
        """The error that ends all: nothing is begun any more, and who waits for a time need not."""
        self._gone = error
        self._ended.set()
        self._limiter.halt()
        return error

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), seconds)
        if self._gone:
            raise self._gone
