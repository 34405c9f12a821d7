"""verifier=taxonomy: how paths are read, what a path in the right branch earns, and the figures of each level."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.core.items import Item
from verifiers.label_set import LabelSet
from verifiers.rewards.constant import constant_answer
from verifiers.rewards.per_item import FBeta
from verifiers.taxonomy import Taxonomy
from verifiers.verdict import Match
from verifiers.verifier import Reading, Unusable, judge, keys

TEXT = Item("1", "a text")
TREE = {
    "banking": {"transfer": "moves money", "pin_change": None, "cards": ["lost", "new"]},
    "home": ["order", "other"],
    "travel": ["home", "other"],
}
ONE = Taxonomy(TREE, optional=False).bind(None, ())
NONE = Taxonomy(TREE, optional=True).bind(None, ())
MANY = Taxonomy(TREE, multiple=True).bind(None, ())
SOFT = Taxonomy(TREE, match="ancestors", multiple=True, inner=True).bind(None, ())
PATHS = tuple(ONE.vocabulary or ())
sets = st.lists(st.sampled_from(tuple(SOFT.vocabulary or ())), unique=True).map(tuple)


def answer(verifier: Taxonomy, reply: str) -> Any:
    read = verifier.read(reply, TEXT)
    return read.name if isinstance(read, Unusable) else (list(read.answer), [words for _, words in read.unfit])


@pytest.mark.parametrize(
    "reply",
    [
        *("banking > transfer", "Banking>Transfer", "banking -> transfer", "banking / transfer", "banking → transfer"),
        *(
            "transfer",
            "Transfer.",
            "- banking > transfer",
            "1. transfer",
            "Path: banking > transfer",
            "Answer: transfer",
        ),
        *("**banking** > **transfer**", "banking\ntransfer", "1. banking\n2. transfer", "<think>x</think>transfer"),
        *('{"path": "banking > transfer"}', '{"path": ["banking", "transfer"]}', '["banking", "transfer"]'),
        *('[["banking", "transfer"]]', '{"banking": "transfer"}', '{"domain": "banking", "intent": "transfer"}'),
        *("The path is banking > transfer.", '{"paths": ["transfer"], "why": "x"}'),
    ],
)
def test_a_path_is_read_however_it_is_written(reply: str) -> None:
    assert answer(ONE, reply) == (["banking > transfer"], [])


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ("other", ([], ["other"])),  # two paths end so
        ("home", ([], ["home"])),  # a path ends so, and a branch is called so
        ("banking", ([], ["banking"])),
        ("banking > refund", ([], ["banking > refund"])),
        ('["banking", "refund"]', ([], ["banking > refund"])),
        ("cards > lost", (["banking > cards > lost"], [])),
        ("transfer\nlost", "several"),
        ("transfer, lost", "several"),
        ('["transfer", "lost"]', "several"),
        ("none", "no_label"),
        ('{"path": null}', "no_label"),
        ("I'm sorry, I can't do that.", "refused"),
        ('{"x": {"y": {"z": 1}}}', "unreadable"),
    ],
)
def test_what_is_no_one_path_is_never_guessed(reply: str, read: Any) -> None:
    assert answer(ONE, reply) == read


def test_several_paths_and_none() -> None:
    assert answer(MANY, "transfer\nhome > order") == (["banking > transfer", "home > order"], [])
    assert answer(MANY, '{"paths": [["home", "order"], "transfer"]}')[0] == ["home > order", "banking > transfer"]
    assert answer(MANY, "none") == answer(NONE, "none") == answer(NONE, '{"path": null}') == ([], [])
    assert answer(MANY, "[" * 900 + '"x"' + "]" * 900) == "unreadable"


@pytest.mark.parametrize(
    ("value", "gold"),
    [
        (["banking", "transfer"], ("banking > transfer",)),
        ("banking > transfer", ("banking > transfer",)),
        ("Banking > Transfer", ("banking > transfer",)),
        ([["home", "order"], ["banking", "transfer"]], ("home > order", "banking > transfer")),
        ("home > order\nbanking > transfer", ("home > order", "banking > transfer")),
        ([["banking", "cards", "lost"]] * 2, ("banking > cards > lost",)),
        ([], ()),
        ("", ()),
    ],
)
def test_gold_is_a_path_or_a_list_of_paths(value: Any, gold: tuple[str, ...]) -> None:
    assert MANY.gold(value, TEXT) == gold
    assert MANY.gold(MANY.dump(MANY.example(gold)), TEXT) == gold


@pytest.mark.parametrize(
    ("verifier", "value", "why"),
    [
        (ONE, [], "verifier.optional=true"),
        (ONE, [["home", "order"], ["home", "other"]], "verifier.multiple=true"),
        (ONE, ["banking"], "verifier.inner=true"),
        (ONE, ["banking", "refund"], "not in the taxonomy"),
        (ONE, ["banking", ""], "names"),
        (ONE, ["a > b", "c"], "holds the separator"),
        (ONE, 5, "found 5"),
        (ONE, [5], "found"),
    ],
)
def test_gold_that_cannot_be_says_why(verifier: Taxonomy, value: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        verifier.gold(value, TEXT)


@given(st.sampled_from([ONE, NONE]), st.sampled_from(PATHS))
def test_a_path_is_read_back(verifier: Taxonomy, path: str) -> None:
    assert verifier.gold(verifier.dump((path,)), TEXT) == (path,)
    assert verifier.read("\n".join(verifier.show((path,))), TEXT) == Reading((path,))
    assert verifier.parse({"path": path}, TEXT) == verifier.parse(path.split(" > "), TEXT) == Reading((path,))


@given(sets, sets)
def test_ancestors_earn_hierarchical_f1(gold: tuple[str, ...], given_: tuple[str, ...]) -> None:
    verdict = judge(SOFT, "\n".join(given_) or "none", gold, TEXT)
    assert verdict.answer == given_

    def above(paths: tuple[str, ...]) -> set[str]:
        return {" > ".join(path.split(" > ")[:n]) for path in paths for n in range(1, path.count(" > ") + 2)}

    due, said = above(gold), above(given_)
    assert verdict.counts() == pytest.approx((len(due & said), len(said - due), len(due - said)))
    expected = 2 * len(due & said) / (len(due) + len(said)) if due or said else 1.0
    assert FBeta().score([verdict]) == pytest.approx(expected)


def test_a_path_in_the_right_branch_is_half_right() -> None:
    verdict = judge(SOFT, "banking > pin_change", ("banking > transfer",), TEXT)
    right, given_ = "banking > transfer", "banking > pin_change"
    assert verdict.matches == (
        Match(given_, hit=0.5, wrong=0.5, weight=2.0),
        Match(right, missing=0.5, instead=given_, weight=2.0),
    )
    assert verdict.feedback() == "Missing: banking > transfer. Wrong: banking > pin_change."
    assert keys(SOFT, ("banking > transfer", "home > order")) == ("banking > transfer", "home > order")


def test_figures_of_each_level() -> None:
    pairs: list[tuple[tuple[str, ...], tuple[str, ...] | None]] = [
        (("banking > transfer",), ("banking > pin_change",)),
        (("home > order",), ("home > order",)),
        (("home > order",), None),
        ((), ()),
    ]
    figures = NONE.figures(pairs)
    assert (figures["level_1_accuracy"], figures["level_2_accuracy"]) == (3 / 4, 1 / 3)
    assert (figures["level_1_f1"], figures["level_2_f1"]) == pytest.approx((4 / 5, 2 / 5))
    assert figures["hierarchical_f1"] == pytest.approx(6 / 10)
    assert NONE.figures([]) == {}


def test_the_best_constant_may_be_none() -> None:
    golds: list[tuple[str, ...]] = [(), (), ("home > order",)]
    assert constant_answer(NONE, golds, FBeta()) == ((), pytest.approx(2 / 3))
    assert constant_answer(ONE, golds[2:], FBeta()) == (("home > order",), 1)
    assert ("home > order", "home > other") in MANY.constants([("home > order",), ("home > other",)])


def test_the_vocabulary_is_the_tree_else_the_list_else_gold() -> None:
    assert ONE.instructions().vocabulary["banking > transfer"] == "moves money"
    assert "banking > cards" in SOFT.vocabulary and "banking > cards" not in PATHS
    assert list(Taxonomy().bind(LabelSet({"a > b": "x"}), ()).vocabulary.definitions.items()) == [("a > b", "x")]
    assert list(Taxonomy().bind(None, ["a > b"]).vocabulary) == ["a > b"]
    assert Taxonomy(TREE, optional=False).bind(LabelSet.of(PATHS), ()) == ONE  # a run that is repeated
    for verifier, listed in ((Taxonomy(TREE), LabelSet.of(["a > b"])), (Taxonomy({"a > b": None}), None)):
        with pytest.raises(ValueError):
            verifier.bind(listed, ())


def test_the_prompt_speaks_of_the_separator_where_a_path_has_one() -> None:
    flat = Taxonomy(["banking", "home"]).bind(None, ())
    assert '" > "' in (ONE.instructions().answer or "") and ">" not in (flat.instructions().answer or "")


def test_the_schema_lists_the_paths() -> None:
    assert ONE.schema(TEXT)["properties"] == {"path": {"type": "string", "enum": list(PATHS)}}
    assert None in NONE.schema(TEXT)["properties"]["path"]["enum"]  # type: ignore[index]
    assert MANY.schema(TEXT)["required"] == ["paths"]


@given(st.text() | st.lists(st.sampled_from([*PATHS, ">", "\n", ", ", "[", '{"path": '])).map("".join))
def test_no_reply_raises(reply: str) -> None:
    ONE.read(reply, TEXT)
    MANY.read(reply, TEXT)


@pytest.mark.parametrize("options", [{"match": "x"}, {"separator": " "}, {"separator": ">\n>"}])
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Taxonomy(**options)
