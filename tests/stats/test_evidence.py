"""The decision: against exact enumeration, known tables, and its own laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from runner.stats.evidence import (
    ALPHA,
    behind_the_best,
    decide,
    sign_flip_test,
)
from runner.stats.sequential import e_value, sequential

credits = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=9)


@settings(max_examples=30)
@given(credits)
def test_small_samples_equal_exact_enumeration(pairs: list[tuple[int, int]]) -> None:
    differences = [(b - a) / 4 for a, b in pairs]
    seen = abs(sum(differences))
    flips = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    exact = sum(flip >= seen - 1e-12 for flip in flips) / len(flips)
    decision = decide([a / 4 for a, _ in pairs], [b / 4 for _, b in pairs])
    assert decision.p == pytest.approx(exact)
    assert decision.difference == pytest.approx(sum(differences) / len(differences))


@pytest.mark.parametrize(("won", "lost", "p"), [(6, 0, 0.031), (8, 1, 0.039), (7, 1, 0.070)])
def test_on_exact_match_it_is_the_exact_mcnemar_test(won: int, lost: int, p: float) -> None:
    before, after = [0.0] * won + [1.0] * lost, [1.0] * won + [0.0] * lost
    assert decide(before, after).p == pytest.approx(p, abs=0.001)
    assert decide(before, after).p == pytest.approx(stats.binomtest(won, won + lost).pvalue, abs=1e-9)


def test_a_difference_has_its_verdict_both_ways() -> None:
    low, high = [0.2] * 20, [0.6] * 18 + [0.1] * 2
    better, worse = decide(low, high), decide(high, low)
    assert (better.verdict, worse.verdict) == ("better", "worse")
    assert better.difference == pytest.approx(-worse.difference)
    assert better.p == pytest.approx(worse.p, abs=0.005)
    assert better.items_needed is None
    assert better.interval[0] < better.difference < better.interval[1]


def test_no_difference_is_undecided_and_needs_no_number() -> None:
    same = decide([0.5] * 9, [0.5] * 9)
    assert (same.verdict, same.p, same.items_needed, list(same.interval)) == ("undecided", 1.0, None, [0.0, 0.0])
    balanced = decide([0, 1], [1, 0])
    assert (balanced.verdict, balanced.items_needed) == ("undecided", None)


def test_how_many_more_items_follows_the_formula() -> None:
    # d = .10 at a discordance of q = .20: about 155 in all (statistics of McNemar's test).
    before = [0.0] * 15 + [1.0] * 5 + [1.0] * 80
    after = [1.0] * 15 + [0.0] * 5 + [1.0] * 80
    decision = decide(before, after)
    if decision.verdict == "undecided":
        assert decision.items_needed == pytest.approx(155 - 100, abs=3)
    else:
        assert decision.p < 0.05


@pytest.mark.parametrize(("before", "after"), [([], []), ([1.0], [1.0, 0.0])])
def test_credits_must_be_pairs(before: list[float], after: list[float]) -> None:
    with pytest.raises(ValueError) as told:
        decide(before, after)
    assert "items" in str(told.value)


def test_many_items_equal_scipy() -> None:
    rng = np.random.default_rng(8)
    before, after = rng.random(60), rng.random(60) + 0.08
    ours = decide(before, after)
    theirs = stats.permutation_test(
        (after, before), lambda a, b, axis: np.mean(a - b, axis=axis), permutation_type="samples",
        vectorized=True, n_resamples=9999, rng=rng,
    )  # fmt: skip
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.02)
    interval = stats.bootstrap((after - before,), np.mean, method="percentile", rng=rng).confidence_interval
    assert ours.interval == pytest.approx(list(interval), abs=0.01)


def test_two_prompts_that_are_equal_are_seldom_called_different() -> None:
    rng = np.random.default_rng(5)
    called = sum(decide(*rng.binomial(1, 0.7, (2, 40)), seed=n).verdict != "undecided" for n in range(60))
    assert called <= 8  # 5% of 60 is 3; 8 or more has a chance of about 1%


quarters = st.lists(st.integers(-4, 4), min_size=2, max_size=9).filter(any)


@settings(max_examples=40)
@given(quarters)
def test_the_interval_holds_exactly_what_the_test_does_not_reject(differences: list[int]) -> None:
    values = [difference / 4 for difference in differences]
    _, (low, high) = sign_flip_test(values, np.random.default_rng(0))
    assert low <= np.mean(values) <= high
    for shift in np.linspace(-1, 1, 41):
        p, _ = sign_flip_test([value - shift for value in values], np.random.default_rng(0))
        if low + 1e-6 < shift < high - 1e-6:
            assert p > ALPHA
        if shift < low - 1e-6 or shift > high + 1e-6:
            assert p <= ALPHA


def test_an_undecided_interval_holds_0_and_a_decided_one_does_not() -> None:
    rng = np.random.default_rng(11)
    seen = set()
    for number in range(60):
        before, after = rng.integers(0, 3, (2, 30)) / 2
        found = decide(before, np.clip(after + 0.02 * (number % 12), 0, 1), seed=number)
        seen.add(found.verdict)
        assert (found.interval[0] <= 0 <= found.interval[1]) == (found.verdict == "undecided"), found
    assert seen == {"better", "undecided"}
    edge = [-0.009, -0.007, 1.007, 0.995, -0.005, 0.001, 0.016, 0.994, -0.014, 0.004]
    edge += [1.005, 0.016, -1.0, -0.001, -0.003, -0.001, -0.009, 1.0, 0.988, 1.006]
    found = decide([0.0] * 20, edge, seed=36)
    assert (found.verdict, found.p) == ("undecided", ALPHA) and found.interval[0] <= 0


def test_of_equals_hardly_any_is_told_from_the_best_and_who_is_worse_is() -> None:
    rng, wrong, found = np.random.default_rng(8), 0, 0
    for number in range(24):
        base = rng.random(60)
        equal = [np.where(rng.random(60) < 0.5, base, rng.random(60)) < 0.6 for _ in range(12)]
        table = np.array(equal, dtype=float)
        wrong += min(behind_the_best(table)) <= ALPHA
        table[0] *= rng.random(60) < 0.5
        found += number < 8 and behind_the_best(table)[0] <= ALPHA
    assert wrong <= 4  # 5% of 24 is 1.2; more than 4 has a chance of about 1%
    assert found >= 7
    some = table.copy()
    some[3, :20] = np.nan  # calls that failed
    assert behind_the_best(some)[0] <= ALPHA < behind_the_best(some)[3]
    assert behind_the_best([[1.0, 0.0]]) == [1.0]


def simulated(gain: float, discordant: float, runs: int, items: int = 50) -> list[str]:
    """Decisions between two prompts on ``items`` sealed items, of which so many differ, in favour of the second."""
    rng = np.random.default_rng(2026)
    verdicts = []
    for number in range(runs):
        draw = rng.random(items)
        won, lost = draw < (discordant + gain) / 2, draw > 1 - (discordant - gain) / 2
        base = rng.random(items) < 0.7
        before = np.where(won, 0.0, np.where(lost, 1.0, base))
        after = np.where(won, 1.0, np.where(lost, 0.0, base))
        verdicts.append(decide(before, after, seed=number).verdict)
    return verdicts


def test_an_irrelevant_word_is_seldom_called_better_or_worse() -> None:
    verdicts = simulated(gain=0.0, discordant=0.2, runs=200)
    assert sum(verdict != "undecided" for verdict in verdicts) <= 10  # 5% of 200


def test_a_true_gain_of_20_points_is_found_about_as_often_as_the_exact_test_can() -> None:
    # 22.5% against 2.5% discordant of 50 items. The table of mid-p has .77 (for 25% against 5%); the exact test that
    # the claim rests on is stricter. Its power, summed over what can happen:
    power, wins, losses = 0.0, 0.225, 0.025
    for won in range(51):
        for lost in range(51 - won):
            if won > lost and stats.binomtest(won, won + lost).pvalue < ALPHA:
                power += stats.multinomial.pmf([won, lost, 50 - won - lost], 50, [wins, losses, 1 - wins - losses])
    verdicts = simulated(gain=0.2, discordant=0.25, runs=300)
    assert verdicts.count("better") / 300 == pytest.approx(power, abs=0.07)
    assert verdicts.count("worse") == 0


@pytest.mark.parametrize(
    ("wins", "losses", "sides"),
    # Of the side that leads, from the table of the method, and of the other one.
    [(6, 0, (18.1, 0.1)), (7, 0, (31.9, 0.1)), (10, 1, (30.9, 0.1)), (12, 2, (23.9, 0.1)), (0, 0, (1.0, 1.0))],
)
def test_the_e_value_is_the_mean_of_both_sides(wins: int, losses: int, sides: tuple[float, float]) -> None:
    from scipy import integrate

    def side(low: float, high: float) -> float:
        value, _ = integrate.quad(lambda p: p**wins * (1 - p) ** losses, low, high)
        return float(2 * 2 ** (wins + losses) * value)

    ours = (side(0.5, 1), side(0, 0.5))
    assert (round(ours[0], 1), round(ours[1], 1)) == sides
    assert e_value(wins, losses) == e_value(losses, wins) == pytest.approx(sum(ours) / 2)


def test_an_e_value_of_many_pairs_neither_overflows_nor_vanishes() -> None:
    assert 0 < e_value(5000, 5000) < 1 < e_value(10_000, 1_000)


def test_looking_at_every_pair_decides_wrongly_in_one_of_twenty_at_most() -> None:
    """The exact chance, over both sides, of 1,000 pairs that a fair coin decides."""
    going, decided = {0: 1.0}, 0.0  # wins -> chance to have come so far undecided
    for pairs in range(1, 1001):
        after: dict[int, float] = {}
        for wins, chance in going.items():
            for more in (wins, wins + 1):
                after[more] = after.get(more, 0.0) + chance / 2
        ended = {wins for wins in after if e_value(wins, pairs - wins) >= 20}
        decided += sum(after[wins] for wins in ended)
        going = {wins: chance for wins, chance in after.items() if wins not in ended}
    assert 0.03 < decided < 0.05


def test_the_verdict_is_of_the_side_that_leads() -> None:
    eight = sequential([(0.0, 1.0)] * 8 + [(0.5, 0.5)] * 3)
    assert (eight.verdict, eight.wins, eight.losses, eight.pairs) == ("better", 8, 0, 11)
    assert sequential([(1.0, 0.5)] * 8).verdict == "worse"
    assert sequential([(1.0, 0.5)] * 7).verdict == "undecided"
