"""The risk-coverage curve, its area, and calibration: small cases by hand, and laws."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.stats.intervals import wilson_interval
from runner.stats.risk_coverage import (
    CurvePoint,
    area_under_risk_coverage,
    expected_calibration_error,
    reliability,
    risk_coverage,
)

SURE, WRONG = [0.9, 0.7, 0.9, math.nan], [0.0, 1.0, 1.0, 0.0]
items = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=6)


def test_ties_are_one_point_and_failed_calls_are_never_accepted() -> None:
    assert risk_coverage(SURE, WRONG) == [CurvePoint(0.9, 0.5, 2, 0.5), CurvePoint(0.7, 0.75, 3, 2 / 3)]
    assert risk_coverage([], []) == []


@settings(max_examples=40)
@given(items)
def test_the_area_is_the_mean_over_all_orders_of_ties(rows: list[tuple[int, bool]]) -> None:
    areas = []
    for order in itertools.permutations(rows):
        if all(first[0] >= second[0] for first, second in itertools.pairwise(order)):
            wrong = np.cumsum([loss for _, loss in order])
            areas.append((wrong / np.arange(1, len(rows) + 1)).mean())
    sure, losses = zip(*rows, strict=True)
    assert area_under_risk_coverage(sure, losses) == pytest.approx(np.mean(areas))


def test_an_area_knows_good_certainties_from_bad_ones_and_from_absent_ones() -> None:
    wrong = [0.0, 0.0, 0.0, 1.0]
    good = area_under_risk_coverage([0.9, 0.8, 0.7, 0.1], wrong)
    assert good == pytest.approx(1 / 16)
    assert area_under_risk_coverage([0.5] * 4, wrong) == pytest.approx(0.25)
    assert area_under_risk_coverage([0.1, 0.2, 0.3, 0.9], wrong) > 0.25
    assert area_under_risk_coverage([0.9, math.nan, math.nan, math.nan], wrong) == pytest.approx(
        (1 / 2 + 2 / 3 + 3 / 4) / 4
    )
    with pytest.raises(ValueError, match="no items"):
        area_under_risk_coverage([], [])
    with pytest.raises(ValueError, match="1 certainties and 2 losses"):
        area_under_risk_coverage([0.5], [0, 1])


def test_bins_hold_their_upper_end() -> None:
    low, high = reliability([0.0, 0.1, 0.95, 1.0, math.nan], [1, 0, 0, 0, 1])
    assert (low.low, low.high, low.items, low.certainty, low.right) == (0, 0.1, 2, 0.05, 0.5)
    assert (high.low, high.high, high.items, high.right) == (0.9, 1, 2, 1)
    assert low.interval == wilson_interval(1, 2)
    assert expected_calibration_error([low, high]) == pytest.approx((0.45 + 0.025) / 2)
    assert expected_calibration_error([]) is None
    [graded] = reliability([0.5, 0.5], [0.25, 0.75])
    assert graded.interval[0] < 0.5 < graded.interval[1]
    with pytest.raises(ValueError, match="from -3 to 0"):
        reliability([-3.0, 0.0], [0, 1])


def test_certainties_that_mean_what_they_say_have_no_error() -> None:
    rng = np.random.default_rng(0)
    sure = rng.random(20_000)
    wrong = (rng.random(20_000) > sure).astype(float)
    honest, boastful = (expected_calibration_error(reliability(each, wrong)) for each in (sure, sure**0.3))
    assert honest is not None and boastful is not None
    assert honest < 0.02
    assert boastful > 0.15
