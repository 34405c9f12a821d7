"""The files of a run directory, each read with care: they may come from somebody else."""

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from runner.core.errors import DataError
from runner.core.run_result import VERSION, RunResult
from runner.core.run_rows import EpochRecord
from runner.runs.bounded import MEGABYTE, bytes_in, lines_in, parsed
from runner.runs.json_records import from_json
from runner.runs.old_files import with_stop
from runner.runs.plain_yaml import plain_yaml

_Row = TypeVar("_Row")
_MOST = {".yaml": 4 * MEGABYTE, ".json": 16 * MEGABYTE, ".txt": 16 * MEGABYTE}
_MOST_LINES = 512 * MEGABYTE
"""Bytes of a file by the end of its name; of another, files of lines among them, so many."""
_MOST_RECORDS = 500_000


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
    last = deque(_whole_lines(path), maxlen=1)
    return _epoch(last[0], path) if last else None


def epochs_so_far(path: Path) -> list[EpochRecord]:
    """The epochs that a run has written down, also while it goes on; those that can be read."""
    return [row for line in _whole_lines(path) if (row := _epoch(line, path)) is not None]


def _whole_lines(path: Path) -> Iterator[bytes]:
    """The lines of ``epochs.jsonl``; after the last line break there may be half a line."""
    try:
        yield from (line for _, line in lines_in(path / "epochs.jsonl", _MOST_LINES) if line.endswith(b"\n"))
    except (OSError, DataError):
        return


def _epoch(line: bytes, path: Path) -> EpochRecord | None:
    where = f"{path}/epochs.jsonl"
    try:
        return from_json(EpochRecord, parsed(line.decode(), where), where)
    except (ValueError, DataError):
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
    try:
        within = path.resolve().is_relative_to(run.resolve())
    except (OSError, RuntimeError):  # links in a ring
        within = False
    if not within:
        raise DataError(
            f"{path} is a link out of the run directory: copy the file itself", code="is-a-link", key=str(path)
        )
    return path


def content_of(run: Path, name: str) -> bytes:
    """The content of a file.

    Raises:
        DataError: it is not there, is larger than goldloop writes any, is no ordinary file, or cannot be read.
    """
    path = inside(run, name)
    try:
        return bytes_in(path, _MOST.get(path.suffix, _MOST_LINES))
    except FileNotFoundError:
        raise _missing(run, name) from None
    except OSError as error:
        raise _unreadable(path, error) from error


def text_of(run: Path, name: str) -> str:
    """The text of a file, each line end as ``\\n``. Raises DataError as ``content_of`` does, or: it is no UTF-8."""
    try:
        return content_of(run, name).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise _unreadable(run / name, error) from error


def json_of(run: Path, name: str) -> Any:
    """The content of a JSON file. Raises DataError as ``text_of`` does, and where it is no JSON, or too deep."""
    try:
        return parsed(text_of(run, name), str(run / name))
    except ValueError as error:
        raise DataError(f"{run / name} is no JSON ({error})", code="not-json", key=str(run / name)) from error


def yaml_of(run: Path, name: str) -> Any:
    """The content of a YAML file, plain values only. Raises DataError as ``json_of`` does."""
    return plain_yaml(text_of(run, name), str(run / name))


def lines_of(run: Path, name: str, kind: type[_Row]) -> list[_Row]:
    """The lines of a file as records. Raises DataError: as ``json_of`` does; names the line, and the key."""
    path, rows = inside(run, name), []
    try:
        for number, line in lines_in(path, _MOST_LINES):
            where = f"{path}, line {number}"
            if number > _MOST_RECORDS:
                told = f"{path} has more than {_MOST_RECORDS:,} lines, and no more are read of it"
                raise DataError(told, code="too-large", key=str(path))
            if not line.strip():
                continue
            try:
                row = parsed(line.decode("utf-8"), where)
            except UnicodeDecodeError as error:
                raise _unreadable(path, error) from error
            except ValueError as error:
                raise DataError(f"{where}: no JSON ({error})", code="not-json", key=str(path)) from error
            if not isinstance(row, dict):
                raise DataError(f"{where}: not a JSON object", code="wrong-shape", key=str(path))
            refuse_newer(row.get("v"), where)
            rows.append(from_json(kind, row, where))
    except FileNotFoundError:
        raise _missing(run, name) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    return rows


def _missing(run: Path, name: str) -> DataError:
    return DataError(f"{run}: {name} is not there: the run did not get so far", code="file-missing", key=name)


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} cannot be read ({error})", code="unreadable", key=str(path))
