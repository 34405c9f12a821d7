"""The pages in a real browser: nothing fetched, nothing run that came as data, filters that find; and without one."""

import gzip
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from refusals import refused
from report_pages import EPOCHS, HACK, compared, figures, full_run, make_run, page_of, prediction, result_of
from run_records import prediction_row, run_result

from runner.analysis.compare.html import write_comparison
from runner.core.errors import DataError
from runner.core.evaluation import RunInfo
from runner.core.run_rows import EpochRecord
from runner.runs.html.confusion import confusion
from runner.runs.html.phrasing import headline
from runner.runs.html.prompt_history import versions
from runner.runs.html.report import write_report
from runner.runs.html.word_diff import sides
from runner.runs.json_records import from_json
from runner.trackers.report import Report

DRIVER, CHROMIUM = Path("/usr/bin/chromedriver"), shutil.which("chromium")


SETTLED = {**figures()["decision"], "items_needed": None}


# Without a browser


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "It cannot be told yet whether the new prompt is better."),
        ({"decision": {**SETTLED, "verdict": "better"}}, "The new prompt is better."),
        ({"decision": {**SETTLED, "verdict": "worse"}}, "The new prompt is worse."),
        ({"decision": None}, "There is no verdict."),
        ({"sealed": False, "split": "none", "decision": None}, "Nothing was proved."),
        ({"best": {**figures()["best"], "epoch": 0}}, "The initial prompt is kept."),
        ({"best": {"epoch": 0, "select": None, "test": None, "interval": None}}, "There is no verdict."),
    ],
)  # fmt: skip
def test_the_headline_promises_no_more_than_the_figures(changes: dict[str, Any], title: str) -> None:
    assert headline(result_of(**changes)).title == title


def test_the_headline_names_the_ceiling_that_annotators_set() -> None:
    said = headline(result_of(agreement={"items": 40, "exact": 0.75, "f1": 0.8125})).text
    ceiling = "75% of the 40 items that several labelled (F1 0.812): about the most that a prompt can reach."
    assert said.endswith(ceiling)


def test_the_headline_gives_the_figures() -> None:
    said = headline(result_of()).text
    for part in (
        "40 sealed items",
        "0.500",
        "0.400",
        "+0.100",
        "\N{MINUS SIGN}0.100 to +0.300",
        "p=0.250",
        "120 more",
    ):
        assert part in said


def test_a_run_that_failed_at_once_has_a_page(tmp_path: Path) -> None:
    nothing = {"select": None, "test": None, "interval": None}
    result = figures(
        status="failed", stop_reason=f"bad key {HACK}", initial=nothing, best={"epoch": 0, **nothing}, metrics=None,
        decision=None, cost_usd=None, failures={"labeller": {}, "rewriter": {}},
    )  # fmt: skip
    run = make_run(tmp_path / "run", result)
    (run / "initial_prompt.txt").unlink()
    page = page_of(run)
    assert "There is no verdict." in page
    assert "The price of a model is not known" in page
    assert HACK not in page


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 0, "best": {**figures()["best"], "epoch": 0}},
        {"sealed": False, "split": "none", "decision": None, "cost_usd": None, "git": {"commit": "abc", "dirty": True}},
        {"status": "stopped", "stop_reason": "budget", "metrics": None, "decision": None},
    ],
    ids=["no epochs", "nothing sealed", "stopped"],
)
@pytest.mark.parametrize("rows", [None, [], [prediction(1)]], ids=["no file", "no rows", "rows"])
def test_every_state_that_a_run_ends_in_has_a_page(
    tmp_path: Path, changes: dict[str, Any], rows: list[dict[str, Any]] | None
) -> None:
    page = page_of(make_run(tmp_path / "run", figures(**changes), rows, EPOCHS[:1]))
    assert page.count("</section>") == page.count("<section") == 7
    assert "No edit was accepted" in page or "No other prompt was measured" in page


def test_what_goldloop_did_not_write_is_refused_by_name(tmp_path: Path) -> None:
    with refused(DataError, "not-a-run", tmp_path):
        write_report(tmp_path)
    with refused(DataError, "wrong-shape", "stop_reason", tmp_path / "run/result.json"):
        write_report(make_run(tmp_path / "run", {"status": "finished"}))


class Markup(HTMLParser):
    """Every tag with its attributes, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_data_are_never_markup_and_nothing_is_fetched(tmp_path: Path) -> None:
    write_comparison(compared(), tmp_path / "compare.html")
    for page in (page_of(full_run(tmp_path / "run")), (tmp_path / "compare.html").read_text()):
        tags = Markup(page).found
        assert [tag for tag, _ in tags].count("script") == page.count("</script>") == 1
        assert not {"img", "iframe", "object", "image", "base", "form"} & {tag for tag, _ in tags}
        for tag, attributes in tags:
            assert not {name for name in attributes if name in {"src", "style", "action"} or name.startswith("on")}, tag
            assert (attributes.get("href") or "#").startswith(("#", "data:,"))
        assert not re.search(r"url\((?!#)|@import", page)
        assert HACK not in page
        assert "{{ 7*7 }}" in page  # a template in data is text too
        assert any("default-src 'none'" in (attributes.get("content") or "") for _, attributes in tags)


def test_half_a_surrogate_does_not_stop_the_page(tmp_path: Path) -> None:
    assert "half ? of" in page_of(make_run(tmp_path / "run", None, [prediction(1, text="half \ud83d of")], EPOCHS))


def test_five_thousand_items_are_all_there_once(tmp_path: Path) -> None:
    rows = [prediction(number) for number in range(5_000)]
    page = page_of(make_run(tmp_path / "run", None, rows, EPOCHS))
    assert page.count('<li class="item ') == 5_000
    assert len(set(re.findall(r'id="(item-\d+)"', page))) == 5_000
    assert len(page) < 5_000 * 3_000


def test_a_page_is_the_same_each_time(tmp_path: Path) -> None:
    run = full_run(tmp_path / "run")
    assert page_of(run) == page_of(run)


def test_edits_quote_the_items_they_fixed_where_the_run_kept_them(tmp_path: Path) -> None:
    run = full_run(tmp_path / "run")
    assert "the text of it" not in page_of(run)
    kept = {"items": [["elsewhere", "the text of it", []]], "labels": {"A": ""}, "sha256": "x"}
    packed = json.dumps({**kept, "unlabelled": 0, "repeated": 0}).encode()
    (run / "data.json.gz").write_bytes(gzip.compress(packed))
    assert "the text of it" in page_of(run)


def test_diffs_are_by_words_and_lose_nothing() -> None:
    before, after = "Label the text.\nBe brief.\n", "Label the whole text.\nBe brief.\nThink."
    left, right = sides(before, after)
    assert "".join(text for _, text in left) == before
    assert "".join(text for _, text in right) == after
    assert [piece for piece in right if piece[0] == "new"] == [("new", "whole "), ("new", "Think.")]
    assert [piece for piece in left if piece[0] == "gone"] == []
    many = "word " * 5_000
    assert sides(many, f"{many}more")[1] == [("new", f"{many}more")]
    lines = "a\n" * 200_000
    assert sides(lines, f"{lines}b\n") == ([("gone", lines)], [("new", f"{lines}b\n")])


def test_versions_are_the_accepted_edits_and_all_of_them_as_one() -> None:
    epochs = [from_json(EpochRecord, row, "test") for row in EPOCHS]
    whole, first, second = versions("Label the text.", epochs)
    assert [version.epoch for version in (whole, first, second)] == [2, 1, 2]
    assert [first.parent_epoch, second.parent_epoch] == [0, 1]
    assert (whole.before, whole.select) == (0.4, 0.7)
    assert len(versions("Label the text.", epochs[:2])) == 1
    assert versions("Label the text.", []) == versions("Label the text.", epochs[:1]) == []


def test_confusion_counts_what_was_missed_with_what_was_added() -> None:
    rows: list[dict[str, Any]] = [
        {"gold": ["A", "B"], "prediction": ["A", "C"]},
        {"gold": ["B"], "prediction": ["C"]},
        {"gold": ["B"], "prediction": []},
        {"gold": ["A"], "prediction": ["A", "C"]},
        {"gold": ["A"], "prediction": ["A"]},
        {"gold": ["A"], "prediction": None, "exact": None},
    ]
    table = confusion([prediction_row(**row) for row in rows])
    assert (table.missed, table.added, table.counts) == (["B", None], ["C", None], [[2, 1], [1, 0]])
    assert (table.right, table.most) == (1, 2)


def test_the_tracker_writes_the_page_when_the_run_ends(tmp_path: Path) -> None:
    tracker = Report()
    tracker.finish(run_result(), [], [])  # never started: nothing to write
    run = make_run(tmp_path / "run", None, [], EPOCHS)
    tracker.start(RunInfo(run, None, {}, {}))
    tracker.finish(run_result(), [], [])
    assert (run / "report.html").is_file()


# In a browser


def test_the_page_names_the_prompt_to_use(tmp_path: Path) -> None:
    worse = figures(decision={**figures()["decision"], "verdict": "worse"})
    page = page_of(make_run(tmp_path / "run", worse))
    assert "<b>Prompt to use:</b> <code>initial_prompt.txt</code> (the best one was proved WORSE)" in page
    page = page_of(make_run(tmp_path / "other", figures()))
    assert "<b>Prompt to use:</b> <code>best_prompt.txt</code> (not proved better)" in page
