"""What a run began with, data and initial prompt, as its directory keeps them: resumed, it goes on with the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from yaml import YAMLError

from runner.archive import data_in, in_order
from runner.build import plain
from runner.component import make
from runner.errors import ConfigError, DataError, GoldloopError
from runner.prompt import Prompt
from runner.settings import read_prompt
from runner.types import Data

_SOURCES = ("dataset", "verifier", "prompt", "prompt_file")
"""What of a configuration decides the data and the initial prompt."""


@dataclass(frozen=True)
class Begun:
    """The data and the initial prompt of a run that was begun."""

    data: Data
    initial: Prompt


def begun(directory: Path, sweep: Path | None, config: DictConfig) -> Begun | None:
    """What the run in ``directory`` began with, or where it has not begun, what a job of ``sweep`` began with.

    Only what came from the sources that ``config`` names; None where nothing of the kind is kept.

    Raises:
        DataError: it is kept, and cannot be read.
    """
    wanted = _sources(config)
    for place in [directory, *(in_order(sweep.glob("*/")) if sweep else [])]:
        if (place / "data.json.gz").is_file() and _saved_sources(place) == wanted:  # written last
            return Begun(data_in(place), _initial(place / "initial_prompt.txt"))
    return None


def changes(kept: Begun, config: DictConfig) -> list[str]:
    """Which of the files that ``config`` names have changed since, in words. A server is not asked."""
    content = plain(config)
    found = [_data_change(kept.data, content["dataset"]), _prompt_change(kept.initial, content["prompt_file"])]
    return [change for change in found if change]


def _sources(config: DictConfig) -> dict[str, Any]:
    content = plain(config)
    return {name: content.get(name) for name in _SOURCES}


def _initial(path: Path) -> Prompt:
    try:
        return Prompt(path.read_bytes().decode("utf-8").removesuffix("\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}): put it back, or start a new run") from error


def _saved_sources(place: Path) -> dict[str, Any] | None:
    try:
        config = OmegaConf.load(place / ".hydra" / "config.yaml")
        return _sources(config) if isinstance(config, DictConfig) else None
    except (OSError, ValueError, YAMLError, ConfigError):
        return None


def _data_change(data: Data, node: Mapping[str, Any]) -> str:
    path = node.get("path")
    if not isinstance(path, str):
        return ""
    try:
        now: Data = make(node, "dataset").load()
    except GoldloopError as error:
        return f"the data cannot be read any more ({error})"
    if now.sha256 == data.sha256:
        return ""
    return f"{path} has changed since ({len(data.items)} gold items then, {len(now.items)} now)"


def _prompt_change(initial: Prompt, path: str | None) -> str:
    if path is None:
        return ""
    try:
        same = Prompt(read_prompt(Path(path).expanduser())).render() == initial.render()
    except GoldloopError as error:
        return f"the prompt cannot be read any more ({error})"
    return "" if same else f"{path} has changed since"
