"""Results of searches: as files, as the rows of docs/search.json, and what is read off them."""

import hashlib
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
INITIAL = "initial prompt"
TITLES = {
    "sample": "The sample: 10 labels, any number an item",
    "nlupp": "NLU++ banking: 48 labels, any number an item",
    "banking77": "Banking77: 77 labels, one an item",
}
Row = dict[str, Any]


def kept() -> dict[tuple[str, str, int, int], Row]:
    """The rows of docs/search.json, by ``identity``."""
    path = ROOT / "docs" / "search.json"
    return {identity(row): row for row in (json.loads(path.read_text()) if path.exists() else [])}


def identity(row: Row) -> tuple[str, str, int, int]:
    return row["data"], row["tool"], row["seed"], row["budget"][0]


def figures(row: Row) -> Row:
    """A result without its texts."""
    prompt = json.dumps(row["messages_for_a_text"], ensure_ascii=False)
    names = (
        "data",
        "tool",
        "seed",
        "budget",
        "version",
        "stopped",
        "trace",
        "candidates",
        "winners_curse",
        "settings",
        "upstream",
        "code",
    )
    slim = {name: row[name] for name in names if name in row}
    counts = {role: count["calls"] for role, count in row.get("counts", {}).items()}
    return {
        **slim,
        "calls": counts,
        "select": row["select"],
        "test": row["test"],
        "prompt_sha256": hashlib.sha256(prompt.encode()).hexdigest()[:16],
        "prompt_characters": sum(len(message["content"]) for message in row["messages_for_a_text"]),
    }


def ours(tool: str) -> bool:
    return (ROOT / "conf" / "optimizer" / f"{tool}.yaml").exists()


def mean(credits: Sequence[float]) -> float:
    return statistics.fmean(credits)


def by_item(rows: Sequence[Row]) -> list[float]:
    """The credit of each sealed item, the mean over seeds: the items are the same for all."""
    return [statistics.fmean(each) for each in zip(*(row["test"] for row in rows), strict=True)]


def after(row: Row, mark: int, start: Mapping[int, Row]) -> float | None:
    """The best reward on all select items that was known after so many labeller calls; before any, the initial one.

    Of a tool that tells no scores only that of the prompt it ended with is known: None before its end.
    """
    if not row.get("trace") and mark < row["calls"].get("labeller", 0):
        return None
    best = mean(start[row["seed"]]["select"]) if row["seed"] in start else 0.0
    if mark >= row["calls"].get("labeller", 0):
        best = max(best, mean(row["select"]))
    for point in row.get("trace", []):
        if point["labeller"] <= mark:
            best = max(best, point["best"])
    return best
