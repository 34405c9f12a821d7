"""A project with several controls, from a file of gold to predictions and annotations in a real Label Studio."""

import json
from pathlib import Path
from typing import Any

import pytest
from endpoint import Body, Endpoint, completion
from goldloop_process import Goldloop

from runner.label_studio.client import connect
from runner.label_studio.dataset import tasks_of
from runner.label_studio.dev_server.server import Server
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.tasks import Reader

pytestmark = pytest.mark.xdist_group("label_studio")

XML = """<View><Text name="t" value="$text"/>
<Labels name="ner" toName="t"><Label value="PER" hint="a person"/><Label value="LOC"/></Labels>
<Choices name="mood" toName="t"><Choice value="glad"/><Choice value="sad"/></Choices>
<Taxonomy name="topic" toName="t"><Choice value="Travel"><Choice value="Rail"/></Choice>
<Choice value="Home"/></Taxonomy>
<Rating name="stars" toName="t"/><Number name="nights" toName="t"/>
<TextArea name="prompt" toName="t"/><TextArea name="response" toName="t"/></View>"""
INTERFACE = read_interface(XML)


def gold_of(number: int) -> tuple[str, dict[str, Any]]:
    who, where = ("Anna", "Bo 😀", "Zoë", "Carl")[number % 4], ("Bonn", "Rome", "Oslo")[number % 3]
    text = f"Case {number}: {who} went to {where}\r\nfor {number % 4} nights."
    spans = [{"label": label, "start": (at := text.index(word)), "end": at + len(word)} for label, word in
             (("PER", who), ("LOC", where))]  # fmt: skip
    topic = ["Travel", "Rail"] if number % 2 else ["Home"]
    mood = "glad" if number % 2 else "sad"
    return text, {"ner": spans, "mood": [mood], "topic": [topic], "stars": number % 5 + 1, "nights": number % 4}


def test_gold_goes_in_predictions_and_annotations_come_back(
    goldloop: Goldloop, endpoint: Endpoint, studio: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.access.token)
    goldloop.environment |= {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.access.token}
    known = dict(map(gold_of, range(1, 46)))

    def fault(body: Body, number: int) -> Any:
        user = body["messages"][-1]["content"]
        if user not in known:
            return None
        gold = known[user]
        spans = [{"label": one["label"], "text": user[one["start"] : one["end"]]} for one in gold["ner"]]
        said = {**gold, "ner": spans, "mood": gold["mood"][0], "topic": [" > ".join(path) for path in gold["topic"]]}
        return 200, completion(json.dumps(said, ensure_ascii=False)), {}

    endpoint.fault = fault
    rows = [{"text": text, **(gold if number < 40 else {})} for number, (text, gold) in enumerate(known.items())]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "interface.xml").write_text(XML)

    def said(*words: str) -> str:
        done = goldloop(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    made = said("studio", "studio.project=Typed", "studio.config_file=interface.xml", "studio.tasks=rows.jsonl")
    assert "45" in made and "40 with gold" in made
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    run = said("dataset=label_studio", "studio.project=Typed", *model, "optimizer=none", "epochs=0").splitlines()[-1]
    pushed = said("studio", "studio.project=Typed", f"push={run}", "studio.annotations=true", "which=initial")
    assert "45 predictions" in pushed and "5 annotations made" in pushed, pushed
    again = said("studio", "studio.project=Typed", f"push={run}", "studio.annotations=true", "which=initial")
    assert "0 annotations made" in again and "5 of this version already" in again, again
    with connect(studio.url, "LABEL_STUDIO_API_KEY") as at:
        project = at.project("Typed")
        for task in tasks_of(at, project.id):
            text, gold = task["data"]["text"], known[task["data"]["text"]]
            [annotation] = task["annotations"]
            [prediction] = task["predictions"]
            data = {"text": text}
            assert INTERFACE.given(prediction["result"], data) == gold
            assert INTERFACE.given(annotation["result"], data) == gold
            if annotation["ground_truth"]:
                assert Reader(INTERFACE, "ground_truth").item(task).gold == gold
    checked = goldloop("studio", "studio.project=Typed", "step=check").stdout
    assert "labels of 'ner'" in checked and "number of 'nights'" in checked
