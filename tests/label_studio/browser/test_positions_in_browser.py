"""Which units Label Studio counts in, proved by a round trip: regions of ours as it shows them, and those of people.

A Text counts characters, a ``\\r\\n`` as two; a HyperText the characters of its page; a dialogue UTF-16 units.
"""

from pathlib import Path
from typing import Any

import pytest
from label_studio_page import Page
from selenium.webdriver.common.by import By

from runner.label_studio.client import connect
from runner.label_studio.dataset import tasks_of
from runner.label_studio.dev_server.server import Server
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.predictions import Prediction, push
from runner.label_studio.tasks import Reader

pytestmark = [pytest.mark.xdist_group("label_studio"), pytest.mark.uncovered]

XML = """<View><Text name="t" value="$text"/><HyperText name="h" value="$html"/>
<Paragraphs name="d" value="$talk" layout="dialogue"/>
<Labels name="in_text" toName="t"><Label value="T"/></Labels>
<HyperTextLabels name="in_page" toName="h"><Label value="H"/></HyperTextLabels>
<ParagraphLabels name="in_talk" toName="d"><Label value="D"/></ParagraphLabels>
<Choices name="c" toName="t"><Choice value="x"/></Choices>
<TextArea name="prompt" toName="t"/></View>"""
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
DATA = {
    "text": f"  😀 e\u0301\r\nfirst\n\n{FAMILY} ashore שלום behind",
    "html": "  <style>p{color:red}</style><p>😀 <b>above</b><br>x</p>\r\n"
    "<ul><li>&lt;é&gt; ashore</li></ul><p>behind</p>",
    "talk": [
        {"author": "😀 Ann", "text": "😀 e\u0301 above"},
        {"author": "Bo", "text": f"{FAMILY} ashore\r\nשלום behind"},
    ],
}
WORDS = {
    "in_text": ("first", "ashore", "שלום"),
    "in_page": ("above", "ashore", "behind"),
    "in_talk": ("above", "behind"),
}
LABEL = {"in_text": "T", "in_page": "H", "in_talk": "D"}
INTERFACE = read_interface(XML, list(WORDS))

SELECT = """
const [root, word] = arguments, doc = root.ownerDocument, view = doc.defaultView;
const walker = doc.createTreeWalker(root, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode, at = node.data.indexOf(word);
  if (at < 0) continue;
  const range = doc.createRange();
  range.setStart(node, at);
  range.setEnd(node, at + word.length);
  const selection = view.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  const event = new view.MouseEvent('mouseup', {bubbles: true, cancelable: true, view});
  (node.parentElement || root).dispatchEvent(event);
  return true;
}
return false;
"""
MARKED = """
const root = arguments[0], marks = [...root.querySelectorAll('.htx-highlight')];
return marks.filter(one => !one.parentElement.closest('.htx-highlight')).map(one => one.textContent);
"""
ROOTS = {"in_text": ".lsf-richtext__container", "in_talk": "[data-testid^='phrase:']"}


def spans(text: str) -> dict[str, list[dict[str, Any]]]:
    """The words in the parts of goldloop's text, which come in the order of the controls."""
    found: dict[str, list[dict[str, Any]]] = {}
    parts = {"in_text": ("text:\n", "html:\n"), "in_page": ("html:\n", "talk:\n"), "in_talk": ("talk:\n", "")}
    for control, (begins, ends) in parts.items():
        start = text.index(begins) + len(begins)
        part = text[start : text.index(ends) if ends else len(text)]
        places = [(word, start + part.index(word)) for word in WORDS[control]]
        found[control] = [{"label": LABEL[control], "start": at, "end": at + len(word)} for word, at in places]
    return found


def marked(page: Page, control: str) -> list[str]:
    """The words that Label Studio marks in one of the texts."""
    if control != "in_page":
        roots = page.all(ROOTS[control])
        return [words for root in roots for words in page.driver.execute_script(MARKED, root)]
    return list(in_frame(page, lambda body: page.driver.execute_script(MARKED, body)))


def in_frame(page: Page, done: Any) -> Any:
    page.driver.switch_to.frame(page.all("iframe.lsf-richtext__iframe")[0])
    try:
        return done(page.driver.find_element(By.TAG_NAME, "body"))
    finally:
        page.driver.switch_to.default_content()


def choose(page: Page, control: str, word: str) -> None:
    """Label a word as a person does: the label first, then the words with the mouse."""
    named = f"//*[contains(@class, 'lsf-label__text') and normalize-space()='{LABEL[control]}']"
    label = page.until(lambda: page.called(named), "the label")[0]
    page.driver.execute_script("arguments[0].click()", label)
    if control == "in_page":
        assert in_frame(page, lambda body: page.driver.execute_script(SELECT, body, word))
    else:
        assert any(page.driver.execute_script(SELECT, root, word) for root in page.all(ROOTS[control]))
    page.until(lambda: word in marked(page, control), f"{word} is marked")


def sees(page: Page, control: str) -> None:
    words = sorted(WORDS[control])
    page.until(lambda: sorted(marked(page, control)) == words, f"all words are marked in {control}")


def test_regions_are_where_their_words_are_on_both_ways(
    studio: Server, browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as at:
        made = at.client.projects.create(title="Positions", label_config=XML, show_collab_predictions=True)
        data = [{"data": DATA}, {"data": DATA}]
        sent = at.client.projects.import_tasks(id=made.id, request=data, return_task_ids=True)
        first, second = list(sent.task_ids)
        made = at.client.projects.get(id=made.id)
        gold = spans(INTERFACE.text_of(DATA))
        pushed = push(at, made, [Prediction(first, gold, 1.0)], "ours", None, list(WORDS))
        assert (pushed.sent, pushed.stored, pushed.unplaced) == (1, 1, [])
        page = Page(browser, studio.url)
        try:
            page.login(studio.access.email, studio.access.password)
            page.open(made.id, first)
            for control in WORDS:
                sees(page, control)
            page.press("Submit")
            page.until(lambda: page.says("Annotation saved successfully"), "saved")
            page.open(made.id, second)
            for control, words in WORDS.items():
                for word in words:
                    choose(page, control, word)
            page.press("Submit")
            page.until(lambda: page.says("Annotation saved successfully"), "saved")
        except BaseException:
            page.picture(tmp_path / "failed.png")
            print([(control, marked(page, control)) for control in WORDS])
            raise
        for task in tasks_of(at, made.id):
            [annotation] = task["annotations"]
            said = Reader(INTERFACE, "all").item(task).gold
            assert {name: sorted(held, key=str) for name, held in said.items()} == {
                name: sorted(held, key=str) for name, held in gold.items()
            }, annotation["result"]
