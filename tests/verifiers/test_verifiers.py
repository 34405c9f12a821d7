"""Verifiers: what each makes of a reply. What all of them keep: tests/contracts."""

import pytest
from verdicts import REWARDS

from runner.core.items import Item
from verifiers.choice import Choice
from verifiers.label_set import LabelSet
from verifiers.labels import Labels, label_verdict
from verifiers.verdict import Verdict
from verifiers.verifier import judge

TEXT = Item("1", "a text")
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
    verdict = judge(Choice(LABELS), reply, ("refund",), TEXT)
    assert verdict == label_verdict(("refund",), unusable="several")
    assert [reward.score([verdict]) for reward in REWARDS.values()] == [0.0] * len(REWARDS)


@pytest.mark.parametrize("reply", ["none", "No label applies.", "[]", '{"label": null}'])
def test_choice_takes_no_answer_without_a_label(reply: str) -> None:
    assert judge(Choice(LABELS), reply, ("refund",), TEXT) == label_verdict(("refund",), unusable="no_label")
    assert judge(Labels(LABELS), reply, (), TEXT).exact


def test_choice_takes_one_label_said_twice() -> None:
    assert judge(Choice(LABELS), "refund\nRefund", ("refund",), TEXT).exact


@pytest.mark.parametrize("gold", [(), ("refund", "other")], ids=["none", "two"])
def test_choice_needs_exactly_one_gold_label(gold: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=f"verifier=choice .* {len(gold)}$"):
        Choice(LABELS).gold(gold, TEXT)


def test_choice_takes_gold_that_repeats_its_label() -> None:
    assert Choice(LABELS).gold(("refund", "refund"), TEXT) == ("refund",)


def test_what_is_missing_is_told_in_the_order_of_the_list_and_what_was_given_in_that_of_the_reply() -> None:
    verdict = judge(Labels(LABELS), "other, refund", ("other", "damaged_item", "refund"), TEXT)
    assert verdict.answer == ("other", "refund")
    assert verdict.gold_keys == ("refund", "damaged_item", "other")
    assert verdict.feedback() == "Right: other, refund. Missing: damaged_item."


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        pytest.param(label_verdict(("a", "b"), ("b", "a")), "Right: a, b.", id="right"),
        pytest.param(label_verdict(()), "Right: no label.", id="rightly none"),
        pytest.param(
            label_verdict(("a", "b"), ("a", "c"), ("d",)),
            "Right: a. Missing: b. Wrong: c. Not on the label list: d.",
            id="a bit of each",
        ),
        pytest.param(label_verdict(("a",)), "Missing: a.", id="missing only"),
        pytest.param(label_verdict((), ("a",)), "Wrong: a.", id="wrong only"),
        pytest.param(
            label_verdict(("a",), unusable="unreadable"),
            "No labels could be read in the reply. Expected: a.",
            id="unreadable",
        ),
        pytest.param(
            label_verdict((), unusable="refused"), "The model refused to answer. Expected: no label.", id="refused"
        ),
        pytest.param(
            label_verdict(("a",), unusable="truncated"),
            "The reply was cut off at the token limit. Expected: a.",
            id="truncated",
        ),
        pytest.param(
            label_verdict(("a",), unusable="several"),
            "The reply names several labels where exactly one was asked for. Expected: a.",
            id="several",
        ),
        pytest.param(
            label_verdict(("a",), unusable="no_label"),
            "The reply says that no label applies where exactly one was asked for. Expected: a.",
            id="no label",
        ),
    ],
)
def test_feedback_in_words(verdict: Verdict, words: str) -> None:
    assert verdict.feedback() == words


def test_rewards_that_people_wrote_for_labels_find_what_they_look_for() -> None:
    verdict = label_verdict(("a",), ("a", "b"), ("c",))
    assert (verdict.predicted, verdict.out_of_list, verdict.bad_reply) == (("a", "b"), ("c",), None)
    assert label_verdict(("a",), unusable="refused").bad_reply == "refused"
