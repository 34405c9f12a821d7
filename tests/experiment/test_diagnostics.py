"""What a person is told before anything is paid: rows left out, slips, and what makes figures doubtful."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import experiment
from run_records import RESULT, prediction_row, run_result

from runner.core.items import Agreement, Item
from runner.core.prompt import Demo, Prompt
from runner.datasets.split import Split, split
from runner.experiment.diagnostics import remarks
from runner.experiment.spec import Experiment
from runner.providers.middleware.limits import Limits
from runner.runs.html.phrasing import outdone
from runner.runs.json_records import to_json
from runner.runs.reader import Run
from verifiers.labels import Labels


@pytest.fixture
def ordinary(tmp_path: Path) -> Experiment:
    """Of which nothing is to be said: every label twice, items with two labels."""
    made = experiment(tmp_path)
    texts = "red and green", "green and red", "green and blue", "blue and green", "blue and red", "red, then blue"
    items = [
        Item(str(n), text, tuple(word for word in ("red", "green", "blue") if word in text))
        for n, text in enumerate(texts)
    ]
    return replace(
        made, data=replace(made.data, items=items), split=Split(items[:2], items[2:4], items[4:], shared=False)
    )


def test_nothing_is_said_of_an_ordinary_run(ordinary: Experiment) -> None:
    assert remarks(ordinary) == []


def test_rows_that_are_left_out_and_slips_are_told(ordinary: Experiment) -> None:
    odd = [*ordinary.data.items, Item("odd", "a gren one", ("gren",))]
    labels = type(ordinary.data.labels)({**dict.fromkeys(ordinary.data.labels, ""), "gren": ""})
    told = {"unlabelled": 3, "repeated": 2, "contradicted": ("r7",), "agreement": Agreement(40, 0.75, 0.8125)}
    data = replace(ordinary.data, items=odd, labels=labels, **told)
    said = remarks(replace(ordinary, data=data, verifier=Labels(labels)))
    shown = [("3 rows",), ("'gren'",), ("2 rows",), ("'r7'",), ("75%", " 40 ", "0.812"), ("WARNING: ", "'gren'")]
    assert len(said) == len(shown)
    for line, parts in zip(said, shown, strict=True):
        assert [part for part in parts if part not in line] == []


def test_one_label_an_item_calls_for_the_verifier_of_one(ordinary: Experiment) -> None:
    single = [replace(item, gold=item.gold and item.gold[:1]) for item in ordinary.data.items]
    data = replace(ordinary.data, items=single)
    [said] = [one for one in remarks(replace(ordinary, data=data)) if "verifier" in one]
    told = remarks(replace(ordinary, data=replace(data, multiple=True)))  # a labelling interface says any number
    assert not [one for one in told if "verifier" in one]
    assert "verifier=choice" in said and not said.startswith("WARNING")


def test_a_sealed_text_in_the_prompt_is_told(ordinary: Experiment) -> None:
    text = "the red one and then the blue one"
    sealed = [replace(ordinary.split.test[0], text=text), *ordinary.split.test[1:]]
    quoting = replace(ordinary.initial, demos=(Demo(text, ("red",)),))
    made = replace(ordinary, split=replace(ordinary.split, test=sealed), initial=quoting)
    [said] = remarks(made)
    assert said.startswith("WARNING: ") and "1 sealed items" in said


@pytest.mark.parametrize("gap", ["{{text}}", "{ document }", "<text>", "{{ data.Dialogue }}"])
def test_a_gap_for_the_text_is_told(ordinary: Experiment, gap: str) -> None:
    filled = Prompt(f"{ordinary.initial.instructions}\n\nText: {gap}")
    [said] = remarks(replace(ordinary, initial=filled))
    assert said.startswith("WARNING: ") and f" {gap}," in said
    other = filled.instructions.replace(gap, '{red} as {"labels": []} <text>x</text>')
    assert remarks(replace(ordinary, initial=Prompt(other))) == []


def test_a_budget_without_a_verdict_is_told(ordinary: Experiment) -> None:
    [said] = remarks(replace(ordinary, limits=Limits(calls=5)))
    assert said.startswith("WARNING: budget.calls=5 ") and " 4 calls" in said


def archive(path: Path, *, sealed: bool, **more: Any) -> Run:
    content = {"items": [[str(n), f"text {n}", ["red"]] for n in range(4)], "labels": {"red": ""}, "sha256": "0"}
    with gzip.open(path / "data.json.gz", "wt") as packed:
        json.dump({**content, "unlabelled": 0, "repeated": 0, **more}, packed)
    rows = [json.dumps(to_json(prediction_row(id=name))) for name in ("2", "3")]
    (path / "predictions.jsonl").write_text("\n".join(rows))
    return Run(path, {**RESULT, "sealed": sealed}, {}, [])


def test_a_search_saw_all_but_the_sealed_items(tmp_path: Path) -> None:
    assert archive(tmp_path, sealed=True).searched() == {"text 0", "text 1"}
    assert archive(tmp_path, sealed=False).searched() == {"text 0", "text 1", "text 2", "text 3"}
    later = archive(tmp_path, sealed=True, searched=["text 3", "no item any more"])
    assert later.searched() == {"text 0", "text 1", "text 3", "no item any more"}


def test_a_search_that_ended_before_its_sealed_items_were_opened_did_not_see_them(tmp_path: Path) -> None:
    sizes = {"reflect": 1, "select": 1, "test": 2}
    ended = replace(archive(tmp_path, sealed=True), config={"split": sizes, "seed": 1})
    (tmp_path / "predictions.jsonl").unlink()
    parts = split(ended.data().items, sizes, 1)
    assert ended.searched() == {item.text for item in (*parts.reflect, *parts.select)}
    assert len(replace(ended, config={}).searched()) == 4  # nobody knows


def test_a_search_whose_proof_was_cut_short_did_not_see_its_sealed_items(tmp_path: Path) -> None:
    sizes = {"reflect": 1, "select": 1, "test": 2}
    ended = replace(archive(tmp_path, sealed=True), config={"split": sizes, "seed": 1})
    (tmp_path / "predictions.jsonl").write_text("")  # what such a run leaves
    parts = split(ended.data().items, sizes, 1)
    assert ended.searched() == {item.text for item in (*parts.reflect, *parts.select)}


def test_sealed_items_that_the_prompts_own_search_saw_are_told(ordinary: Experiment) -> None:
    seen = frozenset([ordinary.split.test[0].text, ordinary.split.select[0].text])
    [said] = remarks(replace(ordinary, data=replace(ordinary.data, searched=seen)))
    assert said.startswith("WARNING: 1 of the 2 sealed items ")


@pytest.mark.parametrize(("constant", "told"), [(0.9, True), (0.7, True), (0.5, False)])
def test_a_constant_answer_that_is_as_good_is_told(constant: float, told: bool) -> None:
    controls = {"constant": {"labels": ["A"], "reward": constant}, "no_prompt": {"reward": None}}
    found = outdone(run_result(best={"test": 0.7}, controls=controls))
    assert ("always the answer A, whatever the text" in found) == told
    assert outdone(run_result(best={"test": 0.7})) == outdone(run_result(best={"test": None}, controls=controls)) == ""
