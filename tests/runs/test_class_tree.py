"""The classes of a run as a tree, and where gold and answer part on the way; what the page makes of it."""

from pathlib import Path
from typing import Any

from report_pages import figures, make_run, page_of, prediction
from run_records import prediction_row

from runner.core.run_rows import PredictionRow
from runner.runs.html.answer_parts import fields_of, told
from runner.runs.html.class_tree import Node, Parting, class_tree, partings
from verifiers.field_values import NOWHERE
from verifiers.fields import Fields
from verifiers.items import Items
from verifiers.labels import Labels
from verifiers.taxonomy import Taxonomy
from verifiers.verifier import paths_of

PATHS = {name: name.split(" > ") for name in ("bank > transfer", "bank > balance", "bank", "trip > visa")}


def row(name: str, due: list[str], given: list[str], **changes: Any) -> PredictionRow:
    missing, wrong = ([key for key in one if key not in other] for one, other in ((due, given), (given, due)))
    return prediction_row(id=name, due=due, given=given, missing=missing, wrong=wrong, exact=due == given, **changes)


ROWS = [
    row("1", ["bank > transfer"], ["bank > balance"]),
    row("2", ["bank > transfer"], ["bank > transfer"]),
    row("3", ["trip > visa"], ["bank > transfer"]),
    row("4", ["bank > balance"], []),
    row("5", ["bank > transfer"], ["bank > balance"]),
    prediction_row(id="6", due=None, given=None, exact=None, verdict=None),
]


def flat(node: Node, depth: int = 0) -> list[tuple[int, str, int, int, int]]:
    own = (depth, node.name, node.gold, node.given, node.right)
    return [own, *(line for child in node.below for line in flat(child, depth + 1))]


def test_an_item_counts_once_at_each_name_of_its_paths_and_frequent_names_come_first() -> None:
    tree = class_tree(ROWS, PATHS)
    assert tree and flat(tree) == [
        (0, "", 5, 4, 4), (1, "bank", 4, 4, 3), (2, "transfer", 3, 2, 1), (2, "balance", 1, 2, 0), (1, "trip", 1, 0, 0),
        (2, "visa", 1, 0, 0),
    ]  # fmt: skip
    assert tree.below[0].f1 == 2 * 3 / 8 and tree.below[1].f1 == 0


def test_where_answers_leave_gold_stands_at_the_last_name_that_both_have() -> None:
    tree = class_tree(ROWS, PATHS)
    assert tree and tree.parted == {Parting((), ("trip", "visa"), ("bank", "transfer")): ["3"]}
    assert tree.below[0].parted == {Parting(("bank",), ("transfer",), ("balance",)): ["1", "5"]}
    assert partings(row("7", ["bank > transfer"], ["bank"]), PATHS) == [Parting(("bank",), ("transfer",), ())]
    assert partings(ROWS[3], PATHS) == []


def test_there_is_no_tree_without_paths_and_a_very_deep_one_ends() -> None:
    assert class_tree(ROWS, {}) is None and class_tree([], PATHS) is None
    deep = class_tree([row("1", ["x"], ["x"])], {"x": ["n"] * 5000})
    assert deep and len(flat(deep)) == 22


def test_a_verifier_says_which_of_its_classes_are_paths() -> None:
    tree = Taxonomy({"bank": ["transfer", "balance"]}).bind(None, ())
    keys = ["bank > transfer", "(out of list)", "bank > transfer"]
    assert paths_of(tree, keys) == {"bank > transfer": ["bank", "transfer"]}
    assert paths_of(Labels(), ["a > b"]) == {}
    for many in (Fields({"what": tree, "tags": Labels()}), Items({"what": tree, "tags": Labels()})):
        found = paths_of(many, ["what.bank > balance", "tags.a > b", "what", "(unknown field)"])
        assert found == {"what.bank > balance": ["what", "bank", "balance"]}
    assert tree.gold(["bank", "balance"], NOWHERE) == ("bank > balance",)


def test_a_list_of_names_is_told_as_a_path_only_where_it_is_one() -> None:
    paths = {("bank", "transfer"), ("what", "trip", "visa")}
    assert told(["bank", "transfer"], paths) == ("bank › transfer",)
    assert told(["bank", "balance"], paths) == ("bank", "balance")
    assert told({"what": ["trip", "visa"], "tags": ["bank", "transfer"]}, paths) == (
        "what: trip › visa", "tags: bank, transfer",
    )  # fmt: skip
    [field] = fields_of(prediction_row(gold={"what": ["trip", "visa"]}, prediction={}), paths)
    assert field.gold == ("trip › visa",)


def test_the_page_has_the_tree_and_its_names_stay_text(tmp_path: Path) -> None:
    hostile = "<b>bold</b>"
    paths = {"a": ["top", hostile], "b": ["top", "other"]}
    lines = [prediction(1, gold=["top", hostile], due=["a"], given=["b"], missing=["a"], wrong=["b"], exact=False)]
    page = page_of(make_run(tmp_path / "run", {**figures(), "paths": paths}, lines, []))
    assert 'id="tree"' in page and "<details open><summary>" in page and "<b>bold" not in page
    assert (
        '<b class="good">[<bdi>&lt;b&gt;bold&lt;/<wbr>b&gt;</bdi>]</b> / <b class="bad">[<bdi>other</bdi>]</b>' in page
    )
    assert 'id="tree"' not in page_of(make_run(tmp_path / "plain", None, lines, []))


def test_a_reward_below_0_has_a_scale_of_its_own(tmp_path: Path) -> None:
    lines = [prediction(number) for number in range(3)]
    page = page_of(make_run(tmp_path / "run", {**figures(), "reward_lowest": -1.0}, lines, []))
    assert "from −1 to 1" in page and "<span>−1</span><span>1</span>" in page
    assert 'x="69.2" width="1.6"' in page  # 0.4 of [-1, 1]
