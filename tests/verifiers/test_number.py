"""verifier=number: what is read as a number, what is ambiguous, and what is right."""

import time
from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_squared_error

from runner.core.items import Item
from verifiers.number import Number
from verifiers.rewards.constant import constant_answer
from verifiers.rewards.per_item import FBeta
from verifiers.verifier import Reading, Unusable, judge, keys

TEXT = Item("1", "a text")
UNITS = Number(units={"km": 1000, "m": 1, "km/h": 7, "m²": 3})
numbers = st.integers(-(10**40), 10**40) | st.floats(-1e90, 1e90, allow_nan=False)


def answer(verifier: Number, reply: str) -> Any:
    read = verifier.read(reply, TEXT)
    return read.name if isinstance(read, Unusable) else read.answer


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ("12", 12),
        ("12.5", 12.5),
        ("12,5", 12.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567),
        ("0,123", 0.123),
        ("1234,567", 1234.567),
        ("1 234", 1234),
        ("1\u202f234\u202f567", 1234567),
        ("we have 12\u00a0500 guests", 12500),
        ("1'234.50", 1234.5),
        ("-5", -5),
        ("−5", -5),
        ("minus  5", -5),
        ("+5", 5),
        (".5", 0.5),
        ("½", 0.5),
        ("3½", 3.5),
        ("1e3", 1000),
        ("1.2×10³", 1200),
        ("1.2 x 10^-3", 0.0012),
        ("12e-1", 1.2),
        ("５．５", 5.5),
        ("٣٫٥", 3.5),
        ("१२", 12),
        ("$1,234.50", 1234.5),
        ("-$5", -5),
        ("US$ 5", 5),
        ("5 EUR", 5),
        ("5 million", 5000000),
        ("five", 5),
        ("minus two", -2),
        ("共5件", 5),
        ("The answer is 42.", 42),
        ("It is 5, I repeat 5.", 5),
        ("Answer: 7", 7),
        ("**Answer:** 7", 7),
        ("3 + 4 = 7\nTotal: 7", 7),
        ("7\n\n3 of them are red, 4 are blue", 7),
        ("<think>3 or 4</think>4", 4),
        ("```\n5\n```", 5),
        (r"\boxed{5}", 5),
        ("COVID-19 took 5 of Q3", 5),
        ('{"number": 5}', 5),
        ('{"answer": "1,234.5", "why": "3 x 4"}', 1234.5),
        ('Here: {"number": 5, "confidence": 0.9}', 5),
        ("[5]", 5),
    ],
)
def test_numbers_that_are_certain_are_read(reply: str, number: float) -> None:
    assert answer(Number(), reply) == number


@pytest.mark.parametrize(
    "reply",
    [
        *("1,234", "1.234", "3-4", "3 to 4", "5 or 6", "12:30", "1/2", "1/1", "1.2.3", "1,2,3", "over 5", "up to 5"),
        *("at least 5", "not 5", "<5", "±5", "5+", "5th", "5k", "5%", "5 percent", "5km", "5万", "5 millones", "(5)"),
        *("- 5", "5^2", "1\n2\n3", "[5, 6]", "1e999", "9" * 200, " ".join(["5"] * 30), "five or six"),
        *("+-5", "--5", "%5", "5 (not 6)", "€1.5m", "1,5 Mio.", "2024-05-01", "twenty-one", "5 hundred"),
        "we have 12 500 guests",
    ],
)
def test_what_may_be_several_numbers_is_ambiguous(reply: str) -> None:
    assert answer(Number(), reply) == "ambiguous"


@pytest.mark.parametrize(
    ("reply", "bad"),
    [
        ("no idea", "unreadable"),
        ("I'm sorry, I can't tell.", "refused"),
        ("Q3", "unreadable"),
        ("nan", "unreadable"),
        ('{"number": null}', "unreadable"),
        ('{"number": true}', "unreadable"),
        ('{"number": Infinity}', "unreadable"),
        ("{" * 10_000, "unreadable"),
        ("[" * 100_000, "unreadable"),
    ],
)
def test_what_is_no_number_is_named(reply: str, bad: str) -> None:
    assert answer(Number(), reply) == bad


@pytest.mark.parametrize(("decimal", "number"), [(".", 1234), (",", 1.234), (None, "ambiguous")])
def test_a_mark_is_read_as_the_setting_says(decimal: Any, number: Any) -> None:
    assert answer(Number(decimal=decimal), "1,234") == number


@pytest.mark.parametrize(
    ("reply", "metres"),
    [
        ("5 km", 5000),
        ("5km", 5000),
        ("5 KM", 5000),
        ("5", 5),
        ("5 km (5,000.0 m)", 5000),
        ("5 km/h", 35),
        ("5 m²", 15),
        ("2 thousand km", 2000000),
        ('{"number": 5, "unit": "km"}', 5000),
        ('{"number": "5 km"}', 5000),
        ("5 miles", "ambiguous"),
        ("$5", "ambiguous"),
        ("5 M", "ambiguous"),
        ("5 kmh", "ambiguous"),
        ('{"number": 5, "unit": "miles"}', "ambiguous"),
    ],
)
def test_units_are_converted_and_others_are_not_guessed(reply: str, metres: Any) -> None:
    assert answer(UNITS, reply) == metres


@pytest.mark.parametrize(
    ("verifier", "gold", "given", "right"),
    [
        (Number(), 0.3, 0.1 + 0.2, True),
        (Number(), 10**15, 10**15 + 1, False),
        (Number(absolute=0.1), 0.3, 0.4, True),
        (Number(absolute=0.1), 0.3, 0.41, False),
        (Number(relative=0.05), -100, -105, True),
        (Number(relative=0.05), -100, -106, False),
    ],
)
def test_an_answer_within_the_tolerance_is_right(verifier: Number, gold: float, given: float, right: bool) -> None:
    verdict = judge(verifier, verifier.show(given)[0], gold, TEXT)
    assert verdict.exact == right
    assert FBeta().score([verdict]) == right
    assert keys(verifier, gold) == ("(answer)",)


def test_the_verdict_names_both_numbers() -> None:
    assert judge(Number(), "7", 1200, TEXT).feedback() == "Missing: 1200. Wrong: 7."
    assert judge(Number(), "1200", 1200, TEXT).feedback() == "Right: 1200."
    assert judge(Number(), "?", 1200, TEXT).feedback().endswith("Expected: 1200.")


@given(numbers, st.sampled_from([Number(), Number(decimal="."), Number(decimal=","), UNITS]))
def test_a_number_is_read_back(number: float, verifier: Number) -> None:
    gold = verifier.gold(number, TEXT)
    assert verifier.gold(verifier.dump(verifier.example(gold)), TEXT) == gold
    assert verifier.read("\n".join(verifier.show(gold)), TEXT) == Reading(gold)
    assert verifier.read(f'{{"number": {verifier.dump(gold)}}}', TEXT) == Reading(gold)


@given(st.text() | st.text("0123456789.,'-+ eE/%$km\n١２½"))
def test_no_reply_raises(reply: str) -> None:
    for verifier in (Number(), UNITS):
        verifier.read(reply, TEXT)
        verifier.parse(reply, TEXT)


@pytest.mark.parametrize("gold", [None, True, "x", "1,234", [], [1, 2], {}, float("inf"), (), "5 or 6"])
def test_gold_that_is_no_certain_number_is_refused(gold: Any) -> None:
    with pytest.raises(ValueError, match="gold"):
        Number().gold(gold, TEXT)


@pytest.mark.parametrize("piece", ["1,", "1 ", "Q3 ", "½", "-1 - ", "answer: ", "5\n", "```", '{"', " ", "<think>"])
def test_long_replies_are_read_in_linear_time(piece: str) -> None:
    reply = piece * (1_000_000 // len(piece))
    start = time.process_time()
    Number().read(reply, TEXT)
    assert time.process_time() - start < 20


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1))
def test_the_figures_equal_scikit_learn(pairs: list[tuple[float, float]]) -> None:
    gold, given = zip(*pairs, strict=True)
    figures = Number().figures([*pairs, (1.0, None)])
    assert figures["answered"] == len(pairs) / (len(pairs) + 1)
    assert figures["mae"] == pytest.approx(mean_absolute_error(gold, given))
    assert figures["rmse"] == pytest.approx(sqrt(mean_squared_error(gold, given)))


def test_the_best_constant_is_among_the_most_frequent_the_median_and_the_mean() -> None:
    assert Number().constants([1, 1, 5, 9]) == [1, 3, 4]
    assert constant_answer(Number(), [1, 1, 5, 9], FBeta()) == (1, 0.5)
    assert Number().figures([]) == {}


def test_instructions_and_schema_name_unit_and_mark() -> None:
    assert "in m" in UNITS.instructions().answer and "km" in UNITS.instructions().answer
    assert "','" in Number(decimal=",").instructions().answer
    assert UNITS.schema(TEXT)["required"] == ["number"]


@pytest.mark.parametrize(
    "options",
    [
        {"absolute": -1},
        {"relative": float("nan")},
        {"units": {"km": 1000}},
        {"units": {"m": 1, "x": 0}},
        {"decimal": ";"},
    ],
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Number(**options)
