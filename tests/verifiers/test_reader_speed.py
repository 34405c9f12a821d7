"""Reading takes as long as a reply is, whatever stands in it and however many labels there are."""

import time
from functools import cache

import pytest

from verifiers.label_set import LabelSet
from verifiers.reader.json_values import find_json
from verifiers.reader.label_answer import MOST_SAID, read_labels
from verifiers.reader.outcome import NamesRead
from verifiers.verdict import Unusable

SHOP = LabelSet.of(["refund", "late delivery", "damaged_item", "Wrong-Size", "other"])
PLAIN = "the customer wants their money back. "
HARD = (
    "\n", " ", "a,", "(,", "[", "```a", "- ", "<think>", "[x]\n", "label ", "label!", "the ", "refund ", "not refund ",
    "refund: no, ", "refund | ", "\u200b", '{"a":', "{a:b,", '{"label": "refund",}\n', "refund or ", "refund?\n",
    "<label>", "<a>", "\\boxed{", "\\text{", "|a|b|\n|-|-|\n", "Answer: x\n", "<|im_end|>", "Text: a\n", "key: value\n",
    "refund/", "✅refund ", "the answer is refund. ", "assistantfinal", "> x\n= y\n", "~~a", "&amp;", "A-", "退款",
)  # fmt: skip
HUGE = 1_000_000


@cache
def seconds_for_plain_words() -> float:
    return seconds_for(PLAIN, MOST_SAID - 100)


def seconds_for(unit: str, size: int) -> float:
    text = unit * (size // len(unit))
    begun = time.process_time()
    for reply in (text, f"label{text}x", f'{{"label": "{text}', f"refund\n{text}"):
        read_labels(reply, SHOP)
    return time.process_time() - begun


@pytest.mark.parametrize("unit", HARD, ids=repr)
def test_a_long_reply_is_read_in_proportion_to_its_length(unit: str) -> None:
    assert seconds_for(unit, 40_000) < 10 * seconds_for(unit, 10_000) + 0.2  # 4 times; where it is quadratic, 16


@pytest.mark.parametrize("unit", HARD, ids=repr)
def test_a_reply_of_a_megabyte_takes_no_longer_than_plain_words_of_the_greatest_length(unit: str) -> None:
    assert seconds_for(unit, HUGE) < 4 * seconds_for_plain_words() + 1


@pytest.mark.parametrize("unit", ['{"a":', "{a:b,", "[[", '{"a": "b" c", ', '{"a": \'', "[1,", '["a" ', '{a:b,"}",'])
def test_near_json_is_repaired_within_bounds(unit: str) -> None:
    begun = time.process_time()
    find_json(unit * (HUGE // len(unit)))
    assert time.process_time() - begun < 4


def test_what_was_thought_does_not_count_as_said() -> None:
    assert read_labels(f"<think>{PLAIN * 20_000}</think>refund", SHOP) == NamesRead(("refund",), ())
    assert read_labels(PLAIN * 20_000, SHOP) == Unusable("unreadable")


def listed(count: int) -> LabelSet:
    return LabelSet.of(f"topic {number} {'abcdefg'[number % 7]}" for number in range(count))


@pytest.mark.parametrize(
    "reply",
    [
        "The customer writes about the parcel, which came late, and says it again. " * 20 + "It is topic 4 e.",
        "- topic 4 e: it came late",
        '{"reason": "topic 5 f?", "label": "topic 4 e"}',
        "Reason: it came late\nLabel: topic 4 e",
    ],
    ids=["prose", "line", "JSON", "marked"],
)
def test_ten_thousand_labels_are_read_as_fast_as_ten(reply: str) -> None:
    spent = []
    for labels in (listed(10), listed(10_000)):
        assert read_labels(reply, labels) == NamesRead(("topic 4 e",), ())  # and what is made once for a list is made
        begun = time.process_time()
        for _ in range(20):
            read_labels(reply, labels)
        spent.append((time.process_time() - begun) / 20)
    assert spent[1] < 3 * spent[0] + 0.002
    assert spent[1] < 0.05
