"""What a run began with, data and initial prompt, as its directory keeps them: resumed, it goes on with the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from yaml import YAMLError

from runner.config.settings import read_prompt
from runner.config.validate import CheckedConfig, plain
from runner.core.errors import DataError, GoldloopError
from runner.core.items import Data
from runner.core.prompt import Prompt
from runner.runs.moved_targets import with_moved_targets
from runner.runs.reader import data_in
from runner.runs.run_files import content_of, yaml_of
from runner.runs.sweep_jobs import jobs_in

_DATA = "data.json.gz"
_SOURCES = ("dataset", "verifier", "prompt", "prompt_file", "follows")
"""What of a configuration decides the data and the initial prompt."""


@dataclass(frozen=True)
class ResumeState:
    """The data and the initial prompt of a run that was begun; None where the prompt is to be made of the data."""

    data: Data
    initial: Prompt | None


def resume_state(directory: Path, sweep: Path | None, config: CheckedConfig) -> ResumeState | None:
    """What the run in ``directory`` began with, or where it has not begun, what a job of ``sweep`` began with.

    ``sweep`` is that of a sweep that is resumed: the jobs of a new one need not look through each other's directories.

    Only what came from the sources that ``config`` names: of a job with another prompt or verifier the data alone. None
    where nothing of the kind is kept.

    Raises:
        DataError: it is kept, and cannot be read.
    """
    wanted = _sources(config.content)
    jobs = jobs_in(sweep) if sweep else []
    alike: Path | None = None
    for place in [directory, *jobs]:
        saved = _saved_sources(place) if (place / _DATA).is_file() else None  # which is written last
        if saved == wanted:
            return ResumeState(data_in(place), _initial(place / "initial_prompt.txt"))
        if alike is None and place != directory and saved and saved["dataset"] == wanted["dataset"]:
            alike = place
    return ResumeState(replace(data_in(alike), searched=frozenset()), None) if alike else None  # another prompt's


def changes(kept: ResumeState, config: CheckedConfig) -> list[str]:
    """Which of the files that ``config`` names have changed since, in words. A server is not asked."""
    found = [_data_change(kept.data, config)]
    if kept.initial is not None:
        found.append(_prompt_change(kept.initial, config.settings.prompt_file))
    return [change for change in found if change]


def _sources(content: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: content.get(name) for name in _SOURCES}
    given = {key: value for key, value in (found["dataset"] or {}).items() if value is not None}
    return {**found, "dataset": given}  # a key that was not there yet when the run began is one that nobody gave


def _initial(path: Path) -> Prompt:
    try:
        return Prompt(content_of(path.parent, path.name).decode("utf-8").removesuffix("\n"))
    except (DataError, UnicodeDecodeError) as error:
        told = f"{path} cannot be read ({error}): put it back, or start a new run"
        raise DataError(told, code="unreadable", key=str(path)) from error


def _saved_sources(place: Path) -> dict[str, Any] | None:
    try:
        config = OmegaConf.create(yaml_of(place, ".hydra/config.yaml"))
        return _sources(with_moved_targets(plain(config))) if isinstance(config, DictConfig) else None
    except (ValueError, YAMLError, GoldloopError):
        return None


def _data_change(data: Data, config: CheckedConfig) -> str:
    path = config.content["dataset"].get("path")
    if not isinstance(path, str):
        return ""
    try:
        now = config.dataset().load()
    except GoldloopError as error:
        return f"the data cannot be read any more ({error})"
    if now.sha256 == data.sha256:
        return ""
    if data.labels == now.labels and len(data.items) != len(now.items):
        return f"{path} has changed since ({len(data.items)} gold items then, {len(now.items)} now)"
    return f"the data of {path} are not what they were (its items, or the label list)"


def _prompt_change(initial: Prompt, path: str | None) -> str:
    if path is None:
        return ""
    try:
        same = Prompt(read_prompt(Path(path).expanduser())).render() == initial.render()
    except GoldloopError as error:
        return f"the prompt cannot be read any more ({error})"
    return "" if same else f"{path} has changed since"
