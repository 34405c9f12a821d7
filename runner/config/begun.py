"""Whether a directory was begun with what is about to run in it: another configuration would mix two runs in one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from runner.config.past_run import PACE
from runner.core.errors import ConfigError
from runner.core.terminal import one_line, shortened
from runner.runs.moved_targets import with_moved_targets
from runner.runs.run_files import yaml_of

_CONFIG = Path(".hydra") / "config.yaml"
_SWEEP = "multirun.yaml"
_ROLES = ("provider", "rewriter")
_SHOWN = 4  # differences
_LONGEST = 60  # characters of a value that is shown
_NOT_SET = "not set"

Difference = tuple[str, str, str]
"""A key, its value then, its value now."""


def may_differ(key: str) -> bool:
    """Whether what is begun may go on with another value: the budget, and what of a provider changes no reply."""
    group, _, name = key.lstrip("+").partition(".")
    return group == "budget" or (group in _ROLES and name.partition(".")[0] in PACE)


def refuse_other_run(config: DictConfig, directory: Path, *, resumed: bool = False) -> None:
    """Raise unless the run in ``directory``, if there is one, was begun with ``config``.

    Args:
        resumed: whether the words are those it was begun with; what its configuration lacks then is newer than it.

    Raises:
        ConfigError: it was begun with something else, or is another kind of directory. DataError: nobody can tell.
    """
    if not (directory / _CONFIG).is_file():
        if (directory / _SWEEP).is_file():
            raise ConfigError(
                f"{directory} is the directory of a sweep: start the run in another one", code="begun-otherwise",
                key=str(directory),
            )  # fmt: skip
        if not any((directory / name).exists() for name in ("result.json", "journal.jsonl")):
            return
    then = _flat(with_moved_targets(yaml_of(directory, str(_CONFIG))))
    now = _flat(yaml.safe_load(OmegaConf.to_yaml(config)))
    found = list(_differences(then, now, newer=resumed))
    if found:
        raise _begun_otherwise(directory, found)


def refuse_other_sweep(directory: Path, words: Sequence[str]) -> None:
    """Raise unless the sweep in ``directory``, if there is one, was begun with these words, Hydra's own left out.

    Raises:
        ConfigError: it was begun with others, or is the directory of a run. DataError: nobody can tell.
    """
    if (directory / _CONFIG).is_file():
        raise ConfigError(
            f"{directory} is the directory of a run: start the sweep in another one", code="begun-otherwise",
            key=str(directory),
        )  # fmt: skip
    if not (directory / _SWEEP).is_file():
        return
    try:
        begun = [str(word) for word in yaml_of(directory, _SWEEP)["hydra"]["overrides"]["task"]]
    except (LookupError, TypeError):
        begun = []
    then, now = _options(begun), _options(words)
    found = list(_differences(then, now))
    before, after = (" ".join(key for key, value in each.items() if _several(value)) for each in (then, now))
    if not found and before != after:  # which numbers the jobs
        found = [("the order of options", before, after)]
    if found:
        raise _begun_otherwise(directory, found)


def _options(words: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` words, without what may differ; of those with one key the last one counts."""
    pairs = (word.partition("=")[::2] for word in words)
    return {key: value for key, value in pairs if not may_differ(key)}


def _several(value: str) -> bool:
    """Whether a value of a command line may be several."""
    return "," in value or "(" in value


def _differences(then: Mapping[str, Any], now: Mapping[str, Any], *, newer: bool = False) -> Iterator[Difference]:
    """What differs; of a component that is another one, only that."""
    other: set[str] = set()
    for key in sorted({**then, **now}, key=lambda key: (not key.endswith("_target_"), key)):
        before, after = then.get(key), now.get(key)
        group = key.partition(".")[0]
        if before == after or may_differ(key) or group in other or (newer and key not in then):
            continue
        if key.endswith(".file_digest") and after is None:  # not known yet; it is compared when it is
            continue
        if key == f"{group}._target_":
            other.add(group)
        yield key, _shown(before), _shown(after)


def _flat(content: Any, above: str = "") -> dict[str, Any]:
    """Dotted key -> value, of mappings in mappings."""
    if not isinstance(content, Mapping):
        return {above: content} if above else {}
    return {
        key: value
        for name, inner in content.items()
        for key, value in _flat(inner, f"{above}.{name}" if above else str(name)).items()
    }


def _shown(value: Any) -> str:
    if value is None:
        return _NOT_SET
    words = one_line(str(value))
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."


def _begun_otherwise(directory: Path, found: Sequence[Difference]) -> ConfigError:
    told = shortened([f"{key}: {then} then, {now} now" for key, then, now in found], _SHOWN, sentences=True)
    return ConfigError(
        f"{directory} was begun with another configuration ({told}): start what is new in another directory, or go "
        f"on with what is there, goldloop resume={directory}",
        code="begun-otherwise",
        key=found[0][0],
    )
