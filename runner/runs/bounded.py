"""Reads files that may be anybody's: ordinary files only, and never more, or deeper, than goldloop itself writes."""

import gzip
import json
import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from runner.core.errors import DataError

MEGABYTE = 1 << 20
LINE = 16 * MEGABYTE  # of a file of lines
_DEEPEST = 64  # lists and mappings in one another
_UNPACKED = 1024 * MEGABYTE
_SURE, _PACKED = 16 * MEGABYTE, 100  # beyond so many bytes, no file of texts packs to a hundredth
_CHUNK = MEGABYTE
_JSON = 16 * MEGABYTE


@contextmanager
def opened(path: Path, most: int) -> Iterator[BinaryIO]:
    """A file to read from. A pipe, which would be waited for, or a device, which may have no end, is not opened.

    Args:
        most: bytes that it may have.

    Raises:
        DataError: it is no ordinary file, or is larger. OSError: the system refuses.
    """
    _refuse_odd(path, path.stat().st_mode)
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        found = os.fstat(file.fileno())
        _refuse_odd(path, found.st_mode)
        if found.st_size > most:
            raise too_large(path, found.st_size, most)
        yield file


def bytes_in(path: Path, most: int) -> bytes:
    """The content of a file. Raises as ``opened`` does."""
    with opened(path, most) as file:
        content = file.read(most + 1)
    if len(content) > most:  # it grew
        raise too_large(path, len(content), most)
    return content


def lines_in(path: Path, most: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, with their ends, by number from 1. Raises as ``opened`` does; DataError: one has no end."""
    with opened(path, most) as file:
        number = 0
        while line := file.readline(LINE + 1):
            number += 1
            if len(line) > LINE:
                raise too_large(Path(f"{path}, line {number}"), len(line), LINE)
            yield number, line


def json_in(path: Path) -> Any:
    """The value that a file in JSON holds. Raises as ``bytes_in`` and ``parsed`` do; UnicodeDecodeError."""
    return parsed(bytes_in(path, _JSON).decode("utf-8"), str(path))


def unpacked(path: Path) -> bytes:
    """The content of a gzip file.

    Raises:
        DataError: as ``opened`` does; or it unpacks to a flood. OSError, EOFError, ValueError: it is damaged.
    """
    chunks: list[bytes] = []
    total = 0
    with opened(path, _UNPACKED) as file, gzip.GzipFile(fileobj=file) as packed:
        most = min(_UNPACKED, max(_SURE, _PACKED * os.fstat(file.fileno()).st_size))
        try:
            while chunk := packed.read(_CHUNK):
                total += len(chunk)
                if total > most:
                    raise DataError(
                        f"{path} unpacks to more than {most // MEGABYTE} MB, which no run's data do: it is not read",
                        code="too-large",
                        key=str(path),
                    )
                chunks.append(chunk)
        except zlib.error as error:
            raise ValueError(str(error)) from error
    return b"".join(chunks)


def parsed(text: str, where: str) -> Any:
    """The value that a text in JSON holds.

    Raises:
        DataError: it is deeper than any that goldloop writes. ValueError: it is no JSON.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise too_deep(where) from None
    refuse_deep(value, where)
    return value


def refuse_deep(value: object, where: str) -> None:
    """Raise DataError for lists and mappings that lie deeper in one another than any that goldloop writes."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise too_deep(where)
        below: list[object] = []
        for one in level:
            if isinstance(one, Mapping):
                below += one.values()
            elif isinstance(one, list):
                below += one
        level = [one for one in below if isinstance(one, list | dict)]


def too_deep(where: str) -> DataError:
    """The error for a file whose lists and mappings lie too deep in one another."""
    told = f"{where}: lists or mappings lie more than {_DEEPEST} deep in one another: goldloop writes no such file"
    return DataError(told, code="too-deep", key=where)


def too_large(path: Path, size: int, most: int) -> DataError:
    """The error for a file of more bytes than it may have."""
    told = f"{path} has {size / MEGABYTE:,.1f} MB, and no more than {most // MEGABYTE:,} MB are read of it"
    return DataError(told, code="too-large", key=str(path))


def _refuse_odd(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"it is a directory: {path}")
    if not stat.S_ISREG(mode):
        raise DataError(
            f"{path} is a pipe or a device, and no file: goldloop does not read it",
            code="unreadable",
            key=str(path),
        )
