"""A prompt goes on from run to run while the gold grows: no item is sealed that a search behind it has learned from."""

import json
from pathlib import Path

import pytest
from configured import invoked
from endpoint import Endpoint
from exported import rows
from goldloop_process import Goldloop

from runner.config.dry_run import dry_run
from runner.runs.reader import read_run


def sealed(run: Path) -> set[str]:
    """The texts of a run's sealed items."""
    archive = read_run(run)
    ids = {row.id for row in archive.predictions}
    return {item.text for item in archive.data().items if item.id in ids}


def model(endpoint: Endpoint) -> list[str]:
    url = f"provider.base_url={endpoint.url}"
    return ["provider=openai", "provider.model=fake-model", url, "tracker=none", "epochs=0"]


def test_with_more_gold_no_item_is_sealed_that_a_search_before_has_seen(goldloop: Goldloop, endpoint: Endpoint) -> None:
    def run(count: int, *more: str) -> Path:
        (goldloop.directory / "gold.json").write_text(json.dumps(rows("gold")[:count]))
        done = goldloop(*model(endpoint), "dataset=file", "dataset.path=gold.json", *more)
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stdout
        return goldloop.directory / done.stdout.splitlines()[-1]

    first = run(30)
    (goldloop.directory / "copy.txt").write_text("Mine: " + (first / "best_prompt.txt").read_text())
    second = run(40, "prompt_file=copy.txt", f"follows={first}")
    third = run(60, f"prompt_file={second}/best_prompt.txt")
    assert [len(sealed(one)) for one in (first, second, third)] == [12, 16, 24]
    assert not sealed(second) & read_run(first).searched()
    assert not sealed(third) & (read_run(first).searched() | read_run(second).searched())
    for again in (second, third):
        assert "identical" in goldloop("reproduce", str(again)).stdout
    lost = goldloop(*model(endpoint), "follows=nowhere")
    assert lost.returncode == 2
    assert lost.stderr == "goldloop: error: follows: nowhere is no run directory (.hydra/config.yaml is not there)\n"


def test_jobs_of_a_sweep_that_are_looked_at_do_not_inherit_what_a_job_before_had_seen(
    goldloop: Goldloop, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = goldloop(*model(endpoint)).stdout.splitlines()[-1]
    monkeypatch.chdir(goldloop.directory)
    Path("mine.txt").write_text("Mine.")
    words = ["-m", *model(endpoint), f"prompt_file={first}best_prompt.txt,mine.txt"]
    found = [len(one.data.searched) for one in dry_run(job.config for job in invoked(*words).jobs)]
    assert found == [36, 0]


def test_a_prompt_of_a_run_that_cannot_be_read_is_not_taken_as_anybodys(goldloop: Goldloop, endpoint: Endpoint) -> None:
    run = goldloop.directory / goldloop(*model(endpoint)).stdout.splitlines()[-1]
    content = json.loads((run / "result.json").read_text())
    (run / "result.json").write_text(json.dumps({**content, "version": 999}))
    done = goldloop(*model(endpoint), f"prompt_file={run}/best_prompt.txt")
    assert done.returncode == 2 and "999" in done.stderr  # its sealed items could be sealed again
    again = goldloop(f"resume={run}")
    assert again.returncode == 2 and "999" in again.stderr
    assert json.loads((run / "result.json").read_text())["version"] == 999  # and nothing is written over it


def test_a_renamed_or_pasted_copy_is_known_by_its_text(goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = goldloop(*model(endpoint)[:-1], "epochs=1", "optimizer=demos")
    assert done.returncode == 0, done.stderr
    first = goldloop.directory / done.stdout.splitlines()[-1]
    found = (first / "best_prompt.txt").read_text()
    assert found != (first / "initial_prompt.txt").read_text()
    (goldloop.directory / "mine.txt").write_bytes(b"\r\n" + found.replace("\n", "\r\n").encode() + b"  ")
    sizes = ["split.reflect=20", "split.select=20", "split.test=20"]
    for given in ("prompt_file=mine.txt", f"prompt_file={first}/initial_prompt.txt"):
        again = goldloop(*model(endpoint), *sizes, given)
        assert again.returncode == 0, again.stderr
        second = goldloop.directory / again.stdout.splitlines()[-1]
        seen = read_run(first).searched()
        assert bool(sealed(second) & seen) == ("initial" in given)  # which no search had found


def test_a_run_that_is_repeated_is_judged_on_its_own_sealed_items(goldloop: Goldloop, endpoint: Endpoint) -> None:
    runs = []
    for words in ([], ["split.reflect=30", "split.select=20", "split.test=10"]):
        done = goldloop(*model(endpoint), *words)
        assert done.returncode == 0, done.stderr
        runs.append(done.stdout.splitlines()[-1])
    again = goldloop("reproduce", runs[1], "seed=3")  # both kept the prompt that it begins with
    assert again.returncode == 0, again.stderr
    assert sealed(goldloop.directory / again.stdout.splitlines()[-1]) == sealed(goldloop.directory / runs[1])


def test_a_prompt_file_elsewhere_of_that_name_is_just_a_text(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / "best_prompt.txt").write_text("Label it.\n")
    assert goldloop(*model(endpoint), "prompt_file=best_prompt.txt").returncode == 0
