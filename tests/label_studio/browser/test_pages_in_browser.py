"""The backend's own pages in a real browser: read on a phone, in dark and in light, and their buttons pressed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from endpoint import Endpoint
from exported import INTERFACE, annotation, area
from goldloop_process import Goldloop
from paths import ROOT
from run_directories import make_run
from run_records import BEST, EPOCH
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from serve_process import serving, wait_for

from runner.runs.html.report import write_report

pytestmark = [pytest.mark.uncovered]

UNDECIDED = {
    "verdict": "undecided",
    "difference": 0.1,
    "interval": [-0.1, 0.3],
    "p": 0.4,
    "items": 9,
    "items_needed": 60,
}
TITLE = "Support <requests>"


def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: those of the pages with GOLDLOOP_SCREENSHOTS=1."""
    return ROOT / "docs/images" if os.environ.get("GOLDLOOP_SCREENSHOTS") else tmp_path / "images"


@pytest.fixture
def backend(goldloop: Goldloop, endpoint: Endpoint, tmp_path: Path) -> Iterator[str]:
    """A server whose project 3 has a training that ended undecided, with a report."""
    run = make_run(
        tmp_path / "outputs/serve-3/2026-11-30_08-00-00-000001",
        [True] * 9, prompt="Found by training.", began=("Before.", [False] * 9), result={"decision": UNDECIDED},
    )  # fmt: skip
    lines = [json.dumps({**EPOCH, "epoch": n, "best": {**BEST, "select": 0.5 + n / 10}}) + "\n" for n in range(3)]
    (run / "epochs.jsonl").write_text("".join(lines))
    write_report(run)
    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "prompt=Before."]
    with serving(goldloop, *words) as url:
        httpx.post(f"{url}/setup", json={"project": "3.1", "schema": INTERFACE})
        project = {"id": 3, "title": TITLE, "label_config": INTERFACE}
        body = {"action": "ANNOTATION_CREATED", "project": project, "annotation": annotation(area("A person's."))}
        httpx.post(f"{url}/webhook", json=body)
        wait_for(lambda: "A person's." in httpx.get(f"{url}/versions").text, 30)
    file = tmp_path / "outputs/serve/projects/3.json"
    state = json.loads(file.read_text())
    training = {
        "run": str(run.relative_to(tmp_path)),
        "pid": 0,
        "status": "finished",
        "began": "2026-11-30",
        "words": "not served",
    }
    file.write_text(json.dumps({**state, "training": {**training, "verdict": "undecided"}}))
    with serving(goldloop, *words) as url:
        yield url.replace("127.0.0.1", "localhost")


def seen(browser: Any) -> str:
    """The words on the page, which may load itself again meanwhile."""
    wait = WebDriverWait(browser, 20, 0.1, ignored_exceptions=[StaleElementReferenceException])
    return str(wait.until(lambda _: browser.find_element(By.TAG_NAME, "body").text or " "))


def shown_as(browser: Any, width: int, scheme: str) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def problems(browser: Any) -> list[str]:
    """What the browser refused or complained of, which a broken policy would bring about."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_a_person_reads_on_a_phone_what_came_of_a_training_and_uses_its_prompt(
    backend: str, browser: Any, tmp_path: Path
) -> None:
    browser.get_log("browser")
    colours = set()
    try:
        for width, scheme in ((390, "light"), (390, "dark"), (1200, "dark"), (1200, "light")):
            shown_as(browser, width, scheme)
            for path, holds in (("/", "is not served"), ("/projects/3", "Undecided on the 9 sealed items")):
                browser.get(backend + path)
                assert holds in seen(browser) and TITLE in seen(browser)
                assert browser.execute_script("return document.documentElement.scrollWidth") <= width
                browser.save_screenshot(str(tmp_path / f"{width}-{scheme}-{path.count('/')}.png"))
            colours.add(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
        assert len(colours) == 2
        shown_as(browser, 800, "light")
        browser.get(f"{backend}/projects/3")
        picture = pictures(tmp_path) / "serve-page.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(picture))
        [plot] = browser.find_elements(By.CSS_SELECTOR, "svg.plot")
        assert "epoch 2: 0.700" in plot.get_attribute("aria-label") and plot.size["height"] > 50
        browser.find_element(By.LINK_TEXT, "Report of this training").click()
        wait_for(lambda: "sealed" in seen(browser), 20)
        assert (
            browser.execute_script("return document.querySelectorAll('#filters[hidden]').length") == 0
        )  # its script ran
        assert browser.execute_script("return origin") == "null"  # and is cut off from the pages with buttons
        browser.get(f"{backend}/projects/3")
        [keep] = [one for one in browser.find_elements(By.TAG_NAME, "button") if "Keep" in one.text]
        keep.click()
        wait_for(lambda: "the prompt in use was kept" in seen(browser), 20)
        [use] = [one for one in browser.find_elements(By.TAG_NAME, "button") if "Use this prompt" in one.text]
        use.click()
        wait_for(lambda: "its prompt is served" in seen(browser), 20)
        wait_for(lambda: "LABEL_STUDIO_API_KEY" in seen(browser) or browser.refresh(), 20)  # nothing renewed without
        assert browser.current_url == f"{backend}/projects/3"
        assert httpx.get(f"{backend}/versions").json()["projects"][0]["prompt"] == "Found by training."
        assert problems(browser) == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
