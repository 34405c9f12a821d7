"""What a run of goldloop as a process is told, and what it left."""

import json
from pathlib import Path
from typing import Any

from endpoint import Endpoint
from wandb_file import records


def model(endpoint: Endpoint) -> list[str]:
    return ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}"]


def runs(directory: Path) -> list[Path]:
    return sorted(path.parent for path in directory.glob("outputs/**/result.json"))


def result(run: Path) -> dict[str, Any]:
    return json.loads((run / "result.json").read_text())


def wandb_records(run: Path) -> list[Any]:
    """Every record of the run's offline W&B file."""
    [path] = run.glob("wandb/offline-run-*/*.wandb")
    return list(records(path))


def wandb_summary(run: Path) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for record in wandb_records(run):
        for update in record.summary.update:
            summary[update.key or "/".join(update.nested_key)] = json.loads(update.value_json)
    return summary
