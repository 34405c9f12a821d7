"""The files of a run directory, each read with care: they may come from somebody else."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from runner.core.errors import DataError
from runner.core.run_result import VERSION, RunResult
from runner.core.run_rows import EpochRecord
from runner.runs.json_records import from_json
from runner.runs.old_files import with_stop

_Row = TypeVar("_Row")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def result_of(path: Path) -> RunResult | None:
    """``result.json`` of a run that may not have begun; None if it is not there.

    Raises:
        DataError: it cannot be read, or is not as goldloop writes it.
    """
    return result_from(json_of(path, "result.json"), path) if (path / "result.json").is_file() else None


def result_from(content: object, path: Path) -> RunResult:
    """The content of the ``result.json`` of a run directory, typed.

    Raises:
        DataError: a key is missing or unfit, or it was written by a newer goldloop.
    """
    where = f"{path}/result.json"
    if not isinstance(content, Mapping):
        raise DataError(f"{where}: not a JSON object", code="wrong-shape", key=where)
    refuse_newer(content.get("version"), where)
    return from_json(RunResult, with_stop(content), where)


def last_epoch(path: Path) -> EpochRecord | None:
    """The last epoch that a run has written down, also while it goes on; None if there is none to be read."""
    try:
        lines = (path / "epochs.jsonl").read_text("utf-8").split("\n")
        # After the last line break there is nothing, or half a line.
        return from_json(EpochRecord, json.loads(lines[-2]), f"{path}/epochs.jsonl") if len(lines) > 1 else None
    except (OSError, ValueError, DataError):
        return None


def refuse_newer(version: object, where: str) -> None:
    """Raise DataError for a file, or a line, of a version that this goldloop does not know."""
    if isinstance(version, int) and version > VERSION:
        raise DataError(
            f"{where} was written by a newer goldloop (version {version}, this one knows {VERSION}): update goldloop",
            code="newer-version",
            key=where,
        )


def inside(run: Path, name: str) -> Path:
    """The path of a file. Raises DataError if it is a link out of the run directory."""
    path = run / name
    if not path.resolve().is_relative_to(run.resolve()):
        raise DataError(
            f"{path} is a link out of the run directory: copy the file itself", code="is-a-link", key=str(path)
        )
    return path


def text_of(run: Path, name: str) -> str:
    """The text of a file. Raises DataError: it is not there, or cannot be read."""
    path = inside(run, name)
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise DataError(
            f"{run}: {name} is not there: the run did not get so far", code="file-missing", key=name
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error})", code="unreadable", key=str(path)) from error


def json_of(run: Path, name: str) -> Any:
    """The content of a JSON file. Raises DataError as ``text_of`` does, and where it is no JSON."""
    try:
        return json.loads(text_of(run, name))
    except ValueError as error:
        raise DataError(f"{run / name} is no JSON ({error})", code="not-json", key=str(run / name)) from error


def yaml_of(run: Path, name: str) -> Any:
    """The content of a YAML file, plain values only. Raises DataError as ``json_of`` does."""
    try:
        return yaml.load(text_of(run, name), Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one
    except yaml.YAMLError as error:
        raise DataError(
            f"{run / name} is no plain YAML ({' '.join(str(error).split())})", code="not-yaml", key=str(run / name)
        ) from error


def lines_of(run: Path, name: str, kind: type[_Row]) -> list[_Row]:
    """The lines of a file as records. Raises DataError: as ``json_of`` does; names the line, and the key."""
    rows = []
    for number, line in enumerate(text_of(run, name).split("\n"), start=1):
        if not line:
            continue
        where = f"{run / name}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(f"{where}: no JSON ({error})", code="not-json", key=str(run / name)) from error
        if not isinstance(row, dict):
            raise DataError(f"{where}: not a JSON object", code="wrong-shape", key=str(run / name))
        refuse_newer(row.get("v"), where)
        rows.append(from_json(kind, row, where))
    return rows
