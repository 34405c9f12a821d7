"""Evidence that may be looked at after every item: Ville's bound, and what the evidence is worth."""

import numpy as np
import pytest

from runner.stats.betting import anytime_p, wealth


def test_one_gain_multiplies_the_wealth_of_each_gambler() -> None:
    ups, downs = wealth(np.array([0.1]), -0.9), wealth(np.array([-0.9]), -0.9)
    assert 1 < ups[0] < 1 + 0.1 / 0.9
    assert 0 < downs[0] < 1
    assert 0.9 * ups[0] + 0.1 * downs[0] == pytest.approx(1)  # a fair game: what is expected is what one has


def test_rows_are_separate_games() -> None:
    gains = np.random.default_rng(0).choice([0.1, -0.9], p=[0.9, 0.1], size=(3, 20))
    assert np.allclose(wealth(gains, -0.9), [wealth(row, -0.9) for row in gains])


@pytest.mark.parametrize("mean", [0.05, 0.2])
def test_looking_after_every_item_is_wrong_seldom(mean: float) -> None:
    losses = np.random.default_rng(1).random((4000, 200)) < mean
    reached = (wealth(mean - losses, mean - 1) >= 20).any(axis=1).mean()
    assert 0.005 < reached <= 0.05  # and not so seldom that the test is idle


def test_the_p_keeps_the_best_moment_and_is_1_without_gains() -> None:
    gains = np.array([0.1] * 40 + [-0.9] * 10)
    assert anytime_p(gains, -0.9) == anytime_p(gains[:40], -0.9) < 0.05
    assert anytime_p(np.array([]), -0.9) == 1
    assert anytime_p(np.array([-0.9]), -0.9) == 1
