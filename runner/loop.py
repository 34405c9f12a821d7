"""The loop: measure the initial prompt, search, keep the best measured prompt, open the sealed test once."""

import asyncio
import time
from collections import Counter
from contextlib import aclosing, suppress
from dataclasses import asdict, astuple
from functools import partial
from pathlib import Path
from typing import Any

from runner.budget import Budget, Budgeted
from runner.errors import BudgetSpent, GoldloopError, RunDirectoryError
from runner.evaluation import Evaluator
from runner.evidence import decide, reward_interval
from runner.experiment import Experiment
from runner.journal import Journal, Store
from runner.journal.notes import Notes
from runner.meter import Meter
from runner.plan import plan
from runner.records import bad_replies, epoch_record, metrics, prediction_rows
from runner.run_directory import RunDirectory, git_state, versions
from runner.secrets import redact
from runner.shared_limits import Ledger, Slate, pace_file
from runner.strategy import Step
from runner.throttle import Throttle
from runner.trackers.shield import Shielded
from runner.types import Call, Evaluation, Progress, RunInfo, Usage, Wire
from runner.workbench import Workbench


class Loop:
    """One run of one experiment. ``run`` is called once."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._started = time.monotonic()
        self._directory = RunDirectory(experiment.directory)
        self._trackers = Shielded(experiment.trackers)
        together = experiment.sweep if any(astuple(experiment.limits)) else None  # the jobs of a sweep share it
        self._budget = Budget(experiment.limits, ledger=Ledger(together / ".budget") if together else None)
        mode = experiment.journal_mode
        self._store = None if mode == "off" or experiment.journal_path is None else Store(experiment.journal_path)
        self._notes = Notes(experiment.directory / "journal.jsonl")
        self._throttles: list[Throttle] = []
        self._journals: list[Journal] = []
        labeller = self._door(experiment.labeller)
        same = experiment.rewriter is experiment.labeller
        self._labeller = Meter(labeller)
        self._rewriter = Meter(labeller if same else self._door(experiment.rewriter))
        self._evaluator = Evaluator(
            self._labeller,
            experiment.verifier,
            experiment.reward,
            experiment.data.labels,
            max_failed=experiment.max_failed,
            on_progress=self._on_progress,
        )
        self._epoch = 0
        self._initial: Evaluation | None = None
        self._best: Evaluation | None = None
        self._best_epoch = 0
        self._measured: dict[str, Evaluation] = {}

    async def run(self) -> dict[str, Any]:
        """Run to the end and return the content of ``result.json``.

        Whatever ends the run early, the best prompt so far and a ``result.json`` with status and reason are on disk
        before an error goes on. A budget that is spent is no error: the run stops with what it has.
        """
        experiment = self._experiment
        self._trackers.start(RunInfo(experiment.directory, experiment.sweep, experiment.config, plan(experiment)))
        self._directory.initial_prompt(experiment.initial.render())
        self._directory.data(experiment.data)
        stopped: BaseException | None = None
        try:
            if self._store:  # what an interrupted run wrote only in its own journal
                await self._store.fill({key: reply for key, (reply, paid) in self._notes.known.items() if paid})
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
            self._trackers.close()
            for throttle in self._throttles:
                throttle.stop()
            await self._labeller.close()
            await self._rewriter.close()
            self._budget.close()
            if isinstance(stopped, asyncio.CancelledError):
                self._give_up(stopped)  # again, with what was in flight
            self._notes.close()
            if self._store:
                self._store.close()

    def _door(self, wire: Wire) -> Journal:
        """What stands before a wire: journal, throttle, budget."""
        alone = self._experiment.journal_path is None
        throttle = Throttle(Budgeted(wire, self._budget), slate=None if alone else partial(self._slate, wire))
        self._throttles.append(throttle)
        journal = Journal(
            throttle,
            wire.describe,
            notes=self._notes,
            store=self._store,
            mode=self._experiment.journal_mode,
            on_paid_before=self._budget.paid_before,
        )
        self._journals.append(journal)
        return journal

    def _slate(self, wire: Wire, limit: str) -> Slate:
        """Where all processes that ask this endpoint for this model, and use this journal, keep their pace."""
        said = wire.describe(Call([{"role": "user", "content": ""}]))
        endpoint = {name: said.get(name) for name in ("provider", "endpoint", "model")}
        return Slate(pace_file(self._experiment.journal_path or Path(), endpoint, limit))

    async def _refuse_dead(self) -> None:
        """Raise what makes every call fail, if anything does: a small budget may be spent before it is known."""
        for journal in self._journals:
            await journal.settle()
        dead = next((throttle.dead for throttle in self._throttles if throttle.dead), None)
        if dead:
            raise dead

    async def _searched_and_proved(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        sealed = 0 if self._experiment.split.shared else len(self._experiment.split.test)
        self._budget.set_aside(2 * sealed)
        try:
            reason, status = await self._search(), "finished"
        except BudgetSpent as spent:
            await self._refuse_dead()
            reason, status = str(spent), "stopped"
        self._budget.set_aside(0)
        if self._best is None:
            return self._result(status, f"{reason} before the initial prompt was measured"), []
        try:
            return await self._prove(status, reason)
        except BudgetSpent as spent:
            return self._result("stopped", f"{spent} before the sealed test was done"), []

    async def _search(self) -> str:
        """Run epochs until something says stop; returns what did."""
        experiment = self._experiment
        initial = await self._evaluator.evaluate(experiment.initial, experiment.split.select, "initial prompt")
        self._initial = self._best = initial
        self._measured[initial.prompt.fingerprint] = initial
        self._directory.best_prompt(initial.prompt.render())
        self._record(Step([]))
        if experiment.epochs == 0:
            return "epochs=0"
        bench = self._bench()
        stale = 0
        async with aclosing(experiment.strategy.run(bench)) as steps:  # type: ignore[type-var]
            async for step in steps:
                self._epoch += 1
                stale = 0 if self._take(step) else stale + 1
                self._record(step)
                if self._epoch >= experiment.epochs:
                    return "all epochs done"
                if experiment.patience is not None and stale >= experiment.patience:
                    return f"no better prompt in {stale} epochs (patience)"
        return "the strategy has nothing more to propose"

    def _take(self, step: Step) -> bool:
        """Keep the best measured prompt; of equals, the earlier. Returns whether it changed."""
        self._measured.update({candidate.prompt.fingerprint: candidate.evaluation for candidate in step.candidates})
        top = max(step.candidates, key=lambda candidate: candidate.reward, default=None)
        if top is None or top.reward <= self._known_best.reward:
            return False
        self._best, self._best_epoch = top.evaluation, self._epoch
        self._directory.best_prompt(top.prompt.render())
        return True

    def _record(self, step: Step) -> None:
        record = epoch_record(self._epoch, step.candidates, step.rejected, self._known_best, self._measured)
        self._directory.epoch(record)
        self._trackers.epoch(record)

    async def _prove(self, status: str, reason: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Measure the initial and the best prompt on the sealed items, once, and decide."""
        experiment, best = self._experiment, self._known_best
        if experiment.split.shared:
            first, last = self._measured[experiment.initial.fingerprint], best
        else:
            first = await self._evaluator.evaluate(experiment.initial, experiment.split.test, "sealed test, initial")
            last = await self._evaluator.evaluate(best.prompt, experiment.split.test, "sealed test, best")
        result = self._result(status, reason)
        result["metrics"] = metrics(last.verdicts, experiment.data.labels)
        result["initial"]["metrics"] = metrics(first.verdicts, experiment.data.labels)
        if not experiment.split.shared:
            for side, evaluation in (("initial", first), ("best", last)):
                result[side]["test"] = evaluation.reward
                result[side]["interval"] = reward_interval(list(evaluation.credits.values()))
            both = [item.id for item in experiment.split.test if item.id in first.credits and item.id in last.credits]
            before, after = ([side.credits[item] for item in both] for side in (first, last))
            result["decision"] = asdict(decide(before, after, experiment.seed)) if both else None
        return result, prediction_rows(first, last)

    def _give_up(self, error: BaseException) -> None:
        words = str(error) if isinstance(error, GoldloopError) else f"{type(error).__name__}: {error}"
        stopped = isinstance(error, asyncio.CancelledError | KeyboardInterrupt)
        result = self._result("stopped", "Ctrl-C") if stopped else self._result("failed", redact(words))
        with suppress(RunDirectoryError):  # a disk that is full; the error that goes on says so
            self._directory.result(result)

    def _result(self, status: str, reason: str) -> dict[str, Any]:
        experiment, usage, split = self._experiment, self._usage(), self._experiment.split
        sizes = {"reflect": len(split.reflect), "select": len(split.select), "test": len(split.test)}
        calls, hits = usage.calls, self._labeller.hits + self._rewriter.hits
        failed = self._labeller.failed + self._rewriter.failed
        return {
            "status": status,
            "stop_reason": reason,
            "initial": {"select": self._initial.reward if self._initial else None, "test": None, "interval": None},
            "best": {
                "epoch": self._best_epoch,
                "select": self._best.reward if self._best else None,
                "test": None,
                "interval": None,
            },
            "metrics": None,
            "decision": None,
            "split": "none" if split.shared else sizes,
            "sealed": not split.shared,
            "epochs": self._epoch,
            "seed": experiment.seed,
            "parent": experiment.parent,
            "failures": self._failures(),
            "calls": {
                "total": calls,
                "provider": calls - hits - failed,
                "journal": hits,
                "failed": failed,
                "retries": sum(throttle.retries for throttle in self._throttles),
            },
            "tokens": {"input": usage.input_tokens, "output": usage.output_tokens},
            "cost_usd": usage.cost_usd,
            "seconds": round(time.monotonic() - self._started, 3),
            "models": {"labeller": experiment.labeller.model, "rewriter": experiment.rewriter.model},
            "dataset_sha256": experiment.data.sha256,
            "versions": versions(),
            "git": git_state(),
        }

    def _failures(self) -> dict[str, dict[str, int]]:
        labeller = Counter(self._labeller.failures) + bad_replies(self._evaluator.asked)
        return {"labeller": dict(labeller), "rewriter": dict(self._rewriter.failures)}

    def _bench(self) -> Workbench:
        experiment = self._experiment
        return Workbench(
            initial=experiment.initial,
            labels=experiment.data.labels,
            multiple=experiment.verifier.multiple,
            reflect=experiment.split.reflect,
            select=experiment.split.select,
            evaluator=self._evaluator,
            rewriter=self._rewriter,
            seed=experiment.seed,
        )

    def _usage(self) -> Usage:
        both = (self._labeller, self._rewriter)
        costs = [meter.cost_usd for meter in both]
        known = [cost for cost in costs if cost is not None]
        return Usage(
            sum(meter.calls for meter in both),
            sum(meter.input_tokens for meter in both),
            sum(meter.output_tokens for meter in both),
            sum(known) if len(known) == len(costs) else None,
        )

    def _on_progress(self, progress: Progress) -> None:
        self._trackers.progress(progress, self._usage())

    @property
    def _known_best(self) -> Evaluation:
        if self._best is None:
            raise RuntimeError("the initial prompt was not measured")
        return self._best
