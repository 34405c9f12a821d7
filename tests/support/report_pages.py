"""Run directories for pages: hostile texts, many items, every kind of figure."""

import json
from pathlib import Path
from typing import Any

from runner.core.run_result import RunResult
from runner.runs.html.report import write_report
from runner.runs.run_files import result_from

HACK = "<script>window.hacked=1</script>"


IMAGE = '</script><img src=x onerror="window.hacked=1"><!--'


HOSTILE = f"{HACK}{IMAGE}\"'&{{{{ 7*7 }}}}"


ARABIC = "طلب استرداد 💸"


LONG = "Ünbrëakable" * 40


LABELS = ["Payment", "Refund_Request", HOSTILE, ARABIC, LONG]


SIDE = {"f1": 0.5, "precision": 0.5, "recall": 0.5, "exact_match": 0.5}


def figures(**changes: Any) -> dict[str, Any]:
    """The content of a result.json."""
    per_label = {
        label: {"precision": None, "recall": 0.5, "f1": 0.4 if place else None, "gold": 3, "predicted": 2}
        for place, label in enumerate(LABELS)
    }
    metrics = {**SIDE, "micro_f1": 0.5, "macro_f1": 0.5, "per_label": per_label}
    decision = {
        "verdict": "undecided", "difference": 0.1, "interval": [-0.1, 0.3], "p": 0.25, "items": 40, "items_needed": 120,
    }  # fmt: skip
    return {
        "status": "finished", "stop_reason": "all epochs done",
        "initial": {"select": 0.4, "test": 0.4, "interval": [0.3, 0.5], "metrics": metrics},
        "best": {"epoch": 2, "select": 0.7, "test": 0.5, "interval": [0.4, 0.6]},
        "metrics": metrics, "decision": decision, "split": {"reflect": 10, "select": 10, "test": 40}, "sealed": True,
        "epochs": 2, "seed": 1, "failures": {"labeller": {"unreadable": 2}, "rewriter": {HOSTILE: 1}},
        "calls": {"total": 1000, "provider": 900, "journal": 90, "failed": 10, "retries": 3},
        "tokens": {"input": 100_000, "output": 2_000}, "cost_usd": 0.0123, "seconds": 75.2,
        "models": {"labeller": HOSTILE, "rewriter": "m"}, "dataset_sha256": "ab" * 32,
        "versions": {"python": "3.11"}, "git": None, **changes,
    }  # fmt: skip


def result_of(**changes: Any) -> RunResult:
    return result_from(figures(**changes), Path("test"))


def prediction(number: int, **changes: Any) -> dict[str, Any]:
    """A line of predictions.jsonl; every third one is wrong, every fifth was wrong before."""
    gold, wrong = [LABELS[number % 5]], number % 3 == 0
    said = [LABELS[(number + 1) % 5]] if wrong else gold
    return {
        "id": f"item {number}", "text": f"Text number {number}.", "gold": gold, "prediction": said, "out_of_list": [],
        "exact": not wrong, "verdict": "Right.", "failure": None, "reply": f"reply {number}",
        "initial_prediction": gold, "initial_exact": number % 5 != 0, "credit": 1.0, "initial_credit": 1.0,
        "seconds": 0.1, **changes,
    }  # fmt: skip


def epoch(number: int, best: str, select: float, *candidates: dict[str, Any]) -> dict[str, Any]:
    side = {"prompt": best, "select": select, "interval": [select - 0.1, select + 0.1], **SIDE}
    return {"epoch": number, "best": side, "candidates": list(candidates), "rejected": {"too_long": number}}


def candidate(name: str, parent: str, text: str) -> dict[str, Any]:
    return {
        "prompt": name, "parent": parent, "change": HOSTILE, "select": 0.6, "interval": [0.5, 0.7], **SIDE,
        "fixed": ["item 1", "elsewhere"], "broken": [HOSTILE], "text": text,
    }  # fmt: skip


EPOCHS = [
    epoch(0, "a", 0.4),
    epoch(1, "b", 0.6, candidate("b", "a", "Label the text well."), candidate("x", "a", "Guess.")),
    epoch(2, "c", 0.7, candidate("c", "b", f"Label the text well. {HOSTILE}")),
]


def make_run(
    path: Path,
    result: dict[str, Any] | None = None,
    predictions: list[dict[str, Any]] | None = None,
    epochs: list[dict[str, Any]] | None = None,
) -> Path:
    """A run directory; a list that is None is a file that is not there."""
    (path / ".hydra").mkdir(parents=True)
    (path / ".hydra/config.yaml").write_text(json.dumps({"study": HOSTILE, "reward": {"_target_": "v.FBeta"}}))
    (path / ".hydra/overrides.yaml").write_text(json.dumps([f"study={HOSTILE}"]))
    (path / "result.json").write_text(json.dumps(result or figures()))
    (path / "initial_prompt.txt").write_text("Label the text.\n")
    for name, rows in (("predictions", predictions), ("epochs", epochs)):
        if rows is not None:
            (path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def page_of(run: Path) -> str:
    return write_report(run).read_text("utf-8")


def full_run(path: Path) -> Path:
    rows = [prediction(number) for number in range(130)]
    rows[7] |= {"text": HOSTILE, "reply": HOSTILE, "verdict": HOSTILE, "id": HOSTILE}
    rows[8] |= {"prediction": None, "exact": None, "verdict": None, "failure": "timeout", "reply": None}
    rows[9] |= {"text": f"needle {LONG}\n{ARABIC}", "failure": "unreadable", "prediction": [], "out_of_list": [HOSTILE]}
    return make_run(path, predictions=rows, epochs=EPOCHS)


def compared(**changes: Any) -> dict[str, Any]:
    """The content of a compare.json."""
    runs = [
        {
            "run": f"outputs/{rank}", "name": name, "rank": rank, "status": "finished", "labeller": HOSTILE,
            "rewriter": "m", "optimizer": "demos", "seed": 1, "test": 0.9 - rank / 10, "interval": [0.4, 0.9],
            "initial": 0.4, "decision": {"verdict": "better"} if rank == 1 else None,
            "difference_to_best": None if rank == 1 else -0.1, "p_best": 0.4, "p_best_adjusted": 0.8,
            "cannot_tell": rank < 3, "cost_usd": [0.02, 0.01, 10.0, None][rank - 1], "calls": 100, "seconds": 12.3,
            "seconds_per_item": None, "front": rank < 3, "per_label": dict.fromkeys(LABELS[:3], 0.7),
        }
        for rank, name in enumerate(["one", HOSTILE, "three", LONG], start=1)
    ]  # fmt: skip
    return {
        "reward": "f1", "dataset_sha256": "ab" * 32, "items": 24, "labels": LABELS, "runs": runs,
        "cannot_tell": ["one", HOSTILE], "cheapest": HOSTILE, "fastest": None,
        "suspects": [{"id": "7", "text": HOSTILE, "gold": [], "prediction": [ARABIC], "runs": 5, "of": 6}],
        "transfer": {"rows": ["one"], "columns": [HOSTILE, "m"], "reward": [[0.5, None]]},
        "refused": [{"run": "outputs/x", "reason": HOSTILE}], **changes,
    }  # fmt: skip
