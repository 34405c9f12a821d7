"""goldloop guard: is a new model or prompt no worse than the run's? The exit code says it to a pipeline."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from runner.analysis.guard.before import recorded_answers, usable_items
from runner.analysis.guard.guard_run import Guard
from runner.analysis.guard.refuse import call_about, refuse_no_change, refuse_shared_credits, too_few
from runner.analysis.guard.result import GuardResult, GuardRow, summary
from runner.config.command_line import CommandLine
from runner.config.guard_config import GuardConfig, guard_config
from runner.config.instantiate import make
from runner.config.past_run import asked
from runner.config.saved_config import save_configuration
from runner.config.settings import read_prompt
from runner.core.errors import ConfigError
from runner.core.files import atomic_write, json_line
from runner.core.prompt import Prompt
from runner.core.terminal import dollars, one_line
from runner.datasets.typed_gold import typed
from runner.providers.prepare import prepare
from runner.runs.json_records import to_json
from runner.runs.ownership import owned
from runner.runs.prompt_to_use import prompt_to_use
from runner.stats.non_inferiority import least_items

_OF_OTHERS = ("provider=", "provider.", "which=")
"""Words that other commands take too, for what is to be done next."""


@dataclass(frozen=True)
class _Prepared:
    """A guard that may begin: its configuration, its parts, and what is said of it."""

    config: GuardConfig
    guard: Guard
    opening: Sequence[str]


def guard(words: CommandLine) -> int:
    """Ask, print the verdict and the directory with the result. Returns the exit code.

    Raises:
        GoldloopError: in one line.
    """
    ready = _prepared(words)
    print("\n".join(ready.opening))
    prepare(ready.guard.provider)
    directory = Path("outputs") / ready.config.settings.study / datetime.now().strftime("%Y-%m-%d_%H-%M-%S-%f")
    with owned(directory):
        try:
            result, rows = ready.guard.judge(directory)
        except KeyboardInterrupt:
            if ready.config.settings.journal.mode == "use":
                print("what was answered is in the journal: the same command asks only for the rest")
            raise
        save_configuration(ready.config.raw, directory, list(words.rest))
        _write(directory, result, rows)
    print("\n".join(summary(result, [word for word in words.rest if word.startswith(_OF_OTHERS)])))
    print(f"{directory}/")
    return result.exit_code


def check_guard(words: CommandLine) -> None:
    """Say what a guard with these words would ask, and what that takes at most.

    Raises:
        GoldloopError: what it would be refused with.
    """
    ready = _prepared(words)
    print("\n".join(ready.opening))
    prepare(ready.guard.provider)
    print("All is in order. Nothing was asked, nothing was written.")


def _prepared(words: CommandLine) -> _Prepared:
    config = guard_config(words)
    settings, source = config.settings, config.source
    data = source.data()
    data, verifier = typed(data, config.own.verifier(data))
    reward = make(config.content["reward"], "reward", words.trust)
    used = prompt_to_use(source.result, settings.which)
    old_prompt, old_provider = Prompt(source.prompt(used.which)), config.own.make("provider")
    prompt = (
        old_prompt if settings.prompt_file is None else Prompt(read_prompt(Path(settings.prompt_file).expanduser()))
    )
    provider = make(config.content["provider"], "provider", words.trust)
    alpha = round(1 - settings.confidence, 9)
    items, sealed = usable_items(source, data, sealed_only=settings.items == "sealed")
    refuse_shared_credits(reward, verifier, items)
    answered = asyncio.run(recorded_answers(source, old_provider, old_prompt, items, sealed, verifier, reward))
    if settings.journal.mode in {"use", "replay"}:  # which would answer with the old replies
        refuse_no_change([one.item for one in answered], (old_provider, old_prompt), (provider, prompt), verifier)
    made = Guard(
        run=source.path,
        which=used.which,
        parts=settings.items,
        answered=answered,
        old_model=old_provider.model,
        old_prompt=old_prompt,
        provider=provider,
        prompt=prompt,
        verifier=verifier,
        reward=reward,
        reward_name=replace(source, config={**source.config, "reward": config.content["reward"]}).reward,
        margin=settings.margin,
        alpha=alpha,
        seed=settings.seed,
        max_failed=settings.max_failed,
        limits=settings.budget,
        journal_mode=settings.journal.mode,
        journal_path=Path(settings.journal.path),
    )
    _refuse_unpriced(made)
    return _Prepared(config, made, _opening(config, made, used.words))


def _opening(config: GuardConfig, made: Guard, proved: str) -> list[str]:
    """What is compared, whom it asks, and what it takes at most."""
    answered, settings = made.answered, config.settings
    mean = sum(one.credit for one in answered) / len(answered)
    kind = "sealed items" if made.parts == "sealed" else "sealed and select items"
    costs = [made.provider.cost_at_most(call_about(one.item, made.prompt, made.verifier)) for one in answered]
    total = None if None in costs else sum(one for one in costs if one is not None)
    cost = "cost unknown" if total is None else f"{dollars(total)} at most"
    least = least_items(made.margin, made.alpha)
    prompt = "" if settings.prompt_file is None else f" with the prompt of {settings.prompt_file}"
    lines = [
        f"the {made.which} prompt of {os.path.relpath(made.run)} ({proved}) with {made.old_model}: reward {mean:.3f} "
        f"on {len(answered)} {kind}, from its journal",
        f"asking {asked({'provider': config.content['provider']})}{prompt}: {len(answered)} calls at most, "
        f"{cost}; no worse (margin={made.margin:g}) takes {least} at least",
    ]
    doubt = too_few(len(answered), made.margin, made.alpha, sealed_only=made.parts == "sealed")
    return [one_line(line) for line in [*lines, *([f"WARNING: {doubt}"] if doubt else [])]]


def _refuse_unpriced(made: Guard) -> None:
    call = call_about(made.answered[0].item, made.prompt, made.verifier)
    if made.limits.usd is not None and made.provider.cost_at_most(call) is None:
        raise ConfigError(
            f"budget.usd: the price of {made.provider.model} is unknown, so give 'provider.price={{input: ..., "
            "output: ...}' in dollars for a million tokens (and max_tokens), or use budget.tokens",
            code="price-missing",
            key="budget.usd",
        )


def _write(directory: Path, result: GuardResult, rows: Sequence[GuardRow]) -> None:
    atomic_write(directory / "guard.jsonl", "".join(json_line(to_json(row)) for row in rows))
    atomic_write(directory / "result.json", json.dumps(to_json(result), indent=2, ensure_ascii=False) + "\n")
