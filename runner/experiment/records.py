"""Turns evaluations into the records that are written, tracked and shown. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict

from runner.core.evaluation import Evaluation, Outcome
from runner.core.prompt import line_diff
from runner.core.run_result import VERSION, LabelMetrics, Metrics
from runner.core.run_rows import BestRecord, CandidateRecord, EpochRecord, PredictionRow
from runner.experiment.confusions import fixed_and_broken
from runner.experiment.strategy import Candidate, Step
from runner.stats.intervals import reward_interval
from verifiers.confusions import confused_in
from verifiers.rewards.corpus import MacroF1, MicroF1, f1, per_class_totals
from verifiers.rewards.per_item import ExactMatch, FBeta, Precision, Recall
from verifiers.verdict import Verdict, counted_unfit
from verifiers.verifier import HasFigures, Verifier, class_names


class Means(TypedDict):
    """The means over items that people ask for beside the reward."""

    f1: float
    precision: float
    recall: float
    exact_match: float


def epoch_record(
    number: int,
    step: Step,
    best: Evaluation,
    measured: Mapping[str, Evaluation],
    calls: int,
    worth_usd: float | None,
    lowest: float = 0.0,
) -> EpochRecord:
    """The line of ``epochs.jsonl``: what was tried, what each candidate fixed and broke, the best so far.

    Args:
        measured: prompt fingerprint -> its evaluation on the select items, parents included.
        calls, worth_usd: of the whole run so far; what its answers cost when they were asked, whoever paid, so that a
            run that is replayed has the same records.
        lowest: what the reward can be at the least.
    """
    return EpochRecord(
        v=VERSION,
        epoch=number,
        best=BestRecord(
            prompt=best.prompt.fingerprint,
            select=best.reward,
            interval=reward_interval(list(best.credits.values()), lowest),
            **_figures(best.verdicts),
        ),
        candidates=[_candidate_record(candidate, measured, lowest) for candidate in step.candidates],
        rejected=dict(step.rejected),
        calls=calls,
        worth_usd=worth_usd,
    )


def _candidate_record(candidate: Candidate, measured: Mapping[str, Evaluation], lowest: float) -> CandidateRecord:
    return CandidateRecord(
        prompt=candidate.prompt.fingerprint,
        parent=candidate.parent.fingerprint,
        parents=[parent.fingerprint for parent in (candidate.parent, *candidate.others)],
        change=candidate.change,
        select=candidate.reward,
        interval=reward_interval(list(candidate.evaluation.credits.values()), lowest),
        **_figures(candidate.evaluation.verdicts),
        **fixed_and_broken(measured.get(candidate.parent.fingerprint), candidate.evaluation),
        diff=line_diff(candidate.parent.render(), candidate.prompt.render()),
        text=candidate.prompt.render(),
    )


def prediction_rows(initial: Evaluation, best: Evaluation, verifier: Verifier) -> list[PredictionRow]:
    """A row for each item of the final evaluation: the best prompt's reply and verdict, and the initial's answer."""
    before = {outcome.item.id: outcome for outcome in initial.outcomes}
    return [
        replace(
            _prediction_row(outcome, before[outcome.item.id], verifier),
            credit=best.credits.get(outcome.item.id),
            initial_credit=initial.credits.get(outcome.item.id),
        )
        for outcome in best.outcomes
    ]


def _prediction_row(outcome: Outcome, before: Outcome, verifier: Verifier) -> PredictionRow:
    verdict, reply = outcome.verdict, outcome.reply
    return PredictionRow(
        v=VERSION,
        id=outcome.item.id,
        text=outcome.item.text,
        gold=_plain(outcome.item.gold),
        prediction=_dumped(verifier, verdict),
        out_of_list=list(verdict.of_reason("out_of_list")) if verdict else None,
        unfit=[f"{match.reason}: {match.where}" for match in verdict.unfit] if verdict else None,
        due=list(verdict.gold_keys) if verdict else None,
        given=list(verdict.given) if verdict else None,
        missing=list(verdict.missing) if verdict else None,
        wrong=list(verdict.wrong) if verdict else None,
        pairs=[list(pair) for pair in confused_in(verdict)] if verdict else None,
        exact=verdict.exact if verdict else None,
        verdict=verdict.feedback() if verdict else None,
        failure=outcome.failure or (verdict.unusable if verdict else None),
        reply=reply.text if reply else None,
        initial_prediction=_dumped(verifier, before.verdict),
        initial_exact=before.verdict.exact if before.verdict else None,
        initial_given=list(before.verdict.given) if before.verdict else None,
        initial_wrong=list(before.verdict.wrong) if before.verdict else None,
        seconds=reply.seconds if reply else None,
        cost_usd=reply.cost_usd if reply else None,
        tokens=reply.input_tokens + reply.output_tokens if reply else None,
    )


def _dumped(verifier: Verifier, verdict: Verdict | None) -> Any:
    """The answer as data; None where there is none."""
    return None if verdict is None or verdict.unusable else verifier.dump(verdict.answer)


def _plain(gold: Any) -> Any:
    return list(gold) if isinstance(gold, tuple) else gold


def metrics(verdicts: Sequence[Verdict], verifier: Verifier) -> Metrics:
    """The usual figures for one set of verdicts, whatever the reward was: means over items, micro, macro, per class."""
    table = per_class_totals(verdicts)
    classes = class_names(verifier, table)
    due = Counter(key for verdict in verdicts for key in verdict.gold_keys)
    given = Counter(key for verdict in verdicts for key in verdict.given)
    pairs = [(verdict.gold, verdict.answer) for verdict in verdicts]
    return Metrics(
        **_figures(verdicts),
        micro_f1=MicroF1().score(verdicts),
        macro_f1=MacroF1().score(verdicts),
        per_label={name: _label_metrics(*table.get(name, (0, 0, 0)), due[name], given[name]) for name in classes},
        figures=dict(verifier.figures(pairs)) if isinstance(verifier, HasFigures) else None,
    )


def _figures(verdicts: Sequence[Verdict]) -> Means:
    """The means over items that people ask for beside the reward."""
    return {
        "f1": FBeta().score(verdicts),
        "precision": Precision().score(verdicts),
        "recall": Recall().score(verdicts),
        "exact_match": ExactMatch().score(verdicts),
    }


def _label_metrics(tp: float, fp: float, fn: float, gold: int, predicted: int) -> LabelMetrics:
    return LabelMetrics(
        precision=tp / (tp + fp) if tp + fp else None,
        recall=tp / (tp + fn) if tp + fn else None,
        f1=f1(tp, fp, fn),
        gold=gold,
        predicted=predicted,
    )


def bad_replies(outcomes: Sequence[Outcome]) -> Counter[str]:
    """Replies that could not be used, by name, those with a label outside the list, and those with an odd usage."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.verdict and outcome.verdict.unusable:
            counts[outcome.verdict.unusable] += 1
        if outcome.verdict:
            counts.update(counted_unfit([outcome.verdict]))
        if outcome.reply and outcome.reply.odd_usage:
            counts["odd_usage"] += 1
    return counts
