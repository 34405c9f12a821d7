"""Intervals of rewards: against exact distributions and other programs, and how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats
from skewed_credits import MODELS, REWARDS, Credits, credits_of, held, tied

from runner.stats.intervals import credit_interval, reward_interval, wilson_interval


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (10, 10), (40, 50), (1, 200)])
def test_an_accuracy_has_wilsons_interval(successes: int, trials: int) -> None:
    theirs = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson_interval(successes, trials) == pytest.approx([theirs.low, theirs.high], abs=1e-6)
    credits = [1.0] * successes + [0.0] * (trials - successes)
    assert reward_interval(credits) == wilson_interval(successes, trials)


@pytest.mark.parametrize(("successes", "trials"), [(3, 10), (9, 10), (40, 50), (1, 200), (0, 24)])
def test_on_credits_of_0_and_1_it_is_that_of_a_beta_distribution(successes: int, trials: int) -> None:
    credits = [1.0] * successes + [0.0] * (trials - successes)
    exact = stats.beta.ppf([0.025, 0.975], successes + 0.6, trials - successes + 0.6)
    assert credit_interval(credits) == pytest.approx(list(exact), abs=0.004)


@pytest.mark.parametrize(
    "credits",
    [[0, 0.5, 2 / 3, *[1] * 7], [0.67] * 10, [-0.4, 0.2, *[0.9] * 20, 1.3], [0.1, 0.9], list(np.linspace(0, 1, 60))],
)
def test_it_is_that_of_the_weighted_means(credits: list[float]) -> None:
    values = [min(0, *credits), *credits, max(1, *credits)]
    weights = np.random.default_rng(1).dirichlet([0.6, *[1] * len(credits), 0.6], 100_000)
    exact = np.clip(np.percentile(weights @ values, [2.5, 97.5]), 0, 1)
    assert credit_interval(credits) == pytest.approx(list(exact), abs=0.006)


def test_it_holds_the_mean_needs_no_chance_and_narrows() -> None:
    credits = [0.5, 1.0, 0.0, 0.75]
    few, many = (reward_interval(credits * times) or (0.0, 0.0) for times in (3, 30))
    assert few[0] < many[0] < np.mean(credits) < many[1] < few[1]
    assert reward_interval(credits * 3) == few
    assert reward_interval([1 - credit for credit in credits] * 3) == pytest.approx([1 - few[1], 1 - few[0]], abs=1e-6)
    assert reward_interval([]) is None


def test_items_that_happen_to_be_alike_leave_a_doubt() -> None:
    low, high = reward_interval([0.4, 0.4]) or (0, 0)
    assert low < 0.2 and high > 0.7


@pytest.mark.parametrize("items", [10, 24, 50])
@pytest.mark.parametrize("credits", list(tied()), ids=lambda credits: credits[0])
def test_intervals_of_skewed_and_tied_credits_hold_the_truth(credits: Credits, items: int) -> None:
    _, draw, truth = credits
    share, width = held(draw, truth, items, 150, reward_interval)
    assert share >= 0.92  # docs/rewards.md has the figures of many more
    assert width < 1.96 / items**0.5


@pytest.mark.parametrize("reward", ["F1", "micro F1"])
def test_intervals_of_a_labellers_rewards_hold_the_truth(reward: str) -> None:
    """Credits of micro F1 are influences, some of them above 1."""
    model = MODELS["a good labeller"]
    truth = REWARDS[reward].score(model.verdicts(4_000, np.random.default_rng(1)))
    share, _ = held(credits_of(model, reward), truth, 24, 200, reward_interval)
    assert share >= 0.92


def test_the_interval_of_a_reward_that_goes_below_0_goes_there_too() -> None:
    credits = [-0.9, -0.2, 0.4, -0.6, 0.1, -0.5]
    low, high = reward_interval(credits, -1.0) or (0, 0)
    assert -1 <= low < np.mean(credits) < high <= 1 and low < -0.5
    values, weights = [-1, *credits, 1], np.random.default_rng(1).dirichlet([0.6, *[1] * 6, 0.6], 100_000)
    assert (low, high) == pytest.approx(np.percentile(weights @ values, [2.5, 97.5]), abs=0.012)
    ends = [-1.0] * 3 + [1.0] * 9
    assert reward_interval(ends, -1.0) == pytest.approx([2 * end - 1 for end in wilson_interval(9, 12)])
