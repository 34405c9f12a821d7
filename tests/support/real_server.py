"""The real Label Studio and a real browser, for tests that want them: conftest.py makes the fixtures known to all.

One server serves all tests of a worker; those that carry ``@pytest.mark.xdist_group("label_studio")`` begin first.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from runner.core.errors import StudioError
from runner.label_studio.dev_server.installation import Installation
from runner.label_studio.dev_server.server import Server

DRIVER, CHROMIUM = Path("/usr/bin/chromedriver"), shutil.which("chromium")
FLAGS = (
    "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking "
    "disable-component-update disable-sync disable-dev-shm-usage window-size=1400,1000"
)


def missing(reason: str) -> NoReturn:
    """Where everything must be there a missing part is a failure, elsewhere the test is skipped."""
    if os.environ.get("CI") or os.environ.get("GOLDLOOP_REQUIRE_LABEL_STUDIO") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running Label Studio without projects: ``url``, and ``access`` with ``email``, ``password`` and ``token``."""
    try:
        Installation().version()
    except StudioError:
        missing("Label Studio is not installed: make .venv/label-studio/done")
    with Server(tmp_path_factory.mktemp("label-studio") / "data", port=0) as server:
        yield server


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium with a profile of its own."""
    if CHROMIUM is None or not DRIVER.exists():
        missing("chromium and chromium-driver are not installed: make browser")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS.split():
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()
