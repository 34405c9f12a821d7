"""The proof: the sealed items are opened once, for the initial and the best prompt, and for the controls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from runner.core.concurrency import gather_or_cancel
from runner.core.errors import BudgetSpent, TooManyFailed
from runner.core.evaluation import Evaluation
from runner.core.gold import gold_of
from runner.core.prompt import Prompt
from runner.core.run_result import (
    ConstantControl,
    Controls,
    Decision,
    Interval,
    Metrics,
    NoPromptControl,
    RunResult,
    WinnersCurse,
    WithoutModel,
)
from runner.experiment.evaluator import Evaluator
from runner.experiment.records import metrics
from runner.experiment.selection import credit_table
from runner.experiment.spec import Experiment
from runner.experiment.without_model import Taught, classified, nearest_answers, taught
from runner.stats.evidence import decide, winners_curse
from runner.stats.intervals import reward_interval
from verifiers.rewards import lowest_of
from verifiers.rewards.constant import constant_answer
from verifiers.verdict import Verdict
from verifiers.verifier import paths_of

EMPTY = Prompt("")


@dataclass(frozen=True)
class Proof:
    """Both prompts on the sealed items; with ``split=none`` on all items, where nothing is sealed.

    Attributes:
        sealed: whether they are sealed. Only then is there a curse, and a decision, if they share an item.
        lowest: what the reward can be at the least. paths: class -> its path, where classes are paths of a tree.
    """

    first: Evaluation
    last: Evaluation
    sealed: bool
    first_metrics: Metrics
    last_metrics: Metrics
    controls: Controls | None
    lowest: float
    paths: Mapping[str, Sequence[str]]
    winners_curse: WinnersCurse | None = None
    decision: Decision | None = None

    def added_to(self, result: RunResult) -> RunResult:
        """The result with what was proved."""
        initial, best = replace(result.initial, metrics=self.first_metrics), result.best
        if self.sealed:
            initial = replace(initial, test=self.first.reward, interval=_interval(self.first, self.lowest))
            best = replace(best, test=self.last.reward, interval=_interval(self.last, self.lowest))
        return replace(
            result,
            initial=initial,
            best=best,
            metrics=self.last_metrics,
            decision=self.decision,
            controls=self.controls,
            winners_curse=self.winners_curse,
            paths=self.paths or None,
        )


async def prove(
    experiment: Experiment, evaluator: Evaluator, best: Evaluation, measured: Mapping[str, Evaluation]
) -> Proof:
    """Measure, decide, and set beside it what would show that the search fooled itself.

    Args:
        measured: prompt fingerprint -> its evaluation on the select items, of all prompts that were measured there.

    Raises:
        BudgetSpent: before both prompts were measured.
    """
    items, sealed = experiment.split.test, not experiment.split.shared
    (first, last), empty = await _answers(experiment, evaluator, (measured[experiment.initial.fingerprint], best))
    verifier = experiment.verifier
    first_metrics, last_metrics = metrics(first.verdicts, verifier), metrics(last.verdicts, verifier)
    proof = Proof(
        first,
        last,
        sealed,
        first_metrics,
        last_metrics,
        _controls(experiment, last, *empty),
        lowest_of(experiment.reward),
        paths_of(
            verifier, [key for one in (first, last) for row in one.verdicts for key in (*row.gold_keys, *row.given)]
        ),
    )
    if not sealed:
        return proof
    tried = evaluator.credits_on(experiment.split.select)
    curse = None
    if tried:
        drop = best.reward - last.reward
        luck = winners_curse(credit_table(tried))
        curse = WinnersCurse(candidates=len(tried), whole=len(measured), expected=luck, observed=drop)
    both = [item.id for item in items if item.id in first.credits and item.id in last.credits]
    before, after = ([side.credits[item] for item in both] for side in (first, last))
    decision = decide(before, after, experiment.seed) if both else None
    return replace(proof, winners_curse=curse, decision=decision)


async def _answers(
    experiment: Experiment, evaluator: Evaluator, known: Sequence[Evaluation]
) -> tuple[Sequence[Evaluation], Sequence[Evaluation]]:
    """The initial and the best prompt on the sealed items, or ``known``; and the text alone, where that was measured.

    All are asked concurrently. With a budget the control comes last, or its calls could be those the proof lacks.
    """
    items = experiment.split.test

    async def proof() -> Sequence[Evaluation]:
        if experiment.split.shared:
            return known
        stages = ("sealed test, initial", "sealed test, best")
        return await gather_or_cancel(
            evaluator.repeated(one.prompt, items, stage, experiment.repeats)
            for one, stage in zip(known, stages, strict=True)
        )

    async def control() -> Sequence[Evaluation]:
        try:
            return [await evaluator.evaluate(EMPTY, items, "control, no prompt")] if experiment.controls else []
        except (BudgetSpent, TooManyFailed):
            return []

    if experiment.limits.any:
        return await proof(), await control()
    both, empty = await gather_or_cancel([proof(), control()])
    return both, empty


def _interval(evaluation: Evaluation, lowest: float) -> Interval | None:
    return reward_interval(list(evaluation.credits.values()), lowest)


def _controls(experiment: Experiment, last: Evaluation, empty: Evaluation | None = None) -> Controls | None:
    """What no prompt may be content with: the best constant answer, the text alone without any prompt, and no model.

    Args:
        last: what came of the best prompt on the same items. empty: of no prompt, where that was measured.
    """
    if not experiment.controls:
        return None
    items = experiment.split.test
    verifier, reward = experiment.verifier, experiment.reward
    answer, worth = constant_answer(verifier, [gold_of(verifier, item) for item in items], reward)
    learnt = _taught(experiment)
    nearest = _without_model(experiment, learnt, nearest_answers(verifier, learnt, items), last)
    given = classified(verifier, learnt, items, reward)
    classifier = None if given is None else _without_model(experiment, learnt, given, last)
    alone = NoPromptControl(empty.reward if empty else None)
    return Controls(ConstantControl(verifier.dump(answer), worth), alone, nearest, classifier)


def _taught(experiment: Experiment) -> Taught:
    """The gold that is not sealed; all of it where nothing is."""
    split = experiment.split
    return taught(split.test if split.shared else [*split.reflect, *split.select], experiment.seed)


def _without_model(
    experiment: Experiment, learnt: Taught, verdicts: Sequence[Verdict], last: Evaluation
) -> WithoutModel:
    """What these answers earn, and the best prompt against them, on the items that it could be asked about."""
    items = experiment.split.test
    credits = experiment.reward.credits(verdicts)
    interval = decision = None
    if not experiment.split.shared:
        interval = reward_interval(credits, lowest_of(experiment.reward))
        own = {item.id: credit for item, credit in zip(items, credits, strict=True) if item.id in last.credits}
        after = [last.credits[name] for name in own]
        decision = decide(list(own.values()), after, experiment.seed) if own else None
    return WithoutModel(
        reward=experiment.reward.score(verdicts), interval=interval, learnt=len(learnt.items), decision=decision
    )
