"""The ways to a run's models. Before each wire stand, in this order: meter, journal, throttle, budget."""

from collections.abc import Iterable
from functools import partial

from runner.core.calls import Usage
from runner.core.protocols import Provider
from runner.experiment.spec import Experiment
from runner.providers.middleware.budget import BudgetedClient, budget_in
from runner.providers.middleware.client import rate_counters
from runner.providers.middleware.journal import Journal, Store
from runner.providers.middleware.journal.keys import unpacked
from runner.providers.middleware.journal.run_log import RunCallLog, known_in
from runner.providers.middleware.meter import UsageMeter
from runner.providers.middleware.throttle import Throttle


class RunClients:
    """Opens them, counts what goes through, and closes them so that nothing paid for is lost.

    Attributes:
        labeller, rewriter: the two roles; they share all but the meter where one model does both.
        budget: over everything together.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        # The jobs of a sweep share it; and what was begun before an interruption counts, answered or not.
        mode = experiment.journal_mode
        self._store = None if mode == "off" or experiment.journal_path is None else Store(experiment.journal_path)
        self._notes = RunCallLog(experiment.directory / "journal.jsonl")
        self.budget = budget_in(experiment.sweep or experiment.directory, experiment.limits, self._paid_before)
        self._throttles: list[Throttle] = []
        self._journals: list[Journal] = []
        labeller = self._door(experiment.labeller)
        same = experiment.rewriter is experiment.labeller
        self.labeller = UsageMeter(labeller)
        self.rewriter = UsageMeter(labeller if same else self._door(experiment.rewriter))

    async def open(self) -> None:
        """Hand to the shared journal what an interrupted run wrote only in its own."""
        if self._store:
            await self._store.fill({key: reply for key, (reply, paid) in self._notes.known.items() if paid})

    async def refuse_dead(self) -> None:
        """Raise what makes every call fail, if anything does: a small budget may be spent before it is known."""
        for journal in self._journals:
            await journal.settle()
        dead = next((throttle.dead for throttle in self._throttles if throttle.dead), None)
        if dead:
            raise dead

    @property
    def retries(self) -> int:
        return sum(throttle.retries for throttle in self._throttles)

    @property
    def usage(self) -> Usage:
        """What both roles have taken so far."""
        both = (self.labeller, self.rewriter)
        return Usage(
            sum(meter.calls for meter in both),
            sum(meter.input_tokens for meter in both),
            sum(meter.output_tokens for meter in both),
            _sum(meter.cost_usd for meter in both),
        )

    @property
    def worth_usd(self) -> float | None:
        """What all answers so far cost when they were asked, whoever paid; None where a price is unknown."""
        return _sum(meter.worth_usd for meter in (self.labeller, self.rewriter))

    async def finish(self) -> None:
        """Begin nothing more, wait for what is under way, and let go of connections and limits."""
        for throttle in self._throttles:
            throttle.stop()
        await self.labeller.close()
        await self.rewriter.close()
        self.budget.close()

    def close(self) -> None:
        """Close the journals."""
        self._notes.close()
        if self._store:
            self._store.close()

    def _paid_before(self) -> dict[str, float]:
        """What stands in the run's own journal, or in those of the sweep's jobs."""
        sweep = self._experiment.sweep
        known = [self._notes.known] if sweep is None else [known_in(path) for path in sweep.glob("*/journal.jsonl")]
        replies = [unpacked(text, from_journal=False) for one in known for text, paid in one.values() if paid]
        tokens = sum(reply.input_tokens + reply.output_tokens for reply in replies)
        return {"calls": len(replies), "tokens": tokens, "usd": sum(reply.cost_usd or 0.0 for reply in replies)}

    def _door(self, wire: Provider) -> Journal:
        shared = self._experiment.journal_path
        throttle = Throttle(
            BudgetedClient(wire, self.budget), slate=partial(rate_counters, wire, shared) if shared else None
        )
        self._throttles.append(throttle)
        journal = Journal(
            throttle,
            wire.describe,
            notes=self._notes,
            store=self._store,
            mode=self._experiment.journal_mode,
            spent=self._experiment.spent,
            on_hit=throttle.answered_before,
        )
        self._journals.append(journal)
        return journal


def _sum(dollars: Iterable[float | None]) -> float | None:
    """None once one of them is unknown."""
    known = list(dollars)
    return None if None in known else sum(one for one in known if one is not None)
