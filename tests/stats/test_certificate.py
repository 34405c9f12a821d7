"""Certificates: what is fixed first, the order of the tests, and how often a certificate is false."""

import math
from dataclasses import asdict, replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from runner.core.errors import DataError
from runner.stats.certificate import Certificate, Plan, certify, plan
from runner.stats.expected_pass import chance_to_pass
from runner.stats.losses import Loss

Values = NDArray[np.float64]
NONE: tuple[list[float], list[float]] = ([], [])
SURE = [0.9, 0.8, 0.7, 0.6, 0.5]


def frozen(thresholds: tuple[float, ...], first: int = 0, target: float = 0.9, **more: object) -> Plan:
    fields: dict[str, object] = {"confidence": 0.95, "choices": 1, "loss": "wrong", "growing": False, **more}
    return Plan(target=target, thresholds=thresholds, first=first, **fields)  # type: ignore[arg-type]


def drawn(items: int, rate: float, rng: np.random.Generator) -> tuple[Values, Values]:
    """Certainties from 0 to 1, and losses that are 2 * rate at 0 and none at 1."""
    sure = rng.random(items)
    return sure, (rng.random(items) < 2 * rate * (1 - sure)).astype(float)


def test_the_test_goes_on_until_a_threshold_fails() -> None:
    sure = np.repeat([0.9, 0.8, 0.7, 0.6], 40)
    wrong = np.zeros(160)
    wrong[80:100] = 1  # at 0.7 it fails; all right ones behind it do not help
    found = certify(frozen((0.9, 0.8, 0.7, 0.6)), sure, wrong)
    assert (found.certified, found.threshold, found.accepted, found.errors) == (True, 0.8, 80, 0)
    assert found.more_items == 0
    assert found.reached == pytest.approx(0.05 ** (1 / 40))  # where it began
    assert found.reached_at == 0.9


def test_where_the_first_fails_nothing_is_certified_and_what_can_be_is_said() -> None:
    sure, wrong = np.repeat([0.9, 0.8], 30), np.zeros(60)
    wrong[0] = 1
    found = certify(frozen((0.9, 0.8)), sure, wrong)  # 46 are needed with one error: all 60 would pass
    assert (found.certified, found.threshold, found.items, found.accepted, found.errors) == (False, None, 60, 30, 1)
    low = 1 - stats.binomtest(1, 30).proportion_ci(0.9, "exact").high
    assert found.reached == pytest.approx(low)
    assert found.more_items is not None and found.more_items >= 1
    assert certify(frozen((0.9, 0.8), first=1), sure, wrong).certified


def test_ties_are_accepted_together_and_failed_calls_never() -> None:
    sure = np.array([0.8] * 40 + [math.nan] * 40)
    found = certify(frozen((0.8,)), sure, np.array([0.0] * 40 + [1.0] * 40))
    assert (found.certified, found.items, found.accepted, found.errors) == (True, 80, 40, 0)
    rows = [0.9] * 50 + [0.4] * 30 + [math.nan] * 20
    assert plan(rows, NONE, 100, 0.9).thresholds == (0.9, 0.4)
    assert plan([math.nan], NONE, 100, 0.9).thresholds == ()
    nothing = certify(plan([math.nan], NONE, 100, 0.9), sure, np.zeros(80))
    assert (nothing.certified, nothing.reached, nothing.reached_at, nothing.more_items) == (False, 0, None, None)


def test_a_choice_among_many_spends() -> None:
    sure, wrong = [0.9] * 40, [0.0] * 40
    assert certify(frozen((0.9,)), sure, wrong).certified
    twelve = certify(frozen((0.9,), choices=12), sure, wrong)
    assert (twelve.certified, twelve.delta) == (False, pytest.approx(0.05 / 12))
    assert twelve.more_items == 53 - 40  # ln(0.05/12) / ln(0.9)
    assert twelve.best_possible == pytest.approx((0.05 / 12) ** (1 / 40))


def test_growing_gold_takes_more_items_than_one_test() -> None:
    plans = [frozen((0.9,), target=0.95, growing=growing) for growing in (False, True)]
    needed = [next(n for n in range(200) if certify(each, [0.9] * n, [0.0] * n).certified) for each in plans]
    assert needed == [59, 74]


def test_graded_losses_are_tested_by_their_mean() -> None:
    losses = [0.03] * 60
    found = certify(frozen((0.5,), loss="graded"), [0.9] * 60, losses)
    assert found.certified and found.errors == pytest.approx(1.8)
    assert not certify(frozen((0.5,), loss="graded"), [0.9] * 60, [0.11] * 60).certified
    assert 0.9 < found.reached < 0.95


@pytest.mark.parametrize(
    ("loss", "bad"), [("wrong", 0.5), ("wrong", -1.0), ("graded", -0.8), ("graded", 2.2), ("graded", math.nan)]
)
def test_what_is_no_loss_is_refused(loss: Loss, bad: float) -> None:
    with pytest.raises(DataError, match=r"item 3 has .*reward=exact_match") as refused:
        certify(frozen((0.9,), loss=loss), [0.9] * 4, [0.0, 1.0, bad, bad])
    assert (refused.value.code, refused.value.key) == ("losses-unusable", "reward")
    assert loss in get_args(Loss)


def test_sequences_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 certainties and 1 losses of the sealed"):
        certify(frozen((0.9,)), [0.9, 0.8], [0.0])
    with pytest.raises(ValueError, match="2 certainties and 1 losses of the select"):
        plan(SURE, ([0.9, 0.8], [0.0]), 50, 0.9)
    with pytest.raises(ValueError, match="target 1"):
        plan(SURE, NONE, 50, 1)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=60), st.integers(0, 300), st.sampled_from([0.8, 0.95]))
def test_a_plan_is_a_grid_that_falls_with_a_place_in_it(rows: list[int], items: int, target: float) -> None:
    rng = np.random.default_rng(0)
    made = plan([row / 20 for row in rows], drawn(30, 0.1, rng), items, target)
    assert list(made.thresholds) == sorted(set(made.thresholds), reverse=True)
    assert made.thresholds[-1] == min(rows) / 20  # all that have a certainty
    assert 0 <= made.first < len(made.thresholds)
    begun = sum(row / 20 >= made.thresholds[made.first] for row in rows) / len(rows)
    fewest = math.log(0.05) / math.log(target)
    assert begun * items >= 1.25 * fewest or made.first == len(made.thresholds) - 1 or fewest > items


def test_where_no_threshold_can_pass_the_test_begins_where_most_is_reached() -> None:
    """30 items, the upper half of them right: 0.99 is out of reach, and the half certifies 0.82."""
    sure = np.linspace(0, 1, 30)
    wrong = (sure < 0.5).astype(float)
    found = certify(plan(sure, (sure, wrong), 30, 0.99, own=True), sure, wrong)
    assert not found.certified and found.accepted == 15 and found.errors == 0
    assert found.reached == pytest.approx(0.05 ** (1 / 15))


def test_of_the_sealed_items_themselves_as_many_as_can_pass_are_enough_to_begin() -> None:
    """65 of 100 items are right and surely so: 59 certify 0.95, and 1.25 times 59 are not there."""
    sure = np.linspace(0, 1, 100)
    wrong = (sure < 0.35).astype(float)
    own, others = (certify(plan(sure, (sure, wrong), 100, 0.95, own=own), sure, wrong) for own in (True, False))
    assert own.certified and own.accepted == 65 and own.errors == 0
    assert not others.certified


def test_good_select_items_begin_looser_than_bad_ones() -> None:
    rows = np.linspace(0, 1, 1000)
    sure = np.linspace(0, 1, 60)
    good = plan(rows, (sure, np.zeros(60)), 250, 0.9)
    bad = plan(rows, (sure, (sure < 0.6).astype(float)), 250, 0.9)
    assert good.thresholds[good.first] == pytest.approx(0.1, abs=0.01)  # two steps before all of them
    assert 0.6 < bad.thresholds[bad.first] < 0.8


def test_the_expected_chance_is_beta_binomial() -> None:
    chances = chance_to_pass(np.array([50, 30, 7]), np.array([4, 1, -1]), np.array([20, 9, 0]), np.array([2.0, 0, 0]))
    exact = stats.betabinom.cdf(4, 50, 2.5, 18.5), stats.betabinom.cdf(1, 30, 0.5, 9.5), 0.0
    assert chances == pytest.approx(exact)


def simulated(draws: int, items: int, rate: float, target: float, seed: int, **more: object) -> list[Certificate]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        made = plan(rng.random(200), drawn(items, rate, rng), items, target, **more)  # type: ignore[arg-type]
        found.append(certify(made, *drawn(items, rate, rng)))
    return found


def is_false(found: Certificate, rate: float) -> bool:
    """Whether rows that are accepted are wrong more often than the target allows: rate * (1 - threshold) are."""
    return found.threshold is not None and rate * (1 - found.threshold) > 1 - found.target


@pytest.mark.parametrize("more", [{}, {"choices": 3}, {"growing": True}])
def test_certificates_are_seldom_false(more: dict[str, object]) -> None:
    found = simulated(400, 120, 0.12, 0.9, 2, **more)
    share = np.mean([is_false(each, 0.12) for each in found])
    assert share <= 0.05
    assert np.mean([each.certified for each in found]) > 0.05


def test_a_bound_that_is_reached_is_seldom_false() -> None:
    found = simulated(400, 60, 0.2, 0.95, 3)
    assert all(each.reached_at is not None for each in found)
    wrong = [0.2 * (1 - (each.reached_at or 0)) > 1 - each.reached for each in found]
    assert 0.005 < np.mean(wrong) < 0.075


def test_picking_the_best_of_twelve_needs_its_share_of_delta() -> None:
    rng = np.random.default_rng(4)
    false = {1: 0, 12: 0}
    for _ in range(400):
        wrong = (rng.random((12, 61)) < 0.105).astype(float)  # truly: no prompt reaches the target
        best = wrong[wrong.sum(axis=1).argmin()]
        for choices in false:
            false[choices] += certify(frozen((0.5,), choices=choices), [0.9] * 61, best).certified
    assert false[1] / 400 > 0.1
    assert false[12] / 400 <= 0.05


def test_a_plan_holds_no_sealed_label_and_cannot_be_changed() -> None:
    made = plan(SURE, NONE, 50, 0.9)
    assert set(asdict(made)) == {"target", "confidence", "choices", "loss", "growing", "thresholds", "first"}
    with pytest.raises(AttributeError):
        made.first = 0  # type: ignore[misc]
    assert replace(made, target=0.8).bound == 0.2
