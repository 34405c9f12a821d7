"""One guard: asks about items in an order drawn before, a few at a time, until it is settled."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from runner.analysis.guard.before import Answered, quiet
from runner.analysis.guard.pairs import Pairs
from runner.analysis.guard.result import GuardResult, GuardRow, ItemCounts, Side
from runner.core.errors import BudgetSpent
from runner.core.evaluation import Outcome
from runner.core.prompt import Prompt
from runner.core.protocols import Provider
from runner.core.run_result import VERSION, CallCounts, TokenCounts
from runner.core.stop import Stop
from runner.experiment.evaluator import Evaluator
from runner.providers.middleware.budget import budget_in
from runner.providers.middleware.client import ModelClient
from runner.providers.middleware.journal import JournalFiles, Mode
from runner.providers.middleware.limits import Limits
from runner.runs.provenance import versions
from runner.stats.non_inferiority import items_needed, most_worse
from verifiers.rewards import Reward
from verifiers.verifier import Verifier

_AT_ONCE = 8  # items between two looks, or a twentieth of many: what is asked behind the verdict is paid for nothing


@dataclass(frozen=True, kw_only=True)
class Guard:
    """The parts of a guard.

    Attributes:
        run, which: the run and the prompt of it, by name. parts: which of its items are asked about.
        answered: the items with what the run answered.
        old_model, old_prompt: what answered then. provider, prompt: what is asked now.
        margin, alpha: of ``non_inferiority``. seed: of the order.
        max_failed: the share of the calls that may fail for good; above 0, one always may.
    """

    run: Path
    which: str
    parts: Literal["sealed", "all"]
    answered: Sequence[Answered]
    old_model: str
    old_prompt: Prompt
    provider: Provider
    prompt: Prompt
    verifier: Verifier
    reward: Reward
    reward_name: str
    margin: float
    alpha: float
    seed: int
    max_failed: float
    limits: Limits
    journal_mode: Mode
    journal_path: Path

    def judge(self, directory: Path) -> tuple[GuardResult, list[GuardRow]]:
        """Ask, and say what came of it. ``directory`` holds the budget while it runs.

        Raises:
            GoldloopError: the model cannot be had, too many calls failed, or it never says anything.
        """
        started = time.monotonic()
        order = sorted(self.answered, key=lambda one: one.item.id)
        random.Random(self.seed).shuffle(order)
        files = JournalFiles(self.journal_mode, self.journal_path)
        budget = budget_in(directory, self.limits, at_once=self.provider.rate_limits.concurrency)
        client = ModelClient(self.provider, budget, files)
        pairs = Pairs(order, self.margin, self.alpha, self.max_failed)
        stop = asyncio.run(self._ask(pairs, client))
        return self._result(pairs, stop, client, time.monotonic() - started), self._rows(pairs)

    async def _ask(self, pairs: Pairs, client: ModelClient) -> Stop | None:
        """Ask until it is settled, or nothing is left; returns what stopped it early."""
        evaluator = Evaluator(client, self.verifier, self.reward, max_failed=1.0, on_progress=quiet)
        try:
            while pairs.left and pairs.found.verdict == "undecided":
                batch = pairs.left[: self._at_once]
                calls = (evaluator.evaluate(self.prompt, [one.item], "guard") for one in batch)
                # By themselves: a budget that ends within a batch leaves those before its first refusal, in order.
                for evaluation in await asyncio.gather(*calls, return_exceptions=True):
                    if isinstance(evaluation, BudgetSpent):
                        await client.refuse_dead()
                        pairs.look()
                        return Stop.of_budget(evaluation)
                    if isinstance(evaluation, BaseException):
                        raise evaluation
                    pairs.add(evaluation)
                pairs.look()
            return None
        finally:
            await client.close()

    @property
    def _at_once(self) -> int:
        return min(self.provider.rate_limits.concurrency, max(_AT_ONCE, len(self.answered) // 20))

    def _result(self, pairs: Pairs, stop: Stop | None, client: ModelClient, seconds: float) -> GuardResult:
        found, meter = pairs.found, client.meter
        before, after = pairs.credits
        failed = pairs.failures.total()
        settled = found.verdict != "undecided"
        compared = before[: found.items], after[: found.items]
        gains = [now - then for then, now in zip(*compared, strict=True)]
        return GuardResult(
            version=VERSION,
            status="stopped" if stop and not settled else "finished",
            stop=None if settled else stop,
            verdict=found.verdict,
            run=str(self.run),
            which=self.which,
            before=_side(self.old_model, self.old_prompt, compared[0]),
            after=_side(self.provider.model, self.prompt, compared[1]),
            prompt=self.prompt.render(),
            parts=self.parts,
            reward=self.reward_name,
            margin=self.margin,
            confidence=round(1 - self.alpha, 9),
            difference=found.difference,
            most_worse=most_worse(*compared, self.alpha),
            e_no_worse=found.e_no_worse,
            e_worse=found.e_worse,
            items=ItemCounts(
                usable=len(self.answered),
                asked=len(pairs.evaluations),
                compared=found.items,
                higher=sum(gain > 0 for gain in gains),
                lower=sum(gain < 0 for gain in gains),
                failed=failed,
                saved=len(pairs.left),
            ),
            items_needed=None if settled else items_needed(*compared, self.margin, self.alpha),
            failures=dict(pairs.failures),
            calls=CallCounts(
                total=meter.calls,
                provider=meter.calls - meter.hits - meter.failed,
                journal=meter.hits,
                failed=meter.failed,
                retries=client.retries,
            ),
            tokens=TokenCounts(
                input=meter.input_tokens,
                output=meter.output_tokens,
                reasoning=meter.reasoning_tokens,
                cached=meter.cached_tokens,
            ),
            cost_usd=meter.cost_usd,
            seconds=round(seconds, 3),
            seed=self.seed,
            versions=versions(),
        )

    def _rows(self, pairs: Pairs) -> list[GuardRow]:
        rows, compared = [], 0
        for one, (outcome, credit) in zip(pairs.order, pairs.evaluations, strict=False):
            compared += credit is not None
            verdict = outcome.verdict
            rows.append(
                GuardRow(
                    v=VERSION,
                    id=one.item.id,
                    text=one.item.text,
                    gold=one.item.gold,
                    sealed=one.sealed,
                    compared=credit is not None and compared <= pairs.found.items,
                    before=one.credit,
                    after=credit,
                    before_prediction=self._dumped(one.outcome),
                    prediction=self._dumped(outcome),
                    failure=outcome.failure or (verdict.unusable if verdict else None),
                    reply=outcome.reply.text if outcome.reply else None,
                )
            )
        return rows

    def _dumped(self, outcome: Outcome) -> Any:
        verdict = outcome.verdict
        return None if verdict is None or verdict.unusable else self.verifier.dump(verdict.answer)


def _side(model: str, prompt: Prompt, credits: Sequence[float]) -> Side:
    mean = sum(credits) / len(credits) if credits else None
    return Side(model, prompt.fingerprint, mean)
