"""The one place that builds the way to a model.

Before the provider stand, in this order: the meter, which counts the call; the journal, which answers what was asked
before; the throttle, which waits for a place, and asks again; what leaves log-probabilities out where they are refused;
the budget, which allows each try.
"""

from copy import copy
from functools import partial
from pathlib import Path

from runner.core.calls import Call, Reply
from runner.core.errors import ProviderError
from runner.core.protocols import Provider
from runner.providers.middleware.budget import Budget, BudgetedClient
from runner.providers.middleware.journal import Journal, JournalFiles
from runner.providers.middleware.logprobs import WelcomeLogprobs
from runner.providers.middleware.meter import UsageMeter
from runner.providers.middleware.shared_state import SharedCounters, rate_limit_file
from runner.providers.middleware.throttle import Throttle


class ModelClient:
    """A provider that answers from the journal where it can, and counts.

    Args:
        provider: whom to ask.
        budget: what may still be spent.
        journal: where calls are looked up and written down.
        shared: whether others use budget and journal too; if not, they are closed with the client.

    Attributes:
        meter: what went through it.
        budget: the budget.
        model, rate_limits: the provider's.
    """

    def __init__(self, provider: Provider, budget: Budget, journal: JournalFiles, *, shared: bool = False) -> None:
        self.model, self.rate_limits = provider.model, provider.rate_limits
        self.budget = budget
        self._files, self._shared = journal, shared
        counters = partial(rate_counters, provider, journal.path) if journal.path else None
        self._throttle = Throttle(WelcomeLogprobs(BudgetedClient(provider, budget)), counters=counters)
        self._journal = Journal(
            self._throttle,
            provider.describe,
            log=journal.log,
            store=journal.store,
            mode=journal.mode,
            spent=journal.spent,
            on_hit=self._throttle.answered_before,
        )
        self.meter = UsageMeter(self._journal)

    def in_another_role(self) -> "ModelClient":
        """A client that shares all but the meter. Closing one closes both."""
        other = copy(self)
        other.meter = UsageMeter(self._journal)
        return other

    async def complete(self, call: Call) -> Reply:
        """Ask the model, or the journal.

        Raises:
            CallFailed, ProviderError, BudgetSpent: as providers and budgets do.
        """
        return await self.meter.complete(call)

    @property
    def retries(self) -> int:
        """How often a call was made again, in all roles."""
        return self._throttle.retries

    @property
    def dead(self) -> ProviderError | None:
        """Why no call can succeed, if that is known."""
        return self._throttle.dead

    async def settle(self) -> None:
        """Wait for what is under way, so that it is written down."""
        await self._journal.settle()

    async def refuse_dead(self) -> None:
        """Raise what makes every call fail, if anything does: a small budget may be spent before it is known."""
        await self.settle()
        if self.dead:
            raise self.dead

    def stop(self) -> None:
        """Begin nothing more."""
        self._throttle.stop()

    async def close(self) -> None:
        """Begin nothing more, wait for what is under way, so that it is written down, and let go."""
        self.stop()
        await self.meter.close()
        if not self._shared:
            self.budget.close()
            self._files.close()


def rate_counters(provider: Provider, journal: Path, limit: str) -> SharedCounters:
    """Where all processes that ask this endpoint for this model, and use this journal, count towards a rate limit."""
    said = provider.describe(Call([{"role": "user", "content": ""}]))
    endpoint = {name: said.get(name) for name in ("provider", "endpoint", "model")}
    return SharedCounters(rate_limit_file(journal, endpoint, limit))
