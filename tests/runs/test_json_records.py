"""Records as JSON and back: what is written is read, and what does not fit is named by file and key."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from run_records import BEST, CANDIDATE, EPOCH, PREDICTION, RESULT, epoch_record, merged, prediction_row, run_result

from runner.core.errors import DataError
from runner.core.run_result import VERSION, GitState, RunResult, SplitSizes
from runner.core.run_rows import EpochRecord, PredictionRow
from runner.core.stop import Stop
from runner.runs.json_records import from_json, to_json
from runner.runs.run_files import result_from

DECISION = {"verdict": "better", "difference": 1, "interval": [0.5, 1], "p": 0.01, "items": 9, "items_needed": None}
LABEL = {"precision": None, "recall": 0.5, "f1": None, "gold": 1, "predicted": 0}
METRICS = {"f1": 0.5, "precision": 0.5, "recall": 0.5, "exact_match": 0.5, "micro_f1": 0.5, "macro_f1": 0.5}


def again(record: Any) -> Any:
    """A record written down and read."""
    return from_json(type(record), json.loads(json.dumps(to_json(record))), "file")


def test_a_result_is_read_as_it_was_written() -> None:
    whole = run_result(
        version=VERSION,
        decision=DECISION,
        metrics={**METRICS, "per_label": {"A": LABEL}},
        controls={"constant": {"labels": ["A"], "reward": 0.5}, "no_prompt": {"reward": None}},
        winners_curse={"candidates": 3, "whole": 2, "expected": 0.1, "observed": -0.1},
        agreement={"items": 3, "exact": 0.5, "f1": 0.6},
        git={"commit": "abc", "dirty": True},
    )
    assert again(whole) == whole
    assert whole.decision is not None and whole.decision.interval == (0.5, 1)
    assert (whole.git, whole.split) == (GitState("abc", dirty=True), SplitSizes(10, 10, 40))
    assert again(run_result(split="none")).split == "none"


def test_a_result_has_its_keys_in_their_order_and_no_metrics_before_the_proof() -> None:
    written = to_json(run_result())
    assert list(written)[:5] == ["version", "status", "stop_reason", "stop", "initial"]
    assert written["initial"] == {"select": 0.4, "test": 0.4, "interval": None}


def test_lines_are_read_as_they_were_written() -> None:
    pairs = {"parents": ["a", "b"], "fixed": ["1"], "broken": [], "fixed_pairs": {"A → B": 1}, "broken_pairs": {}}
    epoch = epoch_record(epoch=1, candidates=[{**pairs, "interval": [0.1, 0.2]}], rejected={"copy": 1}, calls=3)
    assert again(epoch) == epoch
    row = prediction_row(prediction=None, exact=None, failure="timeout", credit=None)
    assert again(row) == row


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"seconds": "1"}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({"status": "well"}, "status"),
        ({"best": {"epoch": 1.5}}, "best.epoch"),
        ({"initial": {"interval": [0.1]}}, "initial.interval"),
        ({"failures": {"labeller": {"timeout": "often"}}}, "failures.labeller.timeout"),
        ({"metrics": {**METRICS, "per_label": {"A": []}}}, "metrics.per_label.A"),
        ({"models": None}, "models"),
        ({"decision": {**DECISION, "verdict": "good"}}, "decision.verdict"),
        ({"split": "some"}, "split"),
    ],
)
def test_a_value_that_does_not_fit_is_named(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(DataError) as told:
        result_from(merged(RESULT, changes), Path("theirs"))
    assert (told.value.code, told.value.key) == ("wrong-shape", key)
    assert str(Path("theirs/result.json")) in str(told.value)


@pytest.mark.parametrize(
    ("kind", "content", "key"),
    [
        (RunResult, {name: value for name, value in RESULT.items() if name != "seed"} | {"stop": {}}, "stop.kind"),
        (EpochRecord, {**EPOCH, "candidates": [{**CANDIDATE, "text": None}]}, "candidates.text"),
        (EpochRecord, {**EPOCH, "best": {name: BEST[name] for name in ("prompt", "interval")}}, "best.select"),
        (PredictionRow, {**PREDICTION, "text": 5}, "text"),
        (PredictionRow, {name: value for name, value in PREDICTION.items() if name != "gold"}, "gold"),
        (PredictionRow, [], ""),
    ],
)
def test_what_is_missing_is_named(kind: type, content: object, key: str) -> None:
    with pytest.raises(DataError) as told:
        from_json(kind, content, "theirs")
    assert (told.value.code, told.value.key) == ("wrong-shape", key)


def test_keys_of_a_newer_version_are_left_out_and_a_newer_version_is_refused() -> None:
    assert run_result(mood="good") == run_result()
    with pytest.raises(DataError) as told:
        run_result(version=VERSION + 1)
    assert told.value.code == "newer-version"


def test_the_words_of_a_stop_are_made_from_it() -> None:
    stop = Stop("budget", "usd", 0.5, "before the sealed test was done")
    assert stop.reason == "budget.usd=0.5 is spent before the sealed test was done"
    assert stop.resume_options == " budget.usd=MORE"
    assert str(stop.spent) == "budget.usd=0.5 is spent"
    assert replace(stop, kind="unmeasurable").resume_options == " budget.usd=null budget.calls=N"
    assert Stop("failed", detail="KeyError: 'x'").reason == "KeyError: 'x'"
    assert Stop("interrupted").spent is None and Stop("interrupted").resume_options == ""


def test_the_share_that_ended_a_job_comes_back() -> None:
    stop = Stop("budget", "calls", 700, "before the sealed test was done", 233)
    assert from_json(Stop, to_json(stop), "x") == stop
    assert "233" in stop.reason and stop.spent is not None and stop.spent.share == 233
    assert "share" not in to_json(Stop("budget", "calls", 700))
