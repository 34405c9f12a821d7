"""What the compared runs reached without any language model: rows beside the runs, and what they beat. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from runner.analysis.compare.runs import Entry
from runner.runs.without_model import NAMES, controls_without_model, sentence, strongest


def control_rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """A row a control; of several runs that of the one that had most gold to learn from, of equals the first."""
    rows = []
    for key, name in NAMES.items():
        found = [
            one[key] for entry in entries if key in (one := controls_without_model(entry.result)) and one[key].interval
        ]
        if found:
            most = max(found, key=lambda control: control.learnt)
            rows.append(
                {"control": key, "name": name, "test": most.reward, "interval": most.interval, "learnt": most.learnt}
            )
    return rows


def not_beaten_by(entry: Entry) -> str | None:
    """Why a prompt does not measurably beat its run's controls without a model, in words; empty if it does.

    None where the run has no such controls, or where its prompt is an initial one that no run kept.
    """
    beside = strongest(entry.result)
    if beside is None or (entry.which == "initial" and not entry.kept_by):
        return None
    return sentence(beside.name, beside.control.reward, entry.test, beside.control.decision)


def first_not_beaten(comparison: Mapping[str, Any]) -> str:
    """What is said of the first of the ranking; empty where it beats them, or where it is not known."""
    first = min(comparison["runs"], key=lambda run: (run["rank"] is None, run["rank"] or 0), default=None)
    return (first or {}).get("without_model") or ""
