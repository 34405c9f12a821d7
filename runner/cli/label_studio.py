"""goldloop studio: a project of Label Studio made ready step by step, and labels brought back to it."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, ValidationError

from runner.config.command_line import CommandLine
from runner.config.compose import command_config
from runner.config.instantiate import make, problem_in, refuse_unknown
from runner.config.settings import StudioSettings
from runner.config.validate import plain
from runner.core.errors import ConfigError
from runner.core.secrets import refuse_secret_words
from runner.core.terminal import one_line
from runner.runs.prompt_to_use import Choice

if TYPE_CHECKING:
    from runner.label_studio.asked import Asked
    from runner.label_studio.client import Studio

_BACK = {
    "push": "label_studio_push",
    "queue": "label_studio_queue",
    "decide": "label_studio_queue",
}  # and the module that does it
_ALONE = {"choice": "labels", "taxonomy": "paths", "text": "written"}  # else as the type is called


class SetUp(StudioSettings):
    """What ``studio.`` holds for this command."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: StrictInt | str | None  # strict, for true is no 1
    labels: list[str] | dict[str, str] | str | None
    choice: Literal["multiple", "single"]
    config_file: str | None
    tasks: str | None
    backend: str | None
    user_env: str
    password_env: str
    queue_tasks: Annotated[int, Field(ge=1, le=2000)]


def _named(gold: object) -> object:
    """What is gold, as it may be named; ``gold=$TAB`` of a variable that is not set must do nothing."""
    numbers = gold if isinstance(gold, list) else [gold]
    if gold is None or (isinstance(gold, str) and gold.strip()):
        return gold
    if numbers and all(isinstance(number, int) and not isinstance(number, bool) and number > 0 for number in numbers):
        return gold
    raise ValueError("must name a tab, an annotator's e-mail, or tasks by their numbers (7, [3,7] or 3-40)")


class Settings(BaseModel):
    """The configuration, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: Literal["all", "project", "tasks", "backend", "check"]
    push: str | None
    which: Choice
    queue: str | None
    decide: str | None
    task: str | None
    gold: Annotated[int | str | list[int] | None, BeforeValidator(_named)]
    studio: SetUp


def studio(words: CommandLine) -> int:
    """Do what the words ask for. Returns the exit code: 1 where ``step=check`` found a problem.

    Raises:
        ConfigError, DataError, StudioError: in one line, what to do.
    """
    settings = _settings(words)
    wanted = [name for name in [*_BACK, "gold"] if getattr(settings, name) is not None]
    empty = next((name for name in wanted if getattr(settings, name) == ""), None)
    if empty:  # as of a variable that is not set
        raise ConfigError(f"{empty}= names nothing: give it a value, or leave it out", code="bad-value", key=empty)
    if len(wanted) > 1:
        raise ConfigError(f"{' and '.join(wanted)} are both given: one at a time", code="both-given", key=wanted[1])
    if settings.gold is not None:
        from runner.cli.label_studio_gold import mark

        mark(settings.gold, settings.studio)
        return 0
    if wanted:
        act: Callable[..., None]
        act = getattr(import_module(f"runner.cli.{_BACK[wanted[0]]}"), wanted[0])
        more = [f"which={settings.which}"] if wanted == ["push"] else []
        act(Path(getattr(settings, wanted[0])), settings.studio, words.trust, *more)
        return 0
    _set_up(settings, words.trust)
    return _checked(settings) if settings.step in {"all", "check"} else 0


def _settings(words: CommandLine) -> Settings:
    refuse_secret_words(words.rest)
    content = plain(command_config(words))
    content.pop("run", None)
    refuse_unknown(content, Settings.model_fields, "")
    refuse_unknown(content["studio"], SetUp.model_fields, "studio")
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        path = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ConfigError(f"{path} {problem_in(error)}", code="bad-value", key=path) from error


def _set_up(settings: Settings, trust: Sequence[str]) -> None:
    """The steps that were asked for, or that there is something to do in."""
    from runner.label_studio.client import connect

    own, step = settings.studio, settings.step
    if step == "check":
        return
    if step in {"tasks", "backend"} and not getattr(own, step):
        raise ConfigError(
            f"step={step} needs studio.{step}={'FILE' if step == 'tasks' else 'http://HOST:PORT'}",
            code="option-missing",
            key=f"studio.{step}",
        )
    asked = None if settings.task is None else _asked(Path(settings.task).expanduser(), own.tasks, trust)
    with connect(own.url, own.token_env) as server:
        _steps(server, own, step, asked)


def _asked(path: Path, rows: str | None, trust: Sequence[str]) -> "Asked":
    """What a task file asks. The control of an answer without a name is called by its type.

    Args:
        rows: the file of texts, which says whether they are dialogues where the task file names no column.

    Raises:
        ConfigError: the file cannot be read, or says what cannot be; names the answer.
    """
    from runner.config.task_file import read_task
    from runner.label_studio.asked import Asked
    from runner.label_studio.task_file import holds_dialogues

    task = read_task(path)
    named = {name or _ALONE.get(one.type, one.type): one for name, one in task.answers.items()}
    return Asked(
        answers={name: make(one.node, f"verifier.{name}", trust) for name, one in named.items()},
        columns={name: one.column or ("labels" if task.alone else name) for name, one in named.items()},
        text=task.text or ("dialogue" if rows and holds_dialogues(rows) else "text"),
        optional=[name for name, one in named.items() if one.optional],
        id=task.id,
    )


def _steps(server: "Studio", own: SetUp, step: str, asked: "Asked | None") -> None:
    from runner.label_studio.backend_connection import Credentials, connect_backend
    from runner.label_studio.project import Wanted, import_tasks, make_project

    if step in {"all", "project"}:
        wanted = Wanted(own.project, own.labels, own.choice, own.config_file, own.tasks, own.named, asked)
        project, done = make_project(server, wanted)
        print(one_line(done))
    else:
        project = server.project(own.project)
    if own.tasks and step in {"all", "tasks"}:
        named = own.named or (asked.names if asked else None)
        print(import_tasks(server, project, own.tasks, named, asked))
    if own.backend and step in {"all", "backend"}:
        credentials = Credentials.from_environment(own.user_env, own.password_env)
        print(connect_backend(server, project.id, own.backend, credentials))
    print(f"{server.url}/projects/{project.id}/data")


def _checked(settings: Settings) -> int:
    from runner.label_studio.backend_connection import Credentials
    from runner.label_studio.diagnose import check

    own = settings.studio
    credentials = Credentials.from_environment(own.user_env, own.password_env)
    problems = 0
    wanted = own.url, own.token_env, own.project, own.backend, credentials, own.named
    changed = settings.step == "check" or own.config_file is not None
    for finding in check(*wanted, annotations=changed):
        wrong = finding.problem is not None and not finding.is_next
        problems += wrong
        mark = "PROBLEM" if wrong else "next" if finding.is_next else "ok"
        print(one_line(f"{mark:<8} {finding.part}: {finding.problem or finding.words}"))
    return 1 if problems and settings.step == "check" else 0
