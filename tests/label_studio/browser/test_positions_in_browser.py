"""Which units Label Studio counts in, proved by a round trip: regions of ours as it shows them, and those of people.

A Text counts characters, a ``\\r\\n`` as two; a HyperText the characters of its page; a dialogue UTF-16 units. Texts of
many kinds are looked at: scripts, marks, line ends, blanks, markup, regions within, over and beside one another.
"""

import re
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


ENTITIES = """<View><Text name="t" value="$text"/><TextArea name="prompt" toName="t"/>
<Labels name="c" toName="t"><Label value="A"/><Label value="B"/></Labels>
<Choices name="x" toName="t"><Choice value="x"/></Choices></View>"""
# A[ begins a region of the label A, ]A ends it; a digit tells two of them apart.
EDGE = re.compile(r"([AB]\d?)\[|\]([AB]\d?)")
KINDS = (
    "A[E\u0301va]A na\u0308her, B[Zu\u0308rich]B",
    "Z\u0351\u0343A[\u036aa\u030bl]Ag\u0315o",
    "A[Å]A B[A\u030a]B A1[Å]A1",
    "A[ﬁ]Ane B[ß]B SS A1[İ]A1 i",
    "A[Nguye\u0302\u0303n]A Nguyễn B[Nguyễn]B",
    "👩🏽‍🚀 A[👩🏽‍🚀]A👩🏽‍🚀B[👩🏽‍🚀]B",
    "👨‍A[👩]A‍👧‍B[👦]B.",
    "🇩🇪A[🇫🇷]A🇩🇪B[🇮🇹🏴󠁧󠁢󠁳󠁣󠁴󠁿]B",
    "👍A[🏽]A 1️⃣B[❤️‍🔥]B❤",
    "A[王小明]A在B[北京B1[大学]B1]B。",
    "A[𠮷田]Aさん、B[𠮷野家]Bへ",
    "A[か\u3099く]Aがく ｶﾞB[ｶﾞ]B",
    "김A[민준]A \u1107\u116eB[\u1109\u1161\u11ab]B",
    "ไปA[เชียงใหม่]Aน้ำB[น้ำ]B",
    "राम A[क्षत्रिय]A क्\u200dB[ष]B",
    "தமிழ்A[ச்செல்வி]A ༄B[ལྷ་ས]B",
    "وصل A[أحمد]A إلى B[القاهرة 3 May]B.",
    "\u200fA[דוד]A\u200f at \u2067B[בָּרָא]B\u2069 (\u2066A1[x]A1\u2069)",
    "میA[\u200cخواهم]A \u202bB[علي]B\u202c\u061c",
    "𝒜A[𝒷]A𝒸 𐐷B[𐐲𐑌]B 𞤀A1[𞤣𞤤]A1",
    "𓀀A[𓁐]A",
    "one\r\nA[two]A\r\nB[one]B\r\n",
    "A[one\r\ntwo]A\nB[three\rfour]B",
    "\r\n\r\nA[x]A\r\r\nB[x]B",
    "a\n\n\nA[b\n\n\nB[c]A]Bd",
    "\u2028A[a]A\u2029\x85B[b]B\x0cA1[c]A1\x0b",
    "😀\r\nA[😀x]A\r😀B[😀]B",
    "  A[a]A  b  B[ a ]B  ",
    "\tA[a\tb]A\t",
    "\u00a0A[a\u00a0b]A\u00a0\u3000B[\u2003]Bc",
    "\ufeffA[a]A\ufeff \u200bB[x\u200by]B so\u00adA1[ft]A1",
    "a  A[b   c]A    d",
    "<b>A[Ann]A</b> B[&amp;]B & A1[<]A1 &lt;",
    "<script>A[x]A</script><br>B[<!--]By-->",
    "\\\\n A[\\\\r\\\\n]A {{B[$text]B}}",
    "A[all B[of A1[it]A1]B]A",
    "A[a B[b]A c]B d",
    "A[x]AB[y]BA1[z]A1",
    "A[B[one place]B]A",
    "no A[no]A no B[no]B",
    "aaA[aaB[aa]A]Baa",
)
LOAD = """
const [number, done] = arguments, plain = one => ({...one, id: undefined, pk: String(one.id)});
fetch(`/api/tasks/${number}`).then(answer => answer.json()).then(task => {
  const whole = {...task, annotations: [], predictions: task.predictions.map(plain)};
  Htx.resetState(); Htx.assignTask(whole); Htx.initializeStore(whole);
  Htx.annotationStore.selectPrediction(Htx.annotationStore.predictions[0].id); done();
});
"""
SHOWN = """
const root = document.querySelector('.lsf-richtext__container'), marks = {}, length = text => [...text].length;
let page = '';
const walk = (node, within) => {
  if (node.nodeType === Node.TEXT_NODE) {
    for (const name of within) (marks[name] = marks[name] || [length(page), 0])[1] = length(page + node.data);
    page += node.data;
  } else if (node.nodeName === 'BR') page += '\\n';
  const name = [...(node.classList || [])].find(one => one.startsWith('htx-highlight-'));
  for (const one of node.childNodes) walk(one, name ? [...within, name] : within);
};
if (root) walk(root, []);
const named = part => [...part.classList].find(one => one.startsWith('htx-highlight-'));
const chosen = Htx.annotationStore.selected;
const place = one => marks[(one._spans || []).map(named)[0]] || [];
return [page, chosen.regionStore.regions.map(one => [one.labels[0], ...place(one)]),
  chosen.serializeAnnotation()];
"""


def parted(marked_up: str) -> tuple[str, list[dict[str, Any]]]:
    """The text, and the regions in it."""
    text, begun, found, last = "", dict[str, int](), list[dict[str, Any]](), 0
    for edge in EDGE.finditer(marked_up):
        text, last = text + marked_up[last : edge.start()], edge.end()
        if edge[1]:
            begun[edge[1]] = len(text)
        else:
            found.append({"label": edge[2][0], "start": begun.pop(edge[2]), "end": len(text)})
    assert not begun
    return text + marked_up[last:], found


def test_every_kind_of_text_is_marked_where_its_regions_are(
    studio: Server, browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    interface, texts = read_interface(ENTITIES, "c"), dict(map(parted, KINDS))
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as at:
        made = at.client.projects.create(title="Kinds of text", label_config=ENTITIES)
        data = [{"data": {"text": text}} for text in texts]
        numbers = at.client.projects.import_tasks(id=made.id, request=data, return_task_ids=True).task_ids
        made = at.client.projects.get(id=made.id)
        wanted = dict(zip(numbers, texts.items(), strict=True))
        push(at, made, [Prediction(number, spans, 1.0) for number, (_, spans) in wanted.items()], "ours", None, "c")
        page = Page(browser, studio.url)
        page.login(studio.access.email, studio.access.password)
        page.open(made.id, numbers[0])
        for number, (text, spans) in wanted.items():
            page.driver.execute_async_script(LOAD, number)
            drawn = text.replace("\r", "\n")  # each is a line break of its own in the page
            places = sorted([one["label"], one["start"], one["end"]] for one in spans)
            try:
                page.until(lambda: page.driver.execute_script(SHOWN)[0] == drawn, "the text is shown")  # noqa: B023
                page.until(lambda: sorted(page.driver.execute_script(SHOWN)[1]) == places, "it is marked")  # noqa: B023
            except BaseException:
                page.picture(tmp_path / "failed.png")
                print(repr(text), places, page.driver.execute_script(SHOWN))
                raise
            back = interface.given(page.driver.execute_script(SHOWN)[2], {"text": text}) or []
            assert sorted([one["label"], one["start"], one["end"]] for one in back) == places
