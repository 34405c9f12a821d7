import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.label_set import LabelSet, OddNames
from verifiers.spelling import normalise

words = st.text("abcdefghijklmnopqrstuvwxyzéüñ0123456789", min_size=1, max_size=8)
label_words = st.lists(words, min_size=1, max_size=4)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("refund request", id="as listed"),
        pytest.param("REFUND Request", id="case"),
        pytest.param("refund_request", id="underscore"),
        pytest.param("refund-request", id="hyphen"),
        pytest.param("refund–request", id="en dash"),
        pytest.param("refund/request", id="slash"),
        pytest.param("refund \t  request", id="run of spaces"),
        pytest.param('"refund request"', id="double quotes"),
        pytest.param("‘refund request’", id="typographic quotes"),
        pytest.param("**refund-request**", id="bold"),
        pytest.param("__refund_request__", id="underlined"),
        pytest.param("`refund_request`,", id="code and a comma"),
        pytest.param("refund request.", id="full stop"),
        pytest.param("ｒｅｆｕｎｄ　ｒｅｑｕｅｓｔ", id="full width"),
        pytest.param("refund\u00a0request", id="no-break space"),
    ],
)
def test_a_label_is_found_in_any_spelling(text: str) -> None:
    assert LabelSet.of(["refund request", "other"]).find(text) == "refund request"


@pytest.mark.parametrize("text", ["", "   ", "refund", "refund request now", "refundrequest", "?!"])
def test_other_text_is_not_a_label(text: str) -> None:
    assert LabelSet.of(["refund request", "other"]).find(text) is None


@given(label_words, st.sampled_from([" ", "_", "-", "–", "/", "  ", " - "]), st.sampled_from(["{}", '"{}"', "**{}**"]))
def test_separators_case_and_wrapping_never_matter(parts: list[str], separator: str, wrapping: str) -> None:
    name = " ".join(parts)
    assert LabelSet.of([name]).find(wrapping.format(separator.join(parts).upper())) == name


@given(label_words)
def test_a_normal_form_is_its_own_normal_form(parts: list[str]) -> None:
    form = normalise("_".join(parts))
    assert normalise(form) == form


def test_the_order_and_the_definitions_are_the_users() -> None:
    labels = LabelSet({"zebra": "striped", "ant": "", "Mule": "stubborn"})
    assert labels.names == tuple(labels) == ("zebra", "ant", "Mule")
    assert labels.definitions["Mule"] == "stubborn"
    assert len(labels) == 3


def test_of_gives_names_without_definitions() -> None:
    assert LabelSet.of(["a", "b"]) == LabelSet({"a": "", "b": ""})


def test_membership_is_by_exact_name() -> None:
    labels = LabelSet.of(["refund request"])
    assert "refund request" in labels
    assert "Refund_Request" not in labels
    assert 7 not in labels


@pytest.mark.parametrize(
    ("names", "odd"),
    [
        pytest.param(["a", " "], (" ",), id="blank name"),
        pytest.param(["a", "b\nc"], ("b\nc",), id="line break"),
        pytest.param(["a", "\u200b"], ("\u200b",), id="nothing to be seen"),
        pytest.param(["Yes.", "Yes"], ("Yes.", "Yes"), id="a full stop"),
        pytest.param(["(a)", "a"], ("(a)", "a"), id="brackets around it"),
        pytest.param(["Late fee", "late_fee"], ("Late fee", "late_fee"), id="twins"),
    ],
)
def test_an_unusable_list_says_which_names_are_odd(names: list[str], odd: tuple[str, ...]) -> None:
    with pytest.raises(OddNames) as told:
        LabelSet.of(names)
    assert tuple(told.value.names) == odd
    assert all(repr(name) in str(told.value) for name in odd)


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ValueError) as told:
        LabelSet.of([])
    assert not isinstance(told.value, OddNames)


SIGNED = (
    ["-1", "0", "1"],
    ["-1", "1"],
    ["<18", "18-64", ">64", ">18"],
    ["<18", "18", "18+"],
    [">=5", "<=5", "=5", "5"],
    ["≥18", "≤18"],
    ["A", "A-", "A+"],
    ["AB-", "AB+", "O-", "O+"],
    ["+", "-"],
    ["+/-", "+", "-/+"],
    ["C", "C++", "C#"],
    ["!", "?", "..."],
    ["yes!", "yes?", "yes"],
    ["👍", "👎", "❤"],
    [":)", ":("],
    ["*", "**", "***", "****"],
    ["$", "$$", "$$$"],
    ["Positive (+)", "Positive (-)", "Positive"],
    ["1-2", "1/2", "1 2"],
    [".5", "5"],
    ["->", "<-", "<->"],
    ["1'", '1"'],
)


@pytest.mark.parametrize("names", SIGNED, ids=" ".join)
def test_signs_that_carry_meaning_make_another_label(names: list[str]) -> None:
    labels = LabelSet.of(names)
    for name in names:
        assert labels.find(name) == name
        assert labels.find(f" {name}\n") == name
        assert LabelSet.of([other for other in names if other != name] + ["x"]).find(name) is None


@pytest.mark.parametrize("names", SIGNED, ids=" ".join)
def test_a_prompt_that_lists_labels_with_signs_names_all_of_them(names: list[str]) -> None:
    assert LabelSet.of(names).named_in("Labels:\n" + "\n".join(f"- {name}" for name in names)) == set(names)


@pytest.mark.parametrize(
    ("names", "text", "meant"),
    [
        (["-1", "0", "1"], "**-1**", "-1"),
        (["-1", "0", "1"], "−1", "-1"),
        (["-1", "0", "1"], "(-1).", "-1"),
        (["-1", "0", "1"], "- 1", "1"),  # a bullet
        (["-1", "0"], "1", None),
        (["0", "1"], "-1", None),
        (["0", "1"], "- 1", "1"),
        (["<18", ">64"], "18", None),
        (["<18", ">64"], "< 18", "<18"),
        (["18", "64"], "<18", None),
        (["18", "64"], "<18>", "18"),  # wrapped
        (["18-64", "65"], "18–64", "18-64"),
        (["18-64", "65"], "18 64", "18-64"),
        (["A", "A-"], "`a-`", "A-"),
        (["A", "A-"], "a.", "A"),
        (["A", "B"], "A-", None),
        (["A-", "B"], "A", None),
        (["A*", "B"], "A", None),
        (["A*", "A"], "**A**", "A"),
        (["A*", "A"], "**A***", "A*"),
        (["+", "-"], "(-)", "-"),
        (["+", "-"], "- -", "-"),
        (["yes!", "no!"], "Yes", "yes!"),  # not in doubt
        (["yes!", "yes?"], "yes", None),
        (["refund?", "other"], "Refund", "refund?"),
        (["refund", "other"], "-refund", "refund"),
        (["refund", "other"], "<refund", "refund"),
        (["refund", "other"], "refund!", "refund"),
    ],
)
def test_a_sign_is_neither_left_out_nor_added(names: list[str], text: str, meant: str | None) -> None:
    assert LabelSet.of(names).find(text) == meant


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("Don't", "Don’t", "U+2019"),
        ("Refund", "Refund\u200b", "U+200B"),
        ("Refund", "Re\u00adfund", "U+00AD"),
        ("Refund", "\u200fRefund", "U+200F"),
        ("Refund", "Refund\ufeff", "U+FEFF"),
        ("café", "cafe\u0301", "U+00E9"),
        ("late fee", "late\u00a0fee", "U+00A0"),
        ("late fee", "late  fee", "U+0020"),
        ("Refund", "Ｒefund", "U+FF32"),
        ("Other", "Оther", "U+041E"),
        ("-1", "−1", "U+2212"),
        ("A-B", "A—B", "U+2014"),
        ("❤", "❤\ufe0f", "U+FE0F"),
        ('"a" b', "“a” b", "U+201C"),
    ],
)
def test_names_that_look_the_same_are_refused_with_what_differs(one: str, other: str, shown: str) -> None:
    with pytest.raises(OddNames) as told:
        LabelSet.of(["x", one, other])
    assert told.value.names == (one, other)
    assert shown in str(told.value)
    recorded = LabelSet({one: "", other: ""}, recorded=True)  # as an earlier version took them
    assert [recorded.find(name) for name in (one, other)] == [one, other]


@pytest.mark.parametrize("text", ["Don’t know", "don't\u00a0know", "Don\u200b't know", "DON`T_KNOW"])
def test_a_look_alike_of_a_name_spells_it(text: str) -> None:
    assert LabelSet.of(["Don't know", "Refund"]).find(text) == "Don't know"


def test_ten_thousand_labels_are_found_in_prose_in_a_moment() -> None:
    labels = LabelSet.of(f"topic {number} {'abcdefg'[number % 7]}" for number in range(10_000))
    prose = "The customer asks about topic 4711 a, and never about topic 5 f, at some length. " * 25
    assert labels.named_in(prose) == {"topic 4711 a", "topic 5 f"}
    begun = time.process_time()
    for _ in range(20):
        labels.index.mentions(prose)
    assert (time.process_time() - begun) / 20 < 0.05  # 1 to 3 ms of 2,000 characters
