"""goldloop as people run it: a process in a directory, its exit code, its files, its words."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from endpoint import Endpoint
from goldloop_process import Goldloop
from paths import ROOT
from process_runs import model, result, runs, wandb_records, wandb_summary

GOLD = ROOT / "runner/datasets/customer_intents/gold.jsonl"


@pytest.mark.wandb
def test_a_run_improves_the_prompt_and_leaves_its_directory(goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = goldloop(*model(endpoint))
    assert done.returncode == 0, done.stderr
    [run] = runs(goldloop.directory)
    found = result(run)
    assert found["status"] == "finished"
    assert found["best"]["test"] > found["initial"]["test"]
    assert found["decision"]["verdict"] == "better"
    assert found["calls"]["total"] == len(endpoint.requests)
    assert done.stdout.splitlines()[-1] == f"{run.relative_to(goldloop.directory)}/"
    assert {path.name for path in run.iterdir()} == {
        ".hydra", "best_prompt.txt", "data.json.gz", "epochs.jsonl", "goldloop.log", "initial_prompt.txt",
        "journal.jsonl", "predictions.jsonl", "report.html", "result.json", "wandb",
    }  # fmt: skip
    assert "What the labels mean" in (run / "best_prompt.txt").read_text()
    assert len((run / "epochs.jsonl").read_text().splitlines()) == 2


def test_the_saved_configuration_runs_again_to_the_same_result(goldloop: Goldloop, endpoint: Endpoint) -> None:
    assert goldloop(*model(endpoint), "seed=5", "tracker=none").returncode == 0
    [first] = runs(goldloop.directory)
    again = goldloop("--config-path", str(first / ".hydra"), "--config-name", "config", f"hydra.run.dir={first}-again")
    assert again.returncode == 0, again.stderr
    second = Path(f"{first}-again")
    assert (first / "best_prompt.txt").read_text() == (second / "best_prompt.txt").read_text()
    assert (first / "epochs.jsonl").read_text() == (second / "epochs.jsonl").read_text()
    same = ("initial", "best", "metrics", "decision", "failures", "dataset_sha256")
    assert {key: result(first)[key] for key in same} == {key: result(second)[key] for key in same}
    assert result(second)["calls"]["provider"] == 0  # the shared journal knew every call


@pytest.mark.wandb
def test_a_sweep_gives_a_directory_a_job_and_one_wandb_group(goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = goldloop("-m", "optimizer=none,rewrite,demos", "seed=1,2", *model(endpoint))
    assert done.returncode == 0, done.stderr
    found = runs(goldloop.directory)
    assert [run.name for run in found] == list("012345")
    [sweep] = {run.parent for run in found}
    shown = sweep.relative_to(goldloop.directory)
    assert done.stdout.splitlines()[-1] == f"{shown}/: 6 of 6 jobs finished; goldloop compare {shown} ranks them"
    groups, ids = [], set()
    for run in found:
        [header] = [record.run for record in wandb_records(run) if record.HasField("run")]
        groups.append(header.run_group)
        ids.add(header.run_id)
        assert header.display_name == run.name
        summary = wandb_summary(run)
        assert summary["best/test"] == result(run)["best"]["test"]
        assert summary["status"] == "finished"
    assert set(groups) == {sweep.name}
    assert len(ids) == 6
    sealed = [
        sorted(json.loads(line)["id"] for line in (run / "predictions.jsonl").read_text().splitlines()) for run in found
    ]
    assert all(items == sealed[0] for items in sealed)


def test_a_job_that_fails_leaves_its_traceback_and_the_others_go_on(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / "mine.py").write_text(
        "class Sometimes:\n    def __init__(self, at: int) -> None:\n        self.at = at\n"
        "    async def run(self, bench):\n        if self.at == 2:\n            raise RuntimeError('a bug of mine')\n"
        "        return\n        yield\n"
    )
    words = ["optimizer=none", "optimizer._target_=mine.Sometimes", "+optimizer.at=1,2,3", "tracker=none"]
    done = goldloop("--trust", "mine", "-m", *words, *model(endpoint))
    assert done.returncode == 1
    found = runs(goldloop.directory)
    assert [result(run)["status"] for run in found] == ["finished", "failed", "finished"]
    assert "RuntimeError: a bug of mine" in (found[1] / "goldloop.log").read_text()
    assert "Traceback" in (found[1] / "goldloop.log").read_text()
    assert "a bug of mine" in result(found[1])["stop_reason"]
    assert "/: 2 of 3 jobs finished; goldloop compare outputs/" in done.stdout.splitlines()[-1]


def test_the_tutorial_runs_item_for_item(goldloop: Goldloop, endpoint: Endpoint) -> None:
    rows = [json.loads(line) for line in GOLD.read_text().splitlines()]
    tasks = [
        {
            "id": row["id"],
            "data": {"dialogue": row["dialogue"]},
            "annotations": [{"ground_truth": True, "result": [
                {"from_name": "prompt", "type": "textarea", "value": {"text": ["Classify."]}},
                {"from_name": "intents", "type": "choices", "value": {"choices": row["labels"]}},
            ]}],
        }
        for row in rows
    ]  # fmt: skip
    (goldloop.directory / "gold.json").write_text(json.dumps(tasks))
    done = goldloop("experiment=tutorial", "dataset.path=gold.json", *model(endpoint)[1:])
    assert done.returncode == 0, done.stderr
    [run] = runs(goldloop.directory)
    found = result(run)
    assert (found["split"], found["sealed"], found["epochs"]) == ("none", False, 3)
    assert found["calls"]["total"] == len(endpoint.requests) == 4 * 60 + 3
    labelling = [body for body in endpoint.requests if body["messages"][-1]["content"] in endpoint.answers]
    assert {body["temperature"] for body in labelling} == {0.0}
    assert {body["temperature"] for body in endpoint.requests if body not in labelling} == {0.7}
    for number in (1, 2, 3):
        assert re.search(rf"^Epoch {number}: coverage 0\.\d\d, precision [01]\.\d\d, F1 0\.\d\d$", done.stdout, re.M)
    assert (run / "optimized_prompt.txt").read_text().startswith("Be careful.\nBe careful.\nBe careful.")
    assert "No items were sealed" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dataset=file", "dataset.path=nowhere.json"], "no file nowhere.json"),
        (["dataset=file", "dataset.path=empty.json"], "has nothing to learn from: it has no rows"),
        (["dataset=file", "dataset.path=notext.json"], "row 1: no text"),
        (["dataset=file", "dataset.path=good.json", "dataset.labels=[Red]"], "gold label 'Blue' is not in the label"),
        (["dataset=file", "dataset.path=good.json", "dataset.labels=[]"], "the label list is empty"),
        (["dataset=file", "dataset.path=twice.json"], "the id 'a' stands in row 1 already"),
        (["dataset=file", "dataset.path=good.json"], "are too few for"),
        (["prompt_file=latin.txt"], "prompt_file: latin.txt is not UTF-8"),
        (["provider=openai"], "OPENAI_API_KEY is not set"),
        (["provider=openai", "provider.base_url=http://127.0.0.1:9/v1"], "cannot be reached"),
        (
            ["provider=openai", "provider.base_url=localhost:9/v1"],
            "base_url=localhost:9/v1: http:// or https:// is miss",
        ),
        (["optimise"], "there is no command 'optimise': did you mean optimize?"),
        (["provider.api_key=sk-12345678901"], "holds a secret"),
        (["provider@rewriter=null"], "provider@rewriter=null: a group takes the name of an option, or is left out"),
        (["--epochs", "3"], "there is no --epochs: options are written without dashes, epochs=VALUE"),
        (["dataset=file", "dataset.path=a (1), b.csv"], "it is typed as 'dataset.path=\"a (1), b.csv\"'"),
        (["dataset=file", "dataset.path=~/a.csv"], "it is typed as 'dataset.path=\"~/a.csv\"'"),
    ],
    ids=lambda value: " ".join(value)[-44:] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_exit_code_2(goldloop: Goldloop, words: list[str], message: str) -> None:
    good = [{"id": "a", "text": "x", "labels": ["Red"]}, {"id": "b", "text": "y", "labels": ["Blue"]}]
    files = {"empty": [], "notext": [{"labels": ["Red"]}], "good": good, "twice": [good[0], good[0]]}
    for name, rows in files.items():
        (goldloop.directory / f"{name}.json").write_text(json.dumps(rows))
    (goldloop.directory / "latin.txt").write_bytes(b"caf\xe9")
    done = goldloop(*words, "tracker=none")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("goldloop: error: ")
    assert message in line
    assert "Traceback" not in done.stdout
    if "provider=openai" not in words:  # the run never began
        assert runs(goldloop.directory) == []
        assert list(goldloop.directory.glob("outputs/*/*")) == []


def test_a_folder_that_cannot_be_made_is_told_in_a_line(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / "outputs").write_text("a file")
    for more in ([], ["-m", "seed=1,2"]):
        done = goldloop(*model(endpoint), *more)
        assert done.returncode == 2
        assert "outputs" in done.stderr and "written (Not a directory)" in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
    assert endpoint.requests == []


def test_what_the_data_and_the_prompt_leave_open_is_told_before_the_first_call(
    goldloop: Goldloop, endpoint: Endpoint
) -> None:
    rows = [{"id": f"r{n}", "text": f"text {n}", "labels": [["Red"], ["Blue"]][n % 2]} for n in range(20)]
    rows += [
        {"id": "again", "text": "text 0", "labels": ["Blue"]},
        {"id": "same", "text": "text 1", "labels": ["Blue"]},
    ]
    (goldloop.directory / "gold.json").write_text(json.dumps(rows))
    (goldloop.directory / "prompt.txt").write_text("Say red or another colour.")
    done = goldloop(*model(endpoint), "dataset=file", "dataset.path=gold.json", "prompt_file=prompt.txt", "epochs=0")
    assert done.returncode == 0, done.stderr
    before = done.stdout.split("initial prompt: reward")[0]
    assert "2 rows that repeat an earlier text are left out" in before
    assert "the gold of 'again' is not that of an earlier row" in before
    assert "WARNING: the initial prompt does not name the labels 'Blue'; nothing is added to it" in before


def test_a_test_part_of_ones_own_is_what_is_sealed_and_replays_without_its_file(
    goldloop: Goldloop, endpoint: Endpoint
) -> None:
    parts = ["train", "test", "train"]
    rows = [
        {"id": f"r{n}", "text": f"text {n}", "labels": [["Red"], ["Blue"]][n % 2], "part": parts[n % 3]}
        for n in range(30)
    ]
    file = goldloop.directory / "gold.json"
    file.write_text(json.dumps(rows))
    own = [*model(endpoint), "dataset=file", "dataset.path=gold.json", "dataset.split_field=part", "tracker=none"]
    done = goldloop(*own, "epochs=1", "seed=3")
    assert done.returncode == 0, done.stderr
    assert "30 gold items: reflect 10, select 10, test 10 (sealed)" in done.stdout
    run = goldloop.directory / done.stdout.splitlines()[-1]
    judged = [json.loads(line)["id"] for line in (run / "predictions.jsonl").read_text().splitlines()]
    assert judged == [row["id"] for row in rows if row["part"] == "test"]
    file.unlink()
    assert "identical" in goldloop("reproduce", str(run)).stdout
    file.write_text(json.dumps([{**row, "part": "train"} for row in rows]))
    none = goldloop(*own)
    assert none.returncode == 2
    assert none.stderr == "goldloop: error: split: 0 gold items are marked as test, and it takes 1\n"


def test_a_prompt_of_a_run_is_not_judged_silently_on_items_that_its_search_saw(
    goldloop: Goldloop, endpoint: Endpoint
) -> None:
    first = goldloop(*model(endpoint), "epochs=0")
    found = f"prompt_file={first.stdout.splitlines()[-1]}best_prompt.txt"
    warning = "sealed items were seen by the search that found the initial prompt"
    assert warning not in goldloop(*model(endpoint), "epochs=0", found).stdout
    told = goldloop(*model(endpoint), "epochs=0", found, "split={reflect:9,select:9,test:42}").stdout
    assert f"WARNING: 18 of the 42 {warning}" in told


def test_a_wrong_key_and_an_unknown_model_are_asked_once(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.key = "the right one"
    wrong = goldloop(*model(endpoint), "provider.concurrency=1", "tracker=none", OPENAI_API_KEY="the-wrong-key")
    assert wrong.returncode == 2
    assert "refused the key: check the key in OPENAI_API_KEY" in wrong.stderr
    assert "the-wrong-key" not in wrong.stderr + wrong.stdout
    assert len(endpoint.requests) == 1
    endpoint.key = None
    unknown = goldloop(*model(endpoint), "provider.model=nonesuch", "provider.concurrency=1", "tracker=none")
    assert unknown.returncode == 2
    assert "has no model 'nonesuch'" in unknown.stderr
    assert len(endpoint.requests) == 2


def test_ctrl_c_keeps_the_best_prompt_and_says_stopped(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 0.2
    running = goldloop.start(*model(endpoint), "tracker=none", "epochs=99", "provider.concurrency=4")
    deadline = time.monotonic() + 60
    while not list(goldloop.directory.glob("outputs/*/*/best_prompt.txt")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in error
    [run] = runs(goldloop.directory)
    assert result(run)["status"] == "stopped"
    assert result(run)["best"]["select"] is not None
    assert "There is no verdict." in (run / "report.html").read_text()


def test_a_bug_is_a_traceback_and_exit_code_1(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / "mine.py").write_text(
        "class Broken:\n    async def run(self, bench):\n        raise KeyError('oh')\n        yield\n"
    )
    words = ["--trust", "mine", "optimizer=none", "optimizer._target_=mine.Broken", "tracker=none"]
    done = goldloop(*words, *model(endpoint))
    assert done.returncode == 1
    assert "KeyError: 'oh'" in done.stderr
    assert "mine.py" in done.stderr


def test_a_directory_that_was_there_is_never_taken_away(goldloop: Goldloop) -> None:
    (goldloop.directory / "mine").mkdir()
    (goldloop.directory / "mine/precious.txt").write_text("gold")
    for place in (".", "mine"):
        done = goldloop(f"hydra.run.dir={place}", "dataset=file", "dataset.path=nowhere.json")
        assert done.returncode == 2
    assert (goldloop.directory / "mine/precious.txt").read_text() == "gold"
    assert [path.name for path in goldloop.directory.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "text",
    [
        "hydra:\n  callbacks:\n    x:\n      _target_: evil.C\n",
        "hydra:\n  job_logging:\n    handlers:\n      x:\n        (): evil.C\n",
        "hydra:\n  sweeper:\n    _target_: evil.C\n",
        "hydra:\n  job_logging:\n    handlers:\n      x:\n        class: evil.C\n",
    ],
    ids=["callback", "logging factory", "sweeper", "logging class"],
)
def test_hydras_own_part_of_a_configuration_runs_no_strange_code(goldloop: Goldloop, text: str) -> None:
    folder = goldloop.directory / "theirs/experiment"
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text(f"# @package _global_\n{text}")
    (goldloop.directory / "evil.py").write_text("open('ran', 'w').close()\nclass C:\n    pass\n")
    done = goldloop("--config-dir", "theirs", "experiment=x", "optimizer=none")
    assert done.returncode == 2
    assert "'evil.C' is not part of Hydra" in done.stderr
    assert not (goldloop.directory / "ran").exists()


def test_options_may_stand_on_both_sides_of_a_flag(goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = goldloop(model(endpoint)[0], "-m", *model(endpoint)[1:], "seed=1,2", "optimizer=none", "tracker=none")
    assert done.returncode == 0, done.stderr
    assert len(runs(goldloop.directory)) == 2
    refused = goldloop("provider=openai", "-m", "provider.api_key=abc")
    assert "holds a secret" in refused.stderr


def test_help_shows_groups_options_and_three_examples(goldloop: Goldloop) -> None:
    for words in (["--help"], ["optimize", "--help"], ["help"]):
        done = goldloop(*words)
        assert done.returncode == 0
        assert done.stdout.startswith("goldloop optimize - improve a labelling prompt")
        assert len(re.findall(r"^  goldloop", done.stdout, re.M)) == 3
    assert goldloop("--version").stdout.startswith("goldloop 0.")
    assert not (goldloop.directory / "outputs").exists()


def test_whoever_reads_the_beginning_only_gets_no_traceback(goldloop: Goldloop) -> None:
    shell = f"{shlex.join([sys.executable, '-m', 'runner', '--help'])} | head -1"
    done = subprocess.run(shell, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S602
    assert done.stdout.startswith("goldloop optimize") and done.stderr == ""
