"""What the backend knows of each project: its interface, the prompt typed last, the run it serves, its training.

A file a project, written whole at each change: a restart, however the last one ended, goes on with it. Nothing secret
is ever in it.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from runner.errors import DataError
from runner.run_directory import write_whole

_ID = re.compile(r"^\d{1,18}$")


@dataclass(frozen=True)
class Typed:
    """A prompt that a person typed. ``at`` is ISO 8601, UTC."""

    text: str
    at: str


@dataclass(frozen=True)
class Adopted:
    """The best prompt of a run, and what was decided of it."""

    run: str
    text: str
    verdict: str
    at: str


@dataclass(frozen=True)
class Training:
    """An optimisation that Start Training began.

    Attributes:
        run: its run directory. pid: its process.
        status: running; finished, with what was decided of it in ``words``; or failed, with the reason.
    """

    run: str
    pid: int
    status: Literal["running", "finished", "failed"]
    words: str
    at: str


@dataclass(frozen=True)
class Project:
    """One project.

    Attributes:
        config: its labelling interface (XML), as Label Studio sent it last.
        history: versions served before, newest first.
    """

    id: str
    config: str = ""
    typed: Typed | None = None
    adopted: Adopted | None = None
    training: Training | None = None
    history: tuple[str, ...] = ()

    @property
    def prompt(self) -> Typed | Adopted | None:
        """What is served: of the prompt typed last and the run adopted last the later one."""
        both = [one for one in (self.typed, self.adopted) if one is not None]
        return max(both, key=lambda one: one.at, default=None)


class Projects:
    """All projects, kept in a folder.

    Args:
        adopted: what a project serves that has nothing of its own yet.
    """

    def __init__(self, folder: Path, adopted: Adopted | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._default = adopted
        self._known = {project.id: project for project in map(_read, sorted(folder.glob("*.json")))}

    def get(self, name: str) -> Project:
        return self._known.get(name) or Project(name, adopted=self._default)

    def all(self) -> Iterable[Project]:
        return list(self._known.values())

    def change(self, name: str, **changes: Any) -> Project:
        """Change a project and write it down; returns it."""
        project = replace(self.get(name), **changes)
        if project != self._known.get(name):
            write_whole(
                self._folder / f"{project_id(name)}.json", json.dumps(asdict(project), ensure_ascii=False) + "\n"
            )
            self._known[name] = project
        return project


def project_id(value: object) -> str:
    """The number in ``"ID.timestamp"``, a number or an object with an ``id``, as Label Studio names projects.

    Raises:
        ValueError: there is none; it becomes a file's name, so nothing else will do.
    """
    if isinstance(value, dict):
        value = value.get("id")
    text = str(value).partition(".")[0] if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _ID.match(text):
        raise ValueError("the request names no project by its number")
    return str(int(text))


def now() -> str:
    """The time, so that a later one sorts behind."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _read(path: Path) -> Project:
    try:
        content = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
        kinds: dict[str, Callable[..., Any]] = {"typed": Typed, "adopted": Adopted, "training": Training}
        parts = {name: kind(**content[name]) if content.get(name) else None for name, kind in kinds.items()}
        return Project(str(content["id"]), str(content["config"]), **parts, history=tuple(content["history"]))
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(f"{path} cannot be read ({error}): move it away, and the project begins anew") from error
