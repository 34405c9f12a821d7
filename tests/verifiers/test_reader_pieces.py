"""What all types of answers share: tokens, thoughts, JSON, blocks. What labels add: the table of examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.reader.answer import answer_text
from verifiers.reader.blocks import blocks_of
from verifiers.reader.json_values import find_json
from verifiers.reader.model_tokens import without_tokens
from verifiers.reader.turns import own_turn


@pytest.mark.parametrize(
    ("text", "value", "state"),
    [
        ('{"a": [1, 2]}', {"a": [1, 2]}, "whole"),
        ("4", 4, "whole"),
        ('Here: {"a": 1}.', {"a": 1}, "whole"),
        ('[{"label": "x", "text": "y"}]', [{"label": "x", "text": "y"}], "whole"),
        ('{"a": 1}\n{"a": 2}', [{"a": 1}, {"a": 2}], "whole"),
        ('```json\n{"a": 1}\n```', {"a": 1}, "whole"),
        ('{"a": "x\ny"}', {"a": "x\ny"}, "whole"),
        ('{"a": 1, "a": 2}', {"a": [1, 2]}, "whole"),
        ('{"a": "x",}', {"a": "x"}, "repaired"),
        ('{"a": "says "x" twice", "b": 1}', {"a": 'says "x" twice', "b": 1}, "repaired"),
        ("{'a': None}", {"a": None}, "repaired"),
        ('{"a": "x", "b": "y', {"a": "x"}, "cut"),
        ('{"a": "x", "b', {"a": "x"}, "cut"),
        ('{"a": "x"', {"a": "x"}, "cut"),
        ('{"a": {"b": 1, "c": "y', {"a": {"b": 1}}, "cut"),
        ('{"a": ["x", "y"', {}, "cut"),
        ('["x", "y"', None, "cut"),
        ("[" * 100_000, None, "broken"),
        ('{"a":' * 5_000, None, "broken"),
    ],
)
def test_json_is_found(text: str, value: object, state: str) -> None:
    found = find_json(text)
    assert found is not None
    assert (found.value, found.state, found.rivals) == (value, state, ())


@pytest.mark.parametrize("text", ["", "refund", "see [1] and (2)", "\\boxed{x}", "{x}", "[x] refund", "a {b} c"])
def test_what_is_no_json_is_not_taken_for_it(text: str) -> None:
    assert find_json(text) is None


def test_other_values_are_rivals_unless_words_overrule_them() -> None:
    apart = find_json('{"a": 1} or {"a": 2}')
    final = find_json('Draft: {"a": 1}\nFinal: {"a": 2}')
    assert apart is not None and final is not None
    assert (apart.value, apart.rivals) == ({"a": 2}, ({"a": 1},))
    assert (final.value, final.rivals) == ({"a": 2}, ())


def test_more_values_than_a_list_of_labels_has_are_found() -> None:
    found = find_json("\n".join(f'{{"a": {number}}}' for number in range(1_000)))
    assert found is not None
    assert found.value == [{"a": number} for number in range(1_000)]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=20) | st.text())
def test_any_text_is_looked_at(value: object) -> None:
    find_json(str(value))


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("42", "42"),
        ("<think>41?</think>\n42</s>", "42"),
        ("It makes 41.\nFinal answer: 42", "42"),
        ("Answer: 41\nWait.\nAnswer: 42", "42"),
        ("Final answer: 42\nAnswer: 41", "42"),
        ("The result is \\boxed{42}.", "42"),
        ("<reason>41</reason><answer>42</answer>", "42"),
        ("```\n42\n```", "42"),
        ("Reasoning: it is 41\n\n42", "42"),
        ("42\n\nText:\nanother\nAnswer: 41", "42"),
        ("Answer:\nfirst line\nsecond line", "first line"),
        ("<think>42", ""),
    ],
)
def test_the_text_of_an_answer(reply: str, answer: str) -> None:
    assert answer_text(reply).splitlines()[:1] == ([answer] if answer else [])


def test_blocks_are_told_by_their_keys() -> None:
    found = blocks_of("Sure.\nReason: x\ny\n\n**Labels:**\n- a\n- b\n\nBye")
    assert [(block.role, block.text) for block in found] == [
        (None, "Sure."), ("reason", "x\ny"), ("answer", "- a\n- b"), (None, "Bye"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["a<b and b>c", "<18", "[x] y", "x | y", "a </b> c", "1 < 2 > 0"])
def test_what_is_no_token_stays(text: str) -> None:
    assert without_tokens(text) == text


def test_a_turn_ends_where_another_begins_after_something_was_said() -> None:
    assert own_turn("x\n\nUser: y", lambda _: False) == "x"
    assert own_turn("User: y\nx", lambda _: False) == "User: y\nx"
    assert own_turn("x\nText: y", lambda line: line.startswith("Text")) == "x\nText: y"
