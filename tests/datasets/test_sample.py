"""The data set in the package keeps what its labelling guide and the documents promise."""

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from refusals import refused

import runner.datasets
from runner.core.errors import ConfigError
from runner.datasets.file import File
from runner.datasets.sample import Sample

FOLDER = Path(runner.datasets.__file__).parent / "customer_intents"
LABELS = (
    "Greeting", "Account_Verification", "Payment", "Refund_Request", "Complaint", "Technical_Support",
    "Information_Request", "Feedback", "Cancellation", "Other",
)  # fmt: skip


def read(name):
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def data():
    return Sample().load()


@pytest.fixture(scope="module")
def rows():
    return read("gold.jsonl") + read("unlabelled.jsonl")


def test_there_are_60_gold_items(data):
    assert (len(data.items), data.unlabelled) == (60, 0)


def test_every_item_has_one_to_four_labels(data):
    assert {len(item.gold) for item in data.items} <= {1, 2, 3, 4}
    assert all(len(set(item.gold)) == len(item.gold) for item in data.items)


def test_every_label_is_in_at_least_six_items(data):
    count = Counter(label for item in data.items for label in item.gold)
    assert set(count) == set(LABELS)
    assert min(count.values()) >= 6


def test_the_labels_are_those_of_the_tutorial_in_its_order(data):
    assert data.labels.names == LABELS


@pytest.mark.parametrize("label", LABELS)
def test_every_label_is_defined_and_stands_in_the_guide(data, label):
    assert len(data.labels.definitions[label].split()) >= 5
    assert f"`{label}`" in (FOLDER / "GUIDE.md").read_text("utf-8")


def test_there_are_200_unlabelled_dialogues():
    unlabelled = read("unlabelled.jsonl")
    assert len(unlabelled) == 200
    assert all(set(row) == {"id", "dialogue"} for row in unlabelled)


def test_the_unlabelled_dialogues_can_be_read_beside_the_gold_ones(tmp_path):
    both = tmp_path / "both.jsonl"
    both.write_text("".join((FOLDER / name).read_text("utf-8") for name in ("gold.jsonl", "unlabelled.jsonl")), "utf-8")
    data = File(str(both), labels_file=str(FOLDER / "labels.yaml")).load()
    assert (len(data.items), data.unlabelled) == (60, 200)


def test_ids_are_unique(rows):
    assert len({row["id"] for row in rows}) == len(rows) == 260


def test_only_customers_and_agents_speak_and_the_customer_does_in_each_dialogue(rows):
    for row in rows:
        authors = {turn["author"] for turn in row["dialogue"]}
        assert "Customer" in authors, row["id"]
        assert authors <= {"Customer", "Agent"}, row["id"]


def test_every_turn_says_something(rows):
    assert [row["id"] for row in rows if not all(turn["text"].strip() for turn in row["dialogue"])] == []


def test_no_two_dialogues_share_a_run_of_eight_words(rows):
    runs = {row["id"]: _runs(" ".join(turn["text"] for turn in row["dialogue"])) for row in rows}
    shared = {(one, other): runs[one] & runs[other] for one, other in combinations(runs, 2) if runs[one] & runs[other]}
    assert shared == {}


def _runs(text):
    words = re.findall(r"\w+", text.casefold())
    return {" ".join(words[start : start + 8]) for start in range(len(words) - 7)}


def test_loading_twice_gives_the_same_data(data):
    assert Sample(name="customer_intents").load() == data


@pytest.mark.parametrize("name", ["nothing", "", "__pycache__"])
def test_an_unknown_sample_is_refused_by_name(name):
    with refused(ConfigError, "bad-value", "dataset.name", repr(name), "customer_intents"):
        Sample(name)
