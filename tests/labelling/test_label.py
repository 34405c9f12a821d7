"""goldloop label: streamed, resumable, nothing paid twice, every failure by its name."""

import csv
import json
import random
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, Running, completion, faults
from goldloop_process import Goldloop
from refusals import refused
from run_records import prediction_row

from runner.core.errors import DataError
from runner.core.items import Data
from runner.core.run_rows import PredictionRow
from runner.labelling.confidence import LabelConfidence
from runner.labelling.labels_file import LabelsFile
from runner.runs.reader import read_run

ROWS = 300


@pytest.fixture(scope="module")
def up(sample: Data) -> Iterator[Endpoint]:
    with Running(Endpoint({item.text: list(item.gold or ()) for item in sample.items})) as running:
        yield running


@pytest.fixture(scope="module")
def finished(up: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which an optimisation ran."""
    place = Goldloop(tmp_path_factory.mktemp("finished"))
    model = ["provider=openai", f"provider.base_url={up.url}", "provider.model=fake-model"]
    done = place(*model, "epochs=1", "tracker=none", "study=done")
    assert done.returncode == 0, done.stderr
    return place.directory / done.stdout.splitlines()[-1]


@pytest.fixture
def endpoint(up: Endpoint) -> Endpoint:
    """The endpoint as new."""
    up.requests.clear()
    up.fault, up.key, up.delay, up.any_model = None, None, 0.0, False
    return up


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> str:
    """A finished optimisation."""
    shutil.copytree(finished, tmp_path / "outputs/done/1")
    return "outputs/done/1"


def texts(folder: Path, endpoint: Endpoint, rows: int = ROWS) -> str:
    """A file of texts that the endpoint has answers for."""
    known = [list(labels) for labels in list(endpoint.answers.values())[:60]]
    lines = []
    for number in range(rows):
        text = f"text {number} is its own"
        endpoint.answers[text] = known[number % 60]  # type: ignore[index]
        lines.append(json.dumps({"id": f"r{number}", "text": text}))
    (folder / "rest.jsonl").write_text("\n".join(lines) + "\n")
    return "dataset.path=rest.jsonl"


def record_in(folder: Path) -> list[dict[str, Any]]:
    return rows_of(next(folder.glob("outputs/label/*/labels.jsonl")))


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def plain(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["id"], row["labels"], row["failure"], row["score"], row["model_version"]) for row in rows]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_labels_come_in_the_order_of_the_rows_and_read_back(
    ending: str, goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    source = texts(tmp_path, endpoint, 40)
    done = goldloop("label", run, source, f"sink.path=out.{ending}", "sink.reply=true", "reply=true")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"out.{ending}" and "proved better" in done.stdout
    path = tmp_path / f"out.{ending}"
    if ending == "csv":
        back = [{**row, "labels": json.loads(row["labels"]) if row["labels"] == "[]" else row["labels"].split("|")}
                for row in csv.DictReader(path.read_text().splitlines())]  # fmt: skip
    elif ending == "jsonl":
        back = [json.loads(line) for line in path.read_text().splitlines()]
    else:
        import pyarrow.parquet

        back = pyarrow.parquet.read_table(path).to_pylist()
    assert [row["id"] for row in back] == [f"r{number}" for number in range(40)]
    record = record_in(tmp_path)
    assert [list(row["labels"]) for row in back] == [row["labels"] for row in record]
    assert all(0 <= float(row["score"]) <= 1 and row["reply"] for row in back)
    result = json.loads(next(tmp_path.glob("outputs/label/*/result.json")).read_text())
    assert result["rows"] == {"total": 40, "labelled": 40, "failed": 0} and result["status"] == "finished"
    again = goldloop("label", run, source, f"sink.path=out.{ending}")
    assert again.returncode == 2 and "sink.overwrite=true" in again.stderr and f"out.{ending}" in again.stderr


def test_killed_at_any_moment_it_goes_on_and_pays_nothing_twice(
    goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    source = texts(tmp_path, endpoint)
    whole = goldloop("label", run, source, "study=whole", "journal.path=other.sqlite")
    assert whole.returncode == 0, whole.stderr
    expected = [
        json.loads(line) for line in next(tmp_path.glob("outputs/whole/*/labels.jsonl")).read_text().splitlines()
    ]
    endpoint.requests.clear()
    endpoint.delay = 0.05
    chance = random.Random(5)
    started = goldloop.start("label", run, source, "provider.concurrency=4")
    resume: list[str] = []
    for _ in range(5):
        time.sleep(chance.uniform(1.0, 1.8))
        started.send_signal(signal.SIGKILL)
        started.communicate()
        begun = list(tmp_path.glob("outputs/label/*/.hydra/config.yaml"))  # killed before that, it has done nothing
        anew = [run, source, "provider.concurrency=4"]
        resume = [f"resume={begun[0].parents[1].relative_to(tmp_path)}"] if begun else anew
        started = goldloop.start("label", *resume)
    _, error = started.communicate(timeout=120)
    assert started.returncode == 0, error
    assert plain(record_in(tmp_path)) == plain(expected)
    asked = Counter(body["messages"][-1]["content"] for body in endpoint.requests)
    assert set(asked) == {f"text {number} is its own" for number in range(ROWS)}
    assert sum(asked.values()) - ROWS <= 5 * 2 * 4  # at each kill what was asked, or answered and being written down


def test_ctrl_c_names_the_way_on(goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path) -> None:
    endpoint.delay = 0.1
    started = goldloop.start("label", run, texts(tmp_path, endpoint), "provider.concurrency=4")
    while not list(tmp_path.glob("outputs/label/*/labels.jsonl")):
        time.sleep(0.05)
    time.sleep(1)
    started.send_signal(signal.SIGINT)
    out, _ = started.communicate(timeout=30)
    assert started.returncode == 130 and "label resume=outputs/label/" in out
    assert json.loads(next(tmp_path.glob("outputs/label/*/result.json")).read_text())["status"] == "stopped"
    endpoint.delay = 0.0
    done = goldloop("label", next(word for word in out.split() if word.startswith("resume=")))
    assert done.returncode == 0 and re.search(r"^[1-9]\d* rows", done.stdout, re.MULTILINE)
    assert len(record_in(tmp_path)) == ROWS


def test_a_budget_stops_it_in_good_order_and_holds_over_all_its_parts(
    goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    done = goldloop("label", run, texts(tmp_path, endpoint), "budget.calls=100", "sink.path=some.csv")
    assert done.returncode == 0 and "budget.calls=100" in done.stdout
    assert (
        len(endpoint.requests) == 100
        and len(list(csv.DictReader((tmp_path / "some.csv").read_text().splitlines()))) == 100
    )
    again = goldloop("label", next(word for word in done.stdout.split() if word.startswith("resume=")))
    assert "budget.calls=100" in again.stdout and len(endpoint.requests) == 100


def test_a_faulty_endpoint_changes_no_label(goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path) -> None:
    source = texts(tmp_path, endpoint, 120)
    plain_run = goldloop("label", run, source, "study=calm", "journal.path=other.sqlite")
    assert plain_run.returncode == 0
    endpoint.fault = faults(random.Random(1))
    done = goldloop("label", run, source, "provider.timeout=1")
    assert done.returncode == 0, done.stderr
    calm = rows_of(next(tmp_path.glob("outputs/calm/*/labels.jsonl")))
    assert plain(record_in(tmp_path)) == plain(calm)


def test_failures_are_named_and_are_no_labels(goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path) -> None:
    source = texts(tmp_path, endpoint, 60)
    with (tmp_path / "rest.jsonl").open("a") as more:
        more.write('{"id": "empty", "text": ""}\n{"broken\n')
    odd = {"text 3 is its own": "I'm sorry, I can't.", "text 5 is its own": "Zebra", "text 7 is its own": "..."}

    def fault(body: Any, number: int) -> Any:
        text = body["messages"][-1]["content"]
        if text == "text 9 is its own":
            return 400, {"error": {"message": "maximum context length"}}, {}
        if text == "text 59 is its own":  # others were answered, so it is this text
            return 422, {"error": {"message": "not this one"}}, {}
        return (200, completion(odd[text]), {}) if text in odd else None

    endpoint.fault = fault
    for asked in (60, 2):  # the second time only what had no answer
        endpoint.requests.clear()
        done = goldloop("label", run, source)
        assert done.returncode == 0 and len(endpoint.requests) == asked, done.stderr
        rows = {row["id"]: row for row in record_in(tmp_path)}
        named = {name: row["failure"] for name, row in rows.items() if row["failure"]}
        assert named == {
            "r3": "refused", "r5": "out_of_list", "r7": "unreadable", "r9": "context_too_long", "r59": "bad_request",
            "empty": "bad_row", "62": "bad_row",
        }  # fmt: skip
        assert all(rows[name]["labels"] is None and rows[name]["score"] is None for name in named)
        assert "55 of 62 rows" in done.stdout and " 7 not" in done.stdout


def test_what_cannot_go_on_says_how_to(goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path) -> None:
    source = texts(tmp_path, endpoint, 60)
    endpoint.key = "right"
    wrong = goldloop("label", run, source, OPENAI_API_KEY="wrong-key-123")
    assert wrong.returncode == 2 and "OPENAI_API_KEY" in wrong.stderr
    assert "label resume=outputs/label/" in wrong.stderr and "wrong-key-123" not in wrong.stderr
    endpoint.key = None
    endpoint.fault = lambda body, number: (400, {"error": {"message": "maximum context length"}}, {})
    many = goldloop("label", run, source, "study=many")
    assert many.returncode == 2 and "(context_too_long " in many.stderr and "max_failed" in many.stderr
    files = [path for path in (tmp_path / "outputs").rglob("*") if path.is_file()]
    assert not [path for path in files if b"wrong-key-123" in path.read_bytes()]


def test_another_source_than_it_began_with_is_refused(
    goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    done = goldloop("label", run, texts(tmp_path, endpoint, 20), "budget.calls=10")
    resume = next(word for word in done.stdout.split() if word.startswith("resume="))
    lines = (tmp_path / "rest.jsonl").read_text().splitlines()
    (tmp_path / "rest.jsonl").write_text("\n".join(reversed(lines)))
    changed = goldloop("label", resume)
    assert changed.returncode == 2 and re.search("row 10 .*'r9'.*'r10'", changed.stderr)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([], "goldloop label outputs/"),
        (["outputs/none", "dataset.path=x"], "outputs/none"),
        (["RUN"], "dataset.path=..."),
        (["RUN", "dataset.path=none.jsonl"], "dataset.path: no file none.jsonl"),
        (["RUN", "RUN", "dataset.path=x"], "(2 given)"),
        (["RUN", "dataset.path=x", "provider.concurency=3"], " provider.concurrency?"),
        (["RUN", "dataset.path=x", "limit=0"], "limit"),
        (["RUN", "dataset.path=x", "lmit=3"], " limit?"),
        (["RUN", "dataset.path=empty.jsonl"], "no rows"),
        (["RUN", "dataset.path=column.csv"], "(id 7)"),
        (["RUN/..", "dataset.path=x"], " as outputs/done/1"),
        (["RUN", "dataset.path=x", "sink.path=out.xls"], "sink.path=out.xls"),
        (["RUN", "dataset.path=x", "sink.path=no/such/out.csv"], "no/such"),
        (["resume=RUN"], "goldloop resume=outputs/done/1"),
        (["resume=nowhere"], "resume=nowhere"),
    ],
)
def test_bad_input_is_refused_in_one_line_before_anything_is_paid(
    words: list[str], shown: str, goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "column.csv").write_text("id,words\n7,a\n8,b\n")
    done = goldloop("label", *[word.replace("RUN", run) for word in words])
    assert done.returncode == 2 and shown in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 and not endpoint.requests
    assert not list(tmp_path.glob("outputs/label/*"))


def test_a_hostile_run_directory_is_refused(goldloop: Goldloop, run: str, tmp_path: Path) -> None:
    config = tmp_path / run / ".hydra/config.yaml"
    good = config.read_text()
    for evil, message in (
        (good.replace("runner.providers.openai.OpenAI", "os.system"), "trusted"),
        (good.replace("model: fake-model", "model: ${oc.env:HOME}"), "${oc.env:HOME}"),
    ):
        config.write_text(evil)
        done = goldloop("label", run, "dataset=customer_intents")
        assert done.returncode == 2 and message in done.stderr, done.stderr


def test_another_model_and_the_initial_prompt(goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path) -> None:
    endpoint.any_model = True
    texts(tmp_path, endpoint, 5)
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=other"]
    done = goldloop("label", run, "dataset.path=rest.jsonl", *model, "which=initial", "limit=3")
    assert done.returncode == 0, done.stderr
    rows = record_in(tmp_path)
    assert len(rows) == 3 and rows[0]["model_version"].startswith("other-") and rows[0]["score"] is None
    initial = (tmp_path / run / "initial_prompt.txt").read_text().strip()
    assert {body["messages"][0]["content"] for body in endpoint.requests} == {initial}


def test_formulas_in_texts_do_not_run_in_a_spreadsheet(tmp_path: Path) -> None:
    from runner.labelling.sinks.file import FileSink

    row = {"id": "=1+1", "labels": ["a"], "score": 0.5, "failure": None, "model_version": "m", "reply": "@cmd"}
    (tmp_path / "labels.jsonl").write_text(json.dumps(row) + "\n")
    FileSink(str(tmp_path / "o.csv"), reply=True).deliver(tmp_path / "labels.jsonl", "m", "p")
    [back] = csv.DictReader((tmp_path / "o.csv").read_text().splitlines())
    assert (back["id"], back["reply"]) == ("'=1+1", "'@cmd")


def test_a_half_line_is_dropped_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    line = json.dumps({"id": "a", "labels": ["x"], "failure": None, "paid": True, "input_tokens": 3,
                       "output_tokens": 2, "cost_usd": 0.5})  # fmt: skip
    path.write_text(f'{line}\n{{"id": "b", "lab')
    record = LabelsFile(path)
    tally = record.tally
    assert (tally.rows, tally.last, tally.paid, tally.input_tokens, tally.cost_usd) == (1, "a", 1, 3, 0.5)
    record.close()
    assert path.read_text() == f"{line}\n"
    path.write_text(f"{line}\nnonsense\n")
    with refused(DataError, "damaged-file", path, "line 2:"):
        LabelsFile(path)


def test_a_score_is_how_often_such_predictions_were_right(goldloop: Goldloop, run: str, tmp_path: Path) -> None:
    replies: list[dict[str, Any]] = [
        {"prediction": ["a", "b"], "gold": ["a"]},
        {"prediction": ["a"], "gold": ["a"]},
        {"prediction": ["b"], "gold": ["a", "b"]},
        {"prediction": [], "gold": []},
        {"prediction": None, "gold": ["a"]},
        {"prediction": ["a"], "gold": ["b"], "failure": "truncated"},
    ]
    rows = [prediction_row(**reply) for reply in replies]
    scores = LabelConfidence.of_rows(rows)
    average = (2 + 1 + 1 + 1) / (5 + 2)
    assert scores.of(["a"]) == round((2 + 2 * average) / 4, 4)
    assert scores.of(["b"]) == round((1 + 2 * average) / 4, 4)
    assert scores.of(["a", "b"]) == round(((2 + 2 * average) / 4 + (1 + 2 * average) / 4) / 2, 4)
    assert scores.of([]) == round((1 + 2 * average) / 3, 4)
    assert scores.of(["never seen"]) == round(average, 4)
    assert LabelConfidence.of_rows(rows[1:2]).of(["a"]) == round(
        (1 + 2 * 2 / 3) / 3, 4
    )  # right each time is not certain
    assert LabelConfidence.of_rows([]).of(["a"]) is None
    assert LabelConfidence.of_run(read_run(tmp_path / run)).of(["Payment"]) is not None


def test_scores_are_calibrated() -> None:
    chance = random.Random(2)
    right = {"a": 0.9, "b": 0.5}

    def draw(count: int) -> list[PredictionRow]:
        rows = []
        for _ in range(count):
            label = chance.choice("ab")
            gold = [label] if chance.random() < right[label] else ["c"]
            rows.append(prediction_row(prediction=[label], gold=gold))
        return rows

    scores = LabelConfidence.of_rows(draw(400))
    for label, share in right.items():
        score = scores.of([label])
        assert score is not None and abs(score - share) < 0.08


def test_before_rows_are_paid_for_it_says_that_no_model_does_as_well(
    goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    path = tmp_path / run / "result.json"
    result = json.loads(path.read_text())
    told = "Copying the labels of the most similar gold item, with no language model, has 0.990"
    for reward, verdict in ((0.99, "worse"), (0.0, "better")):
        for control in ("nearest", "classifier"):
            result["controls"][control]["reward"] = reward
            result["controls"][control]["decision"]["verdict"] = verdict
        path.write_text(json.dumps(result))
        labelled = goldloop("label", run, texts(tmp_path, endpoint, 3), "which=best")
        assert labelled.returncode == 0, labelled.stderr
        assert (f"WARNING: {told}" in labelled.stdout) == (verdict == "worse")
