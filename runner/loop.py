"""The loop: measure the initial prompt, search, keep the best measured prompt, open the sealed test once."""

import asyncio
import time
from collections import Counter
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from runner.errors import GoldloopError
from runner.evaluation import Evaluator
from runner.evidence import decide
from runner.experiment import Experiment
from runner.meter import Meter
from runner.records import bad_replies, epoch_record, metrics, prediction_rows
from runner.run_directory import RunDirectory, git_state, versions
from runner.secrets import redact
from runner.throttle import Throttle
from runner.trackers.shield import Shielded
from runner.types import Evaluation, Progress, RunInfo, Step, Usage
from runner.workbench import Workbench


class Loop:
    """One run of one experiment. ``run`` is called once."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._started = time.monotonic()
        self._directory = RunDirectory(experiment.directory)
        self._trackers = Shielded(experiment.trackers)
        labeller = Throttle(experiment.labeller)
        same = experiment.rewriter is experiment.labeller
        self._labeller = Meter(labeller)
        self._rewriter = Meter(labeller if same else Throttle(experiment.rewriter))
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

        Whatever ends the run early, the best prompt so far and a ``result.json`` with the status ``failed`` and
        the reason are on disk before the error goes on.
        """
        experiment = self._experiment
        self._trackers.start(RunInfo(experiment.directory, experiment.sweep, experiment.config, self._plan()))
        try:
            reason = await self._search()
            result, predictions = await self._prove(reason)
        except BaseException as error:
            self._give_up(error)
            raise
        else:
            self._directory.predictions(predictions)
            self._directory.result(result)
            self._trackers.finish(result, predictions, [experiment.initial, self._known_best.prompt])
            return result
        finally:
            self._trackers.close()
            await self._labeller.close()
            await self._rewriter.close()

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

    async def _prove(self, reason: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Measure the initial and the best prompt on the sealed items, once, and decide."""
        experiment, best = self._experiment, self._known_best
        if experiment.split.shared:
            first, last = self._measured[experiment.initial.fingerprint], best
        else:
            first = await self._evaluator.evaluate(experiment.initial, experiment.split.test, "sealed test, initial")
            last = await self._evaluator.evaluate(best.prompt, experiment.split.test, "sealed test, best")
        result = self._result("finished", reason)
        result["metrics"] = metrics(last.verdicts, experiment.data.labels)
        result["initial"]["metrics"] = metrics(first.verdicts, experiment.data.labels)
        if not experiment.split.shared:
            result["initial"]["test"], result["best"]["test"] = first.reward, last.reward
            both = [item.id for item in experiment.split.test if item.id in first.credits and item.id in last.credits]
            before, after = ([side.credits[item] for item in both] for side in (first, last))
            result["decision"] = asdict(decide(before, after, experiment.seed)) if both else None
        return result, prediction_rows(first, last)

    def _give_up(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
            self._directory.result(self._result("stopped", "stopped by Ctrl-C"))
            return
        words = str(error) if isinstance(error, GoldloopError) else f"{type(error).__name__}: {error}"
        self._directory.result(self._result("failed", redact(words)))

    def _result(self, status: str, reason: str) -> dict[str, Any]:
        experiment, usage, split = self._experiment, self._usage(), self._experiment.split
        sizes = {"reflect": len(split.reflect), "select": len(split.select), "test": len(split.test)}
        calls = usage.calls
        return {
            "status": status,
            "stop_reason": reason,
            "initial": {"select": self._initial.reward if self._initial else None, "test": None},
            "best": {"epoch": self._best_epoch, "select": self._best.reward if self._best else None, "test": None},
            "metrics": None,
            "decision": None,
            "split": "none" if split.shared else sizes,
            "sealed": not split.shared,
            "epochs": self._epoch,
            "seed": experiment.seed,
            "failures": self._failures(),
            "calls": {
                "total": calls,
                "provider": calls,
                "journal": 0,
                "failed": self._labeller.failed + self._rewriter.failed,
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

    def _plan(self) -> dict[str, Any]:
        experiment, split = self._experiment, self._experiment.split
        return {
            "epochs": experiment.epochs,
            "items": len(experiment.data.items),
            "unlabelled": experiment.data.unlabelled,
            "labels": len(experiment.data.labels),
            "split": {"reflect": len(split.reflect), "select": len(split.select), "test": len(split.test)},
            "sealed": not split.shared,
            "model": experiment.labeller.model,
            "rewriter": experiment.rewriter.model,
            "initial": experiment.initial.render(),
        }

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
