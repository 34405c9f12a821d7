"""What the runner relies on of verifiers of labels. Of every answer type: test_answer_types.py."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from options import lacking, made, options
from verdicts import REWARDS

from runner.core.items import Item
from verifiers.label_set import LabelSet
from verifiers.labels import label_verdict
from verifiers.rewards import Reward
from verifiers.verdict import BadReply, Finish
from verifiers.verifier import Verifier, judge

LABELS = LabelSet.of(["refund", "late delivery", "damaged_item", "Wrong-Size", "other"])
TEXT = Item("1", "a text")
OF_LABELS = [case for case in options("verifier") if case.id in {"auto", "choice", "labels"}]
VERIFIERS = [pytest.param(made(*case.values).bind(LABELS, ()), id=case.id) for case in OF_LABELS]
VERIFIERS.append(
    pytest.param(made("verifier/auto", "verifier.multiple=false").bind(LABELS, ()), id="auto, of one label")
)

subsets = st.lists(st.sampled_from(LABELS.names), unique=True)
replies = st.text() | subsets.map("\n".join) | subsets.map(lambda names: ", ".join([*names, "shipping"]))
endings = st.sampled_from(["stop", "length", "refusal"])


def golds(verifier: Verifier) -> list[tuple[str, ...]]:
    """Gold answers that the verifier takes: each label alone and, where it may be, none, two and all."""
    alone: list[tuple[str, ...]] = [(name,) for name in LABELS]
    return [*alone, (), LABELS.names[1:3], LABELS.names] if verifier.multiple else alone


def properties(schema: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    found = schema["properties"]
    assert isinstance(found, dict)
    return found


def reply_by_schema(verifier: Verifier, names: Sequence[str]) -> dict[str, object]:
    """The reply that gives ``names`` in the shape of the verifier's own schema."""
    ((key, kind),) = properties(verifier.schema(TEXT)).items()
    return {key: list(names) if kind["type"] == "array" else names[0]}


@pytest.mark.parametrize("verifier", VERIFIERS)
class TestContract:
    def test_it_has_all_of_its_protocol(self, verifier: Verifier) -> None:
        assert lacking(verifier, Verifier) == []

    @pytest.mark.parametrize("reward", REWARDS.values(), ids=REWARDS)
    @pytest.mark.parametrize("form", ["lines", "schema"])
    def test_the_gold_reply_scores_one(self, verifier: Verifier, reward: Reward, form: str) -> None:
        for gold in golds(verifier):
            lines = "\n".join(gold) or "none"
            reply = lines if form == "lines" else json.dumps(reply_by_schema(verifier, gold))
            verdict = judge(verifier, reply, gold, TEXT)
            assert verdict.exact
            assert reward.score([verdict]) == 1.0

    def test_gold_that_can_be_has_no_problem(self, verifier: Verifier) -> None:
        assert [verifier.gold(gold, TEXT) for gold in golds(verifier)] == golds(verifier)

    @given(reply=replies, gold=subsets, finish=endings)
    def test_the_same_reply_gets_the_same_verdict(
        self, verifier: Verifier, reply: str, gold: list[str], finish: Finish
    ) -> None:
        first = judge(verifier, reply, tuple(gold), TEXT, finish)
        again = judge(verifier, reply, tuple(gold), TEXT, finish)
        other = judge(verifier, reply, tuple(gold[::-1]), TEXT, finish)
        assert first == again
        assert (first.matches, first.due, first.unusable) == (other.matches, other.due, other.unusable)

    @given(reply=replies, gold=subsets, finish=endings)
    def test_right_missing_and_wrong_part_the_labels(
        self, verifier: Verifier, reply: str, gold: list[str], finish: Finish
    ) -> None:
        verdict = judge(verifier, reply, tuple(gold), TEXT, finish)
        correct, missing, wrong = set(verdict.correct), set(verdict.missing), set(verdict.wrong)
        assert not (correct & missing or correct & wrong or missing & wrong)
        assert correct | missing == set(verdict.gold_keys) == set(gold)
        assert correct | wrong == set(verdict.given) <= set(LABELS)
        assert verdict.counts() == (len(correct), len(wrong) + len(verdict.unfit), len(missing))
        assert verdict.exact == (verdict.unusable is None and sum(verdict.counts()[1:]) == 0)
        assert not (verdict.unusable and (verdict.given or verdict.unfit))

    @given(reply=replies, gold=subsets, finish=endings)
    def test_feedback_names_every_missing_and_wrong_label(
        self, verifier: Verifier, reply: str, gold: list[str], finish: Finish
    ) -> None:
        verdict = judge(verifier, reply, tuple(gold), TEXT, finish)
        feedback = verdict.feedback()
        assert all(name in feedback for name in (*verdict.gold_keys, *verdict.wrong, *verdict.of_reason("out_of_list")))

    @pytest.mark.parametrize(
        ("reply", "finish", "bad"),
        [
            pytest.param("refund", "length", "truncated", id="cut off"),
            pytest.param("refund", "refusal", "refused", id="stopped by a filter"),
            pytest.param("I'm sorry, I can't label this.", "stop", "refused", id="refusal in words"),
            pytest.param(
                "The customer is upset about something that we cannot name.", "stop", "unreadable", id="prose"
            ),
            pytest.param("", "stop", "empty", id="empty"),
            pytest.param(" \n", "empty", "empty", id="blank"),
        ],
    )
    def test_a_reply_without_an_answer_is_named(
        self, verifier: Verifier, reply: str, finish: Finish, bad: BadReply
    ) -> None:
        verdict = judge(verifier, reply, ("refund",), TEXT, finish)
        assert verdict == label_verdict(("refund",), unusable=bad)
        assert not verdict.exact
        assert [reward.score([verdict]) for reward in REWARDS.values()] == [0.0] * len(REWARDS)

    def test_a_label_off_the_list_is_kept_and_costs(self, verifier: Verifier) -> None:
        verdict = judge(verifier, "shipping", ("refund",), TEXT)
        assert verdict == label_verdict(("refund",), out_of_list=("shipping",))
        assert verdict.counts() == (0, 1, 1)

    def test_the_schema_has_one_closed_property_of_listed_names(self, verifier: Verifier) -> None:
        schema = verifier.schema(TEXT)
        ((key, kind),) = properties(schema).items()
        assert schema["required"] == [key]
        assert schema["additionalProperties"] is False
        assert kind.get("items", kind) == {"type": "string", "enum": list(LABELS)}

    def test_the_schema_takes_gold_replies_and_no_others(self, verifier: Verifier) -> None:
        jsonschema = pytest.importorskip("jsonschema")
        checker = jsonschema.Draft202012Validator(verifier.schema(TEXT))
        checker.check_schema(checker.schema)
        good = [reply_by_schema(verifier, gold) for gold in golds(verifier)]
        bad = [{}, [], "refund", reply_by_schema(verifier, ["shipping"]), {**good[0], "why": "it says so"}]
        assert [checker.is_valid(reply) for reply in good] == [True] * len(good)
        assert [checker.is_valid(reply) for reply in bad] == [False] * len(bad)
