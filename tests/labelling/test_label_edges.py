"""goldloop label where things are odd: another prompt or model, half characters, full disks, files of others."""

import csv
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, Running, completion
from goldloop_process import Goldloop
from hypothesis import given
from hypothesis import strategies as st
from paths import ROOT
from refusals import refused

from runner.core.errors import ConfigError, DataError
from runner.datasets.fields import Fields
from runner.datasets.file import File
from runner.datasets.row_readers import read_rows
from runner.datasets.sample import Sample
from runner.labelling.labels_file import LabelsFile
from runner.labelling.result import LabelledWith, LabelResult
from runner.labelling.sinks.file import FileSink
from verifiers.label_set import LabelSet

ROWS = 40
RUN = "outputs/optimize/TIME/0"


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Endpoint]]:
    """The folder of a finished run, and its endpoint."""
    folder = tmp_path_factory.mktemp("past")
    known = [list(item.gold or ()) for item in Sample().load().items]
    answers = {item.text: list(item.gold or ()) for item in Sample().load().items}
    answers |= {f"text {number} is its own": known[number % 60] for number in range(ROWS)}
    with Running(Endpoint(answers)) as endpoint:
        model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model"]
        done = Goldloop(folder, covered=False, forked=True)(*model, "epochs=1", "tracker=none", f"hydra.run.dir={RUN}")
        assert done.returncode == 0, done.stderr
        yield folder, endpoint


@pytest.fixture
def endpoint(past: tuple[Path, Endpoint]) -> Iterator[Endpoint]:
    """The endpoint, in its right mind at the beginning of each test."""
    one = past[1]
    one.fault, one.delay, one.any_model = None, 0.0, False
    one.requests.clear()
    yield one


@pytest.fixture
def goldloop(past: tuple[Path, Endpoint], tmp_path: Path) -> Goldloop:
    """goldloop in a directory that has the run and texts to label."""
    shutil.copytree(past[0] / "outputs/optimize", tmp_path / "outputs/optimize")
    texts = [{"id": f"r{number}", "text": f"text {number} is its own"} for number in range(ROWS)]
    (tmp_path / "rest.jsonl").write_text("\n".join(map(json.dumps, texts)) + "\n")
    return Goldloop(tmp_path, covered=False, forked=True)


def label(goldloop: Goldloop, *words: str) -> "subprocess.CompletedProcess[str]":
    return goldloop("label", RUN, "dataset.path=rest.jsonl", *words)


def made(goldloop: Goldloop, study: str = "label") -> Path:
    [directory] = goldloop.directory.glob(f"outputs/{study}/*")
    return directory


def rows(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "labels.jsonl").read_text("utf-8").splitlines()]


def resume(goldloop: Goldloop, *words: str) -> "subprocess.CompletedProcess[str]":
    return goldloop("label", f"resume={made(goldloop).relative_to(goldloop.directory)}", *words)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_half_a_character_in_a_reply_makes_no_file_that_nobody_reads(
    ending: str, goldloop: Goldloop, endpoint: Endpoint
) -> None:
    odd = "text 3 is its own"
    endpoint.fault = lambda body, number: (
        (200, completion("Payment \ud800"), {}) if body["messages"][-1]["content"] == odd else None
    )
    done = label(goldloop, "reply=true", "sink.reply=true", f"sink.path=out.{ending}")
    assert done.returncode == 0, done.stderr
    assert rows(made(goldloop))[3]["reply"] == "Payment \ufffd"
    path = goldloop.directory / f"out.{ending}"
    if ending == "parquet":
        import pyarrow.parquet

        assert pyarrow.parquet.read_table(path).to_pylist()[3]["reply"] == "Payment \ufffd"
    else:
        assert "Payment \ufffd" in path.read_text("utf-8")


def test_a_run_that_was_not_proved_gives_labels_without_scores(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / RUN / "predictions.jsonl").unlink()
    assert label(goldloop).returncode == 0
    assert {row["score"] for row in rows(made(goldloop))} == {None}


def test_predictions_that_no_run_writes_are_refused_in_one_line(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / RUN / "predictions.jsonl").write_text('{"prediction": 3}\n')
    done = label(goldloop)
    assert done.returncode == 2
    assert f"{RUN}/predictions.jsonl" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_model_that_was_not_measured_gives_labels_without_scores(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.any_model = True
    done = label(goldloop, "provider.temperature=0.7")
    assert "without scores" in done.stdout and "fake-model" in done.stdout
    assert {row["score"] for row in rows(made(goldloop))} == {None}
    assert "without scores" not in label(goldloop, "study=pace", "provider.concurrency=3").stdout
    assert None not in {row["score"] for row in rows(made(goldloop, "pace"))}


def test_a_spent_budget_is_raised_on_resume_and_nothing_else_may_change(goldloop: Goldloop, endpoint: Endpoint) -> None:
    assert label(goldloop, "budget.calls=10", "sink.path=out.csv").returncode == 0
    stopped = json.loads((made(goldloop) / "result.json").read_text())
    assert (stopped["status"], stopped["stop_reason"].split()[0]) == ("stopped", "budget.calls=10")
    for word in ("provider.model=other", "sink.path=x", "reply=true", "limit=3"):
        refused = resume(goldloop, word)
        assert refused.returncode == 2
        assert word in refused.stderr
    done = resume(goldloop, "budget.calls=100", "provider.concurrency=3")
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) == ROWS == len(rows(made(goldloop)))
    assert len(list(csv.DictReader((goldloop.directory / "out.csv").read_text().splitlines()))) == ROWS
    result = json.loads((made(goldloop) / "result.json").read_text())
    assert result["status"] == "finished"
    assert result["calls"] == {"total": ROWS, "provider": ROWS, "journal": 0, "failed": 0, "retries": 0}
    parts = stopped["seconds"] + result["session_seconds"]
    assert result["seconds"] >= parts - 0.002  # each is rounded to a thousandth
    again = goldloop(f"resume={made(goldloop).relative_to(goldloop.directory)}", "budget.calls=100")  # no "label"
    assert again.returncode == 0, again.stderr
    assert len(endpoint.requests) == ROWS


def test_what_was_paid_for_when_a_run_was_killed_counts_in_its_budget(goldloop: Goldloop, endpoint: Endpoint) -> None:
    """Rows answered behind a slow one stand in the journal, and not in the record yet."""
    slow = "text 0 is its own"
    endpoint.fault = lambda body, number: "hang" if body["messages"][-1]["content"] == slow else None
    words = ["dataset.path=rest.jsonl", "budget.calls=20", "provider.concurrency=4"]
    process = goldloop.start("label", RUN, *words)
    while len(endpoint.requests) < 15:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    endpoint.fault = None
    done = resume(goldloop, "budget.calls=20")
    assert "budget.calls=20" in done.stdout
    assert 15 <= len(endpoint.requests) <= 20


def test_a_prompt_that_changed_in_between_is_refused(goldloop: Goldloop, endpoint: Endpoint) -> None:
    assert label(goldloop, "budget.calls=10").returncode == 0
    (goldloop.directory / RUN / "best_prompt.txt").write_text("Another prompt.\n")
    done = resume(goldloop, "budget.calls=100")
    assert done.returncode == 2
    assert len(set(re.findall(r"fake-model-\w+", done.stderr))) == 2  # before and now
    assert len({row["model_version"] for row in rows(made(goldloop))}) == 1


def test_a_dollar_budget_needs_a_price(goldloop: Goldloop, endpoint: Endpoint) -> None:
    refused = label(goldloop, "budget.usd=1")
    assert refused.returncode == 2
    assert all(word in refused.stderr for word in ("budget.usd:", "fake-model", "provider.price={input:"))
    assert not endpoint.requests
    assert label(goldloop, "budget.usd=0.001", "provider.price={input: 1, output: 1}").returncode == 0
    assert "budget.usd=0.001" in (made(goldloop) / "result.json").read_text()


def test_a_killed_run_has_a_result_and_only_one_process_goes_on_with_it(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 0.2
    started = goldloop.start("label", RUN, "dataset.path=rest.jsonl", "provider.concurrency=2", "journal.mode=off")
    while (
        not list(goldloop.directory.glob("outputs/label/*/labels.jsonl"))
        or not (made(goldloop) / "labels.jsonl").stat().st_size
    ):
        time.sleep(0.02)
    started.send_signal(signal.SIGKILL)
    started.communicate()
    endpoint.delay = 0.05
    result = json.loads((made(goldloop) / "result.json").read_text())
    assert result["status"] == "running"
    assert result["model_version"] == rows(made(goldloop))[0]["model_version"]
    word = f"resume={made(goldloop).relative_to(goldloop.directory)}"
    both = [goldloop.start("label", word) for _ in range(2)]
    told = [process.communicate(timeout=60)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2]
    assert [words for words in told if "is being run by process" in words and len(words.splitlines()) == 1]
    assert [row["id"] for row in rows(made(goldloop))] == [f"r{number}" for number in range(ROWS)]


def test_texts_are_read_from_the_fields_of_the_runs_own_data(goldloop: Goldloop, endpoint: Endpoint) -> None:
    items = Sample().load().items
    gold = [{"key": f"k{one.id}", "message": one.text, "labels": one.gold} for one in items]
    for name, some in (("gold", gold), ("more", [{**row, "labels": None} for row in gold[:3]])):
        (goldloop.directory / f"{name}.jsonl").write_text("\n".join(map(json.dumps, some)))
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "tracker=none"]
    fields = ["dataset.text_field=message", "dataset.id_field=key"]
    run = goldloop("dataset=file", "dataset.path=gold.jsonl", *fields, *model, "epochs=0").stdout.splitlines()[-1]
    done = goldloop("label", run, "dataset.path=more.jsonl")
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in rows(made(goldloop))] == [row["key"] for row in gold[:3]]
    other = goldloop(
        "label", run, "dataset.path=rest.jsonl", "dataset.text_field=text", "dataset.id_field=id", "limit=2"
    )
    assert other.returncode == 0, other.stderr


def test_the_columns_of_the_texts_come_back_with_the_labels_over_all_parts(
    goldloop: Goldloop, endpoint: Endpoint
) -> None:
    assert label(goldloop, "budget.calls=10", "sink.path=out.csv", "sink.columns=all").returncode == 0
    out = goldloop.directory / "out.csv"
    assert len(out.read_text().splitlines()) == 11
    done = resume(goldloop, "budget.calls=100")
    assert done.returncode == 0, done.stderr
    back = list(csv.DictReader(out.read_text().splitlines()))
    assert [(row["text"], row["id"]) for row in back] == [(f"text {n} is its own", f"r{n}") for n in range(ROWS)]
    assert [item.id for item in File(str(out), verified=True).load().items] == [
        row["id"] for row in back if row["labels"]
    ]
    (goldloop.directory / "rest.jsonl").write_text('{"id": "other", "text": "x"}\n')
    changed = resume(goldloop, "budget.calls=100")
    assert changed.returncode == 2
    assert "sink.columns:" in changed.stderr
    assert len(changed.stderr.splitlines()) == 1 and len(endpoint.requests) == ROWS
    assert list(csv.DictReader(out.read_text().splitlines())) == back


def test_a_column_that_is_not_there_is_refused_before_anything_is_paid(goldloop: Goldloop, endpoint: Endpoint) -> None:
    refused = label(goldloop, "sink.path=out.csv", "sink.columns=[txt]")
    assert refused.returncode == 2
    assert all(word in refused.stderr for word in ("sink.columns:", "'txt'", "'id', 'text'"))
    assert not endpoint.requests


def test_a_file_that_another_made_is_never_written_over(goldloop: Goldloop, endpoint: Endpoint) -> None:
    endpoint.delay = 0.2
    started = goldloop.start("label", RUN, "dataset.path=rest.jsonl", "provider.concurrency=2", "sink.path=out.csv")
    while not list(goldloop.directory.glob("outputs/label/*/labels.jsonl")):
        time.sleep(0.02)
    (goldloop.directory / "out.csv").write_text("somebody else's\n")
    started.send_signal(signal.SIGINT)
    started.communicate(timeout=30)
    endpoint.delay = 0.0
    done = resume(goldloop)
    assert done.returncode == 2
    assert "out.csv" in done.stderr and "sink.overwrite=true" in done.stderr
    assert (goldloop.directory / "out.csv").read_text() == "somebody else's\n"
    assert len(rows(made(goldloop))) == ROWS
    asked = len(endpoint.requests)
    assert resume(goldloop, "sink.overwrite=true").returncode == 0
    assert len(list(csv.DictReader((goldloop.directory / "out.csv").read_text().splitlines()))) == ROWS
    assert len(endpoint.requests) == asked


def test_the_words_for_going_on_are_a_command_that_is_not_refused(tmp_path: Path) -> None:
    row = {"id": "1", "labels": None, "score": None, "failure": "timeout", "model_version": "m"}
    with closing(LabelsFile(tmp_path / "labels.jsonl")) as record:
        record.add([row])
        result = LabelResult(tmp_path, record, LabelSet.of(["a", "b"]), LabelledWith("", "best", "", "", "m", "m"))
        other = "with sink.overwrite=true or another sink.path"
        assert "the same command" in result.summary() and other not in result.summary()
        path = str(tmp_path / "out.csv")
        FileSink(path).deliver(record.path, "m", "")
        assert "the same command" in result.summary() and other in result.summary()
        with refused(ConfigError, "file-exists", path, "sink.overwrite=true"):
            FileSink(path).check()
        FileSink(path, overwrite=True).check()
        Path(path).unlink()
        assert other not in result.summary()


def test_a_record_that_is_a_link_is_not_touched(goldloop: Goldloop, endpoint: Endpoint, tmp_path: Path) -> None:
    assert label(goldloop, "limit=3").returncode == 0
    (tmp_path / "dear").write_text("no newline")
    (made(goldloop) / "labels.jsonl").unlink()
    (made(goldloop) / "labels.jsonl").symlink_to(tmp_path / "dear")
    done = resume(goldloop)
    assert done.returncode == 2
    assert "labels.jsonl is a link" in done.stderr and len(done.stderr.splitlines()) == 1
    assert (tmp_path / "dear").read_text() == "no newline"


@pytest.mark.parametrize("content", ["a: [", "[1, 2]", "\udcff", "run: 3", "sink: {_target_: os.system}"])
def test_a_broken_configuration_is_told_in_one_line(content: str, goldloop: Goldloop, endpoint: Endpoint) -> None:
    assert label(goldloop, "limit=3").returncode == 0
    (made(goldloop) / ".hydra/config.yaml").write_bytes(content.encode("utf-8", "surrogateescape"))
    done = resume(goldloop)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_label_run_has_no_prompt_to_label_with(goldloop: Goldloop, endpoint: Endpoint) -> None:
    assert label(goldloop, "limit=3").returncode == 0
    done = goldloop("label", str(made(goldloop)), "dataset.path=rest.jsonl")
    assert done.returncode == 2
    assert str(made(goldloop)) in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_is_told_and_nothing_is_lost(goldloop: Goldloop, endpoint: Endpoint) -> None:
    small = goldloop.directory / "small"
    small.mkdir()
    size = "size=64k"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", small], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        (goldloop.directory / "outputs/label").symlink_to(small)
        many = [{"id": f"r{number}", "text": f"text {number % ROWS} is its own"} for number in range(2000)]
        (goldloop.directory / "rest.jsonl").write_text("\n".join(map(json.dumps, many)))
        done = label(goldloop)
        assert done.returncode == 2, done.stderr
        assert "outputs/label/" in done.stderr and "space" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        kept = len(rows(made(goldloop)))
        assert 0 < kept < 2000
        subprocess.run(["mount", "-o", "remount,size=20m", small], check=True)
        done = resume(goldloop)
        assert done.returncode == 0, done.stderr
        assert [row["id"] for row in rows(made(goldloop))] == [f"r{number}" for number in range(2000)]
        assert len(endpoint.requests) == ROWS
    finally:
        subprocess.run(["umount", "-l", small], check=False)


names = st.text("ab |;,\n[]{}\"'=-", min_size=1, max_size=6).map(str.strip).filter(bool)


@given(st.lists(names, max_size=4, unique=True))
def test_labels_read_back_whatever_their_names(tmp_path_factory: pytest.TempPathFactory, labels: list[str]) -> None:
    folder = tmp_path_factory.mktemp("cells")
    row = {"id": "1", "labels": labels, "score": 0.5, "failure": None, "model_version": "m"}
    (folder / "labels.jsonl").write_text(json.dumps(row) + "\n")
    FileSink(str(folder / "o.csv")).deliver(folder / "labels.jsonl", "m", "p")
    [back] = csv.DictReader((folder / "o.csv").read_text().splitlines(keepends=True))
    assert Fields().labels_of(back) == labels
    assert not back["labels"].startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("value", ["-5", "+49 30 123", "-1.5", "2024-01-02"])
def test_numbers_are_no_formulas(value: str, tmp_path: Path) -> None:
    row = {"id": value, "labels": None, "score": None, "failure": "timeout", "model_version": "m"}
    (tmp_path / "labels.jsonl").write_text(json.dumps(row) + "\n")
    FileSink(str(tmp_path / "o.csv")).deliver(tmp_path / "labels.jsonl", "m", "p")
    [back] = csv.DictReader((tmp_path / "o.csv").read_text().splitlines())
    assert (back["id"], back["labels"]) == (value, "")


def test_a_format_without_a_file_is_refused() -> None:
    with refused(ConfigError, "needs-file", "sink.format", "sink.path=labels.csv"):
        FileSink(format="csv")


def test_a_json_list_is_read_as_it_is_whatever_its_size(tmp_path: Path) -> None:
    chance = random.Random(4)
    objects = [{"text": 'a "]}, é ' * chance.choice([1, 50, 20_000]), "n": chance.random()} for _ in range(200)]
    for content in (
        json.dumps(objects),
        json.dumps(objects, indent=2),
        f"\ufeff \n{json.dumps(objects)}\n ",
        "[]",
        " [ ] ",
    ):
        (tmp_path / "rows.json").write_text(content, "utf-8")
        expected = json.loads(content.removeprefix("\ufeff"))
        assert list(read_rows(tmp_path / "rows.json")) == list(enumerate(expected, 1))


@pytest.mark.parametrize(
    "content", ['[{"a": 1}', '[{"a": 1},]', '[{"a": 1}] x', '[{"a": 1} {"a": 2}]', "[", '{"a": 1}', "", "3"]
)
def test_what_is_no_json_list_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(content)
    with refused(DataError, "wrong-shape" if content in {'{"a": 1}', "3"} else "not-json", path):
        list(read_rows(tmp_path / "rows.json"))


def test_a_large_json_list_is_not_held_in_memory(tmp_path: Path) -> None:
    text = "word " * 200
    with (tmp_path / "rows.json").open("w") as out:
        out.write("[")
        out.writelines(json.dumps({"id": n, "text": text}) + ("" if n == 9999 else ",\n") for n in range(10_000))
        out.write("]")
    tracemalloc.start()
    assert sum(1 for _ in File(str(tmp_path / "rows.json")).stream()) == 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000  # of a file of 10 MB


def commands() -> list[str]:
    page = (ROOT / "docs/label.md").read_text()
    blocks = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if "resume=" not in line]


@pytest.mark.parametrize("command", commands())
def test_every_command_in_the_page_runs(command: str, goldloop: Goldloop, endpoint: Endpoint) -> None:
    name, *words = shlex.split(command)
    assert name == "goldloop"
    done = goldloop(*words)
    assert done.returncode == 0, done.stderr


def test_the_page_names_every_key_of_a_row_and_of_a_result(goldloop: Goldloop, endpoint: Endpoint) -> None:
    text = (ROOT / "docs/label.md").read_text()
    assert label(goldloop, "reply=true").returncode == 0
    keys = {*rows(made(goldloop))[0], *json.loads((made(goldloop) / "result.json").read_text())}
    assert [key for key in keys if f"`{key}`" not in text] == []


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    path.with_name("other").write_bytes(path.read_bytes())
    path.with_name("other").replace(path)


def cut_in_place(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10])


@pytest.mark.parametrize(
    ("which", "change"),
    [("labels", deleted), ("labels", replaced), ("labels", cut_in_place), ("journal", deleted), ("journal", replaced)],
)
def test_a_file_that_is_changed_under_a_run_is_noticed_and_nothing_is_paid_twice(
    which: str, change: Callable[[Path], None], goldloop: Goldloop, endpoint: Endpoint
) -> None:
    endpoint.delay = 0.15
    process = goldloop.start("label", RUN, "dataset.path=rest.jsonl", "provider.concurrency=2")
    while len(endpoint.requests) < 12:
        time.sleep(0.02)
    path = made(goldloop) / "labels.jsonl" if which == "labels" else goldloop.directory / "outputs/journal.sqlite"
    change(path)
    out, told = process.communicate()
    assert process.returncode == 2 and "rows labelled" not in out
    assert len(told.splitlines()) == 1 and path.name in told and "resume=" in told
    endpoint.delay = 0.0
    again = resume(goldloop)
    assert again.returncode == (2 if change is cut_in_place else 0), again.stderr
    if change is cut_in_place:  # the rows behind half a line: which, is told
        return
    assert f"{ROWS} of {ROWS} rows labelled" in again.stdout and len(rows(made(goldloop))) == ROWS
    if which == "labels":
        assert len(endpoint.requests) == ROWS  # the journal had the others


def test_a_record_is_compared_with_what_was_written_to_the_byte(tmp_path: Path) -> None:
    with closing(LabelsFile(tmp_path / "labels.jsonl")) as record:
        record.add([{"id": "1", "labels": ["A"], "failure": None, "score": 1.0}])
        record.refuse_changed()
        content = record.path.read_bytes()
        for other in (content.replace(b'"A"', b'"B"'), content + b"\n", b""):
            record.path.write_bytes(other)
            with refused(DataError, "file-changed", record.path):
                record.refuse_changed()
            record.path.write_bytes(content)
            record.refuse_changed()
    with closing(LabelsFile(tmp_path / "labels.jsonl")) as record:
        record.refuse_changed()
        record.add([{"id": "2", "labels": [], "failure": None, "score": 1.0}])
        record.refuse_changed()


def test_a_record_that_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "labels.jsonl")
    with refused(DataError, "unreadable", tmp_path / "labels.jsonl"):
        LabelsFile(tmp_path / "labels.jsonl")
    (tmp_path / "deep.jsonl").write_text("[" * 100_000 + "\n")
    with refused(DataError, "damaged-file", tmp_path / "deep.jsonl", "line 1"):
        LabelsFile(tmp_path / "deep.jsonl")


def test_after_worse_the_initial_prompt_labels_unless_the_best_is_asked_for(
    goldloop: Goldloop, endpoint: Endpoint
) -> None:
    run = goldloop.directory / RUN
    content = json.loads((run / "result.json").read_text())
    content["decision"]["verdict"] = "worse"
    (run / "result.json").write_text(json.dumps(content))
    initial, best = ((run / f"{which}_prompt.txt").read_text().strip() for which in ("initial", "best"))
    for words, which, prompt, shown in (
        (["budget.calls=1"], "initial", initial, "proved WORSE"),
        (["which=best"], "best", best, "WORSE than the initial"),
    ):
        done = label(goldloop, *words, "limit=2", f"study={which}")
        assert done.returncode == 0, done.stderr
        assert f"the {which} prompt of {RUN}" in done.stdout and shown in done.stdout
        made_in = next((goldloop.directory / "outputs" / which).iterdir())
        result = json.loads((made_in / "result.json").read_text())
        assert (result["which"], result["prompt"]) == (which, prompt)
    again = goldloop("label", f"resume={next((goldloop.directory / 'outputs/initial').iterdir())}", "budget.calls=9")
    assert again.returncode == 0 and "the initial prompt of" in again.stdout
