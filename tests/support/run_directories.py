"""Run directories as runs leave them, written without a run."""

import json
from pathlib import Path
from typing import Any

from run_records import MEANS, PREDICTION, RESULT, merged

from runner.core.items import Data
from runner.runs.writer import RunDirectory

LABELS = ("Payment", "Other")


def make_run(path: Path, right: list[bool], *words: str, **changes: Any) -> Path:
    """A run directory as a run leaves it: its best prompt is right on the sealed items that ``right`` says.

    ``began``: the prompt that it began with, and the sealed items on which that is right.
    """
    gold = [LABELS[number % 2] for number in range(len(right))]
    wrong = changes.pop("wrong", None)
    began, before = changes.pop("began", (None, [False] * len(right)))
    rows = [
        PREDICTION
        | {
            "id": str(number), "text": f"text {number}", "gold": [label], "credit": float(ok),
            "initial_credit": float(then), "initial_prediction": [label] if then else [],
            "prediction": [label] if ok else wrong or ["Other" if label == "Payment" else "Payment"],
            "seconds": changes.get("pace", 0.5), "cost_usd": changes.get("cost"), "tokens": 100,
        }
        for number, (ok, then, label) in enumerate(zip(right, before, gold, strict=True))
    ]  # fmt: skip
    test = sum(right) / len(right)
    table = {label: {"f1": test, "precision": test, "recall": test, "gold": 1, "predicted": 1} for label in LABELS}
    figures = {
        "initial": {"select": 0.1, "test": sum(before) / len(right) if began else 0.1},
        "best": {"epoch": 1, "select": test, "test": test},
        "metrics": {**MEANS, "micro_f1": test, "macro_f1": test, "per_label": table},
        "dataset_sha256": changes.get("data", "d" * 64),
    }  # fmt: skip
    result = merged(RESULT, merged(figures, changes.get("result", {})))
    (path / ".hydra").mkdir(parents=True)
    config = {"reward": {"_target_": changes.get("reward", "F1")}, "provider": {"_target_": "P", "model": "m"}}
    config["optimizer"] = {"_target_": "runner.optimizers.demos.Demos"}
    (path / ".hydra/config.yaml").write_text(json.dumps(config))
    (path / ".hydra/overrides.yaml").write_text(json.dumps(list(words)))
    (path / "result.json").write_text(json.dumps(result))
    (path / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (path / "best_prompt.txt").write_text(f"{changes.get('prompt', path.name)}\n")
    if began:
        (path / "initial_prompt.txt").write_text(f"{began}\n")
    return path


def keep_data(path: Path, data: Data) -> Path:
    """A run directory that keeps these data."""
    RunDirectory(make_run(path, [True])).data(data)
    return path
