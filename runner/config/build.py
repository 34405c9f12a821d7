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
from runner.datasets.split import Split, split
from runner.datasets.typed_gold import typed
from runner.experiment.spec import Experiment
from runner.runs.origins import run_around, searched_behind
from runner.runs.reader import read_begun, read_run
from runner.trackers.report import Report
from runner.trackers.terminal import Terminal
from verifiers.rewards import refusal
from verifiers.verifier import Instructions


def build(
    config: CheckedConfig,
    directory: Path,
    sweep: Path | None,
    data: Data | None = None,
    initial: Prompt | None = None,
    *,
    job: str | None = None,
    jobs: int | None = None,
) -> Experiment:
    """The experiment that ``config`` describes, to be run in ``directory``.

    Args:
        data, initial: of a run that is replayed or resumed, instead of what ``config`` names.
        job: its name among several that write to one terminal. jobs: how many the sweep has, if that is known.

    Raises:
        ConfigError, DataError: a component refuses its options, or the data cannot be used.
    """
    settings = config.settings
    data = data or config.dataset().load()
    data, verifier = typed(data, config.verifier(data))
    reward = config.make("reward")
    if why := refusal(reward, verifier):
        raise ConfigError(f"reward cannot be had for these answers: {why}", code="reward-unfit", key="reward")
    plain = verifier.instructions()
    if initial is None:
        data = replace(data, searched=data.searched | _searched(settings, data, plain, directory, sweep))
    labeller = config.make("provider")
    rewriter = config.make("rewriter") if "rewriter" in config.components else labeller
    if settings.budget.usd is not None:
        _check_prices({"provider": labeller, "rewriter": rewriter})
    return Experiment(
        data=data,
        split=_divided(data, settings),
        initial=initial or settings.initial_prompt(data, plain),
        labeller=labeller,
        rewriter=rewriter,
        verifier=verifier,
        reward=reward,
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
        jobs=jobs,
        parent=settings.parent,
        controls=settings.controls,
        repeats=settings.repeats,
        config=_unresolved(config),
    )


def _searched(
    settings: RunSettings, data: Data, plain: Instructions, directory: Path, sweep: Path | None
) -> frozenset[str]:
    """What the searches have seen that found the initial prompt: the run that is named, or those that its text is of.

    The default prompt was found by none. The jobs of one sweep begin with the same prompt, whichever is first; and a
    run that is repeated began with what its own data say.
    """
    named = _of_follows(settings.follows) if settings.follows is not None else frozenset()
    file = None if settings.prompt_file is None else Path(settings.prompt_file).expanduser()
    if file is None and settings.prompt is None and data.prompt is None:
        return named
    key = "prompt" if file is None else "prompt_file"
    around = None if file is None else run_around(file)
    places = [Path("outputs"), *([around] if around else [])]
    if directory != Path():
        places.append((sweep or directory).parent)
    try:
        if around and file and file.name == "best_prompt.txt" and file.resolve().parent == around:
            named |= _of_begun(around)
        text = settings.initial_prompt(data, plain).render()
        if settings.parent is not None and _begins_with(Path(settings.parent), text):
            return named
        return named | searched_behind(text, places, but=[directory, *([sweep] if sweep else [])])
    except DataError as error:
        raise DataError(f"{key}: {str(error).removeprefix(f'{key}: ')}", code=error.code, key=key) from error


def _begins_with(run: Path, text: str) -> bool:
    try:
        return read_run(run).prompt("initial").split() == text.split()
    except DataError:
        return False


def _of_follows(run: str) -> frozenset[str]:
    try:
        return read_run(Path(run).expanduser()).searched()
    except GoldloopError as error:
        raise DataError(f"follows: {error}", code="not-a-run", key="follows") from error


def _of_begun(run: Path) -> frozenset[str]:
    """Of the run that a ``best_prompt.txt`` lies in, though a person may have changed the text."""
    try:
        return read_begun(run).searched()
    except DataError as error:
        if error.code == "file-missing":  # it kept no items
            return frozenset()
        raise


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


def _divided(data: Data, settings: RunSettings) -> Split:
    """The parts; where there are too few items, with what the source left out and why."""
    try:
        return split(data.items, settings.split, settings.seed, data.searched)
    except DataError as few:
        if few.code != "too-few-items" or not data.notes:
            raise
        raise DataError(f"{few} ({'; '.join(data.notes)})", code="too-few-items", key=few.key) from few


def _unresolved(config: CheckedConfig) -> dict[str, Any]:
    content = OmegaConf.to_container(config.raw, resolve=False)
    return {str(key): value for key, value in content.items()} if isinstance(content, dict) else {}
