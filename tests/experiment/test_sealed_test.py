"""What would give a fooled search away: controls, the winner's curse, repeats, and gold that means nothing."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import Scripted, experiment, lines, read
from fakes import LABELS, FakeProvider, items, knows
from hypothesis import given
from hypothesis import strategies as st

from runner.core.calls import Call
from runner.core.items import Data
from runner.core.prompt import Prompt
from runner.datasets.split import split
from runner.experiment.loop import Loop
from runner.optimizers.demos import Demos
from runner.providers.middleware.limits import Limits
from runner.runs.html.phrasing import controls, luck
from runner.runs.run_files import result_from
from runner.stats.evidence import selection_bias, winners_curse
from verifiers.choice import Choice
from verifiers.label_set import LabelSet
from verifiers.labels import Labels, label_verdict
from verifiers.rewards.constant import constant_answer
from verifiers.rewards.corpus import MacroF1, MicroF1
from verifiers.rewards.per_item import ExactMatch, FBeta

LIST = LabelSet.of(LABELS)


def test_the_best_constant_answer_is_the_one_that_fits_most() -> None:
    gold = [("red",)] * 5 + [("green",)] * 3
    assert constant_answer(Choice(LIST), gold, ExactMatch()) == (("red",), 5 / 8)
    assert constant_answer(Labels(LIST), [()] * 3 + [("blue",)], ExactMatch()) == ((), 3 / 4)
    assert constant_answer(Labels(LIST), [("red", "green")] * 4, FBeta()) == (("red", "green"), 1.0)
    assert constant_answer(Choice(LIST), [()], ExactMatch()) == (("red",), 0.0)


@given(st.lists(st.lists(st.sampled_from(LABELS), unique=True, max_size=3), min_size=1, max_size=12))
def test_no_single_label_beats_the_constant_answer(gold: list[list[str]]) -> None:
    for reward in (FBeta(), MicroF1(), MacroF1(), ExactMatch()):
        _, found = constant_answer(Labels(LIST), [tuple(due) for due in gold], reward)
        for label in LABELS:
            assert reward.score([label_verdict(tuple(due), (label,)) for due in gold]) <= found + 1e-9


async def test_controls_are_measured_on_the_sealed_items_and_written_down(tmp_path: Path) -> None:
    labeller = FakeProvider(knows("red"))
    await Loop(experiment(tmp_path, labeller=labeller, controls=True)).run()
    found = read(tmp_path)["controls"]
    alone = [call for call in labeller.calls if len(call.messages) == 1]
    assert len(alone) == 12 and {call.messages[0]["role"] for call in alone} == {"user"}
    assert 0 < found["no_prompt"]["reward"] < 1 and len(found["constant"]["labels"]) >= 1
    assert [reward for _, reward, _ in controls(result_from(read(tmp_path), tmp_path))] == [
        found[name]["reward"] for name in ("constant", "no_prompt", "nearest", "classifier")
    ]
    assert (await Loop(experiment(tmp_path / "without", controls=False)).run()).controls is None


async def test_a_budget_that_ends_before_the_controls_leaves_the_proof(tmp_path: Path) -> None:
    result = await Loop(experiment(tmp_path, controls=True, epochs=0, limits=Limits(calls=30))).run()
    assert (result.status, result.decision.items) == ("finished", 12)
    assert result.controls.no_prompt.reward is None and result.controls.constant.reward > 0


async def test_repeats_ask_the_sealed_items_anew_and_average(tmp_path: Path) -> None:
    labeller = FakeProvider(lambda call: ["none", "red", "red, green, blue"][call.sample])
    result = await Loop(experiment(tmp_path, labeller=labeller, epochs=0, repeats=3)).run()
    asked = [call.sample for call in labeller.calls]
    assert (asked.count(0), asked.count(1), asked.count(2)) == (22, 12, 12)
    once = await Loop(experiment(tmp_path / "once", labeller=labeller, epochs=0)).run()
    assert result.initial.test > once.initial.test == 0.0
    rows = lines(tmp_path / "predictions.jsonl")
    assert np.mean([row["credit"] for row in rows]) == pytest.approx(result.best.test)
    assert result.repeats == 3 and {row["reply"] for row in rows} == {"none"}


def test_the_winners_curse_is_that_of_equal_candidates() -> None:
    rng = np.random.default_rng(1)
    for candidates, known in ((1, 0.0), (5, 0.063), (10, 0.081)):  # 50 items, accuracy 0.80, each on its own
        found = [winners_curse((rng.random((candidates, 50)) < 0.8).astype(float)) for _ in range(60)]
        assert np.mean(found) == pytest.approx(known, abs=0.005)
    same = np.tile((rng.random(50) < 0.8).astype(float), (10, 1))
    assert abs(winners_curse(same)) < 0.003


def test_candidates_that_were_given_up_on_the_way_count() -> None:
    """Four of equals are halved, three times: what the best shows too much, beside what is expected of it."""
    rng, real, expected = np.random.default_rng(2), [], []
    for _ in range(150):
        base = rng.random(30)
        drawn = [np.where(rng.random(30) < 0.5, base, rng.random(30)) < 0.6 for _ in range(13)]
        tried = [row.astype(float) for row in drawn]
        for epoch in range(3):
            running, done = tried[1 + 4 * epoch :][:4], 6
            while len(running) > 1:
                running.sort(key=lambda row: -row[:done].mean())
                for row in running[(len(running) + 1) // 2 :]:
                    row[done:] = np.nan
                running, done = running[: (len(running) + 1) // 2], 2 * done
        real.append(max(row.mean() for row in tried if not np.isnan(row).any()) - 0.6)
        expected.append(winners_curse(tried))
    assert 0.95 < np.mean(expected) / np.mean(real) < 1.3


async def test_the_drop_stands_beside_what_choosing_explains(tmp_path: Path) -> None:
    tried = ["look for green", "look for blue", "look for green, look for blue"]
    result = await Loop(experiment(tmp_path, strategy=Scripted(tried))).run()
    found = result.winners_curse
    assert found.candidates == found.whole == 4 and found.expected > 0
    assert found.observed == pytest.approx(result.best.select - result.best.test)
    assert " 4 prompts" in luck(result)
    assert "(1 given up" in luck(replace(result, winners_curse=replace(found, whole=3)))
    assert luck(replace(result, winners_curse=replace(found, candidates=1))) == ""
    shared = experiment(tmp_path / "shared", split=split(items(), "none", 1))
    assert (await Loop(shared).run()).winners_curse is None


def guesses(call: Call) -> str:
    """A labeller that answers by what prompt and text happen to be."""
    return random.Random(str(call.messages)).choice(LABELS)


async def test_gold_that_means_nothing_brings_no_proof(tmp_path: Path) -> None:
    """20 seeds of permuted gold: prompts are found that look better, and the sealed items hardly ever agree."""
    verdicts, gains = [], []
    for seed in range(20):
        made = items(60)
        gold = [item.gold for item in made]
        random.Random(seed).shuffle(gold)
        permuted = [replace(item, gold=due) for item, due in zip(made, gold, strict=True)]
        run: dict[str, Any] = await Loop(
            experiment(
                tmp_path / str(seed), data=Data(permuted, LIST, "0" * 64), strategy=Demos(definitions=False),
                split=split(permuted, {"reflect": 20, "select": 20, "test": 20}, seed),
                labeller=FakeProvider(guesses), initial=Prompt(f"Colours {seed}: red, green, blue."), seed=seed,
                journal_mode="off", journal_path=None,
            )
        ).run()  # fmt: skip
        verdicts.append(run.decision.verdict)
        gains.append(run.best.select - run.initial.select)
    assert sum(gain > 0.05 for gain in gains) > 10  # there was something to be fooled by
    assert verdicts.count("better") <= 3  # 1 of 20 on average: 4 or more have a chance of 1.6%, and the seeds are fixed


def test_what_is_expected_on_new_items_is_nearer_to_them_than_what_was_chosen() -> None:
    """Eight prompts of different quality on 30 items: how far the best one's reward is above its quality."""
    rng, shown, left = np.random.default_rng(3), [], []
    for _ in range(150):
        quality, hard = rng.normal(0.5, 0.03, 8), rng.normal(0, 0.3, 30)
        earned = quality[:, None] + hard - hard.mean() + rng.normal(0, 0.3, (8, 30))
        best = int(earned.mean(axis=1).argmax())
        shown.append(earned[best].mean() - quality[best])
        left.append(shown[-1] - selection_bias(earned))
    assert np.mean(shown) > 0.06 and 0 < np.mean(left) < 0.03
    assert np.mean(np.square(left)) < 0.6 * np.mean(np.square(shown))
    assert selection_bias([[0.0, 1.0, 1.0]]) == 0  # nothing was chosen


def test_prompts_that_were_given_up_count_by_what_they_earned() -> None:
    rng = np.random.default_rng(4)
    earned = (rng.random((6, 40)) < 0.7).astype(float)
    whole = selection_bias(earned)
    earned[3:, 20:] = np.nan
    assert 0 < selection_bias(earned) == pytest.approx(whole, abs=0.03)
