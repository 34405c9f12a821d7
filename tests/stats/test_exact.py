"""Exact binomial arithmetic, against scipy and the table of accepted items that errors take."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from runner.stats.exact import allowed_errors, best_possible, items_for, items_needed, upper_bound

TABLE = {  # accepted items that are needed at 95% confidence, with 0, 1, ... 5 errors among them
    0.02: [149, 236, 313, 386, 456, 523],
    0.05: [59, 93, 124, 153, 181, 208],
    0.10: [29, 46, 61, 76, 89, 103],
    0.20: [14, 22, 30, 37, 44, 50],
}


@pytest.mark.parametrize(("bound", "items"), TABLE.items())
def test_the_items_that_errors_take(bound: float, items: list[int]) -> None:
    assert [items_for(errors, bound, 0.05) for errors in range(6)] == items


@settings(max_examples=40)
@given(st.integers(1, 150), st.sampled_from([0.02, 0.05, 0.1, 0.25, 0.5]), st.sampled_from([0.1, 0.05, 0.05 / 12]))
def test_the_allowed_errors_are_the_most_that_reject(items: int, bound: float, delta: float) -> None:
    for size, allowed in enumerate(allowed_errors(items, bound, delta)):
        assert allowed == -1 or stats.binom.cdf(allowed, size, bound) <= delta
        assert stats.binom.cdf(allowed + 1, size, bound) > delta


@given(st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.05, 0.004]))
def test_the_upper_bound_is_clopper_and_pearsons(errors: int, right: int, delta: float) -> None:
    items = errors + right
    exact = stats.binomtest(errors, items).proportion_ci(1 - 2 * delta, "exact").high if items else 1.0
    assert upper_bound(errors, items, delta) == pytest.approx(exact)


def test_what_so_many_items_certify_at_best() -> None:
    assert [round(best_possible(items, 0.95), 3) for items in (0, 24, 50)] == [0, 0.883, 0.942]
    assert 1 - upper_bound(0, 24, 0.05) == pytest.approx(best_possible(24, 0.95))


def test_the_items_that_a_rate_takes() -> None:
    assert [items_needed(rate, 0.05, 0.05) for rate in (0, 0.01, 0.02, 0.05)] == [59, 124, 234, None]
    assert items_needed(0.0499, 0.05, 0.05) is None  # more than 20,000
    needed = items_needed(0.03, 0.05, 0.05)
    assert needed is not None
    allowed = allowed_errors(needed, 0.05, 0.05)[-1]
    assert stats.binom.cdf(allowed, needed, 0.03) >= 0.8
