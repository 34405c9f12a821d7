"""What a prompt was found on is known by its text, wherever a copy of it lies."""

import json
import time
from pathlib import Path

import pytest
from refusals import refused
from run_directories import make_run
from run_records import CANDIDATE, EPOCH

from runner.core.errors import DataError
from runner.core.items import Data, Item
from runner.runs.origins import run_around, searched_behind
from runner.runs.writer import RunDirectory
from verifiers.label_set import LabelSet

FOUND = "Name the label.\n\n  - Payment: money   \n  - Other: “the rest” \\ and more"


def kept_run(path: Path, prompt: str, *, searched: frozenset[str] = frozenset(), follows: str | None = None) -> Path:
    """A run of four items whose last two were sealed."""
    run = make_run(path, [True, False], prompt=prompt)
    items = [Item(str(number), f"text {number}", ("Payment",)) for number in (2, 3, 0, 1)]
    RunDirectory(run).data(Data(items, LabelSet.of(["Payment"]), "0" * 64, searched=searched))
    (run / ".hydra/config.yaml").write_text(f"split: {{reflect: 1, select: 1, test: 2}}\nseed: 1\nfollows: {follows}\n")
    return run


@pytest.mark.parametrize(
    "text",
    [FOUND, f"\ufeff\n {FOUND}\r\n\n".lstrip("\ufeff"), FOUND.replace("\n", "\r\n"), FOUND.replace("   \n", "\n")],
)
def test_a_copy_of_the_best_prompt_or_of_a_candidate_is_known(text: str, tmp_path: Path) -> None:
    best = kept_run(tmp_path / "outputs/s/1", FOUND)
    assert searched_behind(text, [tmp_path / "outputs"]) == {"text 2", "text 3"}
    (best / "best_prompt.txt").write_text("Another.\n")
    assert searched_behind(text, [tmp_path / "outputs"]) == frozenset()
    epoch = {**EPOCH, "epoch": 1, "candidates": [{**CANDIDATE, "text": "No."}, {**CANDIDATE, "text": FOUND}]}
    (best / "epochs.jsonl").write_text(json.dumps(epoch, ensure_ascii=False) + "\n")
    assert searched_behind(text, [tmp_path / "outputs"]) == {"text 2", "text 3"}
    assert searched_behind("Name the label.", [tmp_path / "outputs"]) == frozenset()


def test_all_runs_that_found_it_count_those_of_sweeps_too_but_not_the_own_ones(tmp_path: Path) -> None:
    first = kept_run(tmp_path / "outputs/s/sweep/a/b", FOUND)
    kept_run(tmp_path / "outputs/s/2", FOUND, searched=frozenset(["before"]))
    everything = {"text 2", "text 3", "before"}
    assert searched_behind(FOUND, [tmp_path / "outputs", first]) == everything
    assert searched_behind(FOUND, [tmp_path / "outputs"], but=[tmp_path / "outputs/s/2"]) == {"text 2", "text 3"}
    assert searched_behind(FOUND, [tmp_path / "outputs"], but=[tmp_path / "outputs/s"]) == frozenset()
    assert run_around(first / "notes/mine.txt") == first
    assert run_around(tmp_path / "mine.txt") is None


def test_a_run_that_was_killed_before_its_result_counts_too(tmp_path: Path) -> None:
    run = kept_run(tmp_path / "1", FOUND)
    for name in ("result.json", "predictions.jsonl"):
        (run / name).unlink()
    assert len(searched_behind(FOUND, [tmp_path])) == 2
    (run / "data.json.gz").unlink()
    assert searched_behind(FOUND, [tmp_path]) == frozenset()


def test_a_prompt_that_a_run_began_with_has_what_the_run_followed(tmp_path: Path) -> None:
    run = kept_run(tmp_path / "1", "Another.", searched=frozenset(["before"]), follows="outputs/0")
    (run / "initial_prompt.txt").write_text(FOUND)
    assert searched_behind(FOUND, [tmp_path]) == {"before"}
    (run / ".hydra/config.yaml").write_text("follows: null\n")
    assert searched_behind(FOUND, [tmp_path]) == frozenset()


def test_a_run_that_found_it_and_is_damaged_is_told_and_another_is_passed_over(tmp_path: Path) -> None:
    run = kept_run(tmp_path / "1", FOUND)
    (run / "data.json.gz").write_bytes(b"nothing packed")
    with refused(DataError, "unreadable", run / "data.json.gz"):
        searched_behind(FOUND, [tmp_path])
    assert searched_behind("Another.", [tmp_path]) == frozenset()


def test_hundreds_of_runs_are_looked_through_in_a_moment(tmp_path: Path) -> None:
    lines = "".join(
        json.dumps({**EPOCH, "candidates": [{**CANDIDATE, "text": "x" * 2_000}] * 20}) + "\n" for _ in range(4)
    )
    for number in range(300):
        folder = tmp_path / f"outputs/s/{number}"
        (folder / ".hydra").mkdir(parents=True)
        (folder / ".hydra/config.yaml").write_text("{}")
        (folder / "best_prompt.txt").write_text(f"Prompt {number}\n")
        (folder / "epochs.jsonl").write_text(lines)
    began = time.process_time()
    assert searched_behind(FOUND, [tmp_path / "outputs"]) == frozenset()
    assert time.process_time() - began < 2


def test_a_prompt_of_ones_own_that_a_run_kept_was_found_by_nobody(tmp_path: Path) -> None:
    run = kept_run(tmp_path / "1", FOUND)
    (run / "initial_prompt.txt").write_text(f"{FOUND}\n")
    assert searched_behind(FOUND, [tmp_path]) == frozenset()
