"""A typed prompt is answered in every control, and so are batches: labels in the text, choices, ratings."""

import json
from pathlib import Path
from typing import Any

from endpoint import Endpoint
from fakes import FakeProvider
from ml_backend import backend

from runner.core.calls import Call, Reply
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.ml_backend.projects import Chosen

XML = """<View><Paragraphs name="d" value="$talk" layout="dialogue"/>
<ParagraphLabels name="slot" toName="d"><Label value="Name"/><Label value="Place"/></ParagraphLabels>
<Choices name="intent" toName="d"><Choice value="Order"/><Choice value="Other"/></Choices>
<Rating name="stars" toName="d"/><TextArea name="prompt" toName="d"/><TextArea name="response" toName="d"/></View>"""
TASK = {"id": 1, "data": {"talk": [{"author": "A", "text": "😀 I am Ada."}, {"author": "B", "text": "In Rome?"}]}}
SAID = {
    "slot": [{"label": "Name", "text": "Ada"}, {"label": "Place", "text": "Rome"}, {"label": "Name", "text": "Bob"}],
    "intent": "Order",
    "stars": 4,
}
REGIONS = [
    ("slot", {"start": "0", "end": "0", "startOffset": 8, "endOffset": 11, "text": "Ada", "paragraphlabels": ["Name"]}),
    (
        "slot",
        {"start": "1", "end": "1", "startOffset": 3, "endOffset": 7, "text": "Rome", "paragraphlabels": ["Place"]},
    ),
    ("intent", {"choices": ["Order"]}),
    ("stars", {"rating": 4}),
]


def values(entry: Any) -> list[tuple[str, Any]]:
    return [
        (one["from_name"], one["value"]) for one in entry["result"] if one["from_name"] not in ("prompt", "response")
    ]


async def test_a_person_and_a_batch_get_every_control(tmp_path: Path, endpoint: Endpoint) -> None:
    asked: list[Call] = []

    def reply(call: Call) -> Reply:
        asked.append(call)
        return Reply(json.dumps(SAID))

    odd = {"id": 2, "data": {"talk": '[{"author": "A", "text": "x"}]'}}  # a text, whose turns have no places
    async with backend(tmp_path, endpoint, provider=FakeProvider(reply)) as served:
        served.interface = XML
        served.parts.projects.others = (Chosen("Fill in what they say.", "", "prompt"),)
        await served.set_up(1, XML)
        typed = {"from_name": "prompt", "to_name": "d", "type": "textarea", "value": {"text": ["What do they say?"]}}
        [answer] = await served.predict([TASK], {"result": [typed]})
        assert values(answer) == REGIONS
        assert '"slot"' in asked[0].messages[0]["content"] and "What do they say?" in asked[0].messages[0]["content"]
        results = await served.predict([TASK, odd])
        assert values(results[0]) == REGIONS and results[1] == []
    interface = read_interface(XML)
    again = interface.given(results[0]["result"], TASK["data"])
    assert again["stars"] == 4 and [one["label"] for one in again["slot"]] == ["Name", "Place"]


async def test_a_reply_that_cannot_be_used_says_so_and_ticks_nothing(tmp_path: Path, endpoint: Endpoint) -> None:
    async with backend(tmp_path, endpoint, provider=FakeProvider(lambda call: Reply("I would rather not."))) as served:
        served.interface = XML
        await served.set_up(1, XML)
        typed = {"from_name": "prompt", "to_name": "d", "type": "textarea", "value": {"text": ["What do they say?"]}}
        [answer] = await served.predict([TASK], {"result": [typed]})
        assert values(answer) == [("intent", {"choices": []})]
        assert await served.predict([TASK, TASK]) == [[], []]
