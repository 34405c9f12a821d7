"""Labels that look the same in gold are one label, and said to be."""

from pathlib import Path

import pytest
from refusals import refused

from runner.core.errors import DataError
from runner.datasets.file import File


def gold_file(folder: Path, names: list[str]) -> str:
    path = folder / "gold.csv"
    rows = "".join(f"text {number},{name}\n" for number, name in enumerate(names))
    path.write_text(f"text,labels\n{rows}", "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("names", "label", "shown"),
    [
        (["Don't know", "Don’t know", "Don’t know", "x"], "Don’t know", r"Don't know"),
        (["Refund\u200b", "Refund", "Refund\u200b", "x"], "Refund", r"\u200b"),
        (["café", "cafe\u0301", "café", "x"], "café", r"\u0301"),
        (["late fee", "late\u00a0fee", "late fee", "x"], "late fee", r"\xa0"),
        (["-1", "−1", "-1", "x"], "-1", r"\u2212"),
        (["Re\u00adfund", "Refund", "Refund", "x"], "Refund", r"\xad"),
    ],
)
def test_they_are_one_label_in_the_plainest_or_most_frequent_spelling(
    tmp_path: Path, names: list[str], label: str, shown: str
) -> None:
    data = File(gold_file(tmp_path, names)).load()
    assert set(data.labels) == {label, "x"}
    assert [item.gold for item in data.items] == [(label,)] * 3 + [("x",)]
    assert len(data.respelt) == 1 and shown in data.respelt[0] and ascii(label) in data.respelt[0]


def test_where_nothing_looks_the_same_nothing_is_said(tmp_path: Path) -> None:
    data = File(gold_file(tmp_path, ["-1", "1", "0", "-1"])).load()
    assert set(data.labels) == {"-1", "0", "1"} and data.respelt == []


def test_letters_of_another_script_are_refused_by_name(tmp_path: Path) -> None:
    with refused(DataError, "bad-label-list", "Other", "U+041E"):
        File(gold_file(tmp_path, ["Other", "Оther", "x", "x"])).load()


@pytest.mark.parametrize(
    "names",
    [["<18", "18-64", ">64", ">18"], ["A", "A-", "A+", "B"], ["+", "-", "+", "-"], ["C", "C++", "C#", "C"], ["!", "?"]],
    ids=" ".join,
)
def test_names_that_differ_in_a_sign_are_labels(tmp_path: Path, names: list[str]) -> None:
    data = File(gold_file(tmp_path, names)).load()
    assert set(data.labels) == set(names)
    assert [item.gold for item in data.items] == [(name,) for name in names]
