"""Nearness finds the texts that share most, the same on each machine, and never the text itself."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.nearness import Nearness, terms
from runner.core.twins import twin_form

POOL = [
    "I was charged twice for one order",
    "Where is my parcel?",
    "The app crashes when I log in",
    "My card was charged two times",
    "退款什么时候到账",
    "我的包裹在哪里",
    "I want my money back",
]


def found(text: str, count: int = 1, pool: Sequence[str] = POOL) -> list[str]:
    return [pool[place] for place in Nearness(pool).nearest(text, count)]


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Why was I charged twice?", "I was charged twice for one order"),
        ("parcels", "Where is my parcel?"),
        ("CRASHING all the time", "The app crashes when I log in"),
        ("我想退款", "退款什么时候到账"),
        ("包裹还没有到", "我的包裹在哪里"),
    ],
)
def test_the_nearest_shares_words_parts_of_words_or_characters(text: str, nearest: str) -> None:
    assert found(text) == [nearest]


@pytest.mark.parametrize("text", ["where is  my PARCEL", "Where is my parcel?", "WHERE IS MY PARCEL?."])
def test_the_text_itself_and_its_near_twins_are_never_found(text: str) -> None:
    """A question mark makes another text; nothing else here does."""
    twins = [one for one in POOL if twin_form(one) == twin_form(text)]
    assert len(found(text, 99)) == len(POOL) - len(twins)
    assert not set(found(text, 99)) & set(twins)


def test_of_equals_and_of_strangers_the_earlier_come_first() -> None:
    assert Nearness(["a b", "c d", "a b!", "e f"]).nearest("a b c", 2) == [0, 2]
    assert Nearness(["one", "two", "three"]).nearest("", 2) == [0, 1]
    assert Nearness([]).nearest("x", 3) == []
    assert Nearness(["x"]).nearest("x", 3) == []


@given(st.lists(st.text(), max_size=8), st.text(), st.integers(0, 10))
def test_whatever_the_texts_as_many_as_there_are_each_once(pool: list[str], text: str, count: int) -> None:
    places = Nearness(pool).nearest(text, count)
    others = [place for place, one in enumerate(pool) if twin_form(one) != twin_form(text)]
    assert len(places) == len(set(places)) == min(count, len(others))
    assert set(places) <= set(others)
    assert places == Nearness(pool).nearest(text, len(pool))[:count]


def test_scores_are_those_of_the_formula() -> None:
    """By hand: two texts of one term each, but for its runs; the rarer term weighs more."""
    pool = ["aa bb", "aa cc", "dd"]
    each = [terms(text) for text in pool]
    mean = np.mean([len(one) for one in each])
    expected = []
    for one in each:
        total = 0.0
        for term in set(terms("aa")):
            have = sum(term in other for other in each)
            count = one.count(term)
            if count:
                rarity = np.log(1 + (len(pool) - have + 0.5) / (have + 0.5))
                total += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(one) / mean))
        expected.append(total)
    assert Nearness(pool).scores("aa") == pytest.approx(expected, abs=1e-8)
    assert expected[0] > 0 == expected[2]


def test_what_is_found_in_a_large_pool_is_what_a_plain_search_finds() -> None:
    rng = random.Random(1)
    words = [f"w{rng.randrange(400)}" for _ in range(40_000)]
    pool = [" ".join(words[place : place + 8]) for place in range(0, len(words), 8)]
    near = Nearness(pool)
    for text in pool[:50]:
        scores = near.scores(text)
        plain = sorted((place for place in range(len(pool)) if pool[place] != text), key=lambda at: -scores[at])
        assert near.nearest(text, 8) == plain[:8]


def test_of_a_long_text_the_beginning_is_compared() -> None:
    assert terms("money back " * 1000) == terms("money back " * 1000 + "parcel " * 100_000)
    assert len(terms("x y " * 1_000_000)) < 10_000
