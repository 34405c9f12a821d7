"""Is the new one no worse? The tables, the order of things, and how often a verdict is false."""

import numpy as np
import pytest

from runner.stats.non_inferiority import (
    NonInferiority,
    items_needed,
    least_items,
    least_margin,
    most_worse,
    non_inferiority,
)


def pairs(items: int, lost: float, won: float, rng: np.random.Generator, margin: float) -> NonInferiority:
    chance = rng.random(items)
    return non_inferiority((chance < lost).astype(float), (chance > 1 - won).astype(float), margin)


def test_equal_credits_show_it_after_the_least_items() -> None:
    assert [least_items(margin) for margin in (0.02, 0.05, 0.1, 0.2)] == [188, 74, 36, 17]
    assert least_items(1e-5) is None
    found = non_inferiority([0.5] * 60, [0.5] * 60, 0.1)
    assert (found.verdict, found.items, found.difference) == ("no_worse", 36, 0)
    assert found.e_no_worse >= 20
    assert found.e_worse == 1
    assert non_inferiority([0.5] * 35, [0.5] * 35, 0.1).verdict == "undecided"


def test_what_is_said_first_stays() -> None:
    before, after = [1.0] * 60, [0.0] * 12 + [1.0] * 48
    assert non_inferiority(before, after, 0.05).verdict == "worse"
    assert non_inferiority(before, after, 0.05) == non_inferiority(before[:20], after[:20], 0.05)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="2 and 1 credits"):
        non_inferiority([1, 0], [1], 0.1)
    with pytest.raises(ValueError, match="margin 0"):
        non_inferiority([1], [1], 0.0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        non_inferiority([1], [2.2], 0.1)
    assert non_inferiority([], [], 0.1).verdict == "undecided"


def test_a_model_against_itself_is_called_worse_hardly_ever_and_is_passed_mostly() -> None:
    rng = np.random.default_rng(0)
    verdicts = [pairs(250, 0.05, 0.05, rng, 0.1).verdict for _ in range(300)]
    assert verdicts.count("worse") <= 3
    assert verdicts.count("no_worse") > 250


def test_at_the_margin_either_verdict_is_seldom() -> None:
    rng = np.random.default_rng(1)
    verdicts = [pairs(200, 0.2, 0.1, rng, 0.1).verdict for _ in range(600)]
    assert verdicts.count("no_worse") / 600 <= 0.05
    assert verdicts.count("worse") / 600 <= 0.05
    assert len(set(verdicts)) == 3  # and both tests are awake


def test_a_bad_model_is_found_early() -> None:
    rng = np.random.default_rng(2)
    found = [pairs(250, 0.25, 0.05, rng, 0.05) for _ in range(100)]
    assert np.mean([each.verdict == "worse" for each in found]) > 0.9
    assert np.mean([each.items for each in found]) < 125


def test_most_worse_is_the_smallest_margin_that_is_shown() -> None:
    rng = np.random.default_rng(3)
    chance = rng.random(120)
    before, after = (chance > 0.1).astype(float), (chance > 0.13).astype(float)
    most = most_worse(before, after)
    assert (
        non_inferiority(before, after, most + 1e-3).e_no_worse
        >= 20
        > non_inferiority(before, after, most - 1e-3).e_no_worse
    )
    assert most_worse([], []) == 1
    assert most_worse([0.0] * 60, [1.0] * 60) < 1e-5
    assert most_worse([1.0] * 60, [0.0] * 60) == 1


def test_most_worse_holds_whenever_one_looks() -> None:
    rng = np.random.default_rng(4)
    missed = 0
    for _ in range(100):
        chance = rng.random(80)
        before, after = (chance > 0.2).astype(float), (chance > 0.3).astype(float)  # truly 0.1 worse
        missed += min(most_worse(before[:seen], after[:seen]) for seen in (20, 40, 60, 80)) < 0.1
    assert missed <= 5


def test_how_many_items_and_how_small_a_margin() -> None:
    assert [least_margin(items) for items in (188, 74, 36, 24)] == [0.02, 0.05, 0.1, 0.15]
    assert least_margin(0) is None
    before, after = [1.0, 1.0, 1.0, 0.0] * 5, [1.0, 1.0, 0.0, 1.0] * 5
    needed = items_needed(before, after, 0.1)
    assert needed is not None and needed > 20
    assert non_inferiority(before * 40, after * 40, 0.1).items == needed
    assert items_needed([], [], 0.1) is None
    assert items_needed([1.0, 0.0] * 5, [0.9, 0.0] * 5, 0.05) is None  # at the margin
