"""The pages in a real browser: nothing fetched, nothing run that came as data, filters that find; and without one."""

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from real_server import missing
from refusals import refused
from results import prediction_row, run_result

from runner.analysis.compare.html import takeaway, write_comparison
from runner.core.errors import DataError
from runner.core.evaluation import RunInfo
from runner.core.run_result import RunResult
from runner.core.run_rows import EpochRecord
from runner.runs.html.confusion import confusion
from runner.runs.html.phrasing import headline
from runner.runs.html.prompt_history import versions
from runner.runs.html.report import write_report
from runner.runs.html.word_diff import sides
from runner.runs.json_records import from_json
from runner.runs.run_files import result_from
from runner.trackers.report import Report

HACK = "<script>window.hacked=1</script>"
IMAGE = '</script><img src=x onerror="window.hacked=1"><!--'
HOSTILE = f"{HACK}{IMAGE}\"'&{{{{ 7*7 }}}}"
ARABIC = "طلب استرداد 💸"
LONG = "Ünbrëakable" * 40
LABELS = ["Payment", "Refund_Request", HOSTILE, ARABIC, LONG]
DRIVER, CHROMIUM = Path("/usr/bin/chromedriver"), shutil.which("chromium")
SIDE = {"f1": 0.5, "precision": 0.5, "recall": 0.5, "exact_match": 0.5}


def figures(**changes: Any) -> dict[str, Any]:
    """The content of a result.json."""
    per_label = {
        label: {"precision": None, "recall": 0.5, "f1": 0.4 if place else None, "gold": 3, "predicted": 2}
        for place, label in enumerate(LABELS)
    }
    metrics = {**SIDE, "micro_f1": 0.5, "macro_f1": 0.5, "per_label": per_label}
    decision = {
        "verdict": "undecided", "difference": 0.1, "interval": [-0.1, 0.3], "p": 0.25, "items": 40, "items_needed": 120,
    }  # fmt: skip
    return {
        "status": "finished", "stop_reason": "all epochs done",
        "initial": {"select": 0.4, "test": 0.4, "interval": [0.3, 0.5], "metrics": metrics},
        "best": {"epoch": 2, "select": 0.7, "test": 0.5, "interval": [0.4, 0.6]},
        "metrics": metrics, "decision": decision, "split": {"reflect": 10, "select": 10, "test": 40}, "sealed": True,
        "epochs": 2, "seed": 1, "failures": {"labeller": {"unreadable": 2}, "rewriter": {HOSTILE: 1}},
        "calls": {"total": 1000, "provider": 900, "journal": 90, "failed": 10, "retries": 3},
        "tokens": {"input": 100_000, "output": 2_000}, "cost_usd": 0.0123, "seconds": 75.2,
        "models": {"labeller": HOSTILE, "rewriter": "m"}, "dataset_sha256": "ab" * 32,
        "versions": {"python": "3.11"}, "git": None, **changes,
    }  # fmt: skip


def result_of(**changes: Any) -> RunResult:
    return result_from(figures(**changes), Path("test"))


def prediction(number: int, **changes: Any) -> dict[str, Any]:
    """A line of predictions.jsonl; every third one is wrong, every fifth was wrong before."""
    gold, wrong = [LABELS[number % 5]], number % 3 == 0
    said = [LABELS[(number + 1) % 5]] if wrong else gold
    return {
        "id": f"item {number}", "text": f"Text number {number}.", "gold": gold, "prediction": said, "out_of_list": [],
        "exact": not wrong, "verdict": "Right.", "failure": None, "reply": f"reply {number}",
        "initial_prediction": gold, "initial_exact": number % 5 != 0, "credit": 1.0, "initial_credit": 1.0,
        "seconds": 0.1, **changes,
    }  # fmt: skip


def epoch(number: int, best: str, select: float, *candidates: dict[str, Any]) -> dict[str, Any]:
    side = {"prompt": best, "select": select, "interval": [select - 0.1, select + 0.1], **SIDE}
    return {"epoch": number, "best": side, "candidates": list(candidates), "rejected": {"too_long": number}}


def candidate(name: str, parent: str, text: str) -> dict[str, Any]:
    return {
        "prompt": name, "parent": parent, "change": HOSTILE, "select": 0.6, "interval": [0.5, 0.7], **SIDE,
        "fixed": ["item 1", "elsewhere"], "broken": [HOSTILE], "text": text,
    }  # fmt: skip


EPOCHS = [
    epoch(0, "a", 0.4),
    epoch(1, "b", 0.6, candidate("b", "a", "Label the text well."), candidate("x", "a", "Guess.")),
    epoch(2, "c", 0.7, candidate("c", "b", f"Label the text well. {HOSTILE}")),
]


def make_run(
    path: Path,
    result: dict[str, Any] | None = None,
    predictions: list[dict[str, Any]] | None = None,
    epochs: list[dict[str, Any]] | None = None,
) -> Path:
    """A run directory; a list that is None is a file that is not there."""
    (path / ".hydra").mkdir(parents=True)
    (path / ".hydra/config.yaml").write_text(json.dumps({"study": HOSTILE, "reward": {"_target_": "v.FBeta"}}))
    (path / ".hydra/overrides.yaml").write_text(json.dumps([f"study={HOSTILE}"]))
    (path / "result.json").write_text(json.dumps(result or figures()))
    (path / "initial_prompt.txt").write_text("Label the text.\n")
    for name, rows in (("predictions", predictions), ("epochs", epochs)):
        if rows is not None:
            (path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def page_of(run: Path) -> str:
    return write_report(run).read_text("utf-8")


def full_run(path: Path) -> Path:
    rows = [prediction(number) for number in range(130)]
    rows[7] |= {"text": HOSTILE, "reply": HOSTILE, "verdict": HOSTILE, "id": HOSTILE}
    rows[8] |= {"prediction": None, "exact": None, "verdict": None, "failure": "timeout", "reply": None}
    rows[9] |= {"text": f"needle {LONG}\n{ARABIC}", "failure": "unreadable", "prediction": [], "out_of_list": [HOSTILE]}
    return make_run(path, predictions=rows, epochs=EPOCHS)


def compared(**changes: Any) -> dict[str, Any]:
    """The content of a compare.json."""
    runs = [
        {
            "run": f"outputs/{rank}", "name": name, "rank": rank, "status": "finished", "labeller": HOSTILE,
            "rewriter": "m", "optimizer": "demos", "seed": 1, "test": 0.9 - rank / 10, "interval": [0.4, 0.9],
            "initial": 0.4, "decision": {"verdict": "better"} if rank == 1 else None,
            "difference_to_best": None if rank == 1 else -0.1, "p_best": 0.4, "p_best_adjusted": 0.8,
            "cannot_tell": rank < 3, "cost_usd": [0.02, 0.01, 10.0, None][rank - 1], "calls": 100, "seconds": 12.3,
            "seconds_per_item": None, "front": rank < 3, "per_label": dict.fromkeys(LABELS[:3], 0.7),
        }
        for rank, name in enumerate(["one", HOSTILE, "three", LONG], start=1)
    ]  # fmt: skip
    return {
        "reward": "f1", "dataset_sha256": "ab" * 32, "items": 24, "labels": LABELS, "runs": runs,
        "cannot_tell": ["one", HOSTILE], "cheapest": HOSTILE, "fastest": None,
        "suspects": [{"id": "7", "text": HOSTILE, "gold": [], "prediction": [ARABIC], "runs": 5, "of": 6}],
        "transfer": {"rows": ["one"], "columns": [HOSTILE, "m"], "reward": [[0.5, None]]},
        "refused": [{"run": "outputs/x", "reason": HOSTILE}], **changes,
    }  # fmt: skip


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
        {"gold": ["A"], "prediction": None},
    ]
    table = confusion([prediction_row(**row) for row in rows])
    assert (table.missed, table.added, table.counts) == (["B", None], ["C", None], [[2, 1], [1, 0]])
    assert (table.right, table.most) == (1, 2)


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


def test_the_tracker_writes_the_page_when_the_run_ends(tmp_path: Path) -> None:
    tracker = Report()
    tracker.finish(run_result(), [], [])  # never started: nothing to write
    run = make_run(tmp_path / "run", None, [], EPOCHS)
    tracker.start(RunInfo(run, None, {}, {}))
    tracker.finish(run_result(), [], [])
    assert (run / "report.html").is_file()


# In a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium with a profile of its own, offline but for files."""
    if CHROMIUM is None or not DRIVER.exists():
        missing("chromium and chromium-driver are not installed: make browser")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    flags = "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
    for flag in f"{flags} disable-component-update disable-sync disable-dev-shm-usage".split():
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("pages")
    write_comparison(compared(), directory / "compare.html")
    return {"report": write_report(full_run(directory / "run")), "compare": directory / "compare.html"}


def look(browser: Any, page: Path, width: int = 1000, scheme: str = "light", anchor: str = "") -> Any:
    """Load the page, and return a function that evaluates JavaScript in it."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(page.as_uri() + anchor)
    return lambda code: browser.execute_script(f"return {code}")


VISIBLE = "[...document.querySelectorAll('#list li.item')].filter((item) => !item.hidden)"
browsing = pytest.mark.xdist_group("chromium")


def choose(evaluate: Any, name: str, value: str, event: str = "change") -> None:
    evaluate(f"""(() => {{ const field = document.getElementById('{name}'); field.value = {json.dumps(value)};
        field.dispatchEvent(new Event('{event}')); }})()""")


@browsing
@pytest.mark.parametrize("name", ["report", "compare"])
def test_hostile_data_stay_text_and_the_console_stays_empty(browser: Any, pages: dict[str, Path], name: str) -> None:
    evaluate = look(browser, pages[name])
    assert evaluate("typeof window.hacked") == "undefined"
    assert (
        evaluate("document.images.length + document.querySelectorAll('iframe, object, link[rel=stylesheet]').length")
        == 0
    )
    assert HACK in evaluate("document.body.textContent")
    assert browser.get_log("browser") == []
    sent = [json.loads(row["message"])["message"] for row in browser.get_log("performance")]
    urls = {row["params"]["request"]["url"] for row in sent if row["method"] == "Network.requestWillBeSent"}
    assert {url for url in urls if url != pages[name].as_uri() and not url.startswith("data:")} == set()
    assert pages[name].as_uri() in urls


@browsing
def test_the_policy_is_in_force(browser: Any, pages: dict[str, Path]) -> None:
    evaluate = look(browser, pages["report"])
    evaluate("""(() => { const script = document.createElement('script'); script.textContent = 'window.hacked = 1';
        document.body.append(script); document.body.setAttribute('onclick', 'window.hacked = 2'); document.body.click();
    })()""")
    assert evaluate("typeof window.hacked") == "undefined"
    assert len(browser.get_log("browser")) >= 2


@browsing
@pytest.mark.parametrize("name", ["report", "compare"])
@pytest.mark.parametrize("width", [320, 360, 1000])
def test_the_page_never_scrolls_sideways(browser: Any, pages: dict[str, Path], name: str, width: int) -> None:
    evaluate = look(browser, pages[name], width)
    evaluate("document.querySelectorAll('details').forEach((element) => { element.open = true; })")
    assert evaluate("document.documentElement.scrollWidth") <= width


@browsing
@pytest.mark.parametrize("name", ["report", "compare"])
def test_the_page_follows_dark_mode_with_text_that_can_be_read(browser: Any, pages: dict[str, Path], name: str) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        evaluate = look(browser, pages[name], scheme=scheme)
        colours = [evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color")]
        plot = evaluate("getComputedStyle(document.querySelector('.plot .fill-ink')).fill")
        paper, ink = (sum(map(int, re.findall(r"\d+", colour)[:3])) / 3 for colour in colours)
        assert abs(paper - ink) > 180
        assert plot == colours[1]
        seen[scheme] = paper
    assert seen["light"] > 200
    assert seen["dark"] < 60


@browsing
def test_filters_and_search_find_items(browser: Any, pages: dict[str, Path]) -> None:
    evaluate = look(browser, pages["report"])
    count = "document.getElementById('shown').textContent"
    assert evaluate(f"{VISIBLE}.length") == 50
    assert evaluate(count) == "130 of 130 items, the first 50 shown"
    evaluate("document.getElementById('more').click()")
    assert evaluate(f"{VISIBLE}.length") == 100
    for state in ("wrong", "right", "failed", "fixed", "broken"):
        choose(evaluate, "by-state", state)
        assert evaluate(f"{VISIBLE}.every((item) => item.dataset.states.split(' ').includes('{state}'))")
        assert evaluate(f"{VISIBLE}.length") > 0
    choose(evaluate, "by-state", "")
    choose(evaluate, "by-label", "2")  # the hostile one
    assert evaluate(f"{VISIBLE}.length") == evaluate("Number.parseInt(document.getElementById('shown').textContent)")
    assert evaluate(f"{VISIBLE}.every((item) => item.textContent.includes('window.hacked=1'))")
    choose(evaluate, "by-failure", "timeout")
    assert evaluate(count) == "0 of 130 items"
    choose(evaluate, "by-label", "")
    assert evaluate(count) == "1 of 130 items"
    evaluate("document.getElementById('clear').click()")
    assert evaluate(f"{VISIBLE}.length") == 50
    field = browser.find_element("id", "find")
    field.send_keys("NEEDLE")
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    assert evaluate(count) == "1 of 130 items"
    assert browser.get_log("browser") == []


@browsing
def test_a_confusion_cell_shows_its_items(browser: Any, pages: dict[str, Path]) -> None:
    evaluate = look(browser, pages["report"])
    button = browser.find_element("css selector", ".matrix td button")
    button.click()
    assert evaluate(f"{VISIBLE}.length") == int(button.text)
    assert evaluate("document.querySelector('#pair span').textContent").startswith("Missed: ")
    browser.find_element("css selector", "#pair button").click()
    assert evaluate(f"{VISIBLE}.length") == 50


@browsing
def test_a_link_to_an_item_shows_it_wherever_it_is(browser: Any, pages: dict[str, Path]) -> None:
    evaluate = look(browser, pages["report"], anchor="#item-130")
    assert evaluate("document.activeElement.id") == "item-130"
    assert not evaluate("document.activeElement.hidden")


@browsing
def test_columns_sort_by_number_with_what_is_unknown_last(browser: Any, pages: dict[str, Path]) -> None:
    look(browser, pages["compare"])
    heads = browser.find_elements("css selector", ".ranking thead th")
    place = [head.text.split("\u00a0")[0].strip() for head in heads].index("The run cost")
    seen = []
    for _ in range(2):
        heads[place].find_element("tag name", "button").click()
        rows = browser.find_elements("css selector", ".ranking tbody tr")
        seen.append([row.find_elements("css selector", "td, th")[place].text for row in rows])
    assert seen[0] == ["$0.0100", "$0.0200", "$10.00", "unknown"]
    assert seen[1] == ["$10.00", "$0.0200", "$0.0100", "unknown"]


@browsing
def test_without_scripts_it_is_a_plain_list(browser: Any, pages: dict[str, Path]) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        look(browser, pages["report"])
        assert len(browser.find_elements("css selector", "#list li.item:not([hidden])")) == 130
        assert not browser.find_element("id", "filters").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@browsing
def test_five_thousand_items_load_in_seconds(browser: Any, tmp_path: Path) -> None:
    rows = [prediction(number, text="A long dialogue. " * 40) for number in range(5_000)]
    page = write_report(make_run(tmp_path / "run", None, rows, EPOCHS))
    browser.set_page_load_timeout(20)  # one list of all of them took over a minute, groups take two seconds
    try:
        evaluate = look(browser, page)
        assert evaluate("document.getElementById('shown').textContent").startswith("5,000 of 5,000 items")
        assert evaluate(f"{VISIBLE}.length") == 50
    finally:
        browser.set_page_load_timeout(300)
