"""A run that goes on has the data and the prompt that it began with, whatever became of their files."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from configured import checked
from endpoint import Endpoint
from goldloop_process import Goldloop
from omegaconf import DictConfig, OmegaConf

from runner.config.resume_state import resume_state
from runner.core.items import Data, Item
from runner.runs.reader import data_in
from runner.runs.writer import RunDirectory
from verifiers.label_set import LabelSet

FIGURES = ("initial", "best", "metrics", "decision", "split", "epochs", "dataset_sha256")
PROMPT = "Choose what applies.\n\nLabels:\n"


def rows_of(data: Data) -> list[dict[str, Any]]:
    return [{"id": item.id, "text": item.text, "labels": list(item.gold or ())} for item in data.items]


def write(directory: Path, rows: list[dict[str, Any]], prompt: str) -> None:
    (directory / "gold.json").write_text(json.dumps(rows))
    (directory / "prompt.txt").write_text(prompt)


def words(endpoint: Endpoint, *more: str) -> list[str]:
    model = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    return [*model, "dataset=file", "dataset.path=gold.json", "prompt_file=prompt.txt", "epochs=1", *more]


def figures(run: Path) -> dict[str, Any]:
    result = json.loads((run / "result.json").read_text())
    return {name: result[name] for name in FIGURES}


def dies_after(endpoint: Endpoint, calls: int) -> None:
    endpoint.requests.clear()
    endpoint.fault = lambda body, number: (401, {"error": {"message": "expired"}}, {}) if number > calls else None


def cut_short(goldloop: Goldloop, endpoint: Endpoint) -> Path:
    """A run that ended after 25 calls; the endpoint answers again."""
    dies_after(endpoint, 25)
    assert goldloop(*words(endpoint)).returncode == 2
    endpoint.fault = None
    [run] = (goldloop.directory / "outputs/optimize").iterdir()
    return run


@pytest.fixture
def prompt(sample: Data) -> str:
    return PROMPT + "\n".join(f"- {name}" for name in sample.labels)


def test_changed_files_do_not_change_a_run_that_goes_on(
    goldloop: Goldloop, endpoint: Endpoint, sample: Data, prompt: str
) -> None:
    rows = rows_of(sample)
    write(goldloop.directory, rows, prompt)
    whole = goldloop(*words(endpoint, "journal.mode=off", "study=whole"))
    assert whole.returncode == 0, whole.stderr
    dies_after(endpoint, 25)
    assert goldloop(*words(endpoint, "study=cut")).returncode == 2
    endpoint.fault = None
    [run], [expected] = (list((goldloop.directory / "outputs" / name).iterdir()) for name in ("cut", "whole"))
    new = [{"id": f"new{number}", "text": f"new text {number}", "labels": rows[0]["labels"]} for number in range(10)]
    write(goldloop.directory, [*rows, *new], f"Another.\n{prompt}")
    done = goldloop(f"resume={run.relative_to(goldloop.directory)}")
    assert done.returncode == 0, done.stderr
    assert "60 gold items:" in done.stdout
    assert "note: gold.json has changed since (60 gold items then, 70 now): outputs/cut/" in done.stdout
    assert "note: prompt.txt has changed since: " in done.stdout
    assert figures(run) == figures(expected)
    for name in ("initial_prompt.txt", "best_prompt.txt", "epochs.jsonl", "data.json.gz"):
        assert (run / name).read_bytes() == (expected / name).read_bytes(), name


def test_files_that_are_gone_are_not_missed(goldloop: Goldloop, endpoint: Endpoint, sample: Data, prompt: str) -> None:
    write(goldloop.directory, rows_of(sample), prompt)
    run = cut_short(goldloop, endpoint)
    for name in ("gold.json", "prompt.txt"):
        (goldloop.directory / name).unlink()
    done = goldloop(f"resume={run.relative_to(goldloop.directory)}")
    assert done.returncode == 0, done.stderr
    assert "note: the data cannot be read any more" in done.stdout


def test_jobs_of_a_sweep_that_had_not_begun_have_the_data_of_the_others(
    goldloop: Goldloop, endpoint: Endpoint, sample: Data, prompt: str
) -> None:
    rows = rows_of(sample)
    write(goldloop.directory, rows, prompt)
    assert goldloop("-m", "seed=1,2", *words(endpoint, "optimizer=none")).returncode == 0
    [sweep] = {path.parent for path in goldloop.directory.glob("outputs/*/*/multirun.yaml")}
    before = figures(sweep / "1")
    for path in sorted((sweep / "1").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    write(goldloop.directory, rows[:50], f"Another.\n{prompt}")
    done = goldloop(f"resume={sweep.relative_to(goldloop.directory)}")
    assert done.returncode == 0, done.stderr
    assert "note: gold.json has changed since (60 gold items then, 50 now)" in done.stdout
    assert figures(sweep / "1") == before


def test_jobs_with_other_prompts_have_the_data_of_the_others_too(
    goldloop: Goldloop, endpoint: Endpoint, sample: Data, prompt: str
) -> None:
    rows = rows_of(sample)
    write(goldloop.directory, rows, prompt)
    (goldloop.directory / "other.txt").write_text(f"Another.\n{prompt}")
    several = [*words(endpoint, "optimizer=none")[:-3], "optimizer=none", "epochs=0"]
    assert goldloop("-m", *several, "prompt_file=prompt.txt,other.txt", "hydra.sweep.dir=sw").returncode == 0
    for path in sorted((goldloop.directory / "sw/1").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    shutil.copytree(goldloop.directory / "sw", goldloop.directory / "anew")
    write(goldloop.directory, rows[:50], prompt)
    done = goldloop("resume=sw")
    assert done.returncode == 0, done.stderr
    assert "sw/: 2 of 2 jobs finished" in done.stdout
    assert data_in(goldloop.directory / "sw/1") == data_in(goldloop.directory / "sw/0")
    assert (goldloop.directory / "sw/1/initial_prompt.txt").read_text().startswith("Another.")
    # A sweep that is not resumed does not look through the directories of its jobs.
    assert goldloop("-m", *several, "prompt_file=prompt.txt,other.txt", "hydra.sweep.dir=anew").returncode == 0
    assert len(data_in(goldloop.directory / "anew/1").items) == 50


def test_a_run_that_was_killed_before_it_wrote_its_data_just_begins(
    goldloop: Goldloop, endpoint: Endpoint, sample: Data, prompt: str
) -> None:
    write(goldloop.directory, rows_of(sample), prompt)
    run = cut_short(goldloop, endpoint)
    (run / "data.json.gz").unlink()
    write(goldloop.directory, rows_of(sample)[:50], f"Another.\n{prompt}")
    done = goldloop(f"resume={run.relative_to(goldloop.directory)}")
    assert done.returncode == 0, done.stderr
    assert "50 gold items:" in done.stdout
    assert (run / "initial_prompt.txt").read_text().startswith("Another.")


def test_data_come_back_as_they_were(tmp_path: Path) -> None:
    items = [Item("a", "one\r\ntwo", ("Red",)), Item("b", "three", ())]
    data = Data(items, LabelSet.of(["Red"]), "digest", 1, 2, multiple=True, contradicted=["c"], prompt="Do.")
    RunDirectory(tmp_path).data(data)
    assert data_in(tmp_path) == data


def test_a_prompt_that_was_lost_is_named_in_a_line(
    goldloop: Goldloop, endpoint: Endpoint, sample: Data, prompt: str
) -> None:
    write(goldloop.directory, rows_of(sample), prompt)
    run = cut_short(goldloop, endpoint)
    (run / "initial_prompt.txt").unlink()
    asked = len(endpoint.requests)
    lost = goldloop(f"resume={run.relative_to(goldloop.directory)}")
    assert lost.returncode == 2 and "initial_prompt.txt cannot be read" in lost.stderr
    assert len(lost.stderr.splitlines()) == 1
    assert len(endpoint.requests) == asked


def test_a_key_that_is_newer_than_a_run_does_not_part_it_from_its_data(
    goldloop: Goldloop, endpoint: Endpoint, sample: Data
) -> None:
    (goldloop.directory / "gold.json").write_text(json.dumps(rows_of(sample)))
    url = f"provider.base_url={endpoint.url}"
    words = ["provider=openai", "provider.model=fake-model", url, "tracker=none", "epochs=0", "dataset=file"]
    done = goldloop(*words, "dataset.path=gold.json")
    run = goldloop.directory / done.stdout.splitlines()[-1]
    config = OmegaConf.load(run / ".hydra/config.yaml")
    assert isinstance(config, DictConfig) and "split_field" in config.dataset
    older = OmegaConf.masked_copy(config, [str(key) for key in config if key != "dataset"])
    older.dataset = {key: value for key, value in config.dataset.items() if key != "split_field"}
    OmegaConf.save(older, run / ".hydra/config.yaml")
    kept = resume_state(run, None, checked(config))
    assert kept is not None and len(kept.data.items) == len(sample.items)
    config.dataset.split_field = "part"
    assert resume_state(run, None, checked(config)) is None
