"""Where in a reply the answer stands: by reading what is left, whatever the type."""

from typing import Any

import pytest
from answer_types import ANSWER_TYPES, AnswerType, json_reply
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.core.items import Item
from verifiers.choice import Choice
from verifiers.fields import Fields
from verifiers.label_set import LabelSet
from verifiers.labels import Labels
from verifiers.number import Number
from verifiers.places import places
from verifiers.verifier import Reading, Verifier

LIST = LabelSet.of(["Refund", "late delivery", "Payment"])
ANY, ONE = Labels(LIST), Choice(LIST)
TOPIC = Fields({"topic": ONE, "tags": ANY}, optional=["topic"])
ITEM = Item("i", "where is my money?")


def found(verifier: Verifier, reply: str) -> list[str]:
    read = verifier.read(reply, ITEM)
    assert isinstance(read, Reading), reply
    return [reply[place.start : place.end] for place in places(verifier, reply, read.answer, ITEM)]


@pytest.mark.parametrize(
    ("verifier", "reply", "parts"),
    [
        (ANY, "Refund", ["Refund"]),
        (ANY, "  Refund \n\n late delivery\n", ["Refund", "late delivery"]),
        (ANY, "- Refund\n- late delivery", ["Refund", "late delivery"]),
        (ANY, "none", ["none"]),
        (ANY, '["Refund", "late delivery"]', ["Refund", "late delivery"]),
        (ANY, '{"labels": []}', ["[]"]),
        (ANY, '```json\n{"labels": ["Payment"]}\n```', ["Payment"]),
        (ONE, "Answer: Refund", ["Refund"]),
        (ONE, "Refund\nThe customer wants the money back.", ["Refund"]),
        (ONE, '{"reason": "money", "label": "Refund"}', ["Refund"]),
        (Number(), "Answer: 12", ["12"]),
        (TOPIC, '{"topic": "Refund", "tags": ["Payment", "Refund"]}', ["Refund", "Payment", "Refund"]),
        (TOPIC, '{"why": "x\\"y", "topic": null, "tags": []}', ["null", "[]"]),
    ],
)
def test_the_parts_of_an_answer_are_found_without_what_stands_around_them(
    verifier: Verifier, reply: str, parts: list[str]
) -> None:
    assert found(verifier, reply) == parts


def test_parts_of_json_have_the_names_of_their_fields() -> None:
    reply = '{"topic": "Refund", "tags": ["Payment"]}'
    read = TOPIC.read(reply, ITEM)
    assert isinstance(read, Reading)
    assert [place.name for place in places(TOPIC, reply, read.answer, ITEM)] == ["topic", "tags.0"]


@pytest.mark.parametrize("kind", ANSWER_TYPES, ids=lambda kind: kind.option)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_parts_alone_say_the_same_for_every_type(kind: AnswerType, data: Any) -> None:
    text, gold = data.draw(kind.cases)
    item, verifier = Item("i", text, gold), kind.verifier
    answer = verifier.example(verifier.gold(gold, item))
    for reply in ("\n".join(verifier.show(answer)) or "none", json_reply(verifier, answer, item)):
        read = verifier.read(reply, item)
        if not isinstance(read, Reading):
            continue
        there = places(verifier, reply, read.answer, item)
        assert there and all(0 <= place.start < place.end <= len(reply) for place in there)
        assert [place.start for place in there] == sorted(place.start for place in there)


def test_another_answer_than_the_reply_has_is_nowhere() -> None:
    assert places(ANY, "Refund", ("Payment",), ITEM) == []
    assert places(ANY, '["Refund"]', ("Payment",), ITEM) == []


def test_a_reply_of_very_many_lines_is_not_gone_through() -> None:
    reply = "\n".join(["- Refund", "- Payment"] * 200)
    assert found(ANY, reply) in ([], ["Refund", "Payment"])
