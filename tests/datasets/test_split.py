"""The split: exact sizes, disjoint parts, the same for the same seed, every frequent label in each part."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from paths import SHARED
from refusals import refused

from runner.core.errors import ConfigError, DataError
from runner.core.items import Item
from runner.datasets.sample import Sample
from runner.datasets.split import PARTS, split

NLUPP = SHARED / "nlupp_banking.json"
THIRDS = {"reflect": 1 / 3, "select": 1 / 3, "test": 1 / 3}

label_tuples = st.lists(st.sampled_from("ABCDE"), unique=True, max_size=3).map(tuple)
item_lists = st.lists(label_tuples, min_size=3, max_size=40).map(
    lambda many: [Item(f"i{number}", f"text {number}", gold) for number, gold in enumerate(many)]
)
seeds = st.integers(0, 2**32)


@st.composite
def items_and_counts(draw):
    items = draw(item_lists)
    cuts = draw(st.lists(st.integers(0, len(items)), min_size=4, max_size=4, unique=True).map(sorted))
    return items, {part: high - low for part, low, high in zip(PARTS, cuts, cuts[1:], strict=False)}


def make_items(count, gold=("A",)):
    return [Item(str(number), "text", gold) for number in range(count)]


def parts_of(parted):
    return {"reflect": parted.reflect, "select": parted.select, "test": parted.test}


def ids_of(parted):
    return {part: {item.id for item in items} for part, items in parts_of(parted).items()}


def sample_items():
    return Sample().load().items


def nlupp_items():
    return [Item(row["id"], row["text"], tuple(row["labels"])) for row in json.loads(NLUPP.read_text("utf-8"))]


real_items = pytest.mark.parametrize(
    "read",
    [
        pytest.param(sample_items, id="sample"),
        pytest.param(
            nlupp_items,
            id="nlupp",
            marks=pytest.mark.skipif(not NLUPP.exists(), reason=f"no {NLUPP}: it is not part of the project"),
        ),
    ],
)


@given(items_and_counts(), seeds)
def test_counts_are_exact_and_the_parts_disjoint(case, seed):
    items, counts = case
    parted = split(items, counts, seed)
    assert {part: len(taken) for part, taken in parts_of(parted).items()} == counts
    everyone = [*parted.reflect, *parted.select, *parted.test]
    assert len({item.id for item in everyone}) == len(everyone)
    assert set(everyone) <= set(items)
    assert not parted.shared


@given(items_and_counts(), seeds)
def test_fractions_are_exact_and_give_what_their_counts_give(case, seed):
    items, counts = case
    assume(max(counts.values()) < len(items))
    fractions = {part: count / len(items) for part, count in counts.items()}
    assert split(items, fractions, seed) == split(items, counts, seed)


@pytest.mark.parametrize(
    ("count", "fractions", "sizes"),
    [
        pytest.param(10, THIRDS, (3, 3, 4), id="nothing is left over"),
        pytest.param(60, {"reflect": 0.25, "select": 0.25, "test": 0.5}, (15, 15, 30), id="halves"),
        pytest.param(60, {"reflect": 0.1, "select": 0.2, "test": 0.7}, (6, 12, 42), id="tenths"),
        pytest.param(10, {"reflect": 0.25, "select": 0.25, "test": 0.25}, (2, 2, 2), id="items left over"),
    ],
)
def test_fractions_are_rounded_down_and_test_takes_the_rest(count, fractions, sizes):
    parted = split(make_items(count), fractions, seed=0)
    assert tuple(len(items) for items in parts_of(parted).values()) == sizes


@given(items_and_counts(), seeds, st.randoms(use_true_random=False))
def test_the_parts_depend_on_the_seed_and_not_on_the_order_in_the_file(case, seed, chance):
    items, counts = case
    parted = split(items, counts, seed)
    assert split(items, counts, seed) == parted
    shuffled = chance.sample(items, len(items))
    assert ids_of(split(shuffled, counts, seed)) == ids_of(parted)


@given(items_and_counts(), seeds)
def test_each_part_is_in_file_order(case, seed):
    items, counts = case
    for part in parts_of(split(items, counts, seed)).values():
        assert list(part) == [item for item in items if item in part]


def test_the_sizes_may_stand_in_any_order():
    counts = {"test": 3, "reflect": 1, "select": 2}
    assert [len(part) for part in parts_of(split(make_items(6), counts, 0)).values()] == [1, 2, 3]


@real_items
def test_different_seeds_give_different_reflect_and_select_parts(read):
    items = read()
    one, other = split(items, THIRDS, seed=1), split(items, THIRDS, seed=2)
    assert one.reflect != other.reflect
    assert one.select != other.select
    assert one.test == other.test


@given(items_and_counts(), seeds, seeds)
def test_the_sealed_items_do_not_depend_on_the_seed(case, one, other):
    items, counts = case
    assert split(items, counts, one).test == split(items, counts, other).test


@given(items_and_counts(), seeds)
def test_the_sealed_items_do_not_depend_on_how_the_rest_is_divided(case, seed):
    items, counts = case
    swapped = {**counts, "reflect": counts["select"], "select": counts["reflect"]}
    assert split(items, counts, seed).test == split(items, swapped, seed).test


@given(items_and_counts(), seeds, st.data())
def test_what_a_search_has_seen_is_sealed_only_where_the_rest_is_too_small(case, seed, data):
    items, counts = case
    searched = data.draw(st.sets(st.sampled_from([item.text for item in items])))
    parted = split(items, counts, seed, searched)
    assert {part: len(taken) for part, taken in parts_of(parted).items()} == counts
    fresh = {item.id for item in items if item.text not in searched}
    assert len(fresh & ids_of(parted)["test"]) == min(len(fresh), counts["test"])
    assert len(set().union(*ids_of(parted).values())) == sum(counts.values())


@given(items_and_counts(), seeds, seeds)
def test_the_same_items_and_sizes_seal_the_same_items_again(case, one, other):
    items, counts = case
    first = split(items, counts, one)
    searched = {item.text for item in items if item not in first.test}
    assert split(items, counts, other, searched).test == first.test


@given(item_lists, seeds)
def test_none_shares_every_item(items, seed):
    parted = split(items, "none", seed)
    assert parted.shared
    assert parted.reflect == parted.select == parted.test == tuple(items)


# ------------------------------------------------------------------------------------------ stratification


def missing(items, sizes, seed):
    """Labels that occur three times or more and still stand in fewer than three parts."""
    frequent = [label for label, count in Counter(x for item in items for x in item.gold).items() if count >= 3]
    parts = parts_of(split(items, sizes, seed)).values()
    return [label for label in frequent if not all(any(label in item.gold for item in part) for part in parts)]


@real_items
@pytest.mark.parametrize(
    "sizes",
    [(1 / 3, 1 / 3, 1 / 3), (0.25, 0.25, 0.5), (0.4, 0.3, 0.3), (0.6, 0.2, 0.2)],
    ids=["thirds", "half for the test", "40-30-30", "60-20-20"],
)
def test_a_label_that_occurs_three_times_is_in_every_part(read, sizes):
    items = read()
    tries = 20 if len(items) < 100 else 1
    lacking = {seed: missing(items, dict(zip(PARTS, sizes, strict=True)), seed) for seed in range(tries)}
    assert {seed: labels for seed, labels in lacking.items() if labels} == {}


@given(st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 4), min_size=1), seeds)
def test_thirds_have_a_third_of_each_label_where_that_is_possible(thirds, seed):
    labels = [label for label, third in thirds.items() for _ in range(3 * third)]
    items = [Item(f"i{number}", "text", (label,)) for number, label in enumerate(labels)]
    for part in parts_of(split(items, THIRDS, seed)).values():
        assert Counter(item.gold[0] for item in part) == thirds


@real_items
def test_a_label_that_occurs_often_has_its_share_in_each_part(read):
    items = read()
    total = Counter(label for item in items for label in item.gold)
    for part in parts_of(split(items, THIRDS, seed=0)).values():
        here = Counter(label for item in part for label in item.gold)
        for label, count in total.items():
            assert abs(here[label] - count / 3) <= max(2, 0.1 * count)


def test_items_without_labels_fill_the_parts():
    parted = split(make_items(9, gold=()), THIRDS, seed=3)
    assert [len(part) for part in parts_of(parted).values()] == [3, 3, 3]


def test_items_left_over_keep_their_share_of_each_label():
    items = [Item(str(number), "text", ("A",) if number % 2 else ("B",)) for number in range(40)]
    parted = split(items, {"reflect": 8, "select": 8, "test": 8}, seed=0)
    for part in parts_of(parted).values():
        assert Counter(item.gold[0] for item in part) == {"A": 4, "B": 4}


# --------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        pytest.param({}, "split={}", id="empty"),
        pytest.param({"reflect": 2, "select": 2}, "split={'reflect': 2, 'select': 2}", id="a part missing"),
        pytest.param({"reflect": 1, "select": 1, "test": 1, "dev": 1}, "'dev': 1", id="an unknown part"),
        pytest.param({"reflect": 0, "select": 1, "test": 1}, "above 0", id="zero"),
        pytest.param({"reflect": 0.5, "select": -0.1, "test": 0.5}, "'select': -0.1", id="negative"),
        pytest.param({"reflect": "2", "select": 1, "test": 1}, "'reflect': '2'", id="text"),
        pytest.param({"reflect": None, "select": 1, "test": 1}, "'reflect': None", id="null"),
        pytest.param({"reflect": 0.5, "select": 0.5, "test": 0.5}, "1.5", id="too much"),
        pytest.param({"reflect": 0.5, "select": 1, "test": 1}, "not a mixture", id="mixture"),
        pytest.param({"reflect": 1.5, "select": 1, "test": 1}, "not a mixture", id="a count and a half"),
        pytest.param({"reflect": float("nan"), "select": 1, "test": 1}, "'reflect': nan", id="nan"),
        pytest.param({"reflect": float("inf"), "select": 1, "test": 1}, "'reflect': inf", id="inf"),
        pytest.param("half", "half", id="an unknown word"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(sizes, shown):
    with refused(ConfigError, "bad-split", "split", f"split={sizes}", shown):
        split(make_items(9), sizes, seed=0)


@pytest.mark.parametrize(
    ("count", "sizes", "shown"),
    [
        pytest.param(5, {"reflect": 2, "select": 2, "test": 2}, ["5 gold items", "2 to reflect"], id="counts"),
        pytest.param(2, THIRDS, ["2 gold items", "0 to reflect, 0 to select, 2 to test"], id="thirds of two"),
        pytest.param(10, {"reflect": 0.05, "select": 0.5, "test": 0.4}, ["0 to reflect"], id="a fraction of nobody"),
        pytest.param(0, THIRDS, ["0 gold items"], id="no items"),
    ],
)
def test_too_few_items_are_refused_with_their_number(count, sizes, shown):
    with refused(DataError, "too-few-items", "split", *shown, "split=none"):
        split(make_items(count), sizes, seed=0)


marked_lists = st.tuples(item_lists, st.data()).map(
    lambda drawn: [replace(item, part=drawn[1].draw(st.sampled_from(PARTS))) for item in drawn[0]]
)


@given(marked_lists, seeds)
def test_items_stay_in_the_part_that_they_are_marked_with(items, seed):
    marked = {part: [item for item in items if item.part == part] for part in PARTS}
    assume(all(marked.values()))
    assert parts_of(split(items, THIRDS, seed)) == {part: tuple(chosen) for part, chosen in marked.items()}
    few = split(items, {"reflect": 1, "select": 1, "test": len(marked["test"])}, seed)
    assert [len(chosen) for chosen in parts_of(few).values()] == [1, 1, len(marked["test"])]
    assert all(item.part == part for part, chosen in parts_of(few).items() for item in chosen)


@given(item_lists.filter(lambda items: len(items) > 3), seeds, seeds, st.floats(0, 1))
def test_what_is_marked_to_learn_from_is_divided_where_nothing_is_marked_to_select(items, one, other, share):
    tested = 1 + round(share * (len(items) - 4))  # three at least are left to learn from
    marked = [replace(item, part="test" if n < tested else "reflect") for n, item in enumerate(items)]
    parted = split(marked, {"reflect": 0.4, "select": 0.2, "test": 0.4}, one)
    learn = len(items) - tested
    assert parted.test == tuple(marked[:tested]) == split(marked, THIRDS, other).test
    assert len(parted.reflect) == round(learn * (2 / 3)) or abs(len(parted.reflect) - learn * 2 / 3) == 0.5
    assert sorted(item.id for item in (*parted.reflect, *parted.select)) == sorted(item.id for item in marked[tested:])
    counts = split(marked, {"reflect": 1, "select": 2, "test": tested}, one)
    assert [len(chosen) for chosen in parts_of(counts).values()] == [1, 2, tested]


def test_of_a_marked_test_part_that_is_sealed_in_part_what_a_search_has_seen_comes_last():
    items = [Item(str(n), f"text {n}", ("A",), "test" if n < 10 else "reflect") for n in range(20)]
    searched = {f"text {n}" for n in range(6)}
    counts = {"reflect": 5, "select": 5, "test": 4}
    assert {item.text for item in split(items, counts, 1, searched).test} == {f"text {n}" for n in range(6, 10)}


@pytest.mark.parametrize(
    ("parts", "sizes", "part", "there", "wanted"),
    [
        ("rrss", THIRDS, "test", 0, 1),
        ("rrrtt", {"reflect": 2, "select": 2, "test": 1}, "reflect", 3, 4),
        ("sstt", THIRDS, "reflect", 0, 1),
        ("rtt", THIRDS, "reflect", 1, 2),
        ("rrsstt", {"reflect": 2, "select": 2, "test": 3}, "test", 2, 3),
    ],
)
def test_too_few_marked_items_are_refused_with_their_number(parts, sizes, part, there, wanted):
    of = {name[0]: name for name in PARTS}
    items = [Item(str(n), f"text {n}", ("A",), of[letter]) for n, letter in enumerate(parts)]
    with refused(DataError, "too-few-items", part, f"split: {there} ", f"takes {wanted}"):
        split(items, sizes, seed=0)
    assert split(items, "none", seed=0).shared


@pytest.mark.parametrize("unlabelled", [0, 100])
@pytest.mark.parametrize("each", [4, 12])
def test_of_many_rare_labels_each_has_its_chance_to_stand_in_a_part(unlabelled: int, each: int) -> None:
    """A label is due less than half an item of each part; so are 150 labels, and the parts are full of other items."""
    labelled = [
        Item(f"{label}-{n}", f"text {label} {n}", (f"label{label}",)) for label in range(150) for n in range(each)
    ]
    items = [*labelled, *(Item(f"none-{n}", f"about nothing {n}", ()) for n in range(unlabelled))]
    parted = split(items, {"reflect": 30, "select": 30, "test": 50}, seed=1)
    for chosen in parts_of(parted).values():
        with_label = [item for item in chosen if item.gold]
        assert len({item.gold for item in with_label}) >= 0.9 * len(with_label)  # of 150 hardly one stands there twice
        assert abs(len(with_label) - len(chosen) * len(labelled) / len(items)) <= 2
    assert split(items, {"reflect": 30, "select": 30, "test": 50}, seed=2).test == parted.test
