"""What W&B is shown of a run, as plain rows and figures. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from runner.core.prompt import line_diff

PREDICTIONS = ("id", "gold", "prediction", "out_of_list", "exact", "verdict", "failure", "text", "reply")
PROMPTS = (
    "epoch", "prompt", "parent", "change", "select", "low", "high", "fixed", "broken", "fixed_pairs", "broken_pairs",
    "calls", "worth_usd", "accepted", "diff", "text",
)  # fmt: skip
_TEXTS = ("text", "reply", "verdict", "out_of_list")  # each can hold words of an item


def prediction_table(predictions: Sequence[Mapping[str, Any]], *, texts: bool) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows of the final predictions; without ``texts``, nothing that can hold words of an item."""
    columns = [name for name in PREDICTIONS if texts or name not in _TEXTS]
    return columns, [[_cell(row[name]) for name in columns] for row in predictions]


def prompt_versions(epochs: Sequence[Mapping[str, Any]], initial: str) -> list[dict[str, Any]]:
    """Every measured prompt in the order of its epoch, the initial one first, as ``PROMPTS`` without ``diff``.

    Args:
        epochs: the records of all epochs so far, as a tracker is told of them. initial: the first prompt's text.
    """
    versions = []
    best = None
    for record in epochs:
        first = {**record["best"], "change": "the initial prompt", "text": initial}
        for measured in record["candidates"] if record["epoch"] else [first]:
            low, high = measured["interval"] or (None, None)
            accepted = measured["prompt"] == record["best"]["prompt"] != best
            row = {name: measured.get(name) for name in ("prompt", "parent", "change", "select", "text")}
            row |= {"epoch": record["epoch"], "low": low, "high": high, "accepted": "yes" if accepted else "no"}
            row |= {name: _count(measured.get(name)) for name in ("fixed", "broken")}
            row |= {name: _pairs(measured.get(name)) for name in ("fixed_pairs", "broken_pairs")}
            versions.append(row | {"calls": record["calls"], "worth_usd": record["worth_usd"]})
        best = record["best"]["prompt"]
    return versions


def prompt_table(versions: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Rows of ``PROMPTS``: each version with its line diff against its parent's text, as both stand in ``versions``."""
    texts = {version["prompt"]: version["text"] for version in versions}
    rows = []
    for version in versions:
        before = texts.get(version["parent"])
        diff = "" if before is None or version["text"] is None else line_diff(before, version["text"])
        rows.append([diff if name == "diff" else version[name] for name in PROMPTS])
    return rows


def curves(record: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of an epoch: the best prompt so far with its interval, and the epoch's best candidate."""
    best, candidates = record["best"], record["candidates"]
    means = {f"select/{name}": value for name, value in best.items() if isinstance(value, float) and name != "select"}
    figures = {
        "epoch": record["epoch"],
        **means,
        "select/reward": best["select"],
        **_ends("select", best["interval"]),
        "candidates/measured": len(candidates),
        "candidates/rejected": sum(record["rejected"].values()),
        **{f"rejected/{reason}": count for reason, count in record["rejected"].items()},
        "calls": record["calls"],
    }
    if candidates:
        top = max(candidates, key=lambda candidate: candidate["select"])
        counts = {f"candidates/{name}": _count(top[name]) for name in ("fixed", "broken") if top[name] is not None}
        figures |= {"candidates/reward": top["select"], **_ends("candidates", top["interval"]), **counts}
    return figures


def flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``result.json`` for a summary: ``{"a": {"b": 1}}`` is ``a/b``; an interval becomes its ends, other lists go."""
    figures: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            figures.update(flat(value, f"{name}/"))
        elif not isinstance(value, list | tuple):
            figures[name] = value
        elif key == "interval":
            figures.update(_ends(name, value))
    return figures


def _ends(name: str, interval: Sequence[float] | None) -> dict[str, float]:
    return dict(zip((f"{name}/low", f"{name}/high"), interval, strict=True)) if interval else {}


def _count(items: Sequence[str] | None) -> int | None:
    return None if items is None else len(items)


def _pairs(counts: Mapping[str, int] | None) -> str | None:
    return None if counts is None else ", ".join(f"{pair} ({count})" for pair, count in counts.items())


def _cell(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list | tuple) else value
