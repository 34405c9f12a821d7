"""The label list: given, from a file, or found in gold."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused, says
from rows import GOOD, ROWS, load, load_row, refusal_of_rows, refusal_of_text, write

from runner.core.errors import ConfigError, DataError
from runner.datasets.file import File


def test_labels_are_those_of_gold_sorted_if_none_are_given(tmp_path):
    data = load(write(tmp_path / "rows.json", ROWS))
    assert dict(data.labels.definitions) == {"Complaint": "", "Other": "", "Question": ""}


@pytest.mark.parametrize(
    ("labels", "definitions"),
    [
        pytest.param(["Question", "Other", "Complaint", "Extra"], {}, id="list"),
        pytest.param(
            {"Question": "asks", "Other": None, "Complaint": "", "Extra": "x"},
            {"Question": "asks", "Extra": "x"},
            id="mapping",
        ),
    ],
)
def test_given_labels_keep_their_order_and_definitions(tmp_path, labels, definitions):
    data = load(write(tmp_path / "rows.json", ROWS), labels=labels)
    assert data.labels.names == ("Question", "Other", "Complaint", "Extra")
    assert {name: meaning for name, meaning in data.labels.definitions.items() if meaning} == definitions


@pytest.mark.parametrize(
    ("name", "content", "definitions"),
    [
        pytest.param("l.yaml", "B: is b\nA:\n", {"B": "is b", "A": ""}, id="YAML mapping"),
        pytest.param("l.yml", "- B\n- A\n", {"B": "", "A": ""}, id="YAML list"),
        pytest.param("l.json", '["B", "A"]', {"B": "", "A": ""}, id="JSON list"),
        pytest.param("l.json", '{"B": "is b", "A": null}', {"B": "is b", "A": ""}, id="JSON mapping"),
        pytest.param("l.json", '{\n\t"B": "is b",\n\t"A": ""\n}', {"B": "is b", "A": ""}, id="JSON with tabs"),
        pytest.param(
            "l.json", json.dumps(["B \U0001f600", "A"]), {"B \U0001f600": "", "A": ""}, id="JSON with escapes"
        ),
        pytest.param("l.txt", "\ufeff B \r\n\r\nA\n", {"B": "", "A": ""}, id="text"),
        pytest.param("L.TXT", "B: c\nA", {"B: c": "", "A": ""}, id="text is not YAML"),
    ],
)
def test_labels_from_a_file(tmp_path, name, content, definitions):
    (tmp_path / name).write_bytes(content.encode())
    rows = write(tmp_path / "rows.jsonl", [{"text": "x", "labels": ["A"]}])
    labels = load(rows, labels_file=str(tmp_path / name)).labels
    assert list(labels.definitions.items()) == list(definitions.items())


@given(st.sampled_from(["Refund_Request", "Bill Payment"]), st.data())
@settings(deadline=None, max_examples=40)
def test_gold_is_matched_to_the_list_whatever_its_case_and_spacing(tmp_path_factory, name, data):
    gap = data.draw(st.text(" _-/", min_size=1, max_size=3))
    case = data.draw(st.sampled_from([str.lower, str.upper, str.title, str.swapcase]))
    edge = data.draw(st.sampled_from(["", " ", "`", '"', "**"]))
    written = edge + case(name.replace("_", " ").replace(" ", gap)) + edge
    row = {"text": "x", "labels": [written, name]}
    assert load_row(tmp_path_factory.mktemp("rows"), row, labels=["Bill Payment", "Refund_Request"]).gold == (name,)


def test_labels_that_differ_in_case_are_told_with_their_rows_and_what_to_do(tmp_path):
    cells = ["Other", "Other", "other", "Other", "Bill", "Other", "Other"]
    content = "text,labels\n" + "".join(f"text {place},{name}\n" for place, name in enumerate(cells))
    error = refusal_of_text(tmp_path, "rows.csv", content)
    says(error, DataError, "bad-label-list", "Other", "'Other' in rows 2, 3, 5 and 2 more", "'other' in row 4")
    assert "dataset.labels='[A,B]'" in str(error)
    data = load(tmp_path / "rows.csv", labels=["Other", "Bill"])
    assert {name for item in data.items for name in item.gold} == {"Other", "Bill"}


@pytest.mark.parametrize("name", ["\u00ad", "A\nB|C"])
def test_a_label_that_cannot_be_one_is_told_with_its_row(tmp_path, name):
    error = refusal_of_rows(tmp_path, GOOD, {"text": "x", "labels": name}, {"text": "y", "labels": "D|E"})
    says(error, DataError, "bad-label-list", name.partition("|")[0], "in row 2)")


def test_a_label_that_consists_of_other_labels_is_refused(tmp_path):
    rows = [{"text": f"text {place}", "labels": name} for place, name in enumerate(["A, B", "A", "B|C"])]
    error = refusal_of_rows(tmp_path, *rows)
    says(error, DataError, "labels-run-together", "A, B", "in row 1", "'A' and 'B'", "dataset.delimiter='|'")
    assert load(tmp_path / "rows.json", delimiter="|").items[0].gold == ("A, B",)
    with refused(DataError, "label-unknown", "row 1", "'A, B'"):
        load(tmp_path / "rows.json", labels=["A", "B", "C"])
    lists = [{**row, "labels": row["labels"].split("|")} for row in rows]
    assert load(write(tmp_path / "lists.json", lists)).items[0].gold == ("A, B",)


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        pytest.param([], "empty", id="empty list"),
        pytest.param({}, "empty", id="empty mapping"),
        pytest.param(["A b", "a-B"], "'A b' and 'a-B'", id="colliding"),
        pytest.param({"A": "x", "a": "y"}, "'A' and 'a'", id="colliding mapping"),
        pytest.param(["A", " \n"], "' \\n'", id="blank"),
    ],
)
def test_a_label_list_that_cannot_be_used_is_refused(tmp_path, labels, shown):
    error = refusal_of_rows(tmp_path, GOOD, labels=labels)
    says(error, DataError, "bad-label-list", "dataset.labels", shown)


@pytest.mark.parametrize(
    ("name", "content", "code", "shown"),
    [
        pytest.param("l.yaml", b"A: [", "not-yaml", "YAML", id="not YAML"),
        pytest.param("l.json", b"[", "not-json", "JSON", id="not JSON"),
        pytest.param("l.txt", b"A\n\xff", "not-utf8", "byte 2", id="not UTF-8"),
        pytest.param("l.yaml", b"", "wrong-shape", "list", id="empty"),
        pytest.param("l.yaml", b"A", "wrong-shape", "list", id="a scalar"),
        pytest.param("l.json", b"[[1]]", "wrong-shape", "list", id="a list of lists"),
        pytest.param("l.json", b"[]", "bad-label-list", "empty", id="empty list"),
        pytest.param("l.txt", b"\n \n", "bad-label-list", "empty", id="blank lines"),
        pytest.param("l.txt", b"A\na\n", "bad-label-list", "'A' and 'a'", id="colliding"),
    ],
)
def test_a_labels_file_that_cannot_be_used_is_refused_with_its_name(tmp_path, name, content, code, shown):
    (tmp_path / name).write_bytes(content)
    error = refusal_of_rows(tmp_path, GOOD, labels_file=str(tmp_path / name))
    says(error, DataError, code, tmp_path / name, "dataset.labels_file", shown)


def test_a_labels_file_that_is_not_there(tmp_path):
    error = refusal_of_rows(tmp_path, GOOD, labels_file=str(tmp_path / "l.yaml"))
    says(error, DataError, "file-missing", tmp_path / "l.yaml", "dataset.labels_file")


def test_a_labels_file_that_is_a_folder_is_refused(tmp_path):
    error = refusal_of_rows(tmp_path, GOOD, labels_file=str(tmp_path))
    says(error, DataError, "unreadable", tmp_path, "dataset.labels_file")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("'yes': agrees\n'no': declines\n", id="quoted mapping"),
        pytest.param("- 'yes'\n- 'no'\n", id="quoted list"),
        pytest.param("yes: agrees\nno: declines\n", id="mapping"),
        pytest.param("- yes\n- no\n", id="list"),
    ],
)
def test_yes_and_no_in_a_yaml_file_are_labels(tmp_path, content):
    (tmp_path / "l.yaml").write_text(content)
    rows = write(tmp_path / "rows.json", [{"text": "x", "labels": ["yes"]}])
    assert load(rows, labels_file=str(tmp_path / "l.yaml")).labels.names == ("yes", "no")


def test_labels_and_labels_file_exclude_each_other():
    with refused(ConfigError, "both-given", "dataset.labels_file", "dataset.labels and"):
        File("rows.json", labels=["A"], labels_file="labels.yaml")
