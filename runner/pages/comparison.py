"""``compare.html``: many runs for eyes, from the content of ``compare.json``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.pages.page import render
from runner.pages.plots import cost_scatter
from runner.pages.words import count, number
from runner.run_directory import write_whole

_FEW = 5


def write_comparison(comparison: Mapping[str, Any], path: Path) -> None:
    """Write the page of ``comparison``, which is the content of ``compare.json``, to ``path``.

    Raises:
        RunDirectoryError: the disk refuses.
    """
    runs = sorted(comparison["runs"], key=lambda run: (run["rank"] is None, run["rank"] or 0))
    priced = [run for run in runs if run["cost_usd"] is not None and run["test"] is not None]
    title, text = takeaway(comparison)
    page = render(
        "compare",
        comparison=comparison,
        title=title,
        text=text,
        runs=runs,
        labels=comparison["labels"],
        scatter=cost_scatter(priced, _scatter_words(priced)) if len(priced) > 1 else None,
        unpriced=[run for run in runs if run["cost_usd"] is None],
        transfer=comparison["transfer"],
    )
    write_whole(path, page)


def takeaway(comparison: Mapping[str, Any]) -> tuple[str, str]:
    """What to take away: a title and a sentence."""
    ranked = [run for run in comparison["runs"] if run["test"] is not None]
    if not ranked:
        return "There is nothing to compare.", "No run has a reward on sealed items."
    best = min(ranked, key=lambda run: (run["rank"] is None, run["rank"] or 0))
    others = [name for name in comparison["cannot_tell"] if name != best["name"]]
    reached = f"Its reward on {count(comparison['items'], 'sealed item')} is {number(best['test'])}"
    if len(ranked) == 1:
        return f"One run: {best['name']}.", f"{reached}. There is no other to compare it with."
    if not others:
        return f"{best['name']} is the best.", f"{reached}, and every other run can be told from it."
    names = ", ".join(others[:_FEW]) + (f" and {len(others) - _FEW} more" if len(others) > _FEW else "")
    set_apart = "None of the runs can be told" if len(others) == len(ranked) - 1 else f"{len(others)} cannot be told"
    text = f"{reached}. {set_apart} from it with these items: {names}. {_choice(comparison)}"
    return f"{best['name']} ranks first, but not alone.", text.strip()


def _choice(comparison: Mapping[str, Any]) -> str:
    """Cheapest and fastest of those that cannot be told from the best."""
    cheapest, fastest = comparison["cheapest"], comparison["fastest"]
    if cheapest and cheapest == fastest:
        return f"Of these, {cheapest} is both the cheapest and the fastest."
    parts = [f"{name} is the {word}" for name, word in ((cheapest, "cheapest"), (fastest, "fastest")) if name]
    return f"Of these, {' and '.join(parts)}." if parts else ""


def _scatter_words(runs: Sequence[Mapping[str, Any]]) -> str:
    """The scatter for people who do not see it."""
    front = ", ".join(str(run["rank"]) for run in runs if run["front"])
    return f"Cost against reward of {len(runs)} runs. On the front: ranks {front or 'none'}. The table has the figures."
