"""Texts that a file, a page or a spreadsheet takes amiss."""

import hashlib

import pytest

from runner.core.csv_cells import harmless
from runner.core.surrogates import from_bytes, question_marks, sha256, to_bytes, whole
from runner.core.terminal import shortened


def test_half_of_a_character() -> None:
    text = "é \ud83d and \ud83d\ude00"  # one that is alone, and a pair
    assert whole(text) == "é \ufffd and 😀"
    assert question_marks(text) == "é ? and ??"
    assert from_bytes(to_bytes(text)) == text
    assert sha256("é") == hashlib.sha256("é".encode()).hexdigest()
    assert sha256(text) != sha256(question_marks(text))


@pytest.mark.parametrize(
    "text", ["=1+1", "+A1", "-A1", "@x", "\tx", "\rx", "\n=1", " +A1", "\u200b@x", "＝1", "\n－A1", "﹢A"]
)
def test_a_formula_in_a_cell_is_marked(text: str) -> None:
    assert harmless(text) == harmless(text, numbers=True) == f"'{text}"


def test_what_is_no_formula_stays() -> None:
    assert [harmless(value) for value in ("a=1", "", 5, None)] == ["a=1", "", 5, None]
    assert (harmless("-5"), harmless("-5", numbers=True), harmless(-5)) == ("'-5", "-5", -5)


def test_how_many_more_there_are_is_said() -> None:
    assert shortened(["a", "b"], 2) == "a, b"
    assert shortened(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert shortened(["a", "b", "c"], 2, sentences=True) == "a; b; and 1 more"
    assert shortened([], 2) == ""
