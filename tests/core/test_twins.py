"""Near-twins: one item for the split, and none among the worked examples of the other."""

import pytest

from runner.core.items import Item
from runner.core.prompt import Demo, Prompt
from runner.core.twins import one_of_twins, twin_form
from runner.datasets.split import split

TEXT = "Où est  mon café? “Don’t” wait"
TWINS = [
    "Ou\u0300 est mon cafe\u0301? “Don’t” wait", "Où est\u00a0mon café? \"Don't\" wait", TEXT.upper(), f"{TEXT}.",
    f" {TEXT}\n", TEXT.replace("est", "e\u200bst"), TEXT.replace("mon", "ｍｏｎ"), TEXT.replace("  ", "\n"),
]  # fmt: skip


@pytest.mark.parametrize("twin", TWINS)
def test_a_near_twin_has_the_same_form(twin: str) -> None:
    assert twin_form(twin) == twin_form(TEXT)
    assert Prompt("Do.", (Demo(TEXT, ("A",)), Demo("other", ("B",)))).without(twin).demos == (Demo("other", ("B",)),)


@pytest.mark.parametrize("other", ["Where is it?", "Where is it!", "Where is he", "Where is-it", ":)", ".", "..?"])
def test_other_texts_have_another_form(other: str) -> None:
    assert twin_form(other) != twin_form("Where is it")


def test_twins_never_cross_the_split_and_the_rest_is_divided_as_ever() -> None:
    items = [Item(f"i{n}", f"Text {n} is here", ("A" if n % 2 else "B",)) for n in range(24)]
    twins = [Item(f"t{n}", f"text {n}  is HERE.", ("A" if n % 2 else "B",)) for n in range(24)]
    sizes = {"reflect": 6, "select": 6, "test": 12}
    assert split([*items, *twins], sizes, 3) == split(items, sizes, 3)
    assert one_of_twins([*items, *twins]) == items
    searched = {item.text.upper() for item in items[:12]}
    assert {item.id for item in split(items, sizes, 3, searched).test} == {item.id for item in items[12:]}
