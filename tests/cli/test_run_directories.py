"""Run directories used again, by two at once, in nested sweeps, on a budget that is damaged. The endpoint counts."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint
from goldloop_process import Goldloop

pytestmark = [pytest.mark.uncovered]


def model(endpoint: Endpoint, *more: str) -> list[str]:
    words = ["provider=openai", "provider.model=fake-model", f"provider.base_url={endpoint.url}", "tracker=none"]
    return [*words, *more]


def result(run: Path) -> dict[str, Any]:
    return json.loads((run / "result.json").read_text())


def until_asked(endpoint: Endpoint, calls: int, running: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 180
    while len(endpoint.requests) < calls:
        assert time.monotonic() < deadline and running.poll() is None, running.communicate()
        time.sleep(0.01)


def ended(process: "subprocess.Popen[str]", sent: signal.Signals) -> str:
    process.send_signal(sent)
    return process.communicate(timeout=120)[1]


def damaged(folder: Path) -> None:
    for path in (folder / ".budget").glob("spent*"):
        path.write_bytes(bytes(512))


def refused_in_a_line(done: "subprocess.CompletedProcess[str]", *shown: str) -> None:
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [words for words in shown if words not in done.stderr] == [], done.stderr


def test_a_finished_run_is_not_another_one(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = model(endpoint, "epochs=0", "hydra.run.dir=here")
    assert goldloop(*words).returncode == 0
    log = (goldloop.directory / "here/goldloop.log").read_bytes()
    asked, before = len(endpoint.requests), (goldloop.directory / "here/result.json").read_bytes()
    again = goldloop(*words, "provider.concurrency=2")
    assert again.returncode == 0 and "here/ is finished already" in again.stdout
    refused_in_a_line(goldloop(*words, "seed=7", "provider.model=two"), "seed: 1 then, 7 now", "fake-model then, two")
    refused_in_a_line(goldloop("-m", "seed=1,2", *words, "hydra.sweep.dir=here"), "the directory of a run")
    assert len(endpoint.requests) == asked
    assert (goldloop.directory / "here/result.json").read_bytes() == before
    assert (goldloop.directory / "here/goldloop.log").read_bytes() == log
    assert not (goldloop.directory / "here/.running").exists()


def test_an_interrupted_run_goes_on_as_it_was_begun_and_in_no_other_way(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = model(endpoint, "epochs=1", "hydra.run.dir=here", "controls=false")
    endpoint.fault = lambda body, number: (401, {"error": {"message": "expired"}}, {}) if number > 20 else None
    assert goldloop(*words).returncode == 2
    endpoint.fault = None
    asked, config = len(endpoint.requests), (goldloop.directory / "here/.hydra/config.yaml").read_bytes()
    other = [word for word in words if word != "controls=false"]
    refused_in_a_line(goldloop(*other), "controls: False then, True now", "goldloop resume=here")
    assert len(endpoint.requests) == asked
    assert (goldloop.directory / "here/.hydra/config.yaml").read_bytes() == config
    done = goldloop(*words, "provider.concurrency=2")
    assert done.returncode == 0, done.stderr
    assert "identical" in goldloop("reproduce", "here").stdout


def test_a_sweep_is_not_another_one(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = ["-m", *model(endpoint, "epochs=0", "hydra.sweep.dir=sw")]
    assert goldloop(*words, "seed=1,2").returncode == 0
    asked = len(endpoint.requests)
    told = goldloop(*words, "seed=1,2", "optimizer=none")
    refused_in_a_line(told, "optimizer: not set then, none now", "goldloop resume=sw")
    refused_in_a_line(goldloop(*words, "seed=1,3"), "seed: 1,2 then, 1,3 now")
    refused_in_a_line(goldloop(*model(endpoint), "hydra.run.dir=sw"), "the directory of a sweep")
    assert len(endpoint.requests) == asked and "jobs finished" not in told.stdout
    again = goldloop(*words, "seed=1,2")
    assert again.returncode == 0 and again.stdout.count("is finished already") == 2
    assert "sw/: 2 of 2 jobs finished" in again.stdout


def test_jobs_that_would_share_a_folder_are_refused(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = ["-m", *model(endpoint, "epochs=0", "hydra.sweep.dir=sw"), "seed=1,2"]
    done = goldloop(*words, "hydra.sweep.subdir=${study}")
    assert done.returncode == 2 and "seed: 1 then, 2 now" in done.stderr
    assert result(goldloop.directory / "sw/optimize")["seed"] == 1
    done = goldloop(*words, "hydra.sweep.dir=other", "hydra.sweep.subdir=../elsewhere")
    assert done.returncode == 2 and "hydra.sweep.subdir" in done.stderr


def test_two_processes_do_not_run_in_one_directory(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 2.0
    words = model(endpoint, "epochs=9", "provider.concurrency=2", "hydra.run.dir=here", "journal.mode=off")
    running = goldloop.start(*words)
    until_asked(endpoint, 4, running)
    for second in (["resume=here"], words):
        refused_in_a_line(goldloop(*second), f"here is being run by process {running.pid}")
    ended(running, signal.SIGKILL)
    endpoint.delay = 0.0
    done = goldloop("resume=here")
    assert done.returncode == 0, done.stderr
    keys = [json.loads(line)["key"] for line in (goldloop.directory / "here/journal.jsonl").read_text().splitlines()]
    assert len(keys) == len(set(keys))
    assert "identical" in goldloop("reproduce", "here").stdout


def test_a_sweep_that_lives_or_has_a_living_job_is_not_resumed(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 2.0
    sweep = goldloop.start(
        "-m", *model(endpoint, "epochs=9", "hydra.sweep.dir=sw", "provider.concurrency=2", "seed=1,2")
    )
    until_asked(endpoint, 4, sweep)
    refused_in_a_line(goldloop("resume=sw"), f"sw is being run by process {sweep.pid}")
    refused_in_a_line(goldloop("resume=sw/0"), f"sw/0 is being run by process {sweep.pid}")
    told = ended(sweep, signal.SIGINT)
    assert sweep.returncode == 130
    assert "goldloop resume=sw goes on with it" in told and "sw/0" not in told
    asked = len(endpoint.requests)
    job = goldloop.start("resume=sw/0")
    until_asked(endpoint, asked + 2, job)
    refused_in_a_line(goldloop("resume=sw"), f"sw/0 is being run by process {job.pid}")
    assert "goldloop resume=sw/0 goes on with it" in ended(job, signal.SIGINT)


def test_two_do_not_go_on_with_one_label_run(goldloop: Goldloop, endpoint: Endpoint) -> None:
    run = goldloop(*model(endpoint, "epochs=0")).stdout.splitlines()[-1]
    rows = [{"id": str(number), "text": f"a text, {number}"} for number in range(80)]
    (goldloop.directory / "texts.json").write_text(json.dumps(rows))
    endpoint.delay, asked = 2.0, len(endpoint.requests)
    words = ["label", run, "dataset=file", "dataset.path=texts.json", "provider.concurrency=1"]
    running = goldloop.start(*words)
    until_asked(endpoint, asked + 2, running)
    [place] = [path.parent for path in goldloop.directory.glob("outputs/*/*/labels.jsonl")]
    resume = ["label", f"resume={place.relative_to(goldloop.directory)}"]
    refused_in_a_line(goldloop(*resume), f"is being run by process {running.pid}")
    told = ended(running, signal.SIGTERM)
    assert running.returncode == 143 and "Traceback" not in told
    assert (result(place)["status"], result(place)["stop_reason"]) == ("stopped", "SIGTERM")
    endpoint.delay = 0.0
    done = goldloop(*resume)
    assert done.returncode == 0, done.stderr
    assert len((place / "labels.jsonl").read_text().splitlines()) == len(rows)


def test_sigterm_ends_a_run_as_ctrl_c_does(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 0.2
    running = goldloop.start(*model(endpoint, "epochs=99", "provider.concurrency=4", "hydra.run.dir=here"))
    until_asked(endpoint, 20, running)
    told = ended(running, signal.SIGTERM)
    assert running.returncode == 143
    assert (
        told
        == "goldloop: what was done is in here/; goldloop resume=here goes on with it\ngoldloop: stopped by SIGTERM\n"
    )
    found = result(goldloop.directory / "here")
    assert (found["status"], found["stop"]["kind"], found["stop_reason"]) == ("stopped", "interrupted", "SIGTERM")


def test_sigterm_ends_a_run_that_was_put_into_the_background(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 0.2
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = Goldloop(goldloop.directory, forked=False)
        running = process.start(*model(endpoint, "epochs=99", "provider.concurrency=4", "hydra.run.dir=here"))
    finally:
        signal.signal(signal.SIGINT, before)
    until_asked(endpoint, 20, running)
    told = ended(running, signal.SIGTERM)
    assert running.returncode == 143 and "Traceback" not in told, told
    assert result(goldloop.directory / "here")["stop_reason"] == "SIGTERM"


def test_a_sweep_in_nested_folders_has_one_budget_and_goes_on(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.any_model = True
    words = ["-m", *model(endpoint, "hydra.sweep.dir=sw", "epochs=5", "optimizer=demos", "budget.calls=90")]
    nested = ["provider.model=meta/one,meta/two", "seed=1,2", "hydra.sweep.subdir=${provider.model}/${seed}"]
    done = goldloop(*words, *nested)
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) <= 90
    runs = [goldloop.directory / "sw/meta" / one for one in ("one/1", "one/2", "two/1", "two/2")]
    assert [result(run)["calls"]["provider"] > 0 for run in runs] == [True] * 4
    assert [path.parent.name for path in goldloop.directory.rglob(".budget")] == ["sw"]
    assert "share of it, 22, is spent" in result(runs[0])["stop_reason"]
    asked = len(endpoint.requests)
    damaged(goldloop.directory / "sw")
    again = goldloop("resume=sw")
    assert again.returncode == 0, again.stderr
    assert len(endpoint.requests) <= 90
    more = goldloop("resume=sw/meta/one/1", "budget.calls=120")
    assert more.returncode == 0, more.stderr
    assert asked < len(endpoint.requests) <= 120


def test_no_job_of_a_sweep_takes_the_budget_of_the_others(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = ["-m", *model(endpoint, "hydra.sweep.dir=sw", "epochs=9", "optimizer=demos,none,demos", "budget.calls=300")]
    done = goldloop(*words, "journal.mode=off")
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) <= 300
    first, small, last = (result(goldloop.directory / "sw" / name) for name in "012")
    assert first["calls"]["provider"] <= 100 and first["stop"]["share"] == 100 and first["decision"]
    assert small["status"] == "finished" and small["calls"]["provider"] == 66
    assert last["status"] == "finished" and last["calls"]["provider"] == 134  # what the second left is its


def test_swept_budgets_are_each_jobs_own(goldloop: Goldloop, endpoint: Endpoint) -> None:
    words = model(endpoint, "hydra.sweep.dir=sw", "epochs=9", "optimizer=demos", "journal.mode=off")
    done = goldloop("-m", *words, "budget.calls=100,120")
    assert done.returncode == 0, done.stderr
    spent = [json.loads((goldloop.directory / f"sw/{job}/.budget/spent.json").read_text())["calls"] for job in "01"]
    assert spent[0] <= 100 < spent[1] <= 120 and sum(spent) == len(endpoint.requests)


@pytest.mark.parametrize("place", ["run", "sweep", "label"])
def test_a_damaged_budget_does_not_start_at_nothing(goldloop: Goldloop, endpoint: Endpoint, place: str) -> None:
    words = model(endpoint, "epochs=9", "budget.calls=40", "journal.mode=off", "controls=false")
    if place == "run":
        first, where = goldloop(*words, "hydra.run.dir=here"), goldloop.directory / "here"
    elif place == "sweep":
        first, where = goldloop("-m", *words, "seed=1,2", "hydra.sweep.dir=here"), goldloop.directory / "here"
    else:
        run = goldloop(*model(endpoint, "epochs=0")).stdout.splitlines()[-1]
        rows = [{"id": str(number), "text": f"a text, {number}"} for number in range(80)]
        (goldloop.directory / "texts.json").write_text(json.dumps(rows))
        endpoint.requests.clear()
        first = goldloop("label", run, "dataset=file", "dataset.path=texts.json", "budget.calls=40")
        [where] = [path.parent for path in goldloop.directory.glob("outputs/*/*/labels.jsonl")]
    assert first.returncode == 0, first.stderr
    assert 20 < len(endpoint.requests) <= 40
    damaged(where)
    resume = f"resume={where.relative_to(goldloop.directory)}"
    again = goldloop(*(["label"] if place == "label" else []), resume)
    assert again.returncode in {0, 2} and "Traceback" not in again.stderr
    assert len(endpoint.requests) <= 40


def test_four_processes_killed_and_resumed_never_take_more_than_the_budget(
    goldloop: Goldloop, endpoint: Endpoint
) -> None:
    endpoint.delay = 0.05
    words = ["-m", *model(endpoint, "hydra.sweep.dir=sw", "epochs=9", "budget.calls=200", "provider.concurrency=2")]
    launched = ["hydra/launcher=processes", "hydra.launcher.n_jobs=4", "optimizer=demos", "seed=1,2,3,4"]
    process = Goldloop(goldloop.directory, covered=False, forked=False)
    running = process.start(*words, *launched, "hydra.sweep.subdir=a/b${seed}")
    until_asked(endpoint, 40, running)
    ended(running, signal.SIGKILL)  # its pipes close only when its workers are gone too
    first = goldloop.directory / "sw/.budget/spent.json"
    assert json.loads(first.read_text())["calls"] >= len(endpoint.requests) - 1  # one may just have been taken back
    first.write_bytes(b"")
    again = process.start("resume=sw")
    until_asked(endpoint, len(endpoint.requests) + 20, again)
    ended(again, signal.SIGKILL)
    damaged(goldloop.directory / "sw")  # both copies
    done = process("resume=sw")
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) <= 200
    taken = [result(path)["calls"]["provider"] for path in sorted(goldloop.directory.glob("sw/a/b*"))]
    assert len(taken) == 4 and min(taken) >= 30  # what was under way when they were killed is lost
