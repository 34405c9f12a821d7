"""The prompts that are ranked: of each run its best one, and each initial prompt once, however many runs began with it.

A run that kept its initial prompt found nothing: that prompt is a row of its own, and no strategy gets the credit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from runner.analysis.compare.runs import Entry

_DECIDE = ("provider", "prompt", "verifier", "dataset", "repeats")
_REWRITER = "provider@rewriter"


def ranked_variants(entries: Sequence[Entry]) -> list[Entry]:
    """The prompts by their reward on the sealed items, the highest first; of equals the initial one."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.kept:
            groups.setdefault((entry.asks, entry.prompt), []).append(entry)
        elif entry.initial:
            groups.setdefault((entry.asks, entry.initial.prompt), []).append(entry)
    found = [entry for entry in entries if not entry.kept]
    found += map(_initial_of, groups.values())
    return sorted(found, key=lambda entry: (-entry.test, entry.which == "best"))


def _initial_of(runs: Sequence[Entry]) -> Entry:
    """The prompt that these runs began with. What its calls cost is known where a run kept it."""
    kept = [run for run in runs if run.kept]
    one = (kept or runs)[0]
    shared = {key: value for key, value in one.choices.items() if all(run.choices.get(key) == value for run in runs)}
    row = replace(one, which="initial", kept_by=kept, optimizer="", choices=_of_initial(shared))
    if kept or one.initial is None:
        return row
    own = one.initial
    return replace(
        row, prompt=own.prompt, test=own.test, metrics=own.metrics, credits=own.credits, predictions=own.predictions,
        item_cost=None, item_tokens=None, item_seconds=None,
    )  # fmt: skip


def _of_initial(choices: Mapping[str, str]) -> dict[str, str]:
    """The words that say which initial prompt it is and what was asked with it."""
    return {key: value for key, value in choices.items() if key.startswith(_DECIDE) and not key.startswith(_REWRITER)}
