"""The transfer matrix: each run's best prompt, measured with each run's provider on the sealed items they share."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.archive import read_run
from runner.build import build
from runner.comparison.entries import Entry
from runner.doors import Doors
from runner.evaluation import Evaluator
from runner.experiment import Experiment
from runner.prompt import Prompt
from runner.saved import saved


def transfer(ranked: Sequence[Entry], names: Sequence[str], folder: Path) -> dict[str, Any]:
    """Rows are runs (their best prompts), columns providers, values rewards; None where too many calls failed.

    What was asked before is answered from the journal; the rest is asked and paid for. Runs with the same prompt are
    one row, the first. What was asked lies in ``folder``.

    Raises:
        GoldloopError: a provider cannot be had, or a configuration may not run.
    """
    rows, providers = dict[str, str](), dict[str, Entry]()
    for entry, name in zip(ranked, names, strict=True):
        rows.setdefault(entry.prompt, name)
        providers.setdefault(entry.labeller, entry)
    columns = []
    for number, entry in enumerate(providers.values()):
        place = folder / str(number)
        place.mkdir(parents=True, exist_ok=True)
        run = read_run(entry.path)
        experiment = replace(build(saved(run), place, None, run.data(), Prompt(entry.prompt)), trackers=[])
        columns.append(asyncio.run(_rewards(experiment, list(rows))))
    return {
        "rows": list(rows.values()),
        "columns": list(providers),
        "reward": [list(row) for row in zip(*columns, strict=True)],
    }


async def _rewards(experiment: Experiment, prompts: Sequence[str]) -> list[float]:
    doors = Doors(experiment)
    evaluator = Evaluator(
        doors.labeller,
        experiment.verifier,
        experiment.reward,
        experiment.data.labels,
        max_failed=experiment.max_failed,
        on_progress=lambda progress: None,
    )
    try:
        await doors.open()
        found = [await evaluator.evaluate(Prompt(text), experiment.split.test, "transfer") for text in prompts]
        return [evaluation.reward for evaluation in found]
    finally:
        await doors.finish()
        doors.close()
