"""The templates of the installed Label Studio that show a text: which are served, and why not the others."""

import random
import re
from functools import cache
from typing import Any

import pytest
import yaml
from paths import ROOT

from runner.core.errors import DataError
from runner.core.items import Item
from runner.label_studio.interface import Interface
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.tasks import Reader
from runner.label_studio.text_places import places_of
from verifiers.verifier import judge

FOUND = sorted(ROOT.glob(".venv/label-studio/lib/python*/site-packages/label_studio/annotation_templates"))
SHOWN = re.compile(r"<(Text|HyperText|Paragraphs|Chat)\b")

SERVED = {  # template -> the controls that hold its answer
    "audio-speech-processing/conversational-analysis": "label",
    "chat/chat_llm_eval": "answered_rating topics",
    "chat/chat_rlhf": "rating",
    "community-contributions/html-ner-tagging-person-and-organization": "ner",
    "community-contributions/ner-tagging-invoices-bio-format": "ner",
    "community-contributions/two-level-sentiment-analysis-of-x-twitter-posts": "sentiment other-props",
    "computer-vision/visual-question-answering": "aspect",
    "conversational-ai/coreference-resolution-and-entity-linking": "label",
    "conversational-ai/intent-classification-and-slot-filling": "entity_slot intent",
    "conversational-ai/response-generation": "response",
    "conversational-ai/response-selection": "resp",
    "generative-ai/chatbot-assessment": "fails_to_follow inappropriate_for_customer hallucination satisfies_constraint "
    "contains_sexual contains_violent encourages_violence denigrates_protected_class gives_harmful_advice "
    "expresses_opinion expresses_moral_judgment",
    "generative-ai/response-grading": "rating",
    "generative-ai/supervised-llm": "instruction",
    "natural-language-processing/content-moderation": "content_moderation",
    "natural-language-processing/machine-translation": "spanish",
    "natural-language-processing/named-entity-recognition": "label",
    "natural-language-processing/question-answering": "answer",
    "natural-language-processing/relation-extraction": "label",
    "natural-language-processing/taxonomy": "taxonomy",
    "natural-language-processing/text-classification": "sentiment",
    "natural-language-processing/text-summarization": "answer",
    "ranking-and-scoring/document-retrieval": "selection",
    "ranking-and-scoring/serp-ranking": "relevance confidence",
    "structured-data-parsing/freeform-metadata": "table_name_1 table_value_1 table_name_2 table_value_2 table_name_3 "
    "table_value_3",
    "structured-data-parsing/html-entity-recognition": "ner",
}
REFUSED = {  # template -> the control that the message names, and why
    "chat/chat_eval": ("chat", "has people write the messages"),
    "chat/chat_red_team": ("user_risk", "perRegion"),
    "chat/chatbot": ("accuracy", "perRegion"),
    "community-contributions/breast-cancer-mammogram-classification": ("", "shows no text"),
    "generative-ai/human-feedback-collection": ("comparison", "compares two things"),
    "generative-ai/llm-ranker": ("rank", "puts things in order"),
    "generative-ai/visual-ranker": ("rank", "puts things in order"),
    "ranking-and-scoring/pairwise-classification": ("pw", "compares two things"),
    "ranking-and-scoring/text-to-image": ("images", "come from the tasks"),
}
WORDS = "Anna Smith moved to Bonn 😀 in May, and was happy."

pytestmark = pytest.mark.skipif(not FOUND, reason="no Label Studio is installed: goldloop dev-server installs one")


@cache
def templates() -> dict[str, str]:
    found = {}
    for path in FOUND[0].glob("*/*/config.yml"):
        xml = yaml.safe_load(path.read_text("utf-8")).get("config") or ""
        if SHOWN.search(xml):
            found[path.parent.relative_to(FOUND[0]).as_posix()] = xml
    return found


def sdk(xml: str) -> Any:
    from label_studio_sdk.label_interface.interface import LabelInterface

    return LabelInterface(xml)


def data_for(interface: Interface) -> dict[str, Any]:
    """A task's data: every text has the words, some around them."""
    data: dict[str, Any] = {}
    for shown in interface.shown:
        turns = [{shown.speaker: who, shown.words: f"{WORDS} {who}"} for who in ("Ann", "Bo")]
        page = f"<p>Hi, <b>{WORDS}</b></p>"
        data[shown.field] = (
            turns if shown.tag in {"Paragraphs", "Chat"} else page if shown.tag == "HyperText" else WORDS
        )
    return data


def sample(interface: Interface, xml: str, data: dict[str, Any]) -> list[dict[str, Any]]:
    """An annotation: the SDK's sample, its positions those of words in the text."""
    random.seed(0)  # of which the SDK makes its samples
    made = sdk(xml).generate_sample_annotation()
    regions = {region["from_name"]: region for region in (made or {"result": []})["result"]}
    regions = {
        name: region for name, region in regions.items() if region["type"] != "taxonomy"
    }  # its paths are no paths
    result = []
    for control in interface.answered:
        region = regions.get(control.name) or control.write(_some(control), places_of(interface.shown, data))[0]
        if hasattr(control, "shown_by"):
            label = region["value"][control.kind][0]
            place = places_of(interface.shown, data).text.index("Bonn 😀")
            [region] = control.write(
                [{"label": label, "start": place, "end": place + 6}], places_of(interface.shown, data)
            )
        result.append(region)
    return result


def _some(control: Any) -> Any:
    return {"text": "A few words", "number": 3, "rating": 2}.get(control.kind) or [next(iter(control.labels))]


def test_the_lists_name_every_template_that_shows_a_text() -> None:
    assert set(templates()) == SERVED.keys() | REFUSED.keys() and not SERVED.keys() & REFUSED.keys()
    assert len(SERVED) >= 24


@pytest.mark.filterwarnings("ignore")  # the SDK's own
@pytest.mark.parametrize("name", SERVED)
def test_a_template_is_read_answered_and_written_back(name: str) -> None:
    xml = templates()[name]
    interface = read_interface(xml)
    assert " ".join(interface.names) == SERVED[name]
    data = data_for(interface)
    result = sample(interface, xml, data)
    task = {"id": 1, "data": data, "annotations": [{"result": result, "ground_truth": True}]}
    item: Item = Reader(interface, "ground_truth").item(task)
    assert item.gold
    verifier = interface.verifier
    gold = verifier.gold(item.gold, item)
    answer = verifier.example(gold)
    verdict = judge(verifier, "\n".join(verifier.show(answer)), gold, item)
    assert verdict.exact and verdict.counts()[0] > 0, verdict.feedback()
    written = interface.regions(verifier.dump(answer), data)
    again = {**task, "annotations": [{"result": written, "ground_truth": True}]}
    assert Reader(interface, "ground_truth").item(again).gold == item.gold
    assert sdk(xml).validate_prediction({"result": written, "model_version": "m"}, return_errors=True) == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_template_that_is_not_served_says_which_control_and_why(name: str) -> None:
    control, why = REFUSED[name]
    with pytest.raises(DataError) as told:
        read_interface(templates()[name])
    assert control in str(told.value) and why in str(told.value)
    assert told.value.key == control
