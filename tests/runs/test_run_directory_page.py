"""docs/run-directory.md names each field of the records that a run writes, and no other."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest
from paths import ROOT

from runner.core.run_result import Metrics, RunResult
from runner.core.run_rows import CandidateRecord, EpochRecord, PredictionRow
from runner.core.stop import StopKind

PAGE = (ROOT / "docs/run-directory.md").read_text()
# Named as a whole: the page says in words what is in them.
CONTROLS = ("controls.constant", "controls.no_prompt", "controls.nearest", "controls.classifier")
WHOLE = ("initial.metrics", "metrics.per_label", *CONTROLS, "candidates")


def keys_of(record: type, above: str = "") -> Iterator[str]:
    """The fields of a record, those of a nested one behind its own name and a point."""
    hints = get_type_hints(record)
    for field in fields(record):
        name = f"{above}{field.name}"
        nested = [kind for kind in (hints[field.name], *get_args(hints[field.name])) if is_dataclass(kind)]
        if nested and name not in WHOLE:
            yield from keys_of(nested[0], f"{name}.")  # type: ignore[arg-type]
        else:
            yield name


def section(title: str) -> str:
    return PAGE.split(f"\n{title}\n", 1)[1].split("\n## ", 1)[0]


def named_in(text: str) -> list[str]:
    """What the first columns of the tables name."""
    cells = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize(
    ("title", "record"),
    [
        ("## result.json", RunResult),
        ("## epochs.jsonl", EpochRecord),
        ("Each of `candidates`:", CandidateRecord),
        ("## predictions.jsonl", PredictionRow),
    ],
    ids=["result", "epochs", "candidates", "predictions"],
)
def test_the_page_names_each_field_and_no_other(title: str, record: type) -> None:
    text = section(title).partition("Each of `candidates`:")[0]
    assert sorted(named_in(text)) == sorted(keys_of(record))


def test_the_page_names_each_way_to_stop() -> None:
    [row] = re.findall(r"^\| `stop.kind` \|(.*)$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`([^`]+)`", row)) == set(get_args(StopKind))


def test_the_page_names_what_is_in_a_label() -> None:
    [row] = re.findall(r"^\| `metrics.per_label` \|(.*)$", PAGE, re.MULTILINE)
    [label] = get_args(get_type_hints(Metrics)["per_label"])[1:]
    assert set(re.findall(r"`([^`]+)`", row)) == {field.name for field in fields(label)}


def test_a_field_that_the_page_lacks_is_found() -> None:
    found: list[Any] = named_in("| key | meaning |\n| `a`, `b.c` | of `d` |\n")
    assert found == ["a", "b.c"]
