"""The run directory: what is in it, and how it is written so that a reader never meets half a file."""

import gzip
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from runner.errors import RunDirectoryError
from runner.types import Data

_PACKAGES = ("goldloop", "hydra-core", "omegaconf", "openai", "litellm", "wandb", "xllamacpp")


class RunDirectory:
    """Writes the files of one run. Whole files are renamed into place; lines are appended one at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        (path / "epochs.jsonl").unlink(missing_ok=True)

    def initial_prompt(self, text: str) -> None:
        write_whole(self.path / "initial_prompt.txt", text + "\n")

    def data(self, data: Data) -> None:
        """The items and labels as they were, so that the directory replays without the files they came from."""
        content = {
            "labels": dict(data.labels.definitions),
            "items": [[item.id, item.text, item.gold, *([item.part] if item.part else [])] for item in data.items],
            "sha256": data.sha256,
            "unlabelled": data.unlabelled,
            "repeated": data.repeated,
            "contradicted": list(data.contradicted),
            "searched": sorted(data.searched),
            "multiple": data.multiple,
            "agreement": asdict(data.agreement) if data.agreement else None,
            "prompt": data.prompt,
        }
        packed = gzip.compress(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass"), 6, mtime=0)
        write_whole(self.path / "data.json.gz", packed)

    def best_prompt(self, text: str) -> None:
        write_whole(self.path / "best_prompt.txt", text + "\n")

    def epoch(self, record: Mapping[str, Any]) -> None:
        with told(self.path), (self.path / "epochs.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(line_of(record))

    def predictions(self, rows: Iterable[Mapping[str, Any]]) -> None:
        write_whole(self.path / "predictions.jsonl", "".join(map(line_of, rows)))

    def result(self, record: Mapping[str, Any]) -> None:
        write_whole(self.path / "result.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write ``content`` to a file beside ``path`` and rename it, so that the old or the new file is there, whole."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with told(path.parent):
        try:
            with partial.open("wb") as out:
                out.write(content if isinstance(content, bytes) else content.encode("utf-8"))
                out.flush()
                os.fsync(out.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def told(place: Path) -> Iterator[None]:
    """What the system refuses here becomes a RunDirectoryError: no room, no permission."""
    try:
        yield
    except OSError as error:
        raise RunDirectoryError(
            f"{place} cannot be written ({error.strerror}): free some space or mend the permissions"
        ) from error


def versions() -> dict[str, str]:
    """Python's version and those of the packages a result depends on, without importing them."""
    found = {"python": python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def git_state() -> dict[str, Any] | None:
    """Commit and cleanliness of the working directory's repository; None outside one."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, timeout=10, check=True)
        return done.stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.SubprocessError):
        return None


def line_of(record: Mapping[str, Any]) -> str:
    """A record as it stands in a file of lines."""
    return json.dumps(record, ensure_ascii=False) + "\n"
