"""Tasks as Label Studio exports them, made from the sample."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paths import ROOT

from runner.datasets.sample import Sample
from runner.label_studio.default_interface import interface_for

SAMPLE = ROOT / "runner/datasets/customer_intents"
INTERFACE = interface_for(Sample().load().labels, multiple=True, dialogue=True)


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLE / f"{name}.jsonl").read_text().splitlines()]


def choices(labels: Sequence[str], control: str = "labels", shown: str = "dialogue") -> dict[str, Any]:
    value = {"choices": list(labels)}
    return {"id": "r1", "from_name": control, "to_name": shown, "type": "choices", "origin": "manual", "value": value}


def area(text: str, name: str = "prompt", shown: str = "dialogue") -> dict[str, Any]:
    value = {"text": [text]}
    return {"id": "r2", "from_name": name, "to_name": shown, "type": "textarea", "origin": "manual", "value": value}


def annotation(*regions: dict[str, Any], when: str = "2026-01-01T00:00:00Z", **more: Any) -> dict[str, Any]:
    return {"result": list(regions), "ground_truth": False, "was_cancelled": False, "updated_at": when, **more}


def gold_tasks() -> list[dict[str, Any]]:
    """The sample's gold as tasks with an annotation each, marked as ground truth."""
    return [
        {
            "id": number,
            "data": {"dialogue": row["dialogue"]},
            "annotations": [annotation(choices(row["labels"]), ground_truth=True)],
            "predictions": [],
        }
        for number, row in enumerate(rows("gold"), 1)
    ]


def export(folder: Path, tasks: Sequence[dict[str, Any]], xml: str = INTERFACE) -> list[str]:
    """Write an export and its interface; returns the words that name them."""
    (folder / "export.json").write_text(json.dumps(tasks))
    (folder / "interface.xml").write_text(xml)
    return [
        "dataset=label_studio",
        f"dataset.path={folder}/export.json",
        f"dataset.config_file={folder}/interface.xml",
    ]
