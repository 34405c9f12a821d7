"""Rewards: their figures, against scikit-learn and by hand. What all of them keep: tests/contracts."""

import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, fbeta_score, jaccard_score, precision_score, recall_score
from sklearn.preprocessing import MultiLabelBinarizer
from verdicts import LISTED, STRANGERS, verdict_lists

from verifiers.labels import label_verdict
from verifiers.rewards import Reward
from verifiers.rewards.corpus import MacroF1, MicroF1, per_class_counts
from verifiers.rewards.per_item import ExactMatch, FBeta, Jaccard, Precision, Recall
from verifiers.rewards.weighted import Weighted
from verifiers.verdict import Verdict

Matrix = NDArray[np.int_]
Metric = Callable[[Matrix, Matrix], float]

PER_ITEM: dict[str, tuple[Reward, Metric]] = {
    "F1": (FBeta(), lambda true, said: f1_score(true, said, average="samples", zero_division=0)),
    "F0.5": (FBeta(0.5), lambda true, said: fbeta_score(true, said, beta=0.5, average="samples", zero_division=0)),
    "F2": (FBeta(2), lambda true, said: fbeta_score(true, said, beta=2, average="samples", zero_division=0)),
    "precision": (Precision(), lambda true, said: precision_score(true, said, average="samples", zero_division=0)),
    "recall": (Recall(), lambda true, said: recall_score(true, said, average="samples", zero_division=0)),
    "jaccard": (Jaccard(), lambda true, said: jaccard_score(true, said, average="samples", zero_division=0)),
    "exact match": (ExactMatch(), accuracy_score),
}


def as_matrices(verdicts: Sequence[Verdict]) -> tuple[Matrix, Matrix]:
    """Gold and prediction, a row an item, a column a label; each label that is off the list has its own."""
    columns = MultiLabelBinarizer(classes=[*LISTED, *STRANGERS])
    said = [(*verdict.given, *verdict.of_reason("out_of_list")) for verdict in verdicts]
    return columns.fit_transform([verdict.gold for verdict in verdicts]), columns.transform(said)


@pytest.mark.parametrize(("reward", "metric"), PER_ITEM.values(), ids=PER_ITEM.keys())
@given(verdicts=verdict_lists)
def test_rewards_of_items_equal_scikit_learn(reward: Reward, metric: Metric, verdicts: list[Verdict]) -> None:
    defined = [verdict for verdict in verdicts if verdict.unusable or verdict == label_verdict(())]
    rest = [verdict for verdict in verdicts if verdict not in defined]
    right = sum(not verdict.unusable for verdict in defined)
    measured = metric(*as_matrices(rest)) * len(rest) if rest else 0.0
    assert reward.score(verdicts) == pytest.approx((right + measured) / len(verdicts))


@given(verdict_lists.filter(lambda verdicts: any(sum(verdict.counts()) for verdict in verdicts)))
def test_micro_f1_equals_scikit_learn(verdicts: list[Verdict]) -> None:
    expected = f1_score(*as_matrices(verdicts), average="micro", zero_division=0)
    assert MicroF1().score(verdicts) == pytest.approx(expected, abs=1e-12)


@given(verdict_lists.filter(lambda verdicts: any(sum(verdict.counts()) for verdict in verdicts)))
def test_macro_f1_equals_scikit_learn(verdicts: list[Verdict]) -> None:
    gold, said = as_matrices(verdicts)
    off_list = len(LISTED)
    gold, said = gold[:, : off_list + 1], np.c_[said[:, :off_list], said[:, off_list:].max(axis=1)]
    occurring = np.flatnonzero((gold + said).any(axis=0))
    expected = f1_score(gold, said, labels=occurring, average="macro", zero_division=0)
    assert MacroF1().score(verdicts) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("hits", "coverage", "precision", "f1"),
    [pytest.param(3, 0.75, 0.6, 0.6667, id="3 of 4 found"), pytest.param(4, 1.0, 0.8, 0.8889, id="4 of 4 found")],
)
def test_the_tutorials_two_examples(hits: int, coverage: float, precision: float, f1: float) -> None:
    gold = ("a", "b", "c", "d")
    verdict = label_verdict(gold, (*gold[:hits], *"vwxyz"[: 5 - hits]))
    figures = [reward.score([verdict]) for reward in (Recall(), Precision(), FBeta())]
    assert [round(figure, 4) for figure in figures] == [coverage, precision, f1]


@pytest.mark.parametrize(
    ("verdict", "figures"),
    [
        pytest.param(label_verdict(("a",), ()), (0, 0, 0, 0), id="nothing said, something due"),
        pytest.param(label_verdict((), ("a",)), (0, 0, 0, 0), id="something said, nothing due"),
        pytest.param(label_verdict((), ()), (1, 1, 1, 1), id="nothing said, nothing due"),
        pytest.param(label_verdict(("a",), ("a",), ("x",)), (0.5, 1, 2 / 3, 0.5), id="one more, off the list"),
        pytest.param(label_verdict(("a", "b"), ("a",)), (1, 0.5, 2 / 3, 0.5), id="half found"),
    ],
)
def test_precision_recall_f1_and_jaccard_of_one_item(verdict: Verdict, figures: tuple[float, ...]) -> None:
    rewards: list[Reward] = [Precision(), Recall(), FBeta(), Jaccard()]
    assert [reward.score([verdict]) for reward in rewards] == pytest.approx(figures)


@given(st.integers(1, 5), st.integers(0, 5), st.integers(0, 5))
def test_beta_leans_to_precision_or_to_recall(hits: int, extra: int, missed: int) -> None:
    names = [f"label {number}" for number in range(hits + extra + missed)]
    verdict = label_verdict(tuple(names[: hits + missed]), tuple(names[:hits] + names[hits + missed :]))
    assert FBeta(1e-4).of_item(verdict) == pytest.approx(Precision().of_item(verdict), abs=1e-6)
    assert FBeta(1e4).of_item(verdict) == pytest.approx(Recall().of_item(verdict), abs=1e-6)


def test_the_order_of_the_items_changes_no_bit_of_the_reward() -> None:
    verdicts = [label_verdict(tuple(f"L{n}" for n in range(gold)), ("L0",)) for gold in range(1, 8)] * 5
    scores = {FBeta().score(random.Random(seed).sample(verdicts, len(verdicts))) for seed in range(50)}
    assert len(scores) == 1


@pytest.mark.parametrize("beta", [0, -1.0, float("nan")])
def test_beta_must_be_above_0(beta: float) -> None:
    with pytest.raises(ValueError) as told:
        FBeta(beta)
    assert "beta" in str(told.value) and str(beta) in str(told.value)


@pytest.mark.parametrize("reward", [MicroF1(), MacroF1()], ids=["micro", "macro"])
class TestCorpusRewards:
    @given(verdicts=verdict_lists.filter(lambda verdicts: any(sum(verdict.counts()) for verdict in verdicts)))
    def test_an_item_that_changes_nothing_has_the_score_as_its_credit(
        self, reward: Reward, verdicts: list[Verdict]
    ) -> None:
        score = reward.score(verdicts)
        *_, credit = reward.credits([*verdicts, label_verdict(())])
        assert credit == pytest.approx(score, abs=1e-9)

    def test_where_no_label_occurs_a_read_reply_is_right_and_a_bad_one_is_not(self, reward: Reward) -> None:
        verdicts = [label_verdict(()), label_verdict((), unusable="refused")]
        assert reward.credits(verdicts) == [1.0, 0.0]
        assert reward.score(verdicts) == 0.5

    def test_credits_are_the_items_influence(self, reward: Reward) -> None:
        verdicts = [label_verdict(("a",), ("a",)), label_verdict(("a",))]
        assert reward.credits(verdicts) == pytest.approx([10 / 9, 2 / 9])


def test_counts_of_each_label_in_each_item() -> None:
    verdicts = [label_verdict(("a", "b"), ("b", "c")), label_verdict((), ("c",), ("x", "y"))]
    assert per_class_counts(verdicts) == {
        "a": [(0, 0, 1), (0, 0, 0)],
        "b": [(1, 0, 0), (0, 0, 0)],
        "c": [(0, 1, 0), (0, 1, 0)],
        "(out of list)": [(0, 0, 0), (0, 2, 0)],
    }


@given(verdict_lists, st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_mix_lies_where_its_weights_put_it(verdicts: list[Verdict], first: float, second: float) -> None:
    f1, exact = FBeta().score(verdicts), ExactMatch().score(verdicts)
    mixed = Weighted([FBeta(), ExactMatch()], [first, second]).score(verdicts)
    assert mixed == pytest.approx((first * f1 + second * exact) / (first + second))


@given(verdict_lists, st.floats(0.1, 10))
def test_only_the_proportion_of_the_weights_counts(verdicts: list[Verdict], factor: float) -> None:
    plain = Weighted([FBeta(), MicroF1()], [1, 2])
    scaled = Weighted([FBeta(), MicroF1()], [factor, 2 * factor])
    assert scaled.score(verdicts) == pytest.approx(plain.score(verdicts), abs=1e-12)
    assert scaled.credits(verdicts) == pytest.approx(plain.credits(verdicts), abs=1e-9)


@given(verdict_lists)
def test_a_reward_with_weight_0_does_not_count(verdicts: list[Verdict]) -> None:
    mixed = Weighted([FBeta(), ExactMatch()], [3, 0])
    assert mixed.score(verdicts) == pytest.approx(FBeta().score(verdicts))


@pytest.mark.parametrize(
    ("count", "weights", "shown"),
    [
        pytest.param(0, [], ["0 rewards", "0 weights"], id="nothing to mix"),
        pytest.param(2, [1], ["2 rewards", "1 weights"], id="too few weights"),
        pytest.param(1, [1, 1], ["1 rewards", "2 weights"], id="too many weights"),
        pytest.param(2, [1, -1], ["[1, -1]"], id="negative weight"),
        pytest.param(2, [0, 0], ["[0, 0]"], id="all weights 0"),
    ],
)
def test_weights_that_cannot_be(count: int, weights: list[float], shown: list[str]) -> None:
    with pytest.raises(ValueError) as told:
        Weighted([FBeta()] * count, weights)
    assert [part for part in shown if part not in str(told.value)] == []
