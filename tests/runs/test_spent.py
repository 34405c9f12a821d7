"""What runs have spent at least, by what they wrote down of their own calls."""

import json
from pathlib import Path

import pytest
from run_records import RESULT, merged

from runner.core.calls import Reply
from runner.providers.middleware.journal.keys import packed
from runner.providers.middleware.journal.run_log import RunCallLog
from runner.providers.middleware.ledger import Spent
from runner.runs.spent import counted, counted_in, spent_in
from runner.runs.sweep_jobs import note_sweep


def journal(directory: Path, paid: int, *, hits: int = 0, failed: int = 0) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    log = RunCallLog(directory / "journal.jsonl")
    for number in range(paid + hits):
        log.add(f"{number}", packed(Reply("x", "stop", 10, 2, 0.25, 0.1)), paid=number < paid)
    for number in range(failed):
        log.add_failed(f"f{number}", "timeout", "")
    log.close()
    return directory


def test_paid_answers_and_failed_calls_were_spent_and_hits_were_not(tmp_path: Path) -> None:
    journal(tmp_path, 5, hits=3, failed=2)
    assert spent_in(tmp_path) == Spent(7, 5, 60, 1.25)
    assert spent_in(tmp_path / "none") == Spent()


def test_retries_that_only_the_result_knows_were_spent_too(tmp_path: Path) -> None:
    journal(tmp_path, 5)
    calls = {"total": 9, "provider": 5, "journal": 1, "failed": 3, "retries": 4}
    (tmp_path / "result.json").write_text(json.dumps(merged(RESULT, {"calls": calls, "seconds": 7.5})))
    assert spent_in(tmp_path).calls == 12 and counted(tmp_path, damaged=False).seconds == 7.5
    (tmp_path / "result.json").write_text("{")
    assert spent_in(tmp_path).calls == 5


@pytest.mark.parametrize("cost", ["NaN", "-3", '"much"', "Infinity", "null"])
def test_an_odd_figure_of_an_older_journal_counts_as_nothing(tmp_path: Path, cost: str) -> None:
    journal(tmp_path, 2)
    path = tmp_path / "journal.jsonl"
    path.write_text(path.read_text().replace('"cost_usd": 0.25', f'"cost_usd": {cost}', 1))
    assert spent_in(tmp_path) == Spent(2, 2, 24, 0.25)


def test_the_jobs_of_a_sweep_are_counted_each_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "multirun.yaml").touch()
    for place, paid in (("a/0", 3), ("a/1", 4)):
        directory = journal(tmp_path / place, paid)
        (directory / ".hydra").mkdir()
        (directory / ".hydra/config.yaml").touch()
        note_sweep(directory, tmp_path)
    book = counted_in(tmp_path, damaged=False)
    assert book.total.calls == 7
    assert {name: spent.calls for name, (spent, _) in book.jobs.items()} == {"a/0": 3, "a/1": 4}


def test_what_was_under_way_when_a_run_was_killed_counts_where_its_budget_is_damaged(tmp_path: Path) -> None:
    journal(tmp_path, 5)
    assert counted(tmp_path, damaged=True).total.calls == 5  # nobody knows how many it asks at once
    (tmp_path / ".hydra").mkdir()
    config = {"provider": {"concurrency": 16}, "rewriter": {"concurrency": 2}}
    (tmp_path / ".hydra/config.yaml").write_text(json.dumps(config))
    assert counted(tmp_path, damaged=True).total.calls == 23
    assert counted(tmp_path, damaged=False).total.calls == 5
    (tmp_path / "result.json").write_text(json.dumps(merged(RESULT, {"calls": {"provider": 5}})))
    assert counted(tmp_path, damaged=True).total.calls == 5  # it ended in good order
    (tmp_path / "result.json").write_text(json.dumps(merged(RESULT, {"calls": {"provider": 4}})))
    assert counted(tmp_path, damaged=True).total.calls == 23  # of a part before
