"""The pages in a real browser: nothing runs, nothing scrolls sideways, filters and links work."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_server import CHROMIUM, DRIVER, missing
from report_pages import EPOCHS, HACK, compared, full_run, make_run, prediction

from runner.analysis.compare.html import write_comparison
from runner.runs.html.report import write_report


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
