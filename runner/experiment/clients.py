"""The clients of a run's two models, and the budget over both."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from runner.core.calls import Usage
from runner.core.run_result import TokenCounts
from runner.experiment.spec import Experiment
from runner.providers.middleware.budget import Budget
from runner.providers.middleware.client import ModelClient
from runner.providers.middleware.journal import JournalFiles
from runner.providers.middleware.ledger import FOLDER, Ledger, Spent
from runner.runs.spent import counted, counted_in, lost_in, note_lost, spent_by
from runner.runs.sweep_jobs import job_name


class RunClients:
    """Opens them, counts what goes through, and closes them so that nothing paid for is lost.

    Attributes:
        labeller, rewriter: the two roles; they share all but the meter where one model does both.
        budget: over everything together.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        log = experiment.directory / "journal.jsonl"
        self._journal = JournalFiles(experiment.journal_mode, experiment.journal_path, log, experiment.spent)
        self.budget = self._budget()
        self.labeller = ModelClient(experiment.labeller, self.budget, self._journal, shared=True)
        self._clients = [self.labeller]
        if experiment.rewriter is experiment.labeller:
            self.rewriter = self.labeller.in_another_role()
        else:
            self.rewriter = ModelClient(experiment.rewriter, self.budget, self._journal, shared=True)
            self._clients.append(self.rewriter)

    async def open(self) -> None:
        """Hand to the shared journal what an interrupted run wrote only in its own."""
        store = self._journal.store
        if store:
            await store.fill({key: reply for key, (reply, paid) in self._journal.known.items() if paid})

    async def refuse_dead(self) -> None:
        """Raise what makes every call of a role fail, if anything does."""
        for client in self._clients:
            await client.settle()
        for client in self._clients:
            await client.refuse_dead()

    @property
    def retries(self) -> int:
        return sum(client.retries for client in self._clients)

    @property
    def usage(self) -> Usage:
        """What both roles have taken so far."""
        both = (self.labeller.meter, self.rewriter.meter)
        return Usage(
            sum(meter.calls for meter in both),
            sum(meter.input_tokens for meter in both),
            sum(meter.output_tokens for meter in both),
            _sum(meter.cost_usd for meter in both),
        )

    @property
    def tokens(self) -> TokenCounts:
        """The tokens of both roles."""
        both = (self.labeller.meter, self.rewriter.meter)
        return TokenCounts(
            input=sum(meter.input_tokens for meter in both),
            output=sum(meter.output_tokens for meter in both),
            reasoning=_known_sum(meter.reasoning_tokens for meter in both),
            cached=_known_sum(meter.cached_tokens for meter in both),
        )

    @property
    def worth_usd(self) -> float | None:
        """What all answers so far cost when they were asked, in this run or before; None if a price is unknown."""
        return _sum(client.meter.worth_usd for client in (self.labeller, self.rewriter))

    async def finish(self) -> None:
        """Begin nothing more, wait for what is under way, and let go of connections and limits."""
        for client in self._clients:
            client.stop()
        for client in self._clients:
            await client.close()
        self.budget.close()

    def close(self) -> None:
        """Close the journals."""
        self._journal.close()

    def _budget(self) -> Budget:
        """The jobs of a sweep have one together, unless it tries several budgets.

        What was begun before an interruption counts, answered or not.
        """
        experiment = self._experiment
        limits, directory, sweep = experiment.limits, experiment.directory, experiment.sweep
        if not limits.any:
            return Budget(limits)
        if sweep is None or not (sweep / FOLDER).is_dir():
            ledger = Ledger(directory / FOLDER, partial(counted, directory))
            return Budget(limits, ledger=ledger, before=self._noted, note_lost=partial(note_lost, directory))
        ledger = Ledger(sweep / FOLDER, partial(counted_in, sweep))
        job = job_name(directory, sweep)
        return Budget(limits, ledger=ledger, job=job, before=self._noted, note_lost=partial(note_lost, directory))

    def _noted(self) -> Spent:
        """What the run's own records say that it has spent."""
        answered = spent_by(self._journal.known, len(self._journal.log.failed) if self._journal.log else 0)
        return replace(answered, calls=answered.calls + lost_in(self._experiment.directory))


def _sum(dollars: Iterable[float | None]) -> float | None:
    """None once one of them is unknown."""
    known = list(dollars)
    return None if None in known else sum(one for one in known if one is not None)


def _known_sum(counts: Iterable[int | None]) -> int | None:
    """Of those that are known; None if none is."""
    known = [one for one in counts if one is not None]
    return sum(known) if known else None
