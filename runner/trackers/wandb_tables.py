"""What W&B is shown of a run, as plain rows and figures. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.core.prompt import line_diff
from runner.core.run_rows import BestRecord, CandidateRecord, EpochRecord, PredictionRow
from runner.runs.html.answer_parts import told, worded
from runner.runs.json_records import Json

Cell = None | bool | int | float | str

PREDICTIONS = ("id", "gold", "prediction", "out_of_list", "exact", "verdict", "failure", "text", "reply")
PROMPTS = (
    "epoch", "prompt", "parent", "change", "select", "low", "high", "fixed", "broken", "fixed_pairs", "broken_pairs",
    "calls", "worth_usd", "accepted", "diff", "text",
)  # fmt: skip
_MEANS = ("f1", "precision", "recall", "exact_match")
_TEXTS = ("text", "reply", "verdict", "out_of_list")  # each can hold words of an item


@dataclass(frozen=True)
class PromptVersion:
    """A measured prompt; ``text`` is as it may be shown."""

    epoch: EpochRecord
    measured: BestRecord | CandidateRecord
    text: str
    accepted: bool


def prediction_table(predictions: Sequence[PredictionRow], *, texts: bool) -> tuple[list[str], list[list[Cell]]]:
    """Columns and rows of the final predictions; without ``texts``, nothing that can hold words of an item.

    Gold and answer are then their classes: spans and texts are words of an item.
    """
    columns = [name for name in PREDICTIONS if texts or name not in _TEXTS]
    instead = {} if texts else {"gold": "due_keys", "prediction": "given_keys"}
    return columns, [
        [_cell(worded(getattr(row, instead.get(name, name)), row.text)) for name in columns] for row in predictions
    ]


def prompt_versions(epochs: Sequence[EpochRecord], initial: str) -> list[PromptVersion]:
    """Every measured prompt in the order of its epoch, the initial one first.

    Args:
        epochs: the records of all epochs so far, as a tracker is told of them. initial: the first prompt's text.
    """
    versions = []
    best = None
    for record in epochs:
        found: list[tuple[BestRecord | CandidateRecord, str]] = [(one, one.text) for one in record.candidates]
        for measured, text in found if record.epoch else [(record.best, initial)]:
            accepted = measured.prompt == record.best.prompt != best
            versions.append(PromptVersion(record, measured, text, accepted))
        best = record.best.prompt
    return versions


def prompt_table(versions: Sequence[PromptVersion]) -> list[list[Cell]]:
    """Rows of ``PROMPTS``: each version with its line diff against its parent's text, as both stand in ``versions``."""
    texts = {version.measured.prompt: version.text for version in versions}
    rows = []
    for version in versions:
        measured, record = version.measured, version.epoch
        low, high = measured.interval or (None, None)
        child = measured if isinstance(measured, CandidateRecord) else None
        before = texts.get(child.parent) if child else None
        row: dict[str, Cell] = {
            "epoch": record.epoch,
            "prompt": measured.prompt,
            "parent": child.parent if child else None,
            "change": child.change if child else "the initial prompt",
            "select": measured.select,
            "low": low,
            "high": high,
            "fixed": _count(child.fixed if child else None),
            "broken": _count(child.broken if child else None),
            "fixed_pairs": _pairs(child.fixed_pairs if child else None),
            "broken_pairs": _pairs(child.broken_pairs if child else None),
            "calls": record.calls,
            "worth_usd": record.worth_usd,
            "accepted": "yes" if version.accepted else "no",
            "diff": "" if before is None else line_diff(before, version.text),
            "text": version.text,
        }
        rows.append([row[name] for name in PROMPTS])
    return rows


def curves(record: EpochRecord) -> dict[str, Cell]:
    """The figures of an epoch: the best prompt so far with its interval, and the epoch's best candidate."""
    best, candidates = record.best, record.candidates
    figures: dict[str, Cell] = {
        "epoch": record.epoch,
        **{f"select/{name}": getattr(best, name) for name in _MEANS},
        "select/reward": best.select,
        **_ends("select", best.interval),
        "candidates/measured": len(candidates),
        "candidates/rejected": sum(record.rejected.values()),
        **{f"rejected/{reason}": count for reason, count in record.rejected.items()},
        "calls": record.calls,
    }
    if candidates:
        top = max(candidates, key=lambda candidate: candidate.select)
        counts = {"fixed": _count(top.fixed), "broken": _count(top.broken)}
        known = {f"candidates/{name}": count for name, count in counts.items() if count is not None}
        figures |= {"candidates/reward": top.select, **_ends("candidates", top.interval), **known}
    return figures


def flat(record: Mapping[str, Json], prefix: str = "") -> dict[str, Json]:
    """``result.json`` for a summary: ``{"a": {"b": 1}}`` is ``a/b``; an interval becomes its ends, other lists go."""
    figures: dict[str, Json] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            figures.update(flat(value, f"{name}/"))
        elif not isinstance(value, list | tuple):
            figures[name] = value
        elif key == "interval":
            figures.update(_ends(name, value))
    return figures


def without_answers(figures: Mapping[str, Json]) -> dict[str, Json]:
    """The figures of a summary without the constant answer, which can be words of an item."""
    return {name: value for name, value in figures.items() if not f"{name}/".startswith("controls/constant/labels/")}


def _ends(name: str, interval: Sequence[Any] | None) -> dict[str, Any]:
    return dict(zip((f"{name}/low", f"{name}/high"), interval, strict=True)) if interval else {}


def _count(items: Sequence[str] | None) -> int | None:
    return None if items is None else len(items)


def _pairs(counts: Mapping[str, int] | None) -> str | None:
    return None if counts is None else ", ".join(f"{pair} ({count})" for pair, count in counts.items())


def _cell(value: Any) -> Cell:
    return value if value is None or isinstance(value, bool | int | float | str) else ", ".join(told(value))
