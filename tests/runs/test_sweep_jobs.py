"""Which jobs a sweep has, however deep they lie in it, and what else lies there."""

import os
from pathlib import Path

import pytest

from runner.runs.sweep_jobs import job_name, jobs_in, note_sweep, sweep_of


def begun(directory: Path, sweep: Path | None = None, *, noted: bool = True) -> Path:
    (directory / ".hydra").mkdir(parents=True)
    (directory / ".hydra/config.yaml").touch()
    (directory / "goldloop.log").touch()
    if noted:
        note_sweep(directory, sweep)
    return directory


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    (tmp_path / "sw").mkdir()
    (tmp_path / "sw/multirun.yaml").touch()
    return tmp_path / "sw"


def test_jobs_are_found_in_nested_folders_and_in_order(sweep: Path) -> None:
    places = ["2", "10", "openai/meta/llama,1"]
    made = [begun(sweep / place, sweep) for place in places]
    (sweep / "3/deep").mkdir(parents=True)
    (sweep / "3/deep/goldloop.log").touch()  # it failed before its run began
    (sweep / "goldloop.log").touch()
    assert [job_name(path, sweep) for path in jobs_in(sweep)] == ["openai/meta/llama,1", "2", "3/deep", "10"]
    assert [sweep_of(path) for path in made] == [sweep] * 3


def test_runs_that_only_lie_in_a_sweeps_directory_are_no_jobs_of_it(sweep: Path) -> None:
    other = sweep / "study/time"
    (other).mkdir(parents=True)
    (other / "multirun.yaml").touch()
    alone, theirs = begun(sweep / "alone"), begun(other / "0", other)
    assert jobs_in(sweep) == [] and jobs_in(other) == [theirs]
    assert sweep_of(alone) is None and sweep_of(theirs) == other


def test_a_job_of_an_older_goldloop_lies_right_in_its_sweep(sweep: Path) -> None:
    old = begun(sweep / "0", noted=False)
    assert sweep_of(old) == sweep and jobs_in(sweep) == [old]
    note_sweep(old, sweep)
    assert sweep_of(old) == sweep
    assert sweep_of(begun(sweep.parent / "alone", noted=False)) is None


def test_a_moved_sweep_keeps_its_jobs(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(sweep / "a/b", sweep)
    moved = sweep.rename(sweep.parent / "moved")
    assert sweep_of(moved / "a/b") == moved and jobs_in(moved) == [moved / "a/b"]
    monkeypatch.chdir(moved / "a/b")
    assert sweep_of(Path()) == Path("../..") and job_name(Path(), Path("../..")) == "a/b"
    assert [os.path.relpath(path) for path in jobs_in(Path("../.."))] == ["."]


@pytest.mark.parametrize("note", ['{"up": 99}', '{"up": -1}', '{"up": "2"}', "{", "[]", "[" * 100_000, "null"])
def test_a_note_that_is_none_leads_nowhere(sweep: Path, note: str) -> None:
    job = begun(sweep / "0")
    (job / ".hydra/sweep.json").write_text(note)
    assert sweep_of(job) is None
