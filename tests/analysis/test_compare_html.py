"""The comparison's page: what it says to take away, and its plot."""

from pathlib import Path
from typing import Any

import pytest
from report_pages import HOSTILE, compared

from runner.analysis.compare.html import takeaway, write_comparison


@pytest.mark.parametrize(
    ("changes", "title", "part"),
    [
        ({}, "one ranks first, but not alone.", f"{HOSTILE} is the cheapest"),
        ({"cannot_tell": ["one"]}, "one is the best.", "can be told from it"),
        ({"runs": [], "cannot_tell": []}, "There is nothing to compare.", "sealed"),
        ({"runs": compared()["runs"][:1], "cannot_tell": ["one"]}, "One run: one.", "no other"),
        ({"fastest": HOSTILE}, "one ranks first, but not alone.", "both the cheapest and the fastest"),
    ],
)
def test_the_comparison_says_what_to_take_away(tmp_path: Path, changes: dict[str, Any], title: str, part: str) -> None:
    said = takeaway(compared(**changes))
    assert said[0] == title
    assert part in said[1]
    write_comparison(compared(**changes, transfer=None, suspects=[], refused=[]), tmp_path / "compare.html")


def test_the_plot_takes_the_cost_that_all_runs_know(tmp_path: Path) -> None:
    for known, axis in (
        ({}, "cost of the run"),
        ({"item_tokens": 9}, "tokens to"),
        ({"item_cost_usd": 0.1}, "1,000 i"),
    ):
        runs = [{**run, "item_cost_usd": None, "item_tokens": None, **known} for run in compared()["runs"]]
        write_comparison(compared(runs=runs), tmp_path / "compare.html")
        assert axis in (tmp_path / "compare.html").read_text().split("plot wide")[1]
