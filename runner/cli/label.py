"""goldloop label: labels rows with a run's prompt; what cannot run is refused before anything is paid."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.cli.label_certainty import UsedCertainty, used_certainty
from runner.cli.label_target import wish_of
from runner.config.allowlist import Trusted
from runner.config.command_line import CommandLine
from runner.config.instantiate import checked, make
from runner.config.label_config import LabelConfig, label_config
from runner.config.past_run import PACE, asked, load_past_config
from runner.config.project_reading import reading_in
from runner.config.saved_config import save_configuration
from runner.config.validate import CheckedConfig, validate
from runner.core.errors import ConfigError
from runner.core.items import Reading
from runner.core.prompt import Prompt
from runner.core.protocols import ReturnsToProject, Sink, Source
from runner.core.terminal import one_line
from runner.datasets.typed_gold import typed
from runner.label_studio.origin import PinnedProject, at_origin, write_origin
from runner.labelling.certainty.record import write_choice
from runner.labelling.confidence import LabelConfidence
from runner.labelling.guarantee.losses import refuse_unfit
from runner.labelling.label_run import LabelRun
from runner.labelling.sinks.file import FileSink
from runner.runs.html.phrasing import outdone
from runner.runs.ownership import owned
from runner.runs.prompt_to_use import PromptToUse, Which, prompt_to_use
from runner.runs.reader import Run, read_run
from runner.runs.without_model import not_beaten
from verifiers.verifier import Verifier, vocabulary_of


def label(words: CommandLine) -> None:
    """Label what the words name; prints where the labels are last.

    Raises:
        GoldloopError: in one line, and how to go on where something was done.
    """
    run(words)


def run(words: CommandLine) -> Path:
    """``label``, for other commands: returns the directory of the label run."""
    begun = Path(words.resume) if words.resume else None
    config = label_config(words)
    source = read_run(Path(config.settings.run))
    own = _own(source, words.trust)
    used = prompt_to_use(source.result, config.settings.which)
    config = _with(config, used.which)
    task, origin, certain = _label_run(config, source, own, used, begun, words.trust)
    task.refuse_early(resumed=begun is not None)
    directory = begun or _begin(certain, origin, words.rest)
    with owned(directory):
        if isinstance(task.sink, FileSink):
            task.sink.begin(directory)
        task.run(directory)
    return directory


def _with(config: LabelConfig, which: Which) -> LabelConfig:
    """The configuration with the prompt that it is: what is resumed later stays with it."""
    raw = config.raw.copy()
    raw.which = which
    return replace(config, raw=raw, settings=config.settings.model_copy(update={"which": which}))


def _label_run(
    config: LabelConfig, source: Run, own: CheckedConfig, used: PromptToUse, begun: Path | None, trusted: Trusted
) -> tuple[LabelRun, PinnedProject | None, UsedCertainty]:
    """The parts of the label run, the project that its rows are of, if any, and what makes their certainty."""
    content, which = config.content, used.which
    reading = reading_in(content["dataset"], trusted)
    dataset, origin = at_origin(content["dataset"], reading, begun)
    data = source.data()
    _, verifier = typed(data, own.verifier(data))
    _say_what_labels(source, used, config)
    provider = make(content["provider"], "provider", trusted)
    certain = used_certainty(config, source, which, verifier, provider, begun, trusted)
    wish = wish_of(config, source, own, which, provider, certain.certainty)
    if wish:
        refuse_unfit(wish, verifier)
        if wish.doubt and begun is None:
            print(one_line(f"WARNING: {wish.doubt}"))
    rows: Source = checked(dataset, "dataset", trusted).make(Source)
    task = LabelRun(
        settings=config.settings,
        source=source,
        prompt=Prompt(source.prompt(which)),
        verifier=verifier,
        score_of=_score_of(source, own.content["provider"], content["provider"], which),
        provider=provider,
        rows=rows,
        sink=_sink(content["sink"], rows, verifier, reading, origin, trusted),
        certainty=certain.certainty,
        choice=certain.choice,
        wish=wish,
    )
    return task, origin, certain


def _begin(certain: UsedCertainty, origin: PinnedProject | None, words: Sequence[str]) -> Path:
    """Make the directory of a new label run; its configuration is there last."""
    config = certain.config
    directory = Path("outputs") / config.settings.study / datetime.now().strftime("%Y-%m-%d_%H-%M-%S-%f")
    if origin is not None:
        write_origin(directory, origin)
    if certain.choice:
        write_choice(directory, certain.choice)
    save_configuration(config.raw, directory, list(words))
    return directory


def _own(source: Run, trusted: Trusted) -> CheckedConfig:
    """The configuration of the run whose prompt labels."""
    if "sink" in source.config:
        told = f"{source.path} is a label run itself: name the run whose prompt is to label"
        raise ConfigError(told, code="not-a-run", key="run")
    return validate(load_past_config(source), trusted)


def _sink(
    node: Any,
    rows: Source,
    verifier: Verifier,
    reading: Reading | None,
    origin: PinnedProject | None,
    trusted: Trusted,
) -> Sink:
    """Where the labels go.

    Raises:
        DataError, StudioError: it cannot take these rows, or not these labels.
    """
    component = checked(node, "sink", trusted)
    kind = component.target
    back = isinstance(kind, type) and issubclass(kind, ReturnsToProject)
    open_ = back and not (component.arguments.get("control") or component.arguments.get("controls"))
    sink: Sink = component.make(**_named(reading.control)) if reading and open_ else component.make()
    if isinstance(sink, FileSink):
        sink.beside(rows)
    if isinstance(sink, ReturnsToProject):
        sink.refuse_unfit(reading, vocabulary_of(verifier), origin, verifier.words.column)
    return sink


def _named(control: str | Sequence[str] | None) -> dict[str, Any]:
    """The control, or several, as a sink that returns labels to a project takes them."""
    return {"control": control} if control is None or isinstance(control, str) else {"controls": list(control)}


def _say_what_labels(source: Run, used: PromptToUse, config: LabelConfig) -> None:
    """Which prompt asks which model, and what was proved of it."""
    model = asked({"provider": config.content["provider"]})
    print(one_line(f"the {used.which} prompt of {os.path.relpath(source.path)} ({used.words}) asks {model}"))
    if used.which == "best":
        for warning in filter(None, [outdone(source.result), not_beaten(source.result)]):
            print(one_line(f"WARNING: {warning}"))


def _score_of(
    source: Run, own: Mapping[str, Any], provider: Mapping[str, Any], which: Which
) -> Callable[[Sequence[str]], float | None]:
    """The scores that the run measured, if it is the same model with the same parameters that labels."""
    apart = {"_target_", "base_url", "logprobs", *PACE}
    keys = {*own, *provider} - apart
    if any(own.get(key) != provider.get(key) for key in keys):
        print(f"without scores: they were measured with {own.get('model')} as the run has it")
        return lambda labels: None
    return LabelConfidence.of_run(source, which).of
