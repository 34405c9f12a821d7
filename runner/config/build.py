"""Builds an Experiment from a checked configuration: a flat list of components."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from runner.config.settings import RunSettings
from runner.config.validate import CheckedConfig
from runner.core.calls import Call
from runner.core.errors import ConfigError, DataError, GoldloopError
from runner.core.items import Data
from runner.core.prompt import Prompt
from runner.core.protocols import Provider
from runner.core.terminal import shortened
from runner.datasets.split import split
from runner.experiment.spec import Experiment
from runner.runs.reader import read_run
from runner.trackers.report import Report
from runner.trackers.terminal import Terminal
from verifiers.verdict import Verifier

_SHOWN = 5  # problems of gold


def build(
    config: CheckedConfig,
    directory: Path,
    sweep: Path | None,
    data: Data | None = None,
    initial: Prompt | None = None,
    *,
    job: str | None = None,
) -> Experiment:
    """The experiment that ``config`` describes, to be run in ``directory``.

    Args:
        data, initial: of a run that is replayed or resumed, instead of what ``config`` names.
        job: its name among several that write to one terminal.

    Raises:
        ConfigError, DataError: a component refuses its options, or the data cannot be used.
    """
    settings = config.settings
    data = data or config.dataset().load()
    if initial is None:
        data = replace(data, searched=data.searched | _searched(settings))
    verifier = config.verifier(data.multiple)
    _check_gold(data, verifier)
    labeller = config.make("provider")
    rewriter = config.make("rewriter") if "rewriter" in config.components else labeller
    if settings.budget.usd is not None:
        _check_prices({"provider": labeller, "rewriter": rewriter})
    return Experiment(
        data=data,
        split=split(data.items, settings.split, settings.seed, data.searched),
        initial=initial or settings.initial_prompt(data, multiple=verifier.multiple),
        labeller=labeller,
        rewriter=rewriter,
        verifier=verifier,
        reward=config.make("reward"),
        strategy=config.make("optimizer"),
        trackers=[Terminal(job=job), config.make("tracker"), *_report(settings)],
        epochs=settings.epochs,
        patience=settings.patience,
        max_failed=settings.max_failed,
        seed=settings.seed,
        limits=settings.budget,
        journal_mode=settings.journal.mode,
        journal_path=Path(settings.journal.path),
        directory=directory,
        sweep=sweep,
        parent=settings.parent,
        controls=settings.controls,
        repeats=settings.repeats,
        config=_unresolved(config),
    )


def _searched(settings: RunSettings) -> frozenset[str]:
    """What the searches have seen that found the prompt: those of the run that is named, or the file lies in."""
    if settings.follows is not None:
        try:
            return read_run(Path(settings.follows).expanduser()).searched()
        except GoldloopError as error:
            raise DataError(f"follows: {error}", code="not-a-run", key="follows") from error
    path = Path(settings.prompt_file or "").expanduser()
    try:
        return read_run(path.parent).searched() if path.name == "best_prompt.txt" else frozenset()
    except GoldloopError as error:
        if error.code in {"not-a-run", "file-missing"}:  # a file of that name elsewhere, or a run that has no result
            return frozenset()
        raise DataError(f"prompt_file: {error}", code=error.code, key="prompt_file") from error


def _report(settings: RunSettings) -> list[Report]:
    """A replay is asked for its figures, and gives them in a moment; the run it replays has its page already."""
    return [] if settings.journal.mode == "replay" else [Report()]


def _check_prices(providers: Mapping[str, Provider]) -> None:
    for role, provider in providers.items():
        if provider.cost_at_most(Call([{"role": "user", "content": ""}], max_tokens=1)) is None:
            raise ConfigError(
                f"budget.usd: the price of {provider.model} is unknown, so give {role}.price="
                "{input: ..., output: ...} in dollars for a million tokens (and max_tokens), or use budget.tokens",
                code="price-missing",
                key=f"{role}.price",
            )


def _check_gold(data: Data, verifier: Verifier) -> None:
    problems = [
        f"item {item.id}: {problem}" for item in data.items if (problem := verifier.gold_problem(item.gold or ()))
    ]
    if problems:
        words = f"gold does not fit the verifier: {shortened(problems, _SHOWN, sentences=True)}"
        raise DataError(words, code="gold-unfit", key=problems[0].partition(":")[0])


def _unresolved(config: CheckedConfig) -> dict[str, Any]:
    content = OmegaConf.to_container(config.raw, resolve=False)
    return {str(key): value for key, value in content.items()} if isinstance(content, dict) else {}
