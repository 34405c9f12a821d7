"""How often each strategy waits for answers before it asks on, and that their order decides nothing."""

import re
from pathlib import Path
from typing import Any

import pytest
from builders import lines
from options import made, options
from paths import ROOT
from waves import SIZES, Slow, model, searched

from runner.optimizers.capo import Capo
from runner.optimizers.failure_modes import FailureModes
from runner.optimizers.mipro import Mipro
from runner.providers.middleware.limits import Limits

MOST = {
    "none": 2,  # the initial prompt on the select items; the sealed test: both prompts and the control
    "mipro": 11,  # and a summary, proposals; in an epoch all trials, the best on all; the select items as examples
    "demos": 9,  # in an epoch all on a few items, half of them on the rest; the select items as examples
    "rewrite": 10,  # errors of a new best prompt, proposals, rewards
    "tutorial": 11,
    "failure_modes": 11,  # errors of a new best prompt, edits, each alone, the best one and all together on the rest
    "chain": 10,
    "opro": 11,  # proposals, all on a few items, half of them on the rest
    "capo": 14,  # merged (not in the first epoch), paraphrased, the first block, the rest; the select items as examples
    "protegi": 20,  # errors, reasons, rewritten, paraphrased, all on a few items, half of them on the rest
    "gepa": 12,  # errors, edits, minibatches, children; a merge on a few items, on the rest
    "gepa_official": 29,  # the package asks for one thing after the other
}
"""Waves of a run of three epochs, at most."""


def test_the_page_says_how_often_each_strategy_waits() -> None:
    page = (ROOT / "docs/strategies.md").read_text()
    told = page.partition("waited for only so often")[2].partition("\n\n")[0]
    assert {name: int(count) for name, count in re.findall(r"`(\w+)` (\d+)", told)} == MOST


@pytest.mark.parametrize("option", options("optimizer"))
def test_a_strategy_asks_concurrently_for_all_that_waits_for_no_answer(option: str, tmp_path: Path) -> None:
    result, asked = searched(made(option), tmp_path)
    assert result.status == "finished" and asked.under_way == 0
    assert asked.waves <= MOST[option.partition("/")[2]]


def found(strategy: Any, directory: Path, asked: Slow, **changes: Any) -> list[Any]:
    """All that a run asked for, found and decided."""
    result, asked = searched(strategy, directory, asked, **changes)
    calls = sorted(repr((call.messages, call.sample)) for call in asked.calls)
    return [calls, lines(directory / "epochs.jsonl"), result.best, result.decision, result.controls, result.stop]


@pytest.mark.parametrize("option", options("optimizer"))
def test_which_answer_comes_first_decides_nothing(option: str, tmp_path: Path) -> None:
    strategy = made(option)
    one, other = (found(strategy, tmp_path / str(n), Slow(model, spread=9.0, order=n)) for n in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("strategy", "before"),
    [
        pytest.param(Mipro(trials=5, minibatch=18), 4, id="mipro"),  # a summary and three proposals
        pytest.param(Capo(block=18), 4, id="capo"),  # paraphrases
        pytest.param(FailureModes(screen=1.0), 18, id="failure_modes"),  # errors on the reflect items
    ],
)
def test_a_budget_that_ends_within_a_batch_keeps_what_was_measured_whole(
    strategy: Any, before: int, tmp_path: Path
) -> None:
    """The first prompts of the batch are, whichever answer comes first, and however many calls are made at once."""
    aside = 2 * SIZES["test"]
    limits = Limits(calls=SIZES["select"] + before + 2 * SIZES["select"] + 9 + aside)
    asked = [Slow(model, spread=9.0, order=n, concurrency=most) for n, most in enumerate((64, 64, 5))]
    one, *others = (found(strategy, tmp_path / str(n), each, limits=limits) for n, each in enumerate(asked))
    assert all(other == one for other in others)
    assert one[-1].kind == "budget" and len(one[1][-1]["candidates"]) == 2
