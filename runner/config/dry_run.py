"""Builds every job of a sweep before the first one starts: a job must not find out after hours that it cannot run."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from runner.config.build import build
from runner.config.validate import CheckedConfig
from runner.core.items import Data
from runner.experiment.spec import Experiment
from runner.providers.prepare import prepare


def dry_run(jobs: Iterable[CheckedConfig], count: int | None = None) -> Iterator[Experiment]:
    """Build each job, one after the other. Each data set is read once; no model is asked, and nothing is written.

    Args:
        count: how many jobs share the budget, if that is known.

    Raises:
        GoldloopError: what the first job that cannot run would have said: a file that is not there or cannot be used,
            gold that does not fit the verifier, a missing key.
    """
    data, ready = dict[str, Data](), set[str]()
    for job in jobs:
        named = _digest([job.content["dataset"], job.verifier(None).cells])
        if named not in data:
            data[named] = job.dataset().load()
        experiment = build(job, Path(), None, data[named], jobs=count)
        asked = _digest([job.content["provider"], job.content.get("rewriter")])
        if asked not in ready and experiment.journal_mode != "replay":  # which asks nobody
            prepare(experiment.labeller, experiment.rewriter)
            ready.add(asked)
        yield experiment


def _digest(node: Any) -> str:
    return json.dumps(node, sort_keys=True, default=str)
