"""The certainty of a label run: the kind that a person names, or the one that its run's select items choose."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.config.allowlist import Trusted
from runner.config.instantiate import checked
from runner.config.label_config import LabelConfig
from runner.core.errors import ConfigError, DataError
from runner.core.prompt import Prompt
from runner.core.protocols import Certainty, NeedsPrompts, Provider
from runner.core.terminal import one_line
from runner.labelling.certainty.auto import Auto
from runner.labelling.certainty.choice import CertaintyChoice, choose
from runner.labelling.certainty.none import NoCertainty
from runner.labelling.certainty.record import choice_in
from runner.providers.middleware.journal.recorded import RecordedCalls
from runner.runs.prompt_to_use import Which
from runner.runs.reader import Run
from verifiers.verifier import Verifier


@dataclass(frozen=True)
class UsedCertainty:
    """What rows get their certainty from.

    Attributes:
        config: the label run's, with the kind that was chosen in the place of ``auto``.
        choice: by what it was chosen; None where it was named.
    """

    certainty: Certainty
    config: LabelConfig
    choice: CertaintyChoice | None = None


def used_certainty(
    config: LabelConfig, source: Run, which: Which, verifier: Verifier, provider: Provider, begun: Path | None,
    trusted: Trusted,
) -> UsedCertainty:  # fmt: skip
    """The certainty that the configuration names, or chooses. Says what is chosen, and what it takes.

    Raises:
        ConfigError: it lacks other prompts, or nothing was measured to choose by.
    """
    node = config.content.get("certainty")
    if node is None:  # a label run of an older goldloop
        return UsedCertainty(NoCertainty(), config)
    others = other_prompts(source, which)
    made = _with_prompts(checked(node, "certainty", trusted).make(), others)
    if not isinstance(made, Auto):
        if isinstance(made, NeedsPrompts) and not made.calls:
            told = f"certainty={made.kind} needs prompts to compare: {source.path} measured only the one that labels"
            raise ConfigError(told, code="certainty-not-measured", key="certainty")
        _say(made)
        return UsedCertainty(made, config, choice_in(begun) if begun else None)
    kinds = [_with_prompts(kind, others) for kind in made.kinds]
    recorded = RecordedCalls(provider, source.file("journal.jsonl"))
    items = [item for item in source.selecting() if item.gold is not None]
    choice = asyncio.run(choose(kinds, recorded, Prompt(source.prompt(which)), verifier, items))
    print(one_line(choice.words))
    number = [kind.kind for kind in kinds].index(choice.kind)
    _say(kinds[number])
    return UsedCertainty(kinds[number], _naming(config, node["kinds"][number]), choice)


def other_prompts(source: Run, which: Which) -> list[Prompt]:
    """The prompts that a run measured on its select items, but for the one that labels; the best first."""
    try:
        records = source.epochs
    except DataError:
        return []
    initial = source.result.initial.select
    found = [] if initial is None else [(initial, Prompt(source.prompt("initial")))]
    found += [(one.select, Prompt(one.text)) for record in records for one in record.candidates]
    best_first = sorted(found, key=lambda pair: -pair[0])
    labels = Prompt(source.prompt(which)).fingerprint
    each = {prompt.fingerprint: prompt for _, prompt in best_first if prompt.fingerprint != labels}
    return list(each.values())


def _with_prompts(certainty: Any, others: list[Prompt]) -> Any:
    return certainty.bind(others) if isinstance(certainty, NeedsPrompts) else certainty


def _say(certainty: Certainty) -> None:
    if certainty.calls:
        print(f"certainty {certainty.kind}: {certainty.calls} calls more for each row")


def _naming(config: LabelConfig, node: Mapping[str, Any]) -> LabelConfig:
    """The configuration with the kind that it is: what is resumed later stays with it."""
    raw = config.raw.copy()
    raw.certainty = dict(node)
    return replace(config, raw=raw, content={**config.content, "certainty": dict(node)})
