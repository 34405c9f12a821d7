"""The transfer matrix: each run's best prompt, measured with each run's provider on the sealed items they share."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.analysis.compare.runs import Entry
from runner.config.allowlist import Trusted
from runner.config.build import build
from runner.config.past_run import PACE, asked, load_past_config
from runner.config.validate import validate
from runner.core.errors import TooManyFailed
from runner.core.prompt import Prompt
from runner.core.terminal import one_line
from runner.experiment.clients import RunClients
from runner.experiment.evaluator import Evaluator
from runner.experiment.spec import Experiment
from runner.providers.middleware.limits import Limits
from runner.runs.reader import read_run


def transfer(ranked: Sequence[Entry], names: Sequence[str], folder: Path, trusted: Trusted) -> dict[str, Any]:
    """Rows are runs (their best prompts), columns labellers, values rewards; None where too many calls failed.

    What was asked before is answered from the journal; the rest is asked and paid for. Runs with the same prompt are
    one row, the first. What was asked lies in ``folder``.

    Args:
        trusted: modules that the configurations may name.

    Raises:
        GoldloopError: a provider cannot be had, or a configuration may not run.
    """
    rows, providers = dict[str, str](), dict[str, tuple[Entry, str]]()
    for entry, name in zip(ranked, names, strict=True):
        if entry.which == "initial" and not entry.kept_by:
            continue  # no run ended with it
        rows.setdefault(entry.prompt, name)
        node = read_run(entry.path).config["provider"]
        asks = {key: value for key, value in node.items() if key not in PACE}
        providers.setdefault(json.dumps(asks, sort_keys=True), (entry, name))
    alike = Counter(entry.labeller for entry, _ in providers.values())
    columns = []
    for number, (entry, _) in enumerate(providers.values()):
        place = folder / str(number)
        place.mkdir(parents=True, exist_ok=True)
        run = read_run(entry.path)
        config = validate(load_past_config(run), trusted)
        print(one_line(f"asking {asked(config.content)}"))
        made = build(config, place, None, run.data(), Prompt(entry.prompt))
        experiment = replace(made, trackers=[], limits=Limits())  # the run's budget was for its search
        columns.append(asyncio.run(_rewards(experiment, list(rows))))
    return {
        "rows": list(rows.values()),
        "columns": [
            entry.labeller if alike[entry.labeller] == 1 else f"{entry.labeller}, as {name}"
            for entry, name in providers.values()
        ],
        "reward": [list(row) for row in zip(*columns, strict=True)],
    }


async def _rewards(experiment: Experiment, prompts: Sequence[str]) -> list[float | None]:
    clients = RunClients(experiment)
    evaluator = Evaluator(
        clients.labeller,
        experiment.verifier,
        experiment.reward,
        max_failed=experiment.max_failed,
        on_progress=lambda progress: None,
    )
    try:
        await clients.open()
        found: list[float | None] = []
        for text in prompts:
            try:
                found.append((await evaluator.evaluate(Prompt(text), experiment.split.test, "transfer")).reward)
            except TooManyFailed:
                found.append(None)
        return found
    finally:
        await clients.finish()
        clients.close()
