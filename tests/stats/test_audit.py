"""Audits: the exact hypergeometric bound, against scipy, and batches that stop early."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from runner.stats.audit import audit, audit_size, chance_of_so_few, delta_of_audit, most_wrong
from runner.stats.audit_outlook import rows_to_settle
from runner.stats.batched_audit import batched_audit, settled_after

counts = st.tuples(*[st.integers(0, 25)] * 4)  # wrong and right ones, audited and not


@given(counts, st.integers(0, 100))
def test_the_chance_is_hypergeometric(table: tuple[int, int, int, int], wrong: int) -> None:
    found, right, *rest = table
    rows, audited = sum(table), found + right
    wrong = min(wrong, rows)
    assert sum(rest) == rows - audited
    exact = stats.hypergeom.cdf(found, rows, wrong, audited) if rows else 1.0
    assert chance_of_so_few(rows, wrong, audited, found) == pytest.approx(exact)


@settings(max_examples=40)
@given(counts)
def test_the_bound_is_the_largest_that_is_not_rejected(table: tuple[int, int, int, int]) -> None:
    found, right, *_ = table
    rows, audited = sum(table), found + right
    bound = most_wrong(rows, audited, found, 0.05)
    possible = range(found, rows - right + 1)
    borne = [w for w in possible if rows and stats.hypergeom.cdf(found, rows, w, audited) > 0.05]
    assert bound == max(borne, default=found)


def test_sizes_and_bounds_are_those_of_the_table() -> None:
    assert [audit_size(10**6, 0.95, expected, 0.05) for expected in (0, 0.01, 0.02)] == [59, 124, 234]
    assert most_wrong(10**6, 50, 0, 0.05) / 10**6 == pytest.approx(0.058, abs=0.0005)
    assert audit_size(12_000, 0.95, 0.06, 0.05) == 12_000  # nothing less can be expected to confirm it
    assert audit_size(30, 0.95, 0.0, 0.05) == 23  # none of two wrong ones of 30: 21 of 435 chances
    assert audit_size(0, 0.95, 0.0, 0.05) == 0


def test_an_audit_says_what_holds_of_these_very_rows() -> None:
    good, bad = audit(12_000, 124, 2, 0.95, 0.05), audit(12_000, 124, 3, 0.95, 0.05)
    assert (good.confirmed, bad.confirmed) == (True, False)
    assert good.most_wrong <= 600 < bad.most_wrong
    assert bad.share == bad.most_wrong / 12_000
    everything = audit(100, 100, 5, 0.95, 0.001)
    assert (everything.most_wrong, everything.confirmed) == (5, True)
    with pytest.raises(ValueError, match="3 wrong of 2 audited of 10 rows"):
        audit(10, 2, 3, 0.95, 0.05)


def test_audits_that_follow_share_the_confidence() -> None:
    spent = [delta_of_audit(number, 0.95) for number in range(1, 30)]
    assert spent[:3] == pytest.approx([0.04, 0.008, 0.0016])
    assert sum(spent) == pytest.approx(0.05)


def test_a_bound_is_seldom_too_low() -> None:
    wrong = np.random.default_rng(0).hypergeometric(60, 940, 100, 4000)
    bounds = {found: most_wrong(1000, 100, found, 0.05) for found in set(wrong.tolist())}
    assert 0.01 < np.mean([bounds[found] < 60 for found in wrong.tolist()]) <= 0.055


def test_batches_stop_where_it_is_settled() -> None:
    assert batched_audit(12_000, [False] * 70, 0.95).verdict == "undecided"
    assert batched_audit(12_000, [False] * 71, 0.95).verdict == "reached"
    assert batched_audit(12_000, [True, False, True] * 8, 0.95).verdict == "missed"
    nothing = batched_audit(12_000, [], 0.95)
    assert (nothing.verdict, nothing.most_wrong, nothing.e) == ("undecided", 12_000, 1)
    with pytest.raises(ValueError, match="3 rows were checked, of 2"):
        batched_audit(2, [False] * 3, 0.95)


@pytest.mark.parametrize(("wrong", "verdict"), [(5, "reached"), (6, "missed")])
def test_all_rows_leave_nothing_to_chance(wrong: int, verdict: str) -> None:
    found = batched_audit(100, [True] * wrong + [False] * (100 - wrong), 0.95, delta=1e-9)
    assert found.verdict == verdict
    assert batched_audit(100, [False] * (100 - wrong) + [True] * wrong, 0.95, delta=1e-9).most_wrong == wrong


def test_a_verdict_once_reached_stays() -> None:
    found = [False] * 80 + [True] * 10
    settled = [batched_audit(2000, found[:checked], 0.95) for checked in (80, 85, 90)]
    assert {each.verdict for each in settled} == {"reached"}
    assert settled[0].e == settled[2].e
    assert settled[0].most_wrong >= settled[2].wrong


@pytest.mark.parametrize(("wrong", "false"), [(16, "reached"), (15, "missed")])
def test_batches_of_any_size_are_seldom_wrong(wrong: int, false: str) -> None:
    rng = np.random.default_rng(3)
    verdicts = [batched_audit(300, (rng.permutation(300)[:200] < wrong).tolist(), 0.95).verdict for _ in range(400)]
    assert np.mean([verdict == false for verdict in verdicts]) <= 0.065
    assert "undecided" in verdicts


def test_it_is_settled_after_the_first_row_that_brings_a_verdict() -> None:
    found = [False] * 30 + [True] + [False] * 300
    end = settled_after(12_000, found, 0.95)
    assert end is not None
    assert batched_audit(12_000, found[:end], 0.95).verdict == "reached"
    assert batched_audit(12_000, found[: end - 1], 0.95).verdict == "undecided"
    assert settled_after(12_000, found[: end - 1], 0.95) is None


def test_the_rows_to_settle_it_are_those_after_which_there_is_a_verdict() -> None:
    none = rows_to_settle(12_000, [], 0.95, 0.05, 0.0)
    assert none == 71
    assert rows_to_settle(12_000, [False] * 60, 0.95, 0.05, 0.0) == 71
    some = rows_to_settle(12_000, [], 0.95, 0.05, 0.02)
    assert some is not None and 71 < some < 400
    assert rows_to_settle(12_000, [True] * 30, 0.95, 0.05, 0.5) == 30
    assert rows_to_settle(40, [], 0.95, 0.05, 0.05) in range(30, 41)
    assert rows_to_settle(10**6, [], 0.95, 0.05, 0.05) is None
