import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.label_set import LabelSet, OddNames, normalise

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
        pytest.param(["a", "-_-"], ("-_-",), id="only punctuation"),
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
