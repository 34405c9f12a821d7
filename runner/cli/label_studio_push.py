"""goldloop studio push=RUN_DIR, and studio.push=true after a run: predictions of a run back into a project."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from runner.config.allowlist import Trusted
from runner.config.command_line import CommandLine, quoted, shell_quoted
from runner.config.project_reading import reading_of
from runner.config.settings import StudioSettings
from runner.config.validate import CheckedConfig
from runner.core.errors import ConfigError, DataError
from runner.label_studio.origin import read_origin
from runner.labelling.run_result import label_result_of
from runner.providers.middleware.journal.keys import unpacked
from runner.providers.middleware.journal.run_log import RunCallLog
from runner.runs.reader import Run, read_run

RECORD = "labels.jsonl"


def push(run: Path, studio: StudioSettings, trust: Sequence[str], *words: str) -> None:
    """Send the rows of a label run; of an optimisation, label every task with its prompt to use first.

    Args:
        trust: modules that its configuration may name. words: options of that labelling.

    Raises:
        GoldloopError: in one line, and before anything is sent where the rows are not the project's.
    """
    if not (run / RECORD).is_file():
        label_with(run, studio, trust, "sink=label_studio", f"studio.annotations={studio.annotations}", *words)
        return
    if chosen := {"which=initial", "which=best"} & set(words):
        told = f"{min(chosen)}: {run} is a label run, and its rows are labelled: leave it out, or name the optimisation"
        raise ConfigError(told, code="option-unknown", key="which")
    from runner.label_studio.sink import LabelStudioSink

    result = label_result_of(run)
    if result is None:
        told = f"{run}: it has no result.json, so it is no label run"
        raise DataError(told, code="not-a-label-run", key=str(run))
    source = read_run(run)
    reading = reading_of(source.config, trust)
    named = studio.named or (reading.control if reading else None)
    one, several = (named, None) if isinstance(named, str) else (None, named)
    sink = LabelStudioSink(studio.url, studio.token_env, studio.project, studio.annotations, one, several)
    sink.refuse_unfit(reading, [], read_origin(run))
    print(sink.deliver(source.file(RECORD), result.model_version, result.prompt))


def after_run(run: Path, config: CheckedConfig) -> None:
    """What studio.push=true asks for, within the run's own budget and journal. Prints the run's directory last."""
    shown = os.path.relpath(run)
    try:
        _push_finished(read_run(Path(shown)), config)
    finally:
        print(f"{shown}/", flush=True)


def _push_finished(run: Run, config: CheckedConfig) -> None:
    content = config.content
    where = shell_quoted("studio.project", str(content["studio"]["project"]))
    later = f"goldloop studio {where} {shell_quoted('push', str(run.path))} does it all the same"
    if run.result.status != "finished":
        print(f"nothing is pushed: the run is not finished ({run.result.stop_reason}); {later}")
        return
    left = _left(run, content["budget"])
    spent = [f"budget.{name}" for name, value in left.items() if value <= 0]
    if spent:
        print(f"nothing is pushed: {spent[0]} is spent; {later}")
        return
    journal = content["journal"]
    words = [f"budget.{name}={value:.10g}" for name, value in left.items()]
    words += [f"journal.mode={journal['mode']}", f"journal.path={quoted(journal['path'])}"]
    push(run.path, StudioSettings(**content["studio"]), config.trusted, *words, f"max_failed={content['max_failed']}")


def _left(run: Run, budget: Mapping[str, float | None]) -> dict[str, float]:
    """What is left of each limit. What was paid stands in the run's journal, over all its parts."""
    log = RunCallLog(run.path / "journal.jsonl")
    log.close()
    paid = [unpacked(reply, from_journal=False) for reply, own in log.known.values() if own]
    calls = run.result.calls
    spent = {
        "calls": len(paid) + calls.failed + calls.retries,
        "tokens": sum(reply.input_tokens + reply.output_tokens for reply in paid),
        "usd": sum(reply.cost_usd or 0.0 for reply in paid),
        "seconds": run.result.seconds,
    }
    return {name: limit - spent[name] for name, limit in budget.items() if limit is not None}


def label_with(run: Path, studio: StudioSettings, trust: Sequence[str], *words: str) -> Path:
    """Label tasks of a project with a prompt of ``run``, read as it read them. Returns the label run's directory."""
    from runner.cli.label import run as label

    project = "null" if studio.project is None else quoted(str(studio.project))
    own = [f"studio.token_env={quoted(studio.token_env)}", f"studio.project={project}"]
    own += [f"studio.url={quoted(studio.url)}"] if studio.url else []
    own += _read_as(read_run(run), studio, trust)
    return label(CommandLine("label", trust, None, [f"run={quoted(str(run))}", "dataset=label_studio", *own, *words]))


def named_word(named: str | Sequence[str]) -> str:
    """The word of a command that names the control, or several."""
    if isinstance(named, str):
        return f"studio.control={quoted(named)}"
    return f"studio.controls=[{','.join(map(quoted, named))}]"


def _read_as(run: Run, studio: StudioSettings, trusted: Trusted) -> list[str]:
    reading = reading_of(run.config, trusted)
    named = studio.named or (reading.control if reading else None)
    fields: Sequence[str] = (reading.text_fields if reading else None) or []
    words = [named_word(named)] if named else []
    return words + ([f"dataset.text_fields=[{','.join(map(quoted, fields))}]"] if fields else [])
