"""The loop: measure the initial prompt, search, keep the best measured prompt, open the sealed test once."""

import asyncio
import logging
import time
from collections import Counter
from contextlib import aclosing, suppress

from runner.core.errors import BudgetSpent, GoldloopError, RunDirectoryError
from runner.core.evaluation import Evaluation, Progress, RunInfo
from runner.core.run_result import (
    VERSION,
    BestScores,
    CallCounts,
    Failures,
    InitialScores,
    Models,
    RunResult,
    SplitSizes,
    Status,
)
from runner.core.run_rows import PredictionRow
from runner.core.secrets import redact
from runner.core.stop import Stop
from runner.experiment.clients import RunClients
from runner.experiment.diagnostics import remarks
from runner.experiment.estimate import calls_aside, plan
from runner.experiment.evaluator import Evaluator
from runner.experiment.records import bad_replies, epoch_record, prediction_rows
from runner.experiment.sealed_test import prove
from runner.experiment.selection import expected_on_new_items, top
from runner.experiment.silence import silence
from runner.experiment.spec import Experiment
from runner.experiment.strategy import Candidate, Step
from runner.experiment.trackers import IsolatedTrackers
from runner.experiment.widening import not_worse, widened
from runner.experiment.workbench import Workbench
from runner.runs.provenance import git_state, versions
from runner.runs.writer import RunDirectory
from verifiers.rewards import lowest_of

_log = logging.getLogger(__name__)


class Loop:
    """One run of one experiment. ``run`` is called once."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._started = time.monotonic()
        self._directory = RunDirectory(experiment.directory)
        self._trackers = IsolatedTrackers(experiment.trackers)
        self._clients = RunClients(experiment)
        self._labeller, self._rewriter = self._clients.labeller.meter, self._clients.rewriter.meter
        self._evaluator = Evaluator(
            self._labeller,
            experiment.verifier,
            experiment.reward,
            initial=experiment.initial,
            max_failed=experiment.max_failed,
            on_progress=self._on_progress,
        )
        self._epoch = 0
        self._initial: Evaluation | None = None
        self._best: Evaluation | None = None
        self._best_epoch = 0
        self._measured: dict[str, Evaluation] = {}

    async def run(self) -> RunResult:
        """Run to the end and return what ``result.json`` holds.

        Whatever ends the run early, the best prompt so far and a ``result.json`` with status and reason are on disk
        before an error goes on. A budget that is spent is no error: the run stops with what it has.
        """
        experiment = self._experiment
        stopped: BaseException | None = None
        try:
            told = plan(experiment), remarks(experiment)
            self._trackers.start(RunInfo(experiment.directory, experiment.sweep, experiment.config, *told))
            self._directory.initial_prompt(experiment.initial.render())
            self._directory.data(experiment.data)
            await self._clients.open()
            result, predictions = await self._searched_and_proved()
            self._directory.predictions(predictions)
            self._directory.result(result)
            best = self._best.prompt if self._best else experiment.initial
            self._trackers.finish(result, predictions, [experiment.initial, best])
            return result
        except BaseException as error:
            stopped = error
            self._give_up(error)
            raise
        finally:
            try:  # what is paid for first; a tracker may take its time
                await self._clients.finish()
                if isinstance(stopped, asyncio.CancelledError):
                    self._give_up(stopped)  # again, with what was in flight
                self._clients.close()
            finally:
                self._trackers.close()

    async def _searched_and_proved(self) -> tuple[RunResult, list[PredictionRow]]:
        experiment = self._experiment
        self._clients.budget.reserve(*calls_aside(experiment))
        status: Status = "finished"
        try:
            stop = await self._search()
        except BudgetSpent as spent:
            await self._clients.refuse_dead()
            if self._best is None:
                return self._result("stopped", Stop.of_budget(spent, "before the initial prompt was measured")), []
            stop, status = Stop.of_budget(spent), "stopped"
        if status == "finished" and self._epoch:  # who only measures a prompt gets no other one
            await self._widen()
        self._clients.budget.reserve(0)
        try:
            proof = await prove(experiment, self._evaluator, self._known_best, self._measured)
        except BudgetSpent as spent:
            return self._result("stopped", Stop.of_budget(spent, "before the sealed test was done")), []
        return proof.added_to(self._result(status, stop)), prediction_rows(proof.first, proof.last, experiment.verifier)

    async def _search(self) -> Stop:
        """Run epochs until something says stop; returns what did."""
        experiment = self._experiment
        initial = await self._evaluator.evaluate(experiment.initial, experiment.split.select, "initial prompt")
        self._initial = self._best = initial
        self._measured[initial.prompt.fingerprint] = initial
        self._directory.best_prompt(initial.prompt.render())
        self._record(Step([]))
        if told := silence(initial):
            _log.warning("%s", told)
        if experiment.epochs == 0:
            return Stop("no-epochs")
        bench = self._bench()
        try:
            return await self._epochs(bench)
        except BudgetSpent:
            self._take_unfinished(bench)
            raise

    async def _epochs(self, bench: Workbench) -> Stop:
        experiment, stale = self._experiment, 0
        async with aclosing(experiment.strategy.run(bench)) as steps:  # type: ignore[type-var]
            async for step in steps:
                self._epoch += 1
                stale = 0 if self._take(step) else stale + 1
                self._record(step)
                if self._epoch >= experiment.epochs:
                    return Stop("epochs")
                if experiment.patience is not None and stale >= experiment.patience:
                    return Stop("patience", value=stale)
        return Stop("exhausted")

    def _take_unfinished(self, bench: Workbench) -> None:
        """What an epoch had measured when the budget ended counts too: it is paid for.

        What each was made from only the strategy knows, which is gone: they are set beside the best prompt.
        """
        left = [one for name, one in sorted(bench.measured.items()) if name not in self._measured]
        if left:
            parent = self._known_best.prompt
            step = Step(
                [Candidate(one, parent, "measured when the budget ended, set beside the best before") for one in left]
            )
            self._epoch += 1
            self._take(step)
            self._record(step)

    async def _widen(self) -> None:
        """Let the select items be examples too, where the best prompt chooses its examples, unless that is worse."""
        with suppress(BudgetSpent):  # what is left is for the sealed test
            wider = await widened(self._known_best, self._experiment.split, self._evaluator, self._experiment.verifier)
            if wider is None:
                return
            number = self._epoch + 1
            self._measured[wider.prompt.fingerprint] = wider.evaluation
            if not_worse(self._known_best, wider.evaluation):
                self._keep(wider.evaluation, number)
            self._record(Step([wider]), number)

    def _keep(self, found: Evaluation, epoch: int) -> None:
        self._best, self._best_epoch = found, epoch
        self._directory.best_prompt(found.prompt.render())

    def _take(self, step: Step) -> bool:
        """Keep the best measured prompt; of equals, the earlier. Returns whether it changed."""
        self._measured.update({candidate.prompt.fingerprint: candidate.evaluation for candidate in step.candidates})
        found = top(step.candidates, self._known_best)
        if found is self._known_best:
            return False
        self._keep(found, self._epoch)
        return True

    def _record(self, step: Step, epoch: int | None = None) -> None:
        calls, worth = self._clients.usage.calls, self._clients.worth_usd
        record = epoch_record(
            self._epoch if epoch is None else epoch,
            step,
            self._known_best,
            self._measured,
            calls,
            worth,
            lowest_of(self._experiment.reward),
        )
        self._directory.epoch(record)
        self._trackers.epoch(record)

    def _give_up(self, error: BaseException) -> None:
        words = str(error) if isinstance(error, GoldloopError) else f"{type(error).__name__}: {error}"
        stopped = isinstance(error, asyncio.CancelledError | KeyboardInterrupt)
        stop = Stop.by_signal() if stopped else Stop("failed", detail=redact(words))
        result = self._result("stopped" if stopped else "failed", stop)
        with suppress(RunDirectoryError):  # a disk that is full; the error that goes on says so
            self._directory.result(result)

    def _result(self, status: Status, stop: Stop) -> RunResult:
        """What is known without the sealed test."""
        experiment, usage, split = self._experiment, self._clients.usage, self._experiment.split
        sizes = SplitSizes(reflect=len(split.reflect), select=len(split.select), test=len(split.test))
        initial, best = (one.reward if one else None for one in (self._initial, self._best))
        expected = expected_on_new_items(self._best, self._evaluator.credits_on(split.select))
        return RunResult(
            version=VERSION,
            status=status,
            stop_reason=stop.reason,
            stop=stop,
            initial=InitialScores(select=initial, test=None),
            best=BestScores(epoch=self._best_epoch, select=best, test=None, expected=expected),
            metrics=None,
            decision=None,
            repeats=experiment.repeats,
            split="none" if split.shared else sizes,
            sealed=not split.shared,
            epochs=self._epoch,
            seed=experiment.seed,
            parent=experiment.parent,
            failures=self._failures(),
            calls=self._calls(),
            tokens=self._clients.tokens,
            cost_usd=usage.cost_usd,
            seconds=round(time.monotonic() - self._started, 3),
            models=Models(labeller=experiment.labeller.model, rewriter=experiment.rewriter.model),
            agreement=experiment.data.agreement,
            dataset_sha256=experiment.data.sha256,
            verifier_version=experiment.verifier.version,
            reward_lowest=lowest_of(experiment.reward) or None,
            versions=versions(),
            git=git_state(),
        )

    def _calls(self) -> CallCounts:
        total, hits = self._clients.usage.calls, self._labeller.hits + self._rewriter.hits
        failed = self._labeller.failed + self._rewriter.failed
        return CallCounts(
            total=total, provider=total - hits - failed, journal=hits, failed=failed, retries=self._clients.retries
        )

    def _failures(self) -> Failures:
        labeller = Counter(self._labeller.failures) + bad_replies(self._evaluator.asked)
        return Failures(labeller=dict(labeller), rewriter=dict(self._rewriter.failures))

    def _bench(self) -> Workbench:
        experiment = self._experiment
        return Workbench(
            initial=experiment.initial,
            verifier=experiment.verifier,
            reflect=experiment.split.reflect,
            select=experiment.split.select,
            evaluator=self._evaluator,
            rewriter=self._rewriter,
            seed=experiment.seed,
        )

    def _on_progress(self, progress: Progress) -> None:
        self._trackers.progress(progress, self._clients.usage)

    @property
    def _known_best(self) -> Evaluation:
        if self._best is None:
            raise RuntimeError("the initial prompt was not measured")
        return self._best
