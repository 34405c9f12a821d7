"""What a run writes down, whole, from the few figures that a test is about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.core.run_result import VERSION, RunResult
from runner.core.run_rows import EpochRecord, PredictionRow
from runner.runs.json_records import from_json
from runner.runs.run_files import result_from

MEANS = {"f1": 0.5, "precision": 0.5, "recall": 0.5, "exact_match": 0.5}
RESULT: dict[str, Any] = {
    "status": "finished", "stop_reason": "all epochs done",
    "initial": {"select": 0.4, "test": 0.4, "interval": None},
    "best": {"epoch": 1, "select": 0.7, "test": 0.6, "interval": None},
    "metrics": None, "decision": None, "split": {"reflect": 10, "select": 10, "test": 40}, "sealed": True,
    "epochs": 1, "seed": 1, "failures": {"labeller": {}, "rewriter": {}},
    "calls": {"total": 9, "provider": 9, "journal": 0, "failed": 0, "retries": 0},
    "tokens": {"input": 90, "output": 9}, "cost_usd": None, "seconds": 1.0,
    "models": {"labeller": "m", "rewriter": "m"}, "dataset_sha256": "d" * 64,
}  # fmt: skip
BEST = {"prompt": "a", "select": 0.5, "interval": None, **MEANS}
CANDIDATE = {**BEST, "parent": "a", "change": "rules", "fixed": None, "broken": None, "text": "Label it."}
EPOCH = {"v": VERSION, "epoch": 0, "best": BEST, "candidates": [], "rejected": {}}
PREDICTION: dict[str, Any] = {
    "id": "1", "text": "a text", "gold": [], "prediction": [], "out_of_list": [], "exact": True, "verdict": "Right.",
    "failure": None, "reply": "a reply", "initial_prediction": [], "initial_exact": True,
}  # fmt: skip


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes``; a mapping in both is merged too."""
    both = {
        key: merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in changes.items()
    }
    return {**base, **both}


def run_result(**changes: Any) -> RunResult:
    """A result of a run that is finished."""
    return result_from(merged(RESULT, changes), Path("test"))


def epoch_record(**changes: Any) -> EpochRecord:
    """An epoch; its candidates as mappings of what is particular about them."""
    candidates = [merged(CANDIDATE, candidate) for candidate in changes.pop("candidates", ())]
    return from_json(EpochRecord, {**merged(EPOCH, changes), "candidates": candidates}, "test")


def prediction_row(**changes: Any) -> PredictionRow:
    """An item of the final evaluation."""
    return from_json(PredictionRow, {**PREDICTION, **changes}, "test")
