"""What every type of answer keeps, whatever its gold is made of."""

import json

import pytest
from answer_types import ANSWER_TYPES, ELSEWHERE, AnswerType, json_reply
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from options import lacking, options
from texts import texts
from verdicts import REWARDS

from runner.core.items import Item
from verifiers.verdict import Finish
from verifiers.verifier import Reading, Verifier, classes_of, judge, keys_of_answer

GARBAGE = (
    *("I'm sorry, I can't help with that.", "The text is about something else.", "???", "{", '{"', "[[[[", "```json"),
    *("\ufeff", "<think>", "\x00", '"', "null null", "[" * 2000, '{"a":' * 2000, "lorem ipsum dolor sit amet " * 50),
)
"""Replies without an answer; none of them names anything."""
LONG = ('x: "y"\n', '{"a": [', "- - ", '"', "word ")
"""What a reply of a megabyte repeats."""

drawn = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25)


def test_every_option_is_tried() -> None:
    found = {case.id for case in options("verifier")}
    assert {one.option for one in ANSWER_TYPES} == found - ELSEWHERE


@pytest.mark.parametrize("kind", ANSWER_TYPES, ids=lambda kind: kind.option)
class TestContract:
    def test_it_has_all_of_its_protocol(self, kind: AnswerType) -> None:
        assert lacking(kind.verifier, Verifier) == []

    @drawn
    @given(data=st.data())
    def test_the_right_answer_scores_one(self, kind: AnswerType, data: st.DataObject) -> None:
        text, value = data.draw(kind.cases)
        item = Item("1", text)
        gold = kind.verifier.gold(value, item)
        answer = kind.verifier.example(gold)
        for reply in ("\n".join(kind.verifier.show(answer)) or "none", json_reply(kind.verifier, answer, item)):
            verdict = judge(kind.verifier, reply, gold, item)
            assert verdict.exact, verdict.feedback()
            assert verdict.feedback().startswith("Right: ")
            scores = {name: reward.score([verdict]) for name, reward in REWARDS.items() if kind.applies(reward)}
            assert scores == dict.fromkeys(scores, 1.0)

    @drawn
    @given(data=st.data())
    def test_an_answer_is_read_back(self, kind: AnswerType, data: st.DataObject) -> None:
        """From data, from what is shown of it, and from JSON that its schema takes."""
        text, value = data.draw(kind.cases)
        item = Item("1", text)
        gold = kind.verifier.gold(value, item)
        answer = kind.verifier.example(gold)
        dumped = json.loads(json.dumps(kind.verifier.dump(answer)))
        assert kind.verifier.gold(dumped, item) == gold
        assert kind.verifier.parse(dumped, item) == Reading(answer)
        assert kind.verifier.read("\n".join(kind.verifier.show(answer)) or "none", item) == Reading(answer)
        assert kind.verifier.read(json_reply(kind.verifier, answer, item), item) == Reading(answer)

    @drawn
    @given(data=st.data())
    def test_gold_is_due_whatever_was_answered(self, kind: AnswerType, data: st.DataObject) -> None:
        text, value = data.draw(kind.cases)
        item = Item("1", text)
        gold = kind.verifier.gold(value, item)
        right = judge(kind.verifier, "\n".join(kind.verifier.show(kind.verifier.example(gold))) or "none", gold, item)
        wrong = judge(kind.verifier, "???", gold, item)
        assert set(right.correct) <= set(right.gold_keys) == set(wrong.gold_keys)
        assert (tuple(dict.fromkeys(right.gold_keys)) or classes_of(kind.verifier, gold)) == classes_of(
            kind.verifier, gold
        )
        assert sorted(keys_of_answer(kind.verifier, kind.verifier.example(gold), item)) == sorted(right.gold_keys)

    @drawn
    @given(data=st.data())
    def test_the_schema_takes_a_right_reply_and_no_other_shape(self, kind: AnswerType, data: st.DataObject) -> None:
        jsonschema = pytest.importorskip("jsonschema")
        text, value = data.draw(kind.cases)
        item = Item("1", text)
        checker = jsonschema.Draft202012Validator(kind.verifier.schema(item))
        checker.check_schema(checker.schema)
        reply = json.loads(json_reply(kind.verifier, kind.verifier.example(kind.verifier.gold(value, item)), item))
        required = set(checker.schema["required"])
        assert checker.is_valid(reply) or not required <= set(reply)  # gold in which a field is not verified
        assert not any(checker.is_valid(bad) for bad in ({}, [], "refund", {**reply, "why": "it says so"}))

    @pytest.mark.parametrize("reply", GARBAGE, ids=lambda reply: reply[:12])
    @settings(suppress_health_check=[HealthCheck.too_slow], max_examples=10)
    @given(data=st.data())
    def test_garbage_never_scores(self, kind: AnswerType, reply: str, data: st.DataObject) -> None:
        text, value = data.draw(kind.cases)
        item = Item("1", text)
        verdict = judge(kind.verifier, reply, kind.verifier.gold(value, item), item)
        assert not verdict.exact
        assert {reward.score([verdict]) for reward in REWARDS.values() if kind.applies(reward)} == {0.0}

    @drawn
    @given(data=st.data(), finish=st.sampled_from(["length", "refusal", "empty"]))
    def test_what_is_cut_off_or_refused_never_scores(
        self, kind: AnswerType, data: st.DataObject, finish: Finish
    ) -> None:
        text, value = data.draw(kind.cases)
        item = Item("1", text)
        gold = kind.verifier.gold(value, item)
        reply = json_reply(kind.verifier, kind.verifier.example(gold), item)
        verdict = judge(kind.verifier, reply[: data.draw(st.integers(0, len(reply)))], gold, item, finish)
        assert verdict.unusable
        assert {reward.score([verdict]) for reward in REWARDS.values() if kind.applies(reward)} == {0.0}

    @drawn
    @given(data=st.data(), reply=texts | st.text())
    def test_no_reply_raises(self, kind: AnswerType, data: st.DataObject, reply: str) -> None:
        text, value = data.draw(kind.cases)
        item = Item("1", text)
        gold = kind.verifier.gold(value, item)
        whole = json_reply(kind.verifier, kind.verifier.example(gold), item)
        for one in (reply, whole[: data.draw(st.integers(0, len(whole)))], f"{whole}{reply}", reply + whole):
            verdict = judge(kind.verifier, one, gold, item)
            assert verdict == judge(kind.verifier, one, gold, item)
            assert all(0 <= reward.score([verdict]) <= 1 for reward in REWARDS.values() if kind.applies(reward))

    @pytest.mark.parametrize("unit", LONG)
    def test_a_megabyte_is_read(self, kind: AnswerType, unit: str) -> None:
        item = Item("1", "x y word " * 100)
        kind.verifier.read(unit * (1_000_000 // len(unit)), item)
