"""Gold of several controls: read from tasks, learned from, labelled with, and imported again."""

import json
from pathlib import Path
from typing import Any

import pytest
from endpoint import Body, Endpoint, completion
from exported import annotation, export
from goldloop_process import Goldloop
from refusals import refused
from run_records import RESULT

from runner.core.errors import DataError
from runner.label_studio.dataset import LabelStudio
from runner.label_studio.disagreements import Disagreements, decided, differing
from runner.label_studio.interface_xml import read_interface
from runner.label_studio.task_file import new_tasks
from runner.label_studio.tasks import Reader
from runner.runs.reader import Run, read_run
from verifiers.rewards.per_item import ExactMatch
from verifiers.saved import as_data

XML = """<View><Text name="t" value="$text"/>
<Labels name="ner" toName="t"><Label value="PER" hint="a person"/><Label value="LOC"/></Labels>
<Choices name="mood" toName="t"><Choice value="glad"/><Choice value="sad"/></Choices>
<Rating name="stars" toName="t"/><TextArea name="prompt" toName="t"/></View>"""
INTERFACE = read_interface(XML)
PEOPLE, PLACES = ("Anna", "Bo 😀", "Zoë", "Carl"), ("Bonn", "Rome", "Oslo")


def gold_of(number: int) -> tuple[str, dict[str, Any]]:
    """A text, and its answer."""
    who, where = PEOPLE[number % 4], PLACES[number % 3]
    text = f"Case {number}: {who} went to {where}."
    spans = [{"label": label, "start": (at := text.index(word)), "end": at + len(word)} for label, word in
             (("PER", who), ("LOC", where))]  # fmt: skip
    return text, {"ner": spans, "mood": ["glad" if number % 2 else "sad"], "stars": number % 5 + 1}


def task(number: int, **more: Any) -> dict[str, Any]:
    text, gold = gold_of(number)
    result = INTERFACE.regions({**gold, **more}, {"text": text})
    return {"id": number, "data": {"text": text}, "annotations": [annotation(*result, ground_truth=True)]}


def read(tasks: list[dict[str, Any]], folder: Path, **options: Any) -> Any:
    export(folder, tasks, XML)
    return LabelStudio(path=f"{folder}/export.json", config_file=f"{folder}/interface.xml", **options).load()


def test_gold_is_as_the_controls_have_it_and_the_data_say_how_it_is_judged(tmp_path: Path) -> None:
    tasks = [task(number) for number in range(1, 7)]
    tasks[2]["annotations"][0]["result"] = []  # gone through: no person, no place; the rest was not filled in
    data = read(tasks, tmp_path)
    assert [item.gold for item in data.items][:2] == [gold_of(1)[1], gold_of(2)[1]]
    assert data.items[2].gold == {"ner": []}
    assert as_data(data.verifier) == as_data(INTERFACE.verifier) and data.multiple is None
    one = read(tasks[:2], tmp_path, control="mood")
    assert one.verifier is None and one.multiple is False and one.items[0].gold == ("glad",)
    spans = read(tasks, tmp_path, controls=["ner"])
    assert list(spans.labels) == ["PER", "LOC"] and spans.items[2].gold == []
    hinted = XML.replace("a person", "somebody")
    export(tmp_path, tasks, hinted)
    other = LabelStudio(path=f"{tmp_path}/export.json", config_file=f"{tmp_path}/interface.xml").load()
    assert other.sha256 != data.sha256  # what the model is told is another


def test_annotators_agree_as_far_as_one_is_right_by_the_other(tmp_path: Path) -> None:
    text, gold = gold_of(1)
    others = [gold, {**gold, "ner": gold["ner"][:1]}, {**gold, "stars": 5, "mood": ["sad"]}]
    tasks = [task(number) for number in (1, 2, 3)]
    for one, given in zip(tasks, others, strict=True):
        one["data"]["text"] = text
        pair = [INTERFACE.regions(said, one["data"]) for said in (gold, given)]
        one["annotations"] = [annotation(*result, completed_by=who) for who, result in enumerate(pair)]
    agreement = read(tasks, tmp_path, gold="all").agreement
    assert (agreement.items, agreement.exact) == (3, pytest.approx(1 / 3))
    assert 0.5 < agreement.f1 < 1
    data = read(tasks, tmp_path, gold="agreed")
    assert [item.id for item in data.items] == ["1"] and data.items[0].gold == gold


def test_a_region_that_counts_in_other_units_is_a_bad_row(tmp_path: Path) -> None:
    tasks = [task(number) for number in range(1, 5)]
    value = tasks[1]["annotations"][0]["result"][1]["value"]
    value["start"], value["end"] = value["start"] + 1, value["end"] + 1  # UTF-16, behind an emoji
    with refused(DataError, "region-unplaced", "2", "'ner'", repr(value["text"])):
        read(tasks[:3], tmp_path)


def answers(spoil: bool = True) -> Any:
    """A model that knows the answers, and gets some wrong."""

    def fault(body: Body, number: int) -> Any:
        user = body["messages"][-1]["content"]
        known = dict(map(gold_of, range(1, 60))).get(user)
        if known is None:
            return None
        spans = [{"label": one["label"], "text": user[one["start"] : one["end"]]} for one in known["ner"]]
        if spoil and len(user) % 2:
            spans.pop()
        said = {"ner": spans, "mood": known["mood"][0], "stars": known["stars"]}
        return 200, completion(json.dumps(said, ensure_ascii=False)), {}

    return fault


def test_a_run_learns_from_them_replays_and_labels(goldloop: Goldloop, endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.fault = answers()
    words = export(tmp_path, [task(number) for number in range(1, 41)], XML)
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    done = goldloop(*words, *model, "epochs=1", "optimizer=demos")
    assert done.returncode == 0, done.stderr
    run = done.stdout.splitlines()[-1]
    asked = (tmp_path / run / "initial_prompt.txt").read_text()
    assert '"ner"' in asked and '"stars"' in asked
    assert as_data(read_run(tmp_path / run).data().verifier) == as_data(INTERFACE.verifier)
    (tmp_path / "export.json").unlink()
    again = goldloop("reproduce", run)
    assert "identical" in again.stdout, again.stdout + again.stderr
    words = export(tmp_path, [{**task(number), "annotations": []} for number in range(41, 45)], XML)
    done = goldloop("label", run, *words)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in next(tmp_path.glob("outputs/**/labels.jsonl")).read_text().splitlines()]
    column = INTERFACE.verifier.words.column
    assert {row["id"]: row[column]["stars"] for row in rows} == {str(n): gold_of(n)[1]["stars"] for n in range(41, 45)}


def test_a_file_with_gold_in_columns_becomes_tasks(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    rows = [{"text": text, "ner": gold["ner"], "mood": gold["mood"][0], "stars": gold["stars"]}
            for text, gold in map(gold_of, range(1, 4))]  # fmt: skip
    rows[1] |= {"ner": None, "mood": ""}  # verified by nobody
    rows[2] = {"text": "Nobody looked at it"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    tasks = new_tasks(path, INTERFACE, {}).tasks
    assert tasks[0]["annotations"][0]["result"] == task(1)["annotations"][0]["result"]
    assert [one["from_name"] for one in tasks[1]["annotations"][0]["result"]] == ["stars"]
    assert tasks[2] == {"data": {"text": "Nobody looked at it"}}
    assert [list(one["data"]) for one in tasks] == [["text"]] * 3
    again = [{**one, "id": number, "annotations": one.get("annotations", [])} for number, one in enumerate(tasks, 1)]
    assert read(again, tmp_path).items[0].gold == gold_of(1)[1]
    for wrong, code in (({"stars": 9}, "gold-unfit"), ({"model_version": "m", "score": 1}, "labels-unverified")):
        path.write_text(json.dumps({**rows[0], **wrong}) + "\n")
        with refused(DataError, code, "row 1"):
            new_tasks(path, INTERFACE, {})


def test_two_answers_differ_where_their_data_do_and_people_decide(tmp_path: Path) -> None:
    text, gold = gold_of(1)
    short = {**gold, "ner": gold["ner"][:1]}
    rows = [{"id": 1, "answer": gold}, {"id": 2, "answer": gold}, {"id": 3, "answer": None}]
    best = [{"id": 1, "answer": {**gold}}, {"id": 2, "answer": short}, {"id": 3, "answer": gold}]
    assert differing(rows, best, "answer") == {"2": (gold, short)}
    assert differing([{"id": 1, "spans": gold["ner"]}], [{"id": 1, "spans": gold["ner"][::-1]}], "spans") == {}
    said = INTERFACE.verifier.dump(
        INTERFACE.verifier.example(INTERFACE.verifier.gold(gold, Reader(INTERFACE, "all").item(task(1))))
    )
    queue = Disagreements(1, "Which?", ["1"], {"1": ({**said, "ner": said["ner"][:1]}, said)})
    (tmp_path / "predictions.jsonl").write_text("")
    people = {"id": 1, "data": {"text": text}, "annotations": [annotation(*INTERFACE.regions(gold, {"text": text}))]}
    found = decided(
        Run(tmp_path, {**RESULT, "sealed": False}, {}, []), queue, [people], Reader(INTERFACE, "all"), ExactMatch()
    )
    assert (found.arrived, found.decision.wins, found.decision.losses) == (1, 1, 0)
