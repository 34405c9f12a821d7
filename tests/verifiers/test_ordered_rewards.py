"""Rewards of numbers, against scikit-learn and scipy, and the influence of an item."""

import math
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score, mean_absolute_error
from verdicts import EVERY_REWARD

from verifiers.labels import Labels, label_verdict
from verifiers.number import Number
from verifiers.rating import Rating
from verifiers.rating_figures import Rated
from verifiers.rewards import refusal
from verifiers.rewards.ordered import AbsoluteError, QuadraticKappa, Spearman, Within
from verifiers.rewards.per_item import FBeta
from verifiers.rewards.weighted import Weighted
from verifiers.verdict import Verdict
from verifiers.verifier import Reading, Unusable, verdict_on

SCALE = Rating(1, 5)
ORDERED: list[Any] = [AbsoluteError(), Within(1), QuadraticKappa(), Spearman()]
ratings = st.integers(1, 5)
pairs = st.lists(st.tuples(ratings, ratings), min_size=1)
replies = st.lists(st.tuples(ratings, ratings | st.none() | st.just(9)), min_size=1)


def verdicts_of(given_: list[tuple[int, int | None]]) -> list[Verdict]:
    """Of ratings; None is an unusable reply, 9 one that is off the scale."""
    reads = [(Rated(gold, width=4), None if one is None else SCALE.parse(one, None)) for gold, one in given_]  # type: ignore[arg-type]
    return [verdict_on(SCALE, gold, read or Unusable("unreadable")) for gold, read in reads]


@given(pairs)
def test_kappa_equals_scikit_learn_and_rho_scipy(given_: list[tuple[int, int | None]]) -> None:
    gold, said = zip(*given_, strict=True)
    verdicts = verdicts_of(given_)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kappa = cohen_kappa_score(gold, said, weights="quadratic", labels=[1, 2, 3, 4, 5])
        rho = spearmanr(gold, said).statistic if len(gold) > 1 else math.nan
    assert QuadraticKappa().score(verdicts) == pytest.approx(1 if math.isnan(kappa) else kappa, abs=1e-9)
    if not math.isnan(rho):
        assert Spearman().score(verdicts) == pytest.approx(rho, abs=1e-9)
    assert AbsoluteError().score(verdicts) == pytest.approx(1 - mean_absolute_error(gold, said) / 4)
    assert AbsoluteError().score(verdicts) == pytest.approx(FBeta().score(verdicts))
    assert Within(1).score(verdicts) == sum(abs(g - a) <= 1 for g, a in given_) / len(given_)  # type: ignore[operator]


@pytest.mark.parametrize("reward", ORDERED, ids=lambda reward: type(reward).__name__)
class TestContract:
    @given(given_=replies)
    def test_credits_have_the_score_as_their_mean_and_bad_replies_earn_nothing(
        self, reward: Any, given_: list[tuple[int, int | None]]
    ) -> None:
        verdicts = verdicts_of(given_)
        credits = reward.credits(verdicts)
        assert sum(credits) / len(credits) == pytest.approx(reward.score(verdicts), abs=1e-9)
        lowest = -1 if isinstance(reward, QuadraticKappa | Spearman) else 0
        assert lowest - 1e-9 <= reward.score(verdicts) <= 1 + 1e-9
        assert all(credit == 0 for credit, (_, one) in zip(credits, given_, strict=True) if one in (None, 9))

    @given(golds=st.lists(ratings, min_size=1))
    def test_all_right_is_1(self, reward: Any, golds: list[int]) -> None:
        assert reward.score(verdicts_of([(gold, gold) for gold in golds])) == pytest.approx(1)

    def test_nothing_is_0(self, reward: Any) -> None:
        assert reward.score([]) == 0
        assert reward.score(verdicts_of([(1, None), (5, 9)])) == 0

    def test_it_is_for_numbers_only(self, reward: Any) -> None:
        assert "labels" in (refusal(reward, Labels()) or "")
        assert "labels" in (refusal(Weighted([FBeta(), reward], [1, 1]), Labels()) or "")
        assert refusal(reward, SCALE) is None
        with pytest.raises(ValueError, match="number"):
            reward.score([label_verdict(("a",), ("a",))])


@pytest.mark.parametrize("reward", [QuadraticKappa(), Spearman()], ids=["kappa", "rho"])
def test_a_credit_is_what_more_of_that_item_would_change(reward: Any) -> None:
    given_: list[tuple[int, int | None]] = [(1, 1), (2, 3), (2, 2), (3, 5), (4, 4), (5, 4), (5, 5), (1, 2), (3, 3)]
    score, credits = reward.score(verdicts_of(given_)), reward.credits(verdicts_of(given_))
    for place, pair in enumerate(given_):
        more = reward.score(verdicts_of(given_ * 500 + [pair] * 45))
        assert (more - score) * (4500 + 45) / 45 == pytest.approx(credits[place] - score, abs=0.03)


@pytest.mark.parametrize("reward", [QuadraticKappa(), Spearman()], ids=["kappa", "rho"])
def test_a_constant_answer_earns_nothing(reward: Any) -> None:
    assert reward.score(verdicts_of([(1, 3), (3, 3), (5, 3)])) == pytest.approx(0)


def test_a_number_has_no_scale() -> None:
    verdicts = [verdict_on(Number(), 10, Reading(12))]
    assert AbsoluteError(worst=4).score(verdicts) == 0.5
    assert "reward.worst" in (refusal(AbsoluteError(), Number()) or "")
    assert refusal(AbsoluteError(worst=4), Number()) is None
    with pytest.raises(ValueError, match=r"reward\.worst"):
        AbsoluteError().score(verdicts)


@pytest.mark.parametrize("make", [lambda: AbsoluteError(0), lambda: Within(-1), lambda: Within(math.inf)])
def test_options_that_cannot_be(make: Any) -> None:
    with pytest.raises(ValueError):
        make()


def test_the_files_of_these_rewards_make_them() -> None:
    made = {name: type(EVERY_REWARD[name]) for name in ("mae", "within", "qwk", "spearman")}
    assert made == {"mae": AbsoluteError, "within": Within, "qwk": QuadraticKappa, "spearman": Spearman}
