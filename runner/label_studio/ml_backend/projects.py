"""What the backend knows of each project: its interface, the prompt typed last, the run adopted last, its training.

A file a project, written whole at each change: a restart, however the server ended, goes on with it. Nothing secret is
ever in it.
"""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from runner.core.errors import DataError, RunDirectoryError
from runner.core.files import atomic_write
from runner.label_studio.ml_backend.in_thread import in_thread
from runner.label_studio.ml_backend.request_body import Refused
from runner.runs.prompt_to_use import Which

_NAME = re.compile(r"(\d{1,18})(?:\.\d{1,18})?", re.ASCII)
ADOPTED = "adopted"
"""The event of a prompt that a training found and that is served since."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chosen:
    """A prompt that a project may be served with, and why.

    Attributes:
        at: when it was typed, adopted or configured; ISO 8601, UTC, so that a later one sorts behind.
        event: what brought it: ``typed``, a webhook's action, ``adopted``, ``serve.run`` or ``prompt``.
        run: the run whose prompt it is, and ``which`` of its prompts, with the ``verdict`` on its best one; empty for
            one that people wrote.
    """

    text: str
    at: str
    event: str
    run: str = ""
    verdict: str = ""
    which: Which = "best"

    @property
    def stays(self) -> bool:
        """Whether a prompt that is only tried leaves it in its place: it was adopted, or proved better."""
        return self.event == ADOPTED or (bool(self.run) and self.which == "best" and self.verdict == "better")

    @property
    def source(self) -> str:
        """Where it came from, in words."""
        if self.run:
            verdict = self.verdict if self.which == "best" else f"its best one: {self.verdict}"
            return f"{self.which} prompt of {self.run} ({verdict})"
        if self.event == "prompt":
            return "default: the configuration's prompt"
        return f"typed by a person at {self.at[:19]}Z"


@dataclass(frozen=True)
class Training:
    """An optimisation that Start Training began.

    Attributes:
        run: its run directory. pid: its process.
        status: ``running``, also while it waits for a restart of the server; ``finished`` with what was decided; or
            ``failed``.
        words: why it failed, or what came of it.
    """

    run: str
    pid: int
    status: Literal["running", "finished", "failed"]
    began: str
    words: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Renewal:
    """The predictions of a project's tasks made again, with a prompt that was adopted.

    Attributes:
        version: the model version that they get.
        status: ``running``, also while it waits for a restart of the server; ``finished``; ``stopped``, for what
            ``words`` say.
        total: tasks of the project. renewed: those with a prediction of this version. by_people: those that a person
            labelled, which are left alone. failed: those without a usable answer, which keep what they had.
        shown_version: the version that Label Studio shows because we told it to, this or an older one; empty for none.
        signed: what became of the project's description, in words.
    """

    version: str
    status: Literal["running", "finished", "stopped"] = "running"
    total: int = 0
    renewed: int = 0
    by_people: int = 0
    failed: int = 0
    words: str = ""
    shown_version: str = ""
    signed: str = ""

    @property
    def shown(self) -> bool:
        """Whether Label Studio shows this version, because we told it to."""
        return bool(self.version) and self.shown_version == self.version

    @property
    def counts(self) -> str:
        """How far it is, in words."""
        more = f", {self.by_people} labelled by people left alone" if self.by_people else ""
        lost = f", {self.failed} without a usable answer keep what they had" if self.failed else ""
        return f"{self.renewed} of {self.total} tasks renewed{more}{lost}"


@dataclass(frozen=True)
class Version:
    """A model version that the project was served with, where its prompt came from, and the prompt itself.

    Whoever wants an earlier prompt back types it again. States of before have no prompts.
    """

    name: str
    source: str
    prompt: str = ""


@dataclass(frozen=True)
class Project:
    """One project. ``config`` is its labelling interface (XML) as Label Studio sent it last, as ``title`` is."""

    id: str
    config: str = ""
    typed: Chosen | None = None
    known: tuple[str, ...] = ()
    adopted: Chosen | None = None
    training: Training | None = None
    renewal: Renewal | None = None
    versions: tuple[Version, ...] = ()
    title: str = ""


class Projects:
    """All projects, kept in a folder, one writer at a time.

    Args:
        others: what the configuration has projects served with, where nothing later came.
        most: how many projects; each has its interface in memory.
    """

    def __init__(self, folder: Path, others: tuple[Chosen, ...] = (), most: int = 1000) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.others = others
        self._most = most
        self._known = {project.id: project for project in map(_read, sorted(folder.glob("*.json")))}
        self._writing = asyncio.Lock()

    def get(self, name: str) -> Project:
        return self._known.get(name) or Project(name)

    def all(self) -> list[Project]:
        return list(self._known.values())

    def prompt(self, project: Project) -> Chosen | None:
        """What a project is to be served with: whatever came last."""
        return max(self._offered(project), key=lambda one: one.at, default=None)

    def run_behind(self, project: Project) -> str | None:
        """The run whose prompt came last. One that a person has typed since is taken for that one with changes."""
        of_runs = [one for one in self._offered(project) if one.run]
        return max(of_runs, key=lambda one: one.at).run if of_runs else None

    def _offered(self, project: Project) -> list[Chosen]:
        return [one for one in (*self.others, project.typed, project.adopted) if one is not None]

    async def change(self, name: str, **changes: Any) -> Project:
        """Change a project; it is on disk when this returns, unless the disk refuses, which is told in the log.

        Raises:
            Refused: there are too many projects.
        """
        project = replace(self.get(name), **changes)
        if project == self._known.get(name):
            return project
        if name not in self._known and len(self._known) >= self._most:
            raise Refused(
                f"this server knows {self._most} projects and takes no more: remove some from its state directory",
                code="too-many-projects",
                key="project",
            )
        self._known[name] = project
        async with self._writing:
            try:
                await in_thread(self._write, self._known[name])
            except RunDirectoryError as error:
                _log.error("project %s is remembered in memory only: %s", name, error)
        return project

    def _write(self, project: Project) -> None:
        atomic_write(self._folder / f"{int(project.id)}.json", json.dumps(asdict(project), indent=1) + "\n")


def project_id(value: object) -> str:
    """The number in ``"ID.timestamp"``, a number, or an object with an ``id``, as Label Studio names projects.

    Raises:
        Refused: there is none. It becomes a file's name, so nothing else will do.
    """
    if isinstance(value, dict):
        value = value.get("id")
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    found = _NAME.fullmatch(text)
    if not found or not int(found[1]):
        raise Refused(
            "project is missing or is no project's number (a number, or 'ID.TIMESTAMP')",
            code="bad-value",
            key="project",
        )
    return str(int(found[1]))


def now() -> str:
    """The time, so that a later one sorts behind."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _renewal(shown: bool = False, **more: Any) -> Renewal:
    """What is written down of one; states of before say only whether this version is shown."""
    return Renewal(**{"shown_version": more["version"] if shown else "", **more})


def _read(path: Path) -> Project:
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["id"] != path.stem:
            raise ValueError(f"it is of project {content['id']}")
        kinds = dict[str, Callable[..., Any]](typed=Chosen, adopted=Chosen, training=Training, renewal=_renewal)
        parts = {name: kind(**content[name]) if content.get(name) else None for name, kind in kinds.items()}
        versions = tuple(Version(**entry) for entry in content["versions"])
        known, title = tuple(content["known"]), str(content.get("title") or "")
        return Project(content["id"], content["config"], known=known, versions=versions, title=title, **parts)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(
            f"{path} cannot be read ({error}): move it away, and the project begins anew",
            code="damaged-file",
            key=str(path),
        ) from error
