"""``compare.html``: many runs for eyes, from the content of ``compare.json``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.analysis.compare.overtaken import overtaken
from runner.analysis.compare.without_model import first_not_beaten
from runner.core.files import atomic_write
from runner.core.terminal import shortened
from runner.runs.html.phrasing import count, number
from runner.runs.html.plots import cost_scatter
from runner.runs.html.render import render

_FEW = 5
_WORSE = "Its own sealed test proved it worse than its initial prompt, of which this comparison knows no more."
_MEASURES = (
    ("item_cost_usd", 1000, "US dollars to label 1,000 items"),
    ("item_tokens", 1, "tokens to label an item"),
    ("cost_usd", 1, "cost of the run in US dollars"),
)


def write_comparison(comparison: Mapping[str, Any], path: Path) -> None:
    """Write the page of ``comparison``, which is the content of ``compare.json``, to ``path``.

    Raises:
        RunDirectoryError: the disk refuses.
    """
    runs = sorted(comparison["runs"], key=lambda run: (run["rank"] is None, run["rank"] or 0))
    axis, points = _points(runs)
    title, text = takeaway(comparison)
    page = render(
        "compare",
        comparison=comparison,
        title=title,
        text=" ".join(filter(None, [text, first_not_beaten(comparison)])),
        controls=[row for row in comparison.get("controls", ()) if row["interval"]],
        mood="better"
        if len(runs) > 1
        and len(comparison["cannot_tell"]) == 1
        and not overtaken(runs[0])
        and not first_not_beaten(comparison)
        else "undecided",
        runs=runs,
        labels=comparison["labels"],
        lowest=comparison.get("lowest", 0.0),
        scatter=cost_scatter(points, axis, _scatter_words(points)) if len(points) > 1 else None,
        undrawn=len(runs) - len(points),
        transfer=comparison["transfer"],
    )
    atomic_write(path, page)


def takeaway(comparison: Mapping[str, Any]) -> tuple[str, str]:
    """What to take away: a title and a sentence."""
    ranked = [run for run in comparison["runs"] if run["test"] is not None]
    if not ranked:
        return "There is nothing to compare.", "No run has a reward on sealed items."
    best = min(ranked, key=lambda run: (run["rank"] is None, run["rank"] or 0))
    others = [name for name in comparison["cannot_tell"] if name != best["name"]]
    reached = f"Its reward on {count(comparison['items'], 'sealed item')} is {number(best['test'])}"
    title = _title(best)
    if overtaken(best):
        return f"{title} ranks first, but is no better than what it began with.", f"{reached}. {_WORSE}"
    if len(ranked) == 1:
        return f"One run: {title}.", f"{reached}. There is no other to compare it with."
    if not others:
        return f"{title} is the best.", f"{reached}, and every other run can be told from it."
    set_apart = "None of the runs can be told" if len(others) == len(ranked) - 1 else f"{len(others)} cannot be told"
    text = f"{reached}. {set_apart} from it with these items: {shortened(others, _FEW)}. {_choice(comparison)}"
    return f"{title} ranks first, but not alone.", text.strip()


def _title(run: Mapping[str, Any]) -> str:
    """A prompt at the beginning of a sentence."""
    return "The initial prompt" if run["name"] == "initial prompt" else str(run["name"])


def _choice(comparison: Mapping[str, Any]) -> str:
    """Cheapest and fastest of those that cannot be told from the best."""
    cheapest, fastest = comparison["cheapest"], comparison["fastest"]
    if cheapest and cheapest == fastest:
        return f"Of these, {cheapest} is both the cheapest and the fastest."
    parts = [f"{name} is the {word}" for name, word in ((cheapest, "cheapest"), (fastest, "fastest")) if name]
    return f"Of these, {' and '.join(parts)}." if parts else ""


def _points(runs: Sequence[Mapping[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """The runs for the plot, by what labelling costs if that is known of all, else by what the run itself did."""
    known = [run for run in runs if run.get("which") != "initial"] or runs  # of an initial prompt little is known
    name, factor, axis = next((one for one in _MEASURES if _told(known, one[0])), _MEASURES[-1])
    return axis, [
        {"cost": factor * run[name], "reward": run["test"], "rank": run["rank"], "front": run["front"]}
        for run in runs
        if run[name] is not None and run["test"] is not None
    ]


def _told(runs: Sequence[Mapping[str, Any]], measure: str) -> bool:
    """Whether a measure is known of all runs, and not 0 for each."""
    values = [run.get(measure) for run in runs]
    return all(value is not None for value in values) and any(values)


def _scatter_words(points: Sequence[Mapping[str, Any]]) -> str:
    """The scatter for people who do not see it."""
    front = ", ".join(str(point["rank"]) for point in points if point["front"])
    return f"Cost against reward of {len(points)} runs. On the front: ranks {front or 'none'}."
