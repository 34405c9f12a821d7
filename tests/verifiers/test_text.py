"""verifier=text: what is equal, what is in common, and that a text is read back."""

import json
import re
import string
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.items import Item
from verifiers.rewards.constant import constant_answer
from verifiers.rewards.per_item import FBeta, Precision, Recall
from verifiers.text import FreeText
from verifiers.text_forms import tokens
from verifiers.verifier import Reading, Unusable, judge

TEXT = Item("1", "a text")
EXACT, TOKENS, CONTAINS = FreeText(), FreeText("tokens"), FreeText("contains")
words = st.lists(st.sampled_from(["the", "a", "cat", "Cat.", "sat", "mat,", "on"]), min_size=1).map(" ".join)
texts = st.text() | st.sampled_from(
    ["Answer: x", "a\nb", '"q"', "{1}", '{"text": "x"}', "```x```", "\ud800", "a\u2028b"]
)


def squad_f1(answer: str, gold: str) -> float:
    """The official script's, by hand."""

    def normal(text: str) -> list[str]:
        bare = "".join(sign for sign in text.lower() if sign not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", bare).split()

    given, due = normal(answer), normal(gold)
    if not given or not due:
        return float(given == due)
    same = sum((Counter(given) & Counter(due)).values())
    return 2 * same / (len(given) + len(due))


@pytest.mark.parametrize(
    ("verifier", "gold", "reply", "earned"),
    [
        *((EXACT, "The Cat", reply, 1) for reply in ("the cat", "THE  CAT.", '"the cat"', "**The Cat**", "Ｔｈｅ Cat")),
        *((EXACT, "The Cat", reply, 0) for reply in ("cat", "the cats", "the cat sat")),
        *((EXACT, ["UK", "Britain"], reply, 1) for reply in ("britain", "U\u200bK", '{"text": "UK"}', '["UK"]')),
        *((EXACT, "-5", "5", 0), (EXACT, 2024, "2024", 1), (EXACT, "?!", "?!", 1)),
        *((TOKENS, "the cat", "a cat sat", 2 / 3), (TOKENS, ["dog", "cat sat"], "cat sat", 1), (TOKENS, "the", "a", 1)),
        *((TOKENS, "猫坐", "猫", 2 / 3), (TOKENS, "cat", "the", 0)),
        *((CONTAINS, "UK", "It is the UK, I think", 1), (CONTAINS, "UK", "UKIP", 0), (CONTAINS, "12", "120", 0)),
        *((CONTAINS, "猫", "共猫坐", 1), (CONTAINS, ["x", "cat"], "a cat", 1)),
    ],
)
def test_what_an_answer_earns(verifier: FreeText, gold: Any, reply: str, earned: float) -> None:
    verdict = judge(verifier, reply, verifier.gold(gold, TEXT), TEXT)
    assert FBeta().score([verdict]) == pytest.approx(earned)
    assert verdict.exact == (earned == 1)


@given(words, words)
def test_tokens_equal_squads_f1(gold: str, answer: str) -> None:
    verdict = judge(TOKENS, answer, (gold,), TEXT)
    assert FBeta().score([verdict]) == pytest.approx(squad_f1(answer, gold))
    due, given = len(tokens(gold)), len(tokens(answer))
    if due and given:
        assert Precision().score([verdict]) * given == pytest.approx(Recall().score([verdict]) * due)


@given(texts.filter(str.strip))
def test_a_text_is_read_back(text: str) -> None:
    gold = EXACT.gold(text, TEXT)
    assert EXACT.gold(EXACT.dump(EXACT.example(gold)), TEXT) == gold
    (line,) = EXACT.show(gold[0])
    assert len(line.splitlines()) == 1
    assert EXACT.read(line, TEXT) == Reading(gold[0])
    assert EXACT.read(json.dumps({"text": gold[0]}), TEXT) == Reading(gold[0])


@pytest.mark.parametrize(
    ("reply", "bad"),
    [
        ("I'm sorry, but I can't help with that.", "refused"),
        ("As an AI, I have no view.", "refused"),
        ("", "empty"),
        ("[" * 100_000 + "]", "unreadable"),
        ('{"text": null}', "unreadable"),
        ('{"text": ["a", "b"]}', "ambiguous"),
        ("{}", "unreadable"),
    ],
)
def test_what_is_no_text_is_named(reply: str, bad: str) -> None:
    read = EXACT.read(reply, TEXT)
    assert read == Unusable(bad) or (bad == "unreadable" and reply[0] == "[")  # type: ignore[arg-type]


def test_words_that_only_resemble_a_refusal_are_an_answer() -> None:
    assert EXACT.read("The customer says: I can't log in", TEXT) == Reading("The customer says: I can't log in")


@given(st.text())
def test_no_reply_raises(reply: str) -> None:
    EXACT.read(reply, TEXT)


def test_feedback_and_the_best_constant() -> None:
    assert judge(EXACT, "dog", ("cat", "puss"), TEXT).feedback() == "Missing: cat. Wrong: dog."
    assert constant_answer(EXACT, [("x",), ("y",), ("y",)], FBeta()) == ("y", pytest.approx(2 / 3))


@pytest.mark.parametrize("gold", [None, True, "", " ", [], ["x", ""], {}, 1.5, ()])
def test_gold_that_is_no_text_is_refused(gold: Any) -> None:
    with pytest.raises(ValueError, match="gold"):
        EXACT.gold(gold, TEXT)


def test_match_must_be_known() -> None:
    with pytest.raises(ValueError, match="regex"):
        FreeText("regex")  # type: ignore[arg-type]
