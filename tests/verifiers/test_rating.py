"""verifier=rating: what is read, what is earned, and how it stands to a constant and to one more person."""

from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.items import Item
from verifiers.rating import Rating
from verifiers.rating_figures import Rated
from verifiers.rewards.constant import constant_answer
from verifiers.rewards.corpus import MicroF1
from verifiers.rewards.per_item import FBeta, Jaccard
from verifiers.verifier import Reading, Unusable, judge, keys

TEXT = Item("1", "a text")
STARS, FEELING = Rating(1, 5), Rating(-4, 4)
PEOPLE = [[2, 3, 2], [-1, -1, 0], [4, 4, 4], [0, 1, -1]]


def answer(verifier: Rating, reply: str) -> Any:
    read = verifier.read(reply, TEXT)
    return read.name if isinstance(read, Unusable) else read.answer if read.answer is not None else "off the scale"


@pytest.mark.parametrize(
    ("reply", "rating"),
    [
        *(("4", 4), ("4/5", 4), ("4 out of 5", 4), ("**4** out of 5", 4), ("4 (out of 5)", 4), ("4 stars", 4)),
        *(("4-star", 4), ("4.5/5.0 stars", 4.5), ("4,5", 4.5), ("4.125", 4.125), ("★★★★☆", 4), ("⭐⭐⭐⭐", 4)),
        *(("★★★½", 3.5), ("4 ★", 4), ("⭐ 4/5", 4), ("four", 4), ("Four stars.", 4), ("four out of five", 4)),
        *(("- 4", 4), ("Rating: 4", 4), ("5/5", 5), ("4\n\nIt has 3 flaws.", 4), ('{"rating": 4}', 4)),
        *(('{"rating": "4/5", "reason": "2 flaws"}', 4), ("On a scale of 1 to 5, I'd give it a 4.", 4)),
        *(("7", "off the scale"), ("0", "off the scale"), ('{"rating": 6}', "off the scale")),
        *(("3-4", "ambiguous"), ("3 to 4", "ambiguous"), ("8/10", "ambiguous"), ("4 of 7", "ambiguous")),
        *(("four or five", "ambiguous"), ("4+", "ambiguous"), ("[4, 5]", "ambiguous"), ("★★★☆", "ambiguous")),
        *(("good", "unreadable"), ('{"rating": null}', "unreadable"), ("I'm sorry, I can't rate it.", "refused")),
    ],
)
def test_ratings_are_read_and_never_guessed(reply: str, rating: Any) -> None:
    assert answer(STARS, reply) == rating


def test_a_rating_below_0_is_read() -> None:
    assert [answer(FEELING, reply) for reply in ("-2", "−2", "minus two", "- 2")] == [-2, -2, -2, "ambiguous"]


@pytest.mark.parametrize(
    ("given", "earned"), [("2.35", 1), ("3", 1 - 0.65 / 8), ("-4", 1 - 6.35 / 8), ("7", 0), ("?", 0)]
)
def test_a_rating_that_is_off_earns_the_rest(given: str, earned: float) -> None:
    verdict = judge(FEELING, given, FEELING.gold(2.35, TEXT), TEXT)
    assert FBeta().score([verdict]) == pytest.approx(earned)
    assert MicroF1().score([verdict]) == pytest.approx(earned)
    assert verdict.exact == (earned == 1)


def test_within_earns_all_and_steps_are_kept() -> None:
    assert judge(Rating(1, 5, within=1), "3", Rated(4), TEXT).exact
    assert not judge(Rating(1, 5, within=1), "3", Rated(4.5), TEXT).exact
    stepped = Rating(1, 5, step=1)
    assert stepped.gold([2, 3], TEXT) == Rated(3) and stepped.gold([2, 2, 3], TEXT) == Rated(2)
    assert answer(stepped, "4.5") == "off the scale"
    assert answer(Rating(0, 1, step=0.1), "0.3") == 0.3


def test_feedback_says_what_was_off() -> None:
    gold = FEELING.gold(2.35, TEXT)
    said = [judge(FEELING, reply, gold, TEXT).feedback() for reply in ("2.35", "2.4", "-3", "7", "?")]
    assert said[:2] == ["Right: 2 (2.35).", "Missing: 2 (2.35). Wrong: 2 (2.4)."]
    assert said[2:4] == ["Missing: 2. Wrong: -3.", "Missing: 2 (2.35). Not on the scale: 7."]
    assert said[4].endswith("Expected: 2 (2.35).")


@pytest.mark.parametrize(
    ("verifier", "numbers", "classes"),
    [
        (FEELING, [2.35, 2.5, -0.05, -0.5, -1.65], ["2", "3", "0", "0", "-2"]),
        (STARS, [1, 4.5, 5], ["1", "5", "5"]),
        (Rating(0, 100), [34, 35, 100], ["30", "40", "100"]),
        (Rating(0, 1), [0.34, 0.35], ["0.3", "0.4"]),
        (Rating(1, 5, step=0.5), [1.5, 3], ["1.5", "3"]),
        (Rating(0, 100, step=1), [34], ["30"]),
    ],
)
def test_classes_are_few_whatever_the_scale(verifier: Rating, numbers: list[float], classes: list[str]) -> None:
    assert [keys(verifier, Rated(number))[0] for number in numbers] == classes
    assert [verifier.key(number) for number in numbers] == classes


def test_gold_is_one_rating_or_the_mean_of_several() -> None:
    assert FEELING.gold([2, 3, 2], TEXT).value == pytest.approx(7 / 3)
    assert FEELING.gold({"rating": 2.3, "ratings": [2, 3]}, TEXT).ratings == (2, 3)
    assert FEELING.gold("2.35", TEXT) == FEELING.gold({"rating": 2.35}, TEXT) == Rated(2.35)
    assert float(Rated(2)) == 2.0


@pytest.mark.parametrize("gold", [None, True, "x", [], {}, 5, [1, 9], [[1]], "3-4", float("nan")])
def test_gold_that_is_no_rating_is_refused(gold: Any) -> None:
    with pytest.raises(ValueError, match="gold"):
        FEELING.gold(gold, TEXT)


@given(st.floats(-4, 4) | st.integers(-4, 4))
def test_a_rating_is_read_back(number: float) -> None:
    gold = FEELING.gold(number, TEXT)
    assert FEELING.gold(FEELING.dump(FEELING.example(gold)), TEXT) == gold
    assert FEELING.read("\n".join(FEELING.show(gold.value)), TEXT) == Reading(gold.value)
    assert FEELING.read(f'{{"rating": {FEELING.dump(gold.value)}}}', TEXT) == Reading(gold.value)
    assert Jaccard().score([judge(FEELING, FEELING.show(gold.value)[0], gold, TEXT)]) == 1


@given(st.text() | st.text("0123456789.,'-+ /%★☆½stars\n"))
def test_no_reply_raises(reply: str) -> None:
    STARS.read(reply, TEXT)


def test_skill_is_over_the_best_constant_and_over_one_rater() -> None:
    golds = [FEELING.gold(people, TEXT) for people in PEOPLE]
    best, earned = constant_answer(FEELING, golds, FBeta())
    figures = FEELING.figures([(gold, gold.value) for gold in golds[1:]] + [(golds[0], None)])
    assert figures["best_constant"] == pytest.approx(earned)
    assert figures["best_constant"] == pytest.approx(fmean(FEELING.credit(gold.value, best) for gold in golds))
    assert figures["answered"] == figures["credit"] == 0.75
    assert figures["skill_over_constant"] == pytest.approx(1 - 0.25 / (1 - earned))
    left_out = [1 - abs((sum(ps) - p) / 2 - p) / 8 for ps in PEOPLE for p in ps]
    assert figures["one_rater"] == pytest.approx(fmean(left_out))
    assert figures["skill_over_rater"] == pytest.approx(1 - 0.25 / (1 - fmean(left_out)))
    assert [figures[name] for name in ("mae", "quadratic_kappa", "spearman")] == pytest.approx([0, 1, 1])
    assert FEELING.figures([(golds[0], None)]).keys().isdisjoint({"mae", "spearman"}) and FEELING.figures([]) == {}


def test_the_schema_lists_the_steps_or_the_ends() -> None:
    assert Rating(1, 3, step=1).schema(TEXT)["properties"] == {"rating": {"type": "number", "enum": [1, 2, 3]}}
    assert STARS.schema(TEXT)["properties"] == {"rating": {"type": "number", "minimum": 1, "maximum": 5}}


@pytest.mark.parametrize("options", [{"high": 1}, {"within": -1}, {"step": 0}, {"step": 3}, {"low": float("nan")}])
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Rating(**{"low": 1, "high": 5, **options})
