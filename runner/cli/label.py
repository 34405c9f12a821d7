"""goldloop label: reads what is asked for, refuses what cannot run before anything is paid, and runs it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import load_dotenv
from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from yaml import YAMLError

from runner.cli.job import save_configuration
from runner.config.allowlist import Trusted, check_targets
from runner.config.command_line import CommandLine
from runner.config.compose import command_config
from runner.config.instantiate import checked, make, problem_in, refuse_unknown
from runner.config.past_run import PACE, asked, load_past_config
from runner.config.project_reading import reading_in
from runner.config.settings import StudioSettings
from runner.config.validate import CheckedConfig, plain, validate
from runner.core.errors import ConfigError, GoldloopError
from runner.core.prompt import Prompt
from runner.core.protocols import HasColumns, ReturnsToProject, Sink, Source
from runner.core.secrets import refuse_secret_words, refuse_secrets
from runner.core.terminal import one_line
from runner.datasets.fields import at
from runner.label_studio.origin import PinnedProject, at_origin, write_origin
from runner.labelling.confidence import LabelConfidence
from runner.labelling.label_run import LabelRun
from runner.labelling.sinks.file import FileSink
from runner.providers.middleware.budget import Limits
from runner.providers.middleware.journal import JournalSettings
from runner.runs.html.phrasing import outdone
from runner.runs.moved_targets import with_moved_targets
from runner.runs.reader import Run, read_run
from verifiers.label_set import LabelSet

_GROUPS = ("provider", "dataset", "sink")
# What a run that is resumed may have otherwise: none of it changes a label.
_MAY_CHANGE = (
    "budget.", "max_failed=", "sink.overwrite=", "studio.annotations=", *(f"provider.{key}=" for key in PACE),
)  # fmt: skip
_FIELDS = ("text_field", "id_field")


class Settings(BaseModel):
    """The scalars of a label run, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str
    which: Literal["best", "initial"]
    study: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    limit: Annotated[int, Field(ge=1)] | None
    reply: bool
    max_failed: Annotated[float, Field(ge=0, le=1)]
    budget: Limits
    journal: JournalSettings
    studio: StudioSettings


def label(words: CommandLine) -> None:
    """Label what the words name; prints where the labels are last.

    Raises:
        GoldloopError: in one line, and how to go on where something was done.
    """
    run(words)


def run(words: CommandLine) -> Path:
    """``label``, for other commands: returns the directory of the label run."""
    load_dotenv(Path.cwd() / ".env")
    directory = Path(words.resume) if words.resume else None
    config = _resumed(directory, words) if directory else _configured(words)
    content = plain(config)
    settings = _settings(content)
    source = read_run(Path(settings.run))
    _refuse_unsafe(content, words.trust)
    own = _own(source, words.trust)
    reading = reading_in(content["dataset"], words.trust)
    content["dataset"], origin = at_origin(content["dataset"], reading, directory)
    data = source.data()
    print(one_line(_about(source, content["provider"], settings.which)))
    if settings.which == "best" and (beaten := outdone(source.result)):
        print(one_line(f"WARNING: {beaten}"))
    rows: Source = make(content["dataset"], "dataset", words.trust)
    task = LabelRun(
        settings=settings,
        source=source,
        prompt=Prompt(source.prompt(settings.which)),
        labels=data.labels,
        verifier=own.verifier(data.multiple),
        score_of=_score_of(source, own.content["provider"], content["provider"], settings.which),
        provider=make(content["provider"], "provider", words.trust),
        rows=rows,
        sink=_sink(content, rows, data.labels, origin, words.trust),
    )
    task.refuse_early(resumed=directory is not None)
    if directory is None:
        stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S-%f")
        directory = Path("outputs") / settings.study / stamp
        if origin is not None:
            write_origin(directory, origin)
        save_configuration(config, directory, list(words.rest))
    if isinstance(task.sink, FileSink):
        task.sink.begin(directory)
    task.run(directory)
    return directory


def _configured(words: CommandLine) -> DictConfig:
    """The configuration as typed; of the provider only what is not the run's own."""
    if not words.rest:
        told = "name a run: goldloop label outputs/optimize/TIME dataset.path=FILE (goldloop label --help)"
        raise ConfigError(told, code="one-run-directory", key="run")
    refuse_secret_words(words.rest)
    chosen = any(word.startswith("provider=") for word in words.rest)
    changed = [word for word in words.rest if word.lstrip("+").startswith("provider.") and not chosen]
    config = command_config(replace(words, resume=None, rest=[w for w in words.rest if w not in changed]))
    named = config.run
    if not isinstance(named, str):
        if named is None or len(named) != 1:
            told = f"name one run directory ({'none' if not named else len(named)} given)"
            raise ConfigError(told, code="one-run-directory", key="run")
        config.run = str(named[0])
    own = load_past_config(read_run(Path(config.run)))
    OmegaConf.set_struct(config, False)
    _read_alike(config.get("dataset"), own.get("dataset"), words)
    if config.get("provider") is None:
        if own.get("provider") is None:
            told = f"{config.run}: its configuration has no provider: give provider=OPTION"
            raise ConfigError(told, code="option-missing", key="provider")
        config.provider = own.provider
        return DictConfig(OmegaConf.merge(config, _dotted(changed)))
    return config


def _read_alike(dataset: Any, own: Any, words: CommandLine) -> None:
    """Fields that ``words`` leave open are those of the run's data, where the first row of the texts has them."""
    if not isinstance(dataset, DictConfig) or not isinstance(own, DictConfig) or dataset._target_ != own._target_:
        return
    open_ = [name for name in _FIELDS if not any(word.startswith(f"dataset.{name}=") for word in words.rest)]
    wanted = {name: own[name] for name in open_ if own.get(name)}
    if not wanted:
        return
    try:
        texts = make(plain(dataset), "dataset", words.trust)
        row = next((fields for _, fields in texts.inputs()), {}) if isinstance(texts, HasColumns) else {}
    except GoldloopError:
        return  # it is told where the texts are read
    dataset.update({name: field for name, field in wanted.items() if at(row, field) is not None})


def _dotted(words: Sequence[str]) -> DictConfig:
    """``KEY=VALUE`` words as a part of a configuration."""
    try:
        return OmegaConf.from_dotlist([word.lstrip("+") for word in words])
    except (ValueError, YAMLError) as error:
        told = f"cannot read {' '.join(words)}: {' '.join(str(error).split())}"
        raise ConfigError(told, code="word-unreadable") from error


def _resumed(directory: Path, words: CommandLine) -> DictConfig:
    saved_as = directory / ".hydra" / "config.yaml"
    wrong = [word for word in words.rest if not word.startswith(_MAY_CHANGE)]
    if wrong:
        raise ConfigError(
            f"resume goes on with a run as it was started: leave out {' '.join(wrong)} "
            "(budget.*, max_failed, sink.overwrite, studio.annotations and the provider's pace may change)",
            code="resume-with-options",
            key=wrong[0].partition("=")[0],
        )
    if not saved_as.is_file():
        told = f"resume={directory}: no label run (.hydra/config.yaml is not there)"
        raise ConfigError(told, code="not-a-run", key="resume")
    try:
        config = OmegaConf.load(saved_as)
        config = OmegaConf.create(with_moved_targets(OmegaConf.to_container(config)))
    except (OSError, ValueError, YAMLError) as error:
        told = f"{saved_as} cannot be read ({' '.join(str(error).split())})"
        raise ConfigError(told, code="unreadable", key=str(saved_as)) from error
    if not isinstance(config, DictConfig) or "sink" not in config:
        told = f"resume={directory}: no label run: goldloop resume={directory} goes on with other runs"
        raise ConfigError(told, code="not-a-run", key="resume")
    refuse_secret_words(words.rest)
    changed = OmegaConf.merge(config, _dotted(words.rest))
    return DictConfig(changed)


def _settings(content: dict[str, Any]) -> Settings:
    refuse_unknown(content, (*_GROUPS, *Settings.model_fields), "")
    for group in _GROUPS:
        if content.get(group) is None:
            raise ConfigError(f"{group} is missing: give {group}=OPTION", code="option-missing", key=group)
    try:
        return Settings.model_validate({name: content[name] for name in Settings.model_fields if name in content})
    except ValidationError as error:
        path = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ConfigError(f"{path}: {problem_in(error)}", code="bad-value", key=path) from error


def _refuse_unsafe(content: dict[str, Any], trusted: Trusted) -> None:
    """Raise ConfigError for a secret, or code that may not be named."""
    refuse_secrets(content)
    check_targets(content, trusted)


def _own(source: Run, trusted: Trusted) -> CheckedConfig:
    """The configuration of the run whose prompt labels."""
    if "sink" in source.config:
        told = f"{source.path} is a label run itself: name the run whose prompt is to label"
        raise ConfigError(told, code="not-a-run", key="run")
    return validate(load_past_config(source), trusted)


def _sink(
    content: dict[str, Any], rows: Source, labels: LabelSet, origin: PinnedProject | None, trusted: Trusted
) -> Sink:
    """Where the labels go.

    Raises:
        DataError, StudioError: it cannot take these rows, or not these labels.
    """
    component = checked(content["sink"], "sink", trusted)
    reading = reading_in(content["dataset"], trusted)
    if reading and "control" in component.arguments and not component.arguments["control"]:
        sink: Sink = component.make(control=reading.control)
    else:
        sink = component.make()
    if isinstance(sink, FileSink):
        sink.beside(rows)
    if isinstance(sink, ReturnsToProject):
        sink.refuse_unfit(reading, labels, origin)
    return sink


def _about(source: Run, provider: dict[str, Any], which: str) -> str:
    """What is going to label, and what was proved of it."""
    decision = source.result.decision
    said = {"better": "proved better", "worse": "WORSE than the initial prompt", "undecided": "not proved better"}
    proof = said[decision.verdict] if decision else "without a sealed test"
    proof = proof if which == "best" else "the initial one"
    shown = os.path.relpath(source.path)
    model = asked({"provider": provider})
    return f"the {which} prompt of {shown} ({proof}) asks {model}"


def _score_of(
    source: Run, own: Mapping[str, Any], provider: Mapping[str, Any], which: Literal["best", "initial"]
) -> Callable[[Sequence[str]], float | None]:
    """The scores that the run measured, if it is the same model with the same parameters that labels."""
    apart = {"_target_", "base_url", *PACE}
    keys = {*own, *provider} - apart
    if any(own.get(key) != provider.get(key) for key in keys):
        print(f"without scores: they were measured with {own.get('model')} as the run has it")
        return lambda labels: None
    return LabelConfidence.of_run(source, which).of
