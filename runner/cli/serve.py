"""goldloop serve: checks the configuration, puts the backend together, and listens until it is stopped."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pydantic import ValidationError

from runner.config.command_line import CommandLine, quoted
from runner.config.compose import command_config
from runner.config.instantiate import problem_in, refuse_unknown
from runner.config.project_reading import reading_in
from runner.config.resume import HYDRA_OVERRIDES
from runner.config.settings import RunSettings
from runner.config.shipped import CONF
from runner.config.validate import CheckedConfig, plain, validate
from runner.core.calls import Call
from runner.core.errors import CallFailed, ConfigError
from runner.core.files import atomic_write
from runner.core.items import Data
from runner.core.protocols import Provider
from runner.core.secrets import refuse_secret_words
from runner.label_studio.interface_controls import one_or_several
from runner.label_studio.ml_backend.adoption import PersonsChoice
from runner.label_studio.ml_backend.allowed_hosts import AllowedHosts
from runner.label_studio.ml_backend.app import Parts, application
from runner.label_studio.ml_backend.basic_auth import BasicAuth, login_of
from runner.label_studio.ml_backend.http_server import listen, log_to_terminal, loopback
from runner.label_studio.ml_backend.model import Model
from runner.label_studio.ml_backend.page_address import PageAddress
from runner.label_studio.ml_backend.predicting import Predicting
from runner.label_studio.ml_backend.project_options import ProjectOptions
from runner.label_studio.ml_backend.projects import Chosen, Projects
from runner.label_studio.ml_backend.renewing import Renewals
from runner.label_studio.ml_backend.served_prompt import Serving
from runner.label_studio.ml_backend.settings import ProjectSettings, ServeSettings
from runner.label_studio.ml_backend.state_dir import alone, chosen_run
from runner.label_studio.ml_backend.studio_project import opener
from runner.label_studio.ml_backend.training import Trainings
from runner.label_studio.ml_backend.webhooks import Webhooks
from runner.providers.middleware.budget import Budget
from runner.providers.middleware.client import ModelClient
from runner.providers.middleware.journal import JournalFiles
from runner.providers.prepare import prepare
from verifiers.label_set import LabelSet
from verifiers.verifier import Instructions


def serve(words: CommandLine) -> None:
    """Listen until Ctrl-C or a signal to end.

    Raises:
        GoldloopError: what cannot work, before it listens; one line. KeyboardInterrupt: it was stopped by Ctrl-C.
    """
    config, settings = configured(words)
    training = validate(_with(config, 0), words.trust)  # which project is known only when it asks
    login = login_of(settings.user_env, settings.password_env)
    provider: Provider = training.make("provider")
    if training.settings.journal.mode != "replay":  # which asks nobody
        prepare(provider)
    state = Path(settings.state)
    with alone(state):
        others = (*_default(training.settings), *chosen_run(state, settings.run, settings.which))
        projects = Projects(state / "projects", others)
        with log_to_terminal():
            by_ctrl_c = asyncio.run(_served(provider, words, config, training, settings, login, projects))
    if by_ctrl_c:
        raise KeyboardInterrupt


def configured(words: CommandLine) -> tuple[DictConfig, ServeSettings]:
    """The configuration of a training, and what is for the server alone."""
    if words.resume:
        raise ConfigError(
            "serve has nothing to resume: start it again, and trainings that were cut off go on",
            code="nothing-to-resume",
            key="resume",
        )
    refuse_secret_words(words.rest)
    config = command_config(replace(words, rest=[_addable(word) for word in words.rest]))
    OmegaConf.set_struct(config, False)
    return config, _settings(config.pop("serve"))


def _addable(word: str) -> str:
    """A word for a project that no file names yet, which Hydra wants to be told."""
    return f"++{word}" if word.startswith(("serve.projects.", "serve.projects=")) else word


def _with(config: DictConfig, project: int) -> DictConfig:
    """The configuration of a training of a project."""
    made = config.copy()
    made.studio.project = project
    return made


def _of_control(made: DictConfig, control: str | Sequence[str] | None) -> DictConfig:
    """The same, whose answer is that of ``control``, or of several."""
    one, several = (control, None) if control is None or isinstance(control, str) else (None, list(control))
    for part in (made.studio, *([made.dataset] if "control" in made.dataset else [])):
        part.control, part.controls = one, several
    return made


def _settings(node: DictConfig) -> ServeSettings:
    content = plain(node)
    refuse_unknown(content, ServeSettings.model_fields, "serve")
    for name, own in dict(content.get("projects") or {}).items():
        if not str(name).isdecimal():
            raise ConfigError(
                f"serve.projects.{name}: {name!r} is no project's number: serve.projects.3.control=NAME",
                code="bad-value",
                key=f"serve.projects.{name}",
            )
        refuse_unknown(own if isinstance(own, dict) else {}, ProjectSettings.model_fields, f"serve.projects.{name}")
    try:
        return ServeSettings.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(["serve", *(str(part) for part in first["loc"])])
        raise ConfigError(f"{path}={first['input']!r} {problem_in(error, path)}", code="bad-value", key=path) from error


def _default(settings: RunSettings) -> list[Chosen]:
    """The configured prompt, which is served where there is nothing else."""
    if settings.prompt is None and settings.prompt_file is None:
        return []
    nothing = Data([], LabelSet.of(["x"]), "")  # the labels are the project's, and are added then
    return [Chosen(settings.initial_prompt(nothing, Instructions("")).render(), "", "prompt")]


async def _served(
    provider: Provider,
    words: CommandLine,
    config: DictConfig,
    training: CheckedConfig,
    settings: ServeSettings,
    login: BasicAuth,
    projects: Projects,
) -> bool:
    try:
        await _load(provider)
    except BaseException:
        await provider.close()
        raise
    journal = training.settings.journal

    def client_of(to: Provider) -> ModelClient:
        return ModelClient(to, Budget(settings.budget), JournalFiles(journal.mode, Path(journal.path)))

    model = Model(provider, client_of)
    options = _options(training, settings)
    serving = Serving(projects, provider.model, options.read, training.verifier)
    predicting = Predicting(projects, serving, model, options, settings.deadline)

    def configured_for(name: str) -> DictConfig:
        return _of_control(_with(config, int(name)), options.control_of(name, projects.get(name).config))

    content = training.content["studio"]
    address = PageAddress(settings.page_url, settings.host, settings.port)
    opened = opener(content["url"], content["token_env"])
    renewals = Renewals(projects, serving, model, opened, address.words, settings.renew)
    predicting.changed, predicting.held = renewals.follow, renewals.held
    trainings = Trainings(
        projects, serving, renewals, partial(_training_words, configured_for, words.trust), settings.adopt,
        Path(settings.state) / "trainings", Path("outputs"), trust=words.trust,
    )  # fmt: skip
    events = Webhooks(serving, predicting, trainings.start)
    events.imported = renewals.extend
    choice = PersonsChoice(projects, serving, renewals)
    parts = Parts(projects, serving, model, predicting, renewals, choice, trainings, events)
    hosts = AllowedHosts([settings.host, *settings.allowed_hosts])
    app = application(parts, login, settings.max_megabytes, hosts)
    try:
        announce = partial(_announce, training, settings, login, projects, address)
        return await listen(app, settings.host, settings.port, announce)
    finally:
        await model.close()  # again: an application that never began closes nothing


def _options(training: CheckedConfig, settings: ServeSettings) -> ProjectOptions:
    node = training.content["dataset"]
    own = {name: one.made() for name, one in settings.projects.items()}
    control = one_or_several(node.get("control"), node.get("controls"), "studio")
    return ProjectOptions(settings.prompt_from, control, node.get("text_fields"), own)


async def _load(provider: Provider) -> None:
    """Load a model of this machine now: within the first call it would take seconds in which nobody is answered.

    Raises:
        ProviderError: it cannot be loaded.
    """
    call = Call([{"role": "user", "content": "ready?"}], max_tokens=1)
    if provider.cost_at_most(call) == 0:  # on one's own machine
        print(f"loading {provider.model} ...", flush=True)
        try:
            await provider.complete(call)
        except CallFailed as failure:
            print(f"the model does not answer yet: {failure}")


def _announce(
    training: CheckedConfig,
    settings: ServeSettings,
    login: BasicAuth,
    projects: Projects,
    address: PageAddress,
    where: str,
) -> None:
    address.port = int(where.rpartition(":")[2])
    content = training.content
    provider, others = content["provider"], projects.others
    at = provider.get("base_url") or provider["_target_"].rpartition(".")[2]
    print(f"goldloop serves on {where}: {provider.get('model')} ({at})")
    served = max(others, key=lambda one: one.at).source if others else "none but those typed in Label Studio"
    print(f"prompt: {served}; {len(projects.all())} projects are known in {settings.state}")
    if not login.password and not loopback(settings.host):
        print(
            f"WARNING: everybody who reaches {settings.host} can use it, and your key with it: set "
            f"{settings.user_env} and {settings.password_env}"
        )
    token, reads = content["studio"]["token_env"], reading_in(content["dataset"], training.trusted)
    if not os.environ.get(token):
        told = "reads the project, and renews its predictions," if reads else "renews predictions"
        print(f"note: Start Training {told} with the token in {token}, which is not set")
    print(f"connect it: goldloop studio studio.project=ID studio.backend={where}")
    print(f"its pages, for people: {address.url}", flush=True)


def _training_words(
    configured_for: Callable[[str], DictConfig],
    trust: Sequence[str],
    name: str,
    run: Path,
    folder: Path,
    prompt: str | None,
    follows: str | None,
) -> Sequence[str]:
    """What starts the training of a project: the server's own configuration, with the project and its prompt."""
    own: dict[str, Any] = {"study": f"serve-{name}", **({"follows": follows} if follows else {})}
    if prompt is not None:
        atomic_write(folder / "prompt.txt", prompt + "\n")  # a file: whatever is in it is just text
        own |= {"prompt": None, "prompt_file": str(folder / "prompt.txt")}
    made = configured_for(name)
    for key, value in own.items():
        made[key] = value
    atomic_write(folder / "config.yaml", OmegaConf.to_yaml(made))
    here = [f"hydra.searchpath=[file://{CONF}]", *HYDRA_OVERRIDES, f"hydra.run.dir={quoted(str(run.resolve()))}"]
    return [*(f"--trust={name}" for name in trust), "--config-path", str(folder), "--config-name", "config", *here]
