"""Run directories as they lie on the disk, read with care: they may come from somebody else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from runner.core.errors import DataError
from runner.core.items import Agreement, Data, Item, Part
from runner.core.run_result import RunResult
from runner.core.run_rows import EpochRecord, PredictionRow
from runner.core.surrogates import from_bytes
from runner.datasets.split import PARTS, split
from runner.runs.bounded import parsed, unpacked
from runner.runs.json_records import from_json
from runner.runs.moved_targets import with_moved_targets
from runner.runs.run_files import (
    content_of,
    inside,
    json_of,
    lines_of,
    refuse_newer,
    result_from,
    text_of,
    yaml_of,
)
from verifiers.label_set import LabelSet
from verifiers.saved import of_data


@dataclass(frozen=True)
class Run:
    """A run directory.

    Attributes:
        path: where it is.
        content: of ``result.json``. config: ``.hydra/config.yaml``, interpolations unresolved.
        overrides: the words it was started with.
    """

    path: Path
    content: Mapping[str, object]
    config: Mapping[str, Any]
    overrides: Sequence[str]

    @cached_property
    def result(self) -> RunResult:
        """``result.json``. Raises DataError: it is not that of an optimisation."""
        return result_from(self.content, self.path)

    @property
    def epochs(self) -> list[EpochRecord]:
        """The lines of ``epochs.jsonl``. Raises DataError: they are not there, or not as goldloop writes them."""
        return lines_of(self.path, "epochs.jsonl", EpochRecord)

    @property
    def predictions(self) -> list[PredictionRow]:
        """The lines of ``predictions.jsonl``. Raises DataError: as ``epochs`` does."""
        return lines_of(self.path, "predictions.jsonl", PredictionRow)

    @property
    def reward(self) -> str:
        """The class of the reward, as words: FBeta with beta 1 is what everybody calls F1."""
        node = self.config.get("reward") or {}
        name = str(node.get("_target_", "reward")).rpartition(".")[2]
        if name == "FBeta":
            return "F1" if node.get("beta", 1.0) == 1.0 else f"F-beta, beta {node['beta']}"
        words = "".join(f" {mark}" if mark.isupper() and place else mark for place, mark in enumerate(name))
        return words.lower().replace(" f1", " F1")

    def data(self) -> Data:
        """The items and labels of the run, from ``data.json.gz``.

        Raises:
            DataError: it is not there (a run of an older goldloop), or cannot be read.
        """
        return data_in(self.path)

    def searched(self) -> frozenset[str]:
        """The texts that its search and those before it have learned from: all of its items but the sealed ones.

        Raises:
            DataError: the items or the predictions cannot be read. ConfigError: it has no sizes that could be.
        """
        data = self.data()
        sealed = self._sealed(data)
        return data.searched | {item.text for item in data.items if item.id not in sealed}

    def selecting(self) -> list[Item]:
        """The items that chose among its prompts, with gold.

        Raises:
            DataError: the items cannot be read. ConfigError: it has no sizes that could be.
        """
        data, sizes, seed = self.data(), self.config.get("split"), self.config.get("seed")
        if not isinstance(seed, int) or not (sizes == "none" or isinstance(sizes, Mapping)):
            return []
        return list(split(data.items, sizes, seed, data.searched).select)

    def sealing(self) -> list[Item]:
        """Its sealed items, with gold, in the order of the data; none after ``split=none``.

        Raises:
            DataError: the items or the predictions cannot be read. ConfigError: it has no sizes that could be.
        """
        data = self.data()
        sealed = self._sealed(data)
        return [item for item in data.items if item.id in sealed]

    def _sealed(self, data: Data) -> set[str]:
        """The ids of its sealed items, also where it ended before they were opened."""
        if not self.result.sealed if self.content else self.config.get("split") == "none":
            return set()
        if self.bytes_of("predictions.jsonl"):
            return {row.id for row in self.predictions}
        sizes, seed = self.config.get("split"), self.config.get("seed")
        if not isinstance(sizes, Mapping) or not isinstance(seed, int):
            return set()
        return {item.id for item in split(data.items, sizes, seed, data.searched).test}

    def file(self, name: str) -> Path:
        """The path of a file in it. Raises DataError if it is a link to somewhere else, or not there."""
        path = inside(self.path, name)
        if not path.is_file():
            raise DataError(
                f"{self.path}: {name} is not there: the run did not get so far", code="file-missing", key=name
            )
        return path

    def bytes_of(self, name: str) -> bytes:
        """The content of a file in it; empty if it is not there."""
        return content_of(self.path, name) if inside(self.path, name).exists() else b""

    def prompt(self, which: str) -> str:
        """The text of the ``initial`` or the ``best`` prompt."""
        return text_of(self.path, f"{which}_prompt.txt").rstrip("\n")


def read_run(path: Path) -> Run:
    """Read a run directory.

    Raises:
        DataError: it is none, or a file in it cannot be read, is cut, or is a link to somewhere else.
    """
    if not (path / ".hydra" / "config.yaml").is_file():
        jobs = _below(path)
        which = f": it has {len(jobs)}, take one, as {jobs[0]}" if jobs else " (.hydra/config.yaml is not there)"
        raise DataError(f"{path} is no run directory{which}", code="not-a-run", key=str(path))
    return _read(path, json_of(path, "result.json"))


def read_begun(path: Path) -> Run:
    """The run directory of a run that may not have come to an end: where it has no result, ``content`` is empty.

    Raises:
        DataError: as ``read_run`` does.
    """
    return read_run(path) if inside(path, "result.json").exists() else _read(path, {})


def _read(path: Path, result: object) -> Run:
    config = with_moved_targets(yaml_of(path, ".hydra/config.yaml"))
    if not isinstance(config, Mapping) or not isinstance(result, Mapping):
        raise DataError(
            f"{path}: result.json or .hydra/config.yaml is not a mapping", code="wrong-shape", key=str(path)
        )
    words = yaml_of(path, ".hydra/overrides.yaml") if (path / ".hydra" / "overrides.yaml").exists() else []
    if not isinstance(words or [], list):
        told = f"{path}/.hydra/overrides.yaml is not a list"
        raise DataError(told, code="wrong-shape", key=str(path))
    return Run(path, result, config, [str(word) for word in words or []])


def data_in(run: Path) -> Data:
    """The items and labels that a run directory keeps, whether or not the run came to an end.

    Raises:
        DataError: they are not there, or cannot be read.
    """
    path = inside(run, "data.json.gz")
    try:
        content = parsed(from_bytes(unpacked(path)), str(path))
        refuse_newer(content.get("version"), str(path))
        return _data(content, str(path))
    except FileNotFoundError:
        raise DataError(
            f"{run}: data.json.gz is not there, so the run cannot be replayed", code="file-missing", key="data.json.gz"
        ) from None
    except (OSError, EOFError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{path} cannot be read ({error})", code="unreadable", key=str(path)) from error


def _data(content: Mapping[str, Any], where: str) -> Data:
    """The content of ``data.json.gz``. Raises what a value of another kind raises."""
    items = [
        Item(str(name), str(text), _gold(gold, *more), _part(*more[:1]), _classes(*more[1:]))
        for name, text, gold, *more in content["items"]
    ]
    labels = LabelSet({str(name): str(meaning) for name, meaning in content["labels"].items()}, recorded=True)
    multiple, agreement = content.get("multiple"), content.get("agreement")
    return Data(
        items,
        labels,
        str(content["sha256"]),
        int(content["unlabelled"]),
        int(content["repeated"]),
        multiple=None if multiple is None else bool(multiple),
        agreement=from_json(Agreement, agreement, where) if agreement else None,
        contradicted=[str(name) for name in content.get("contradicted") or ()],
        searched=frozenset(map(str, content.get("searched") or ())),
        prompt=None if content.get("prompt") is None else str(content["prompt"]),
        verifier=of_data(content.get("verifier")),
    )


def _gold(gold: Any, part: Any = None, classes: Any = None) -> Any:
    """Names of labels; where classes stand beside it, a value of another kind."""
    return gold if classes is not None or gold is None else tuple(map(str, gold))


def _classes(names: Any = None) -> tuple[str, ...] | None:
    return None if names is None else tuple(map(str, names))


def _part(name: str | None = None) -> Part | None:
    """A part of the split by its name. Raises ValueError: there is none of that name."""
    if name is None:
        return None
    for part in PARTS:
        if part == name:
            return part
    raise ValueError(f"{name!r} is no part of the split")


def run_directories(paths: Iterable[Path]) -> list[Path]:
    """The run directories that ``paths`` name: each itself one, or a sweep or study with some below it.

    Raises:
        DataError: a path is not there or has none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            raise DataError(f"{path}: no such directory", code="folder-missing", key=str(path))
        own = [path] if (path / ".hydra" / "config.yaml").is_file() else _below(path)
        if not own:
            raise DataError(
                f"{path}: no run directory is here or below (.hydra/config.yaml)", code="not-a-run", key=str(path)
            )
        found.update(dict.fromkeys(own))
    return list(found)


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Sorted by name, and by number where a name is one: job 2 before job 10."""
    return sorted(paths, key=lambda path: [(len(part), part) if part.isdigit() else (0, part) for part in path.parts])


def _below(path: Path) -> list[Path]:
    return in_order(config.parent.parent for config in path.glob("**/.hydra/config.yaml"))
