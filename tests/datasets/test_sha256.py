"""The SHA-256 of a dataset is that of what a result depends on."""

import pytest
from rows import FORMATS, ROWS, load, write


def sha(tmp_path, rows, ending="json", **options):
    return load(write(tmp_path / f"rows.{ending}", rows), **options).sha256


LABELS = {"Question": "asks", "Complaint": "", "Other": ""}


@pytest.mark.parametrize(
    ("rows", "labels"),
    [
        pytest.param([{**ROWS[0], "text": "Where is it?"}, *ROWS[1:]], LABELS, id="text"),
        pytest.param([{**ROWS[0], "id": "aa"}, *ROWS[1:]], LABELS, id="id"),
        pytest.param([{**ROWS[0], "labels": ["Other"]}, *ROWS[1:]], LABELS, id="gold"),
        pytest.param(ROWS[:2], LABELS, id="an item less"),
        pytest.param(ROWS, {**LABELS, "Extra": ""}, id="a label more"),
        pytest.param(ROWS, {**LABELS, "Question": "wonders"}, id="definition"),
    ],
)
def test_the_sha256_changes_with_items_and_labels(tmp_path, rows, labels):
    assert sha(tmp_path, rows, labels=labels) != sha(tmp_path, ROWS, labels=LABELS)


@pytest.mark.parametrize("ending", FORMATS)
def test_the_sha256_does_not_depend_on_the_format(tmp_path, ending):
    assert sha(tmp_path, ROWS, ending) == sha(tmp_path, ROWS)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([*ROWS, {"id": "d", "text": "no gold"}], id="an unlabelled row"),
        pytest.param([{**ROWS[0], "labels": "question"}, *ROWS[1:]], id="a spelling of gold"),
        pytest.param([{**ROWS[0], "note": "seen"}, *ROWS[1:]], id="another field"),
    ],
)
def test_the_sha256_does_not_change_with_anything_else(tmp_path, rows):
    assert sha(tmp_path, rows, labels=LABELS) == sha(tmp_path, ROWS, labels=LABELS)
