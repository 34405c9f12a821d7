"""Writes a comparison down: ``compare.json``, ``compare.csv``, ``compare.html``; and shows it at the terminal."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.analysis.compare.overtaken import overtaken
from runner.analysis.compare.without_model import first_not_beaten
from runner.core.csv_cells import harmless
from runner.core.files import atomic_write
from runner.core.terminal import one_line

_COLUMNS = (
    "rank", "name", "which", "kept_by", "test", "interval", "initial", "difference_to_best", "p_best",
    "p_best_adjusted", "cannot_tell", "front", "labeller", "rewriter",
    "optimizer", "seed", "item_cost_usd", "item_tokens", "seconds_per_item",
    "cost_usd", "calls", "seconds", "status", "run", "prompt_file",
)  # fmt: skip
_SHOWN = 20
_WIDE = 160  # columns


def write(found: Mapping[str, Any], folder: Path) -> None:
    """Write the three files into ``folder``."""
    from runner.analysis.compare.html import write_comparison

    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / "compare.json", json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    atomic_write(folder / "compare.csv", _csv(found))
    write_comparison(found, folder / "compare.html")


def _csv(found: Mapping[str, Any]) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(_COLUMNS)
    for run in found["runs"]:
        rows.writerow([_cell(run[column]) for column in _COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return harmless("; ".join(value))
    if isinstance(value, list | tuple):
        return " to ".join(f"{number:.4f}" for number in value)
    return harmless(value)


def show(found: Mapping[str, Any]) -> None:
    """Print the ranking and what to take from it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = _WIDE  # a file or a pipe has no edge
    runs = found["runs"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("run", overflow="fold")
    for name in ("sealed test", "95% interval", "p to best", "an item costs", "s an item"):
        table.add_column(name, justify="right")
    for run in runs[:_SHOWN]:
        low, high = run["interval"]
        mark = "best" if run["rank"] == 1 else "=" if run["cannot_tell"] else ""
        table.add_row(
            mark,
            Text(one_line(run["name"])),
            f"{run['test']:.3f}",
            f"{low:.3f} to {high:.3f}",
            "" if run["rank"] == 1 else f"{run['p_best_adjusted']:.3f}",
            _cost(run),
            "" if run["seconds_per_item"] is None else f"{run['seconds_per_item']:.2f}",
        )
    for row in found["controls"]:
        low, high = row["interval"]
        table.add_row("", Text(row["name"]), f"{row['test']:.3f}", f"{low:.3f} to {high:.3f}", "", "", "")
    console.print(table)
    if len(runs) > _SHOWN:
        console.print(f"... and {len(runs) - _SHOWN} more in compare.csv")

    def say(words: str) -> None:
        console.print(Text(one_line(words)))  # names come from data: never markup

    for line in findings(found):
        say(line)
    if found["suspects"]:
        ids = ", ".join(str(row["id"]) for row in found["suspects"][:_SHOWN])
        say(f"Look at the gold of {len(found['suspects'])} items again; strong runs agree against it: {ids}")
    for one in found["refused"]:
        say(f"left out: {one['run']}: {one['reason']}")
    if unread := sum(one["unread"] for one in found["refused"]):
        say(f"{unread} could not be read: exit code 1")


def findings(found: Mapping[str, Any]) -> list[str]:
    """What to take from a ranking, a line each."""
    runs, several, items = found["runs"], len(found["cannot_tell"]), found["items"]
    first, lines = runs[0], []
    if len(runs) == 1:
        lines.append(f"{first['name']} is all there is: every run kept it.")
    elif several == 1 and not overtaken(first):
        lines.append(f"{first['name']} is better than all others on the {items} sealed items.")
    elif several > 1:
        lines.append(f"{several} runs cannot be told from the best on the {items} sealed items (marked =).")
        lines += [f"{word.capitalize()} of them: {found[word]}" for word in ("cheapest", "fastest") if found[word]]
    lines += [f"Kept by {', '.join(run['kept_by'])}: {run['name']}" for run in runs if run["kept_by"]]
    lines += [f"Proved WORSE than its initial prompt: {run['name']}" for run in runs if overtaken(run)]
    if said := first_not_beaten(found):
        lines.append(f"{first['name']}: {said}")
    if not overtaken(first):
        proved = "" if several == 1 else " (not proved better than those marked =)"
        lines.append(f"prompt to use: {first['prompt_file']}{proved}")
    return lines


def _cost(run: Mapping[str, Any]) -> str:
    if run["item_cost_usd"] or (run["item_cost_usd"] is not None and run["item_tokens"] is None):
        return f"${run['item_cost_usd']:.6f}"
    free = "$0, " if run["item_cost_usd"] is not None else ""
    return "" if run["item_tokens"] is None else f"{free}{run['item_tokens']:.0f} tokens"
