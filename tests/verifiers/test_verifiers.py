"""Verifiers: what each makes of a reply. What all of them keep: tests/contracts."""

import pytest
from verdicts import REWARDS

from verifiers.choice import Choice
from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.verdict import Verdict

LABELS = LabelSet.of(["refund", "late delivery", "damaged_item", "Wrong-Size", "other"])


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("refund, other", id="two listed"),
        pytest.param("refund, shipping", id="one listed, one not"),
        pytest.param("shipping, price", id="two not listed"),
        pytest.param('["refund", "other"]', id="JSON list"),
        pytest.param('{"label": "refund"}\n{"label": "other"}', id="JSON lines"),
    ],
)
def test_choice_takes_no_hedging(reply: str) -> None:
    verdict = Choice().judge(reply, gold=["refund"], labels=LABELS)
    assert verdict == Verdict(("refund",), bad_reply="several")
    assert [reward.score([verdict]) for reward in REWARDS.values()] == [0.0] * len(REWARDS)


@pytest.mark.parametrize("reply", ["none", "No label applies.", "[]", '{"label": null}'])
def test_choice_takes_no_answer_without_a_label(reply: str) -> None:
    assert Choice().judge(reply, gold=["refund"], labels=LABELS) == Verdict(("refund",), bad_reply="no_label")
    assert Labels().judge(reply, gold=[], labels=LABELS).exact


def test_choice_takes_one_label_said_twice() -> None:
    assert Choice().judge("refund\nRefund", gold=["refund"], labels=LABELS).exact


@pytest.mark.parametrize("gold", [(), ("refund", "other")], ids=["none", "two"])
def test_choice_needs_exactly_one_gold_label(gold: tuple[str, ...]) -> None:
    problem = Choice().gold_problem(gold) or ""
    assert "verifier=choice" in problem and problem.endswith(f" {len(gold)}")


def test_choice_takes_gold_that_repeats_its_label() -> None:
    assert Choice().gold_problem(("refund", "refund")) is None


def test_gold_is_given_in_the_order_of_the_list_and_predictions_in_that_of_the_reply() -> None:
    verdict = Labels().judge("other, refund", gold=["other", "refund"], labels=LABELS)
    assert verdict == Verdict(("refund", "other"), predicted=("other", "refund"))


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        pytest.param(Verdict(("a", "b"), ("b", "a")), "Right: a, b.", id="right"),
        pytest.param(Verdict(()), "Right: no label.", id="rightly none"),
        pytest.param(
            Verdict(("a", "b"), ("a", "c"), ("d",)),
            "Right: a. Missing: b. Wrong: c. Not on the label list: d.",
            id="a bit of each",
        ),
        pytest.param(Verdict(("a",)), "Missing: a.", id="missing only"),
        pytest.param(Verdict((), ("a",)), "Wrong: a.", id="wrong only"),
        pytest.param(
            Verdict(("a",), bad_reply="unreadable"),
            "No labels could be read in the reply. Expected: a.",
            id="unreadable",
        ),
        pytest.param(
            Verdict((), bad_reply="refused"), "The model refused to answer. Expected: no label.", id="refused"
        ),
        pytest.param(
            Verdict(("a",), bad_reply="truncated"),
            "The reply was cut off at the token limit. Expected: a.",
            id="truncated",
        ),
        pytest.param(
            Verdict(("a",), bad_reply="several"),
            "The reply names several labels where exactly one was asked for. Expected: a.",
            id="several",
        ),
        pytest.param(
            Verdict(("a",), bad_reply="no_label"),
            "The reply says that no label applies where exactly one was asked for. Expected: a.",
            id="no label",
        ),
    ],
)
def test_feedback_in_words(verdict: Verdict, words: str) -> None:
    assert verdict.feedback() == words
