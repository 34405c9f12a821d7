"""Counts what one role's calls took: calls, tokens, dollars, failures by name. A journal's hit takes nothing."""

import asyncio
import logging
from collections import Counter
from fractions import Fraction

from runner.core.calls import Call, Reply
from runner.core.errors import CallFailed
from runner.core.protocols import ChatClient

_log = logging.getLogger(__name__)


class UsageMeter:
    """A provider that counts.

    Attributes:
        calls, hits, failed: calls that came to an end, those answered by the journal, and those that failed for good.
        failures: name -> count, of calls that failed.
        reasoning_tokens, cached_tokens: parts of the output and of the input; None until an answer says.
        cost_usd: dollars, None once a call's price was unknown.
        worth_usd: what all answers cost when they were asked, the journal's too; one that served twice counts twice.
    """

    def __init__(self, provider: ChatClient) -> None:
        self._provider = provider
        self.model = provider.model
        self.rate_limits = provider.rate_limits
        self.calls = 0
        self.hits = 0
        self.failures: Counter[str] = Counter()
        self.input_tokens = 0
        self.output_tokens = 0
        self.reasoning_tokens: int | None = None
        self.cached_tokens: int | None = None
        self._told = False
        self.cost_usd: float | None = 0.0
        self._worth: Fraction | None = Fraction()  # exact, so that the order of the answers does not matter
        self._under_way: set[asyncio.Task[Reply]] = set()

    @property
    def worth_usd(self) -> float | None:
        return None if self._worth is None else float(self._worth)

    @property
    def failed(self) -> int:
        return self.failures.total()

    async def complete(self, call: Call) -> Reply:
        # A task of its own: an answer that is under way when nobody waits for it any more is paid for, and counts.
        task = asyncio.create_task(self._counted(call))
        self._under_way.add(task)
        task.add_done_callback(self._landed)
        return await asyncio.shield(task)

    def _landed(self, task: "asyncio.Task[Reply]") -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits has it; where nobody does, it is not lost: the run ended with an error

    async def _counted(self, call: Call) -> Reply:
        try:
            reply = await self._provider.complete(call)
        except CallFailed as failure:
            self.calls += 1
            self.failures[failure.kind] += 1
            raise
        self.calls += 1
        known = self._worth is not None and reply.cost_usd is not None
        self._worth = self._worth + Fraction(reply.cost_usd) if known else None  # type: ignore[arg-type,operator]
        if reply.from_journal:
            self.hits += 1
            return reply
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        self.reasoning_tokens = _more(self.reasoning_tokens, reply.reasoning_tokens)
        self.cached_tokens = _more(self.cached_tokens, reply.cached_tokens)
        if reply.odd_usage and not self._told:
            self._told = True
            _log.warning("the endpoint says %s, which cannot be: what that answer took is unknown", reply.odd_usage)
        known = self.cost_usd is not None and reply.cost_usd is not None
        self.cost_usd = self.cost_usd + reply.cost_usd if known else None  # type: ignore[operator]
        return reply

    async def close(self) -> None:
        await self._provider.close()


def _more(sum_: int | None, tokens: int | None) -> int | None:
    return sum_ if tokens is None else (sum_ or 0) + tokens
