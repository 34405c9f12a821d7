"""goldloop serve: checks the configuration, builds the backend, and listens until it is stopped."""

import asyncio
import ipaddress
import logging
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from aiohttp import web
from dotenv import load_dotenv
from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.budget import Limits
from runner.build import check, plain, verifier_for
from runner.command_line import Words
from runner.component import make, problem_in, refuse_unknown
from runner.door import Door
from runner.errors import ConfigError
from runner.precheck import CONF, command_config
from runner.resume import HOUSE
from runner.secrets import RedactingFilter, protect, refuse_secret_words
from runner.serve.app import Access, application
from runner.serve.backend import Backend, PromptFrom, adopted
from runner.serve.model import Model
from runner.serve.projects import Project, Projects
from runner.serve.training import Adopt, Trainings
from runner.settings import BudgetSettings


class Settings(BaseModel):
    """What stands below ``serve``, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: Annotated[int, Field(ge=0, le=65535)]
    run: str | None
    prompt_from: PromptFrom
    adopt: Adopt
    deadline: Annotated[float, Field(gt=0)]
    max_megabytes: Annotated[int, Field(ge=1)]
    user_env: str
    password_env: str
    state: str
    budget: BudgetSettings


def serve(words: Words) -> None:
    """Listen until Ctrl-C or a signal to end.

    Raises:
        ConfigError, DataError: what cannot work, before it listens. OSError becomes a ConfigError that names the port.
    """
    load_dotenv(Path.cwd() / ".env")
    refuse_secret_words(words.rest)
    config = command_config(words)
    OmegaConf.set_struct(config, False)
    config.pop("run", None)
    settings = _settings(config.pop("serve"))
    # Which project is known only when it comes; whatever else can be wrong is found now.
    check(_with(config, {"studio": {"project": 0}}))
    content = plain(config)
    make(content["provider"], "provider")
    _log_to_terminal()
    protect(settings.password_env)
    state = Path(settings.state)
    projects = Projects(state / "projects", adopted(settings.run) if settings.run else None)
    access = Access(os.environ.get(settings.user_env, ""), os.environ.get(settings.password_env, ""))

    def opened() -> Door:
        limits, journal = Limits(**settings.budget.model_dump()), content["journal"]
        return Door(make(content["provider"], "provider"), limits, journal["mode"], Path(journal["path"]))

    backend = Backend(
        projects,
        Model(opened),
        Trainings(projects, _words_of(config, state), settings.adopt, Path("outputs")),
        verifier_of=lambda multiple: verifier_for(content["verifier"], multiple),
        prompt_from=settings.prompt_from,
        deadline=settings.deadline,
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(_listen(backend, access, settings, str(content["provider"].get("model"))))


async def _listen(backend: Backend, access: Access, settings: Settings, model: str) -> None:
    runner = web.AppRunner(application(backend, access, settings.max_megabytes), access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigError(
                f"serve.port={settings.port}: cannot listen on {settings.host} ({error.strerror}): give another port"
            ) from error
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        _announce(settings, access, port, model)
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await ended.wait()
        print("stopping: what is under way is written down", flush=True)
    finally:
        await runner.cleanup()


def _announce(settings: Settings, access: Access, port: int, model: str) -> None:
    where = f"http://{settings.host}:{port}"
    served = f"the best prompt of {settings.run}" if settings.run else "the prompt that is typed in the project"
    print(f"goldloop serves {served} with {model} on {where}")
    if not access.password and not _loopback(settings.host):
        print(
            f"WARNING: anyone who reaches {settings.host} can use it: set {settings.user_env} and "
            f"{settings.password_env} for a password"
        )
    print(f"connect it: goldloop studio studio.project=TITLE studio.backend={where}", flush=True)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _words_of(config: DictConfig, state: Path) -> Callable[[Project, Path], Sequence[str]]:
    """What starts the training of a project: this configuration, with its number and its prompt."""

    def words(project: Project, run: Path) -> list[str]:
        place = (state / "trainings" / project.id).resolve()
        place.mkdir(parents=True, exist_ok=True)
        own: dict[str, Any] = {"studio": {"project": int(project.id)}, "study": f"serve-{project.id}"}
        if project.prompt is not None:
            own["prompt"] = project.prompt.text
        (place / "config.yaml").write_text(OmegaConf.to_yaml(_with(config, own)), "utf-8")
        here = [f"hydra.searchpath=[file://{CONF}]", *HOUSE, f"hydra.run.dir='{run}'"]
        return ["--config-path", str(place), "--config-name", "config", *here]

    return words


def _with(config: DictConfig, changes: dict[str, Any]) -> DictConfig:
    merged = OmegaConf.merge(config, changes)
    if not isinstance(merged, DictConfig):
        raise TypeError("a mapping and a mapping make a mapping")
    return merged


def _settings(node: DictConfig) -> Settings:
    content = plain(node)
    refuse_unknown(content, Settings.model_fields, "serve")
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        path = ".".join(["serve", *(str(part) for part in error.errors()[0]["loc"])])
        raise ConfigError(f"{path} {problem_in(error)}") from error


def _log_to_terminal() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler.addFilter(RedactingFilter())
    log = logging.getLogger("goldloop.serve")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
