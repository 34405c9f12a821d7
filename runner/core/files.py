"""Files that a reader never meets half written, and what the system says where it refuses one."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from runner.core.errors import RunDirectoryError


def atomic_write(path: Path, content: str | bytes) -> None:
    """Write ``content`` to a file beside ``path`` and rename it, so that the old or the new file is there, whole."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with disk_errors(path.parent):
        try:
            with partial.open("wb") as out:
                out.write(content if isinstance(content, bytes) else content.encode("utf-8"))
                out.flush()
                os.fsync(out.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """What the system refuses here becomes a RunDirectoryError: no room, no permission."""
    try:
        yield
    except OSError as error:
        raise RunDirectoryError(
            f"{place} cannot be written ({error.strerror}): free some space or mend the permissions",
            code="unwritable",
            key=str(place),
        ) from error


def json_line(record: Mapping[str, object]) -> str:
    """A record as it stands in a file of lines."""
    return json.dumps(record, ensure_ascii=False) + "\n"
