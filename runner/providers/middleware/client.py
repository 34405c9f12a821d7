"""The one way to a model for work that is no search: journal, throttle, budget, meter, in this order."""

from functools import partial
from pathlib import Path

from runner.core.calls import Call, Reply
from runner.core.protocols import Provider
from runner.providers.middleware.budget import Budget, BudgetedClient
from runner.providers.middleware.journal import Journal, Mode, Store
from runner.providers.middleware.meter import UsageMeter
from runner.providers.middleware.shared_state import SharedCounters, rate_limit_file
from runner.providers.middleware.throttle import Throttle


class ModelClient:
    """A provider that answers from the journal where it can, and counts.

    Attributes:
        meter: what went through it.
        budget: what may still be spent.
        model, pace: the provider's.
    """

    def __init__(self, wire: Provider, budget: Budget, journal_mode: Mode, journal_path: Path) -> None:
        self.model, self.rate_limits = wire.model, wire.rate_limits
        self.budget = budget
        self._store = None if journal_mode == "off" else Store(journal_path)
        self._throttle = Throttle(BudgetedClient(wire, self.budget), slate=partial(rate_counters, wire, journal_path))
        self._journal = Journal(
            self._throttle,
            wire.describe,
            notes=None,
            store=self._store,
            mode=journal_mode,
            on_hit=self._throttle.answered_before,
        )
        self.meter = UsageMeter(self._journal)

    async def complete(self, call: Call) -> Reply:
        """Ask the model, or the journal.

        Raises:
            CallFailed, ProviderError, BudgetSpent: as providers and budgets do.
        """
        return await self.meter.complete(call)

    @property
    def retries(self) -> int:
        return self._throttle.retries

    async def refuse_dead(self) -> None:
        """Raise what makes every call fail, if anything does: a small budget may be spent before it is known."""
        await self._journal.settle()
        if self._throttle.dead:
            raise self._throttle.dead

    async def close(self) -> None:
        """Begin nothing more, wait for what is under way, so that it is written down, and let go."""
        self._throttle.stop()
        await self.meter.close()
        self.budget.close()
        if self._store:
            self._store.close()


def rate_counters(wire: Provider, journal: Path, limit: str) -> SharedCounters:
    """Where all processes that ask this endpoint for this model, and use this journal, keep their pace."""
    said = wire.describe(Call([{"role": "user", "content": ""}]))
    endpoint = {name: said.get(name) for name in ("provider", "endpoint", "model")}
    return SharedCounters(rate_limit_file(journal, endpoint, limit))
