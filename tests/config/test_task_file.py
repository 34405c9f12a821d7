"""task=FILE: what is asked on one page becomes the verifier and the columns; what cannot be is one line."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from configured import built

from runner.config.command_line import CommandLine
from runner.config.draft_task import draft_task
from runner.config.task_file import read_task, with_words
from runner.core.errors import ConfigError, DataError

TICKET = """
text: Message
answer:
  topic: {type: choice, column: Category, labels: {Billing: charges, Outage: a service is down}, weight: 2}
  urgency: {type: rating, column: Priority, low: 1, high: 5}
  tags: {type: labels}
  dates: {type: spans, labels: [date_from, date_to], optional: true}
"""
ROWS: list[dict[str, Any]] = [
    {
        "Message": f"Since Monday {n} it is down.", "Category": "Outage" if n % 2 else "Billing",
        "Priority": n % 5 + 1 if n % 4 else None, "tags": ["a", "b"][: n % 3],
        "dates": [{"label": "date_from", "start": 6, "end": 12}] if n % 2 else None,
    }
    for n in range(40)
]  # fmt: skip


def written(folder: Path, task: str = TICKET, rows: list[dict[str, Any]] = ROWS) -> list[str]:
    (folder / "ticket.yaml").write_text(task)
    (folder / "rows.json").write_text(json.dumps(rows))
    words = with_words(CommandLine("optimize", (), None, [f"task={folder}/ticket.yaml"]))
    return [*words.rest, f"dataset.path={folder}/rows.json"]


def test_a_page_says_what_is_asked_where_gold_stands_and_what_counts(tmp_path: Path) -> None:
    words = written(tmp_path)
    assert words[:2] == ["verifier=fields", "dataset=file"]
    experiment = built(tmp_path, *words)
    verifier: Any = experiment.verifier
    assert {name: type(one).__name__ for name, one in verifier.fields.items()} == {
        "topic": "Choice", "urgency": "Rating", "tags": "Labels", "dates": "Spans",
    }  # fmt: skip
    assert (verifier.weights["topic"], list(verifier.optional)) == (2.0, ["dates"])
    assert verifier.fields["topic"].vocabulary.definitions["Billing"] == "charges"
    assert list(verifier.fields["tags"].vocabulary) == ["a", "b"]
    gold = {item.text: item.gold for item in experiment.data.items}
    assert gold["Since Monday 1 it is down."] == {
        "topic": ["Outage"], "urgency": 2, "tags": ["a"], "dates": [{"label": "date_from", "start": 6, "end": 12}],
    }  # fmt: skip
    assert "urgency" not in gold["Since Monday 4 it is down."]  # nobody filled it in
    assert experiment.config["task"] is None and "ticket" not in json.dumps(experiment.config)


def test_one_answer_alone_needs_no_name_and_brings_the_reward_of_its_type(tmp_path: Path) -> None:
    words = written(tmp_path, "text: Message\nanswer: {type: spans, column: dates, match: overlap}\n")
    assert words[0] == "verifier=spans"
    experiment = built(tmp_path, *words)
    assert type(experiment.verifier).__name__ == "Spans" and experiment.verifier.match == "overlap"  # type: ignore[attr-defined]
    assert type(experiment.reward).__name__ == "MicroF1"
    assert len(experiment.data.items) == 20 and experiment.data.unlabelled == 20


def test_labels_may_stand_in_a_file_beside_it_and_several_columns_be_the_text(tmp_path: Path) -> None:
    (tmp_path / "topics.yaml").write_text("Billing: charges\nOutage: down\n")
    task = "text: [Category, Message]\nanswer: {type: choice, column: Category, labels: topics.yaml}\n"
    experiment = built(tmp_path, *written(tmp_path, task))
    verifier: Any = experiment.verifier
    assert verifier.vocabulary.definitions == {"Billing": "charges", "Outage": "down"}
    assert experiment.data.items[0].text == "Category:\nBilling\n\nMessage:\nSince Monday 0 it is down."


@pytest.mark.parametrize(
    ("task", "code", "key"),
    [
        ("text: a\n", "wrong-shape", ""),
        ("answer: [", "not-yaml", ""),
        ("answer: {type: emotions}", "option-unknown", "emotions"),
        ("answer: {a: {column: b}}", "option-missing", "a"),
        ("answer: {type: text}\ncolumns: x", "option-unknown", "columns"),
        ("answer: {a: {type: text, weight: -1}}", "bad-value", "weight"),
        ("answer: {type: labels, labels: nothere.yaml}", "file-missing", ""),
    ],
)
def test_what_a_page_cannot_say_is_named(tmp_path: Path, task: str, code: str, key: str) -> None:
    (tmp_path / "task.yaml").write_text(task)
    with pytest.raises((ConfigError, DataError)) as told:
        read_task(tmp_path / "task.yaml")
    assert told.value.code == code and (not key or told.value.key == key)


def test_a_page_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        with_words(CommandLine("optimize", (), None, [f"task={tmp_path}/nothere.yaml"]))
    assert told.value.code == "file-missing"
    assert with_words(CommandLine("optimize", (), None, ["task=null", "seed=1"])).rest == ["task=null", "seed=1"]


def test_a_page_is_drafted_from_the_columns_and_runs(tmp_path: Path) -> None:
    written(tmp_path)
    draft = draft_task(tmp_path / "rows.json")
    assert draft.answers == {"Category": "choice", "Priority": "rating", "tags": "labels", "dates": "spans"}
    content = yaml.safe_load(draft.text)
    assert content["text"] == "Message"
    assert content["answer"]["Category"]["labels"] == {"Billing": "", "Outage": ""}
    assert content["answer"]["Priority"] == {"type": "rating", "column": "Priority", "low": 1, "high": 5, "step": 1}
    assert len(built(tmp_path, *written(tmp_path, draft.text)).data.items) == 40


def test_a_file_without_texts_is_no_draft(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError) as told:
        draft_task(tmp_path / "rows.csv")
    assert told.value.code == "text-missing"
