"""Label Studio as an annotator sees it, driven in a real browser. Waits for what is seen, never for a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

# A part that the page is about to draw anew: it is looked for again.
_DRAWN_ANEW = (ElementClickInterceptedException, ElementNotInteractableException, StaleElementReferenceException)


class Page:
    """One browser, logged in or about to be."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver, self.url = driver, url

    def all(self, css: str) -> list[Any]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, css))

    def called(self, path: str) -> list[Any]:
        return list(self.driver.find_elements(By.XPATH, path))

    def until(self, seen: Callable[[], Any], what: str) -> Any:
        wait = WebDriverWait(self.driver, 40, 0.1, ignored_exceptions=_DRAWN_ANEW)
        return wait.until(lambda _: seen(), what)

    def login(self, email: str, password: str) -> None:
        self.driver.get(f"{self.url}/user/login/")
        if "/user/login" not in self.driver.current_url:
            return  # a test before this one has logged in
        self.driver.find_element(By.NAME, "email").send_keys(email)
        self.driver.find_element(By.NAME, "password").send_keys(password)
        self.all("button[type=submit]")[0].click()
        self.until(lambda: "/user/login" not in self.driver.current_url, "logged in")

    def open(self, project: int, task: int) -> None:
        self.driver.get("about:blank")  # the same address again would not load
        self.driver.get(f"{self.url}/projects/{project}/data?task={task}")
        parts = ("[data-testid=textarea-control]", ".lsf-choice__item", ".lsf-annotation-button")
        self.until(lambda: all(self.all(part) for part in parts), "the task is shown")

    def switch_on(self) -> None:
        """Auto-Annotation, without which a typed prompt goes nowhere."""

        def on() -> bool:
            [toggle] = self.all("[data-testid=bottombar-auto-annotation-toggle]")[:1] or [None]
            if toggle is not None and not toggle.is_selected():
                self.called("//*[text()='Auto-Annotation']")[0].click()
            return toggle is not None and bool(toggle.is_selected())

        self.until(on, "toggle on")

    def ask(self, text: str) -> None:
        """Type a prompt and send it; one that was sent before is edited in place."""
        if self.all("textarea[name=prompt]"):
            area = self.all("textarea[name=prompt]")[0]
            self.until(lambda: area.is_displayed() and area.is_enabled(), "a place for the prompt")
        else:
            self.all(".prompt [data-testid=htx-textbox-edit-button]")[0].click()
            area = self.until(lambda: self.all("[data-testid=htx-textbox-input]"), "editing")[0]
            area.send_keys(Keys.CONTROL, "a")
        area.send_keys(text)
        area.send_keys(Keys.SHIFT, Keys.ENTER)

    def text(self, name: str) -> list[str]:
        return [box.text for box in self.all(f"[data-testid=htx-textbox-content][name^='{name}:']")]

    def ticked(self) -> list[str]:
        return [str(box.get_attribute("name")) for box in self.all(".lsf-choice__item input:checked")]

    def tabs(self) -> list[str]:
        return [tab.text.split("\n")[0] for tab in self.all(".lsf-annotation-button")]

    def says(self, words: str) -> bool:
        return words in self.driver.find_element(By.TAG_NAME, "body").text

    def press(self, name: str) -> None:
        self.until(lambda: self.called(f"//button[normalize-space()='{name}']"), name)[0].click()

    def connect(self, project: int, name: str, url: str) -> None:
        """Settings > Model > Connect Model, with interactive preannotations."""
        self.driver.get(f"{self.url}/projects/{project}/settings/ml")
        self.until(lambda: self.called("//button[normalize-space()='Connect Model']"), "the button")[0].click()
        self.until(lambda: self.all("input[name=url]"), "the form")[0].send_keys(url)
        self.all("input[name=title]")[0].send_keys(name)
        self.driver.execute_script("arguments[0].click()", self.all("input[name=is_interactive]")[0])

    def data_manager(self, project: int) -> None:
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}/projects/{project}/data")
        self.until(lambda: self.all("input[aria-label='Select all rows']"), "the rows")

    def choose_action(self, name: str) -> None:
        """An action on all tasks of the Data Manager, up to the dialogue that asks whether to do it."""
        self.driver.execute_script("arguments[0].click()", self.all("input[aria-label='Select all rows']")[0])
        ends = "substring(normalize-space(), string-length(normalize-space()) - 5) = ' Tasks'"
        menu = f"//button[{ends} and not(contains(., 'Label'))]"
        self.until(lambda: self.called(menu), "the number of tasks")[0].click()
        self.until(lambda: self.called(f"//*[normalize-space(text())='{name}']"), name)[-1].click()
        self.until(lambda: self.called("//button[normalize-space()='OK']"), "the dialogue")

    def tick(self, name: str) -> None:
        """Tick the choice with these words beside it, or untick it."""
        [item] = [item for item in self.all(".lsf-choice__item") if item.text.split("[")[0].strip() == name]
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", item)
        item.click()

    def train(self, project: int) -> None:
        self.driver.get(f"{self.url}/projects/{project}/settings/ml")
        menu = "button[aria-label='Machine learning model options']"
        self.until(lambda: self.all(menu), "model card")[0].click()
        self.until(lambda: self.called("//*[text()='Start Training']"), "menu")[-1].click()
        self.until(lambda: self.called("//button[normalize-space()='Start Training']"), "dialogue")[-1].click()
        self.until(lambda: self.says("Request Sent!"), "sent")

    def picture(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))
