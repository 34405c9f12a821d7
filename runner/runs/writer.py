"""The run directory: what is in it, and how it is written so that a reader never meets half a file."""

import gzip
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runner.core.files import atomic_write, disk_errors, json_line
from runner.core.items import Data, Item
from runner.core.run_result import VERSION, RunResult
from runner.core.run_rows import EpochRecord, PredictionRow
from runner.core.surrogates import to_bytes
from runner.runs.json_records import to_json
from verifiers.saved import as_data


class RunDirectory:
    """Writes the files of one run. Whole files are renamed into place; lines are appended one at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        (path / "epochs.jsonl").unlink(missing_ok=True)

    def initial_prompt(self, text: str) -> None:
        atomic_write(self.path / "initial_prompt.txt", text + "\n")

    def data(self, data: Data) -> None:
        """The items and labels as they were, so that the directory replays without the files they came from."""
        content = {
            "version": VERSION,
            "labels": dict(data.labels.definitions),
            "items": [_row(item) for item in data.items],
            "sha256": data.sha256,
            "unlabelled": data.unlabelled,
            "repeated": data.repeated,
            "contradicted": list(data.contradicted),
            "searched": sorted(data.searched),
            "multiple": data.multiple,
            "agreement": asdict(data.agreement) if data.agreement else None,
            "prompt": data.prompt,
            **({} if data.verifier is None else {"verifier": as_data(data.verifier)}),
        }
        packed = gzip.compress(to_bytes(json.dumps(content, ensure_ascii=False)), 6, mtime=0)
        atomic_write(self.path / "data.json.gz", packed)

    def best_prompt(self, text: str) -> None:
        atomic_write(self.path / "best_prompt.txt", text + "\n")

    def epoch(self, record: EpochRecord) -> None:
        with disk_errors(self.path), (self.path / "epochs.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json_line(to_json(record)))

    def predictions(self, rows: Iterable[PredictionRow]) -> None:
        atomic_write(self.path / "predictions.jsonl", "".join(json_line(to_json(row)) for row in rows))

    def result(self, result: RunResult) -> None:
        atomic_write(self.path / "result.json", json.dumps(to_json(result), indent=2, ensure_ascii=False) + "\n")


def _row(item: Item) -> list[Any]:
    """An item with what it has beyond id, text and gold, as far as it has any."""
    if item.classes is not None:
        return [item.id, item.text, item.gold, item.part, list(item.classes)]
    return [item.id, item.text, item.gold, *([item.part] if item.part else [])]
