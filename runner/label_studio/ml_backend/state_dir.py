"""The state directory: for one server at a time, and since when its configuration names a run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from runner.core.errors import ConfigError
from runner.core.file_lock import Held, hold
from runner.core.files import atomic_write, disk_errors
from runner.label_studio.ml_backend.projects import Chosen, now
from runner.label_studio.ml_backend.served_prompt import of_run
from runner.runs.prompt_to_use import Choice


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Hold a state directory: two servers would each go on with the other's trainings."""
    with disk_errors(state):
        state.mkdir(parents=True, exist_ok=True)
        try:
            lock = hold(state / "running")
        except Held:
            raise ConfigError(
                f"serve.state={state}: another goldloop serve uses it; give another serve.state",
                code="file-in-use",
                key="serve.state",
            ) from None
    with lock:
        yield


def chosen_run(state: Path, run: str | None, choice: Choice = "auto") -> list[Chosen]:
    """The run that is to be served, from the moment when it was first named: prompts typed later go before it.

    Args:
        choice: which of its prompts.
    """
    file = state / "run.json"
    if run is None:
        file.unlink(missing_ok=True)
        return []
    chosen = of_run(run, now(), choice)
    try:
        before = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        before = None
    if isinstance(before, dict) and (before.get("run"), before.get("which", "auto")) == (run, choice):
        return [replace(chosen, at=str(before.get("at")))]
    atomic_write(file, json.dumps({"run": run, "which": choice, "at": chosen.at}) + "\n")
    return [chosen]
