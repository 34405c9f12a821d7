"""The search benchmark itself: calls are counted and ended, replies remembered, runs resumed, figures written."""

import json
import runpy
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import ANY
from urllib.error import HTTPError

import pytest
from aiohttp.test_utils import TestClient, TestServer
from endpoint import Endpoint, Running
from paths import ROOT

from runner.datasets.sample import Sample

sys.path.insert(0, str(ROOT / "tests" / "benchmarks" / "search"))
import gate as gate_module  # type: ignore[import-not-found]
import report  # type: ignore[import-not-found]
import results  # type: ignore[import-not-found]
import tasks  # type: ignore[import-not-found]

HERE = ROOT / "tests" / "benchmarks" / "search"


@pytest.fixture
def model() -> Iterator[Endpoint]:
    answers = {item.text: list(item.gold or ()) for item in Sample().load().items}
    with Running(Endpoint(answers, any_model=True)) as running:
        yield running


@pytest.fixture
def gate(model: Endpoint, tmp_path: Path) -> Iterator[str]:
    with gated(model, tmp_path) as url:
        yield url


class gated:
    """The counting endpoint before ``model``, in a process of its own."""

    def __init__(self, model: Endpoint, folder: Path) -> None:
        cache, places = ["--cache", str(folder / "replies.sqlite")], ["--at-once", "4", "--slots", "8"]
        words = [sys.executable, str(HERE / "gate.py"), "--upstream", model.url, *cache, *places]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> str:
        assert self._process.stdout
        return f"http://127.0.0.1:{self._process.stdout.readline().strip()}"

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate()


def ask(gate: str, key: str, text: str = "a", **more: Any) -> Any:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **more}
    return post(f"{gate}/v1/chat/completions", body, key)


def post(url: str, body: Any, key: str) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def counts(gate: str, key: str) -> Any:
    with urllib.request.urlopen(f"{gate}/counts?key={key}", timeout=30) as reply:
        return json.load(reply)


def test_a_call_too_many_is_refused_however_many_come_at_once(gate: str, model: Endpoint) -> None:
    post(f"{gate}/open", {"a:labeller": 10}, "")

    def one(number: int) -> int:
        try:
            ask(gate, "a:labeller", f"text {number}", temperature=0)
        except HTTPError as refused:
            assert json.load(refused)["error"]["code"] == "budget_spent"
            return refused.code
        return 200

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(one, range(30)))
    assert (answers.count(200), answers.count(402)) == (10, 20)
    row = counts(gate, "a:labeller")
    assert (row["calls"], row["refused"], len(model.requests)) == (10, 20, 10)


def test_greedy_replies_are_shared_and_counted_sampled_ones_are_a_runs_own(gate: str, model: Endpoint) -> None:
    for key in ("a:labeller", "a:labeller", "b:labeller"):
        ask(gate, key, temperature=0)
    assert (len(model.requests), counts(gate, "a:labeller")["calls"], counts(gate, "b:labeller")["calls"]) == (1, 2, 1)
    for key in ("a:rewriter", "a:rewriter", "b:rewriter"):
        ask(gate, key, temperature=0.7)
    seeds = [request["seed"] for request in model.requests[1:]]
    assert len(set(seeds)) == 3
    post(f"{gate}/open", {"a:rewriter": None}, "")  # the run begins again: the same two, from memory
    ask(gate, "a:rewriter", temperature=0.7)
    ask(gate, "a:rewriter", temperature=0.7)
    assert len(model.requests) == 4


async def test_a_call_that_does_not_reach_the_model_is_told_from_one_that_it_refuses() -> None:
    counting = gate_module.Gate("http://127.0.0.1:1/v1", ":memory:", 1, 1, tries=0)
    async with TestClient(TestServer(counting.app())) as client:
        body = {"messages": [{"role": "user", "content": "a"}], "temperature": 0}
        answer = await client.post("/v1/chat/completions", json=body, headers={"Authorization": "Bearer a:labeller"})
        assert answer.status == 502
        row = await (await client.get("/counts?key=a:labeller")).json()
    assert (row["calls"], row["refused"], row["unreachable"]) == (1, 0, 1)


def test_a_run_that_goes_back_to_a_prompt_finds_the_slot_that_has_read_it(model: Endpoint, tmp_path: Path) -> None:
    used = Counter[tuple[str, int]]()
    with gated(model, tmp_path) as url:
        for item in range(3):
            for prompt in ("one", "another"):
                post(
                    f"{url}/v1/chat/completions",
                    {"messages": [{"role": "user", "content": f"{prompt * 40} {item}"}], "temperature": 0},
                    "a:labeller",
                )
                used[prompt, model.requests[-1]["id_slot"]] += 1
    assert sorted(used.values()) == [3, 3] and len({slot for _, slot in used}) == 2


def test_a_model_that_is_being_loaded_is_waited_for(gate: str, model: Endpoint) -> None:
    model.fault = lambda body, number: (503, {"error": {"message": "Loading model"}}, {}) if number == 1 else None
    ask(gate, "a:labeller", temperature=0)
    row = counts(gate, "a:labeller")
    assert (row["calls"], row["unreachable"], len(model.requests)) == (1, 0, 2)


def test_a_search_that_lost_calls_is_no_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = runpy.run_path(str(HERE / "__main__.py"), run_name="benchmark")
    out = tmp_path / "demos.1.80.driver"

    def lost(*args: object, **more: object) -> SimpleNamespace:
        out.write_text(json.dumps({"counts": {"labeller": {"unreachable": 2}, "rewriter": {"unreachable": 0}}}))
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setitem(program["driven"].__globals__, "post", lambda *args: {})
    monkeypatch.setattr(subprocess, "run", lost)
    with pytest.raises(RuntimeError) as told:
        program["driven"]("demos", out.with_suffix(".job"), out, "", SimpleNamespace(calls=80, rewriter=4))
    assert "2 of its calls" in str(told.value)
    assert "stamp" not in out.read_text()  # and so it is made again


def benchmark(model: Endpoint, folder: Path, *more: str) -> Any:
    """The benchmark's program, with results in ``folder``."""
    words = [
        "--data",
        "sample",
        "--tools",
        "demos,rewrite",
        "--calls",
        "80",
        "--rewriter",
        "4",
        "--upstream",
        model.url,
        *more,
    ]
    program = f"""
import runpy, sys, pathlib
sys.path[:0] = [{str(HERE)!r}, {str(ROOT)!r}]
import results
results.ROOT = pathlib.Path({str(folder)!r})
results.ours = lambda tool: tool in ("demos", "rewrite")
space = runpy.run_path({str(HERE / "__main__.py")!r}, run_name="benchmark")
space["main"].__globals__["OUT"] = pathlib.Path({str(folder)!r}) / "outputs"
sys.argv = ["search", *{words!r}]
space["main"]()
"""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)


def test_it_measures_resumes_and_writes_its_page(model: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/benchmarks.md").write_text("# Benchmarks\n\nother things\n")
    done = benchmark(model, tmp_path)
    assert done.returncode == 0, done.stderr
    asked = len(model.requests)
    row = json.loads((tmp_path / "outputs/sample/demos.1.80.json").read_text())
    assert row["counts"]["labeller"]["calls"] <= 80
    assert row["counts"]["rewriter"]["calls"] == 0
    assert (len(row["select"]), len(row["test"])) == (17, 24)
    page = (tmp_path / "docs/benchmarks.md").read_text()
    assert "other things" in page
    assert "| **demos** |" in page
    kept = (tmp_path / "docs/search.json").read_text()
    test_texts = [item["text"] for item in tasks.make("sample", 1)[1]]
    assert not [text for text in test_texts if text[:40] in kept]
    stopped = tmp_path / "outputs/sample/rewrite.1.80.json"
    row = json.loads(stopped.read_text())
    program = runpy.run_path(str(HERE / "__main__.py"), run_name="benchmark")
    searched = {**row, "stopped": "before its prompt was proved", "stamp": f"{program['code']()} 4"}
    stopped.with_suffix(".driver").write_text(json.dumps(searched))
    stopped.unlink()
    others = [row for row in json.loads(kept) if row["tool"] != "rewrite"]
    (tmp_path / "docs/search.json").write_text(json.dumps(others))
    again = benchmark(model, tmp_path, "--again")
    assert again.returncode == 0, again.stderr
    assert [line for line in again.stdout.splitlines() if line.startswith("sample, demos, seed 1") and "same" in line]
    assert len(model.requests) == asked
    assert (tmp_path / "docs/benchmarks.md").read_text() == page
    assert json.loads(stopped.read_text()) == {**searched, "wall": ANY}


def test_the_table_pairs_by_item_and_tells_ours_from_peers() -> None:
    def row(tool: str, select: float, test: list[float], **more: Any) -> Any:
        return {
            **{"data": "sample", "tool": tool, "seed": 1, "budget": [100, 9], "select": [select] * 4, "test": test},
            **{"calls": {"labeller": 100, "rewriter": 3}, "trace": [{"labeller": 90, "rewriter": 1, "best": 0.7}]},
            **more,
        }

    started = {"data": "sample", "tool": "initial prompt", "seed": 1, "select": [0.5] * 4}
    slow = row("demos", 0.9, [1.0], calls={"labeller": 101})
    assert [results.after(slow, mark, {1: started}) for mark in (89, 90, 100, 101)] == [0.5, 0.7, 0.7, 0.9]
    start = {**row("initial prompt", 0.5, [0.0] * 12), "trace": []}
    rows = [start, row("demos", 0.9, [1.0] * 12, winners_curse=0.1), row("GEPA package", 0.6, [0.0, 0.5] * 6)]
    text = report.section(rows)
    assert "| **demos** | 0.900 | 1.000 | +1.000 [" in text
    assert "| -0.600 (+0.100) | 100 + 3 | 1 |" in text
    assert "`demos` against GEPA package, the best peer here: +0.750" in text
    assert "better." in text


def test_the_default_stands_beside_what_was_measured_on_every_data_set() -> None:
    def row(data: str, tool: str, test: list[float], seed: int = 1) -> Any:
        return {"data": data, "tool": tool, "seed": seed, "budget": [300, 20], "test": test}

    rows = [row(data, "mipro", [1.0] * 12) for data in results.TITLES]
    rows += [row(data, "DSPy MIPROv2", [0.0] * 12) for data in results.TITLES]
    rows += [row("sample", "DSPy MIPROv2", [1.0] * 12, seed=2), row("sample", "rewrite", [1.0] * 12)]
    text = "\n".join(report.together([*rows, row("permuted", "demos", [1.0])]))
    assert "### All 36 sealed items together, after at most 300 labeller calls" in text
    assert "| **mipro** | 1.000 |  |\n| DSPy MIPROv2 | 0.167 | +0.833, 95% interval [" in text
    assert "rewrite" not in text and "demos" not in text
    assert report.together(rows[:2]) == []
    assert f"\n  - optimizer: {report.DEFAULT}\n" in (results.ROOT / "conf/optimize.yaml").read_text()


def test_what_every_tool_is_given_is_the_same_for_a_seed_and_seals_the_same_items() -> None:
    (one, sealed), (two, same) = tasks.make("sample", 1), tasks.make("sample", 2)
    assert tasks.make("sample", 1)[0] == one
    assert [item["id"] for item in sealed] == [item["id"] for item in same]
    assert {item["id"] for item in one.train} != {item["id"] for item in two.train}
    assert "What the labels mean" in one.initial_prompt
    ids = [item["id"] for part in (one.train, one.select, sealed) for item in part]
    assert len(ids) == len(set(ids)) == 59


@pytest.mark.skipif(not tasks.SHARED.exists(), reason="needs ../shared/data")
def test_permuted_gold_has_nothing_to_learn_not_even_which_label_is_frequent() -> None:
    for seed in (1, 2, 3):
        job, sealed = tasks.make("permuted", seed)
        counts = [Counter(item["gold"][0] for item in part) for part in (job.train, job.select, sealed)]
        assert all(set(count) == set(job.labels) for count in counts)
        assert [set(count.values()) for count in counts] == [{3}, {3}, {6}]
        assert len({item["id"] for part in (job.train, job.select, sealed) for item in part}) == 120


def test_permuted_gold_keeps_the_texts_and_says_something_else_for_each_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tasks.DATA, "permuted", tasks.sample)
    (_, one), (_, two), (_, true) = tasks.make("permuted", 1), tasks.make("permuted", 2), tasks.make("sample", 1)
    assert [item["text"] for item in one] == [item["text"] for item in two]
    gold = {item["id"]: item["gold"] for item in true}
    for permuted in (one, two):
        both = [item for item in permuted if item["id"] in gold]
        assert sum(item["gold"] == gold[item["id"]] for item in both) < len(both) / 3
    assert [item["gold"] for item in one] != [item["gold"] for item in two]


def test_the_page_counts_how_often_permuted_gold_was_decided_better() -> None:
    def row(tool: str, seed: int, test: list[float], *, calls: int = 90) -> Any:
        kept = tool == "initial prompt" or seed == 3
        return {
            **{"data": "permuted", "tool": tool, "seed": seed, "budget": [calls, 9]},
            **{"select": [0.5] * 4, "test": test, "prompt_sha256": "initial" if kept else "another"},
        }

    rows = [row("initial prompt", seed, [0.0] * 12) for seed in (1, 2, 3)]
    rows += [row("demos", 1, [1.0] * 12), row("demos", 2, [0.0] * 12), row("demos", 3, [0.0] * 12)]
    rows += [row("mipro", 1, [1.0] * 12, calls=60), row("mipro", 2, [0.0] * 12, calls=200)]
    text = report.section(rows)
    assert "| **demos** | 90 + 9 | 3 | 1 | 1 | 0 | 2 | +0.000 | +0.333 |" in text
    assert "| **mipro** | 200 + 9 | 1 | 0 | 0 | 0 | 1 | +0.000 | +0.000 |" in text


def test_drivers_read_a_tools_replies_as_it_would() -> None:
    import driver  # type: ignore[import-not-found]

    job = SimpleNamespace(labels={"A_b": "", "C": ""})
    job.read = lambda reply: driver.Job.read(job, reply)
    assert driver.answer("labels", "A b\nC", job) == ["A_b", "C"]
    assert driver.answer("dspy-chat", '[[ ## chosen_labels ## ]]\n["A_b"]\n\n[[ ## completed ## ]]', job) == ["A_b"]
    assert driver.answer("final-answer", "I think <final_answer>C</final_answer>", job) == ["C"]
    assert driver.answer("on-list", "A_b\nsomething else", job) == ["A_b"]
