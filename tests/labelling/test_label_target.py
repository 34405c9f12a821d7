"""goldloop label target=...: what is certified on the sealed items, the rows that are accepted, the rest for people."""

import csv
import json
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from colours import GOLD, ROWS, Knowing, colour, doubtful, finished_run, logprobs, said
from endpoint import Endpoint, Running, tokens_of
from goldloop_process import Goldloop


@pytest.fixture(scope="module")
def up() -> Iterator[Endpoint]:
    with Running(Knowing(logprobs=logprobs, any_model=True)) as running:
        yield running


@pytest.fixture(scope="module")
def finished(up: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(Goldloop(tmp_path_factory.mktemp("finished")), up.url)


@pytest.fixture
def endpoint(up: Endpoint) -> Endpoint:
    """The endpoint as new."""
    up.requests.clear()
    up.fault, up.delay, up.logprobs = None, 0.0, logprobs
    return up


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> str:
    shutil.copytree(finished, tmp_path / "outputs/done/1")
    return "outputs/done/1"


@pytest.fixture
def source(tmp_path: Path) -> str:
    rows = [{"id": f"r{number}", "text": f"row {number}"} for number in range(1, ROWS + 1)]
    (tmp_path / "rest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return "dataset.path=rest.jsonl"


def labelled(folder: Path, study: str = "label") -> tuple[Path, list[dict[str, Any]], dict[str, Any]]:
    """The directory, rows and result of a label run."""
    directory = next(folder.glob(f"outputs/{study}/*/labels.jsonl")).parent
    rows = [json.loads(line) for line in (directory / "labels.jsonl").read_text().splitlines()]
    return directory, rows, json.loads((directory / "result.json").read_text())


def sheet(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


def test_rows_above_the_certified_threshold_are_accepted_and_the_rest_is_for_people(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    done = goldloop("label", run, source, "target=0.95", "confidence=0.95", "sink.path=out.csv")
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) == ROWS  # the sealed replies are the run's own
    directory, rows, result = labelled(tmp_path)
    guarantee = result["guarantee"]
    assert guarantee["certified"] and guarantee["kind"] == "logprobs" and guarantee["items"] == 100
    assert (guarantee["target"], guarantee["confidence"]) == (0.95, 0.95)
    assert (guarantee["accepted"], guarantee["review"]) == (30, 10)
    assert [row["review"] for row in rows] == [doubtful(f"row {n}") for n in range(1, ROWS + 1)]
    assert all((row["certainty"] >= guarantee["threshold"]) != row["review"] for row in rows)
    people = sheet(directory / "review.csv")
    assert [row["id"] for row in people] == [f"r{n}" for n in range(ROWS, 0, -4)]  # the least certain first
    assert list(people[0]) == ["id", "text", "proposed", "certainty", "labels"]
    assert {row["labels"] for row in people} == {""} and people[0]["proposed"] == said("row 40")[0]
    out = sheet(tmp_path / "out.csv")
    assert [row["review"] for row in out] == [json.dumps(row["review"]) for row in rows]
    page = (directory / "report.html").read_text()
    assert "30 of 40 rows are labelled, 10 are for people" in page and 'id="certainty"' in page and "<svg" in page
    plan = json.loads((directory / "guarantee_plan.json").read_text())
    assert "not like the sealed items" not in done.stdout and result["drift"]["accepted"]["rows"] == 0.75
    assert guarantee["threshold"] in plan["thresholds"] and plan["certainty"] == "logprobs"


def test_what_cannot_be_certified_is_said_before_it_is_paid_and_every_row_is_for_people(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    done = goldloop("label", run, source, "target=0.99")
    assert done.returncode == 0, done.stderr
    assert "WARNING: target=0.99 cannot be certified: 100 sealed items certify 0.970 at best" in done.stdout
    _, rows, result = labelled(tmp_path)
    assert result["guarantee"]["certified"] is False and result["guarantee"]["threshold"] is None
    assert result["guarantee"]["more_items"] > 100 and 0.9 < result["guarantee"]["reached"] < 0.97
    assert all(row["review"] for row in rows) and result["guarantee"]["review"] == ROWS


def test_a_certainty_that_tells_nothing_certifies_nothing(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    """Every answer is as certain as every other: all rows stand or fall together, and a quarter is wrong."""
    endpoint.logprobs = lambda body, reply: tokens_of(reply, -0.1)
    done = goldloop("label", run, source, "target=0.9", "certainty=logprobs", "journal.mode=refresh")
    assert done.returncode == 0, done.stderr
    _, rows, result = labelled(tmp_path)
    page = next(tmp_path.glob("outputs/label/*/report.html")).read_text()
    assert "Nothing is certified: all 40 rows are for people" in page
    assert not result["guarantee"]["certified"] and all(row["review"] for row in rows)


def test_a_failed_row_is_never_accepted(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    endpoint.fault = lambda body, number: (
        (400, {"error": {"message": "content policy", "code": "content_filter"}}, {})
        if body["messages"][-1]["content"] == "row 5"
        else None
    )
    done = goldloop("label", run, source, "target=0.95")
    assert done.returncode == 0, done.stderr
    directory, rows, result = labelled(tmp_path)
    assert rows[4]["failure"] == "content_filter" and rows[4]["review"] is True
    assert result["guarantee"]["accepted"] == 29
    assert sheet(directory / "review.csv")[0]["id"] == "r5"  # nothing is known of it, so it comes first


def test_another_model_is_asked_about_the_gold_items_once(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    words = [run, source, "provider.model=other-model", "certainty=logprobs", "target=0.95"]
    done = goldloop("label", *words)
    assert done.returncode == 0, done.stderr
    assert len(endpoint.requests) == ROWS + 160
    _, _, result = labelled(tmp_path)
    assert result["guarantee"]["certified"] and result["calls"]["provider"] == ROWS + 160
    again = goldloop("label", *words, "study=again")
    assert again.returncode == 0 and len(endpoint.requests) == ROWS + 160
    assert labelled(tmp_path, "again")[2]["calls"]["journal"] == ROWS + 160


def test_a_killed_run_goes_on_with_the_same_guarantee(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    endpoint.delay = 0.2
    process = goldloop.start("label", run, source, "target=0.95", "provider.concurrency=2")
    deadline = time.monotonic() + 60
    while len(endpoint.requests) < 12 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    endpoint.delay = 0.0
    directory = next(tmp_path.glob("outputs/label/*"))
    before = (directory / "guarantee.json").read_bytes()
    done = goldloop("label", f"resume={directory}")
    assert done.returncode == 0, done.stderr
    assert (directory / "guarantee.json").read_bytes() == before
    _, rows, result = labelled(tmp_path)
    assert len(rows) == ROWS and result["guarantee"]["accepted"] == 30
    once_more = goldloop("label", f"resume={directory}")  # all is done: only handed on again
    assert once_more.returncode == 0 and labelled(tmp_path)[2]["guarantee"] == result["guarantee"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["target=1.5"], "target: "),
        (["target=0.9", "confidence=0"], "confidence: "),
        (["target=0.9", "certainty=none"], "target needs a certainty"),
        (["target=0.9", "loss=half"], "loss: "),
    ],
)
def test_what_makes_no_sense_is_one_line(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, words: list[str], code: str
) -> None:
    done = goldloop("label", run, source, *words)
    assert done.returncode == 2 and code in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert endpoint.requests == []


def test_a_run_without_sealed_items_certifies_nothing(
    goldloop: Goldloop, endpoint: Endpoint, tmp_path: Path, source: str
) -> None:
    rows = [{"id": f"g{number}", "text": f"text {number}", "labels": [colour(number)]} for number in range(1, 21)]
    (tmp_path / "gold.json").write_text(json.dumps(rows))
    model = ["provider=openai", f"provider.base_url={endpoint.url}", "provider.model=fake-model", "optimizer=none"]
    data = ["dataset=file", "dataset.path=gold.json", "verifier=choice", "split=none", "tracker=none", "study=open"]
    done = goldloop(*model, *data)
    assert done.returncode == 0, done.stderr
    refused = goldloop("label", done.stdout.splitlines()[-1], source, "target=0.9")
    assert refused.returncode == 2 and "has no sealed items" in refused.stderr


def fill_in(path: Path, answers: dict[str, str]) -> None:
    """Write answers into a review file, as a person does."""
    rows = sheet(path)
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "labels": answers.get(row["id"], "")} for row in rows)


@pytest.fixture
def begun(goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path) -> Path:
    """The directory of a label run with ten rows for people."""
    done = goldloop("label", run, source, "target=0.95", "sink.path=out.csv")
    assert done.returncode == 0, done.stderr
    return labelled(tmp_path)[0]


def test_answers_of_people_complete_the_labels_and_are_gold_to_learn_from(
    goldloop: Goldloop, begun: Path, tmp_path: Path
) -> None:
    answers = {f"r{n}": colour(n) for n in range(4, ROWS + 1, 4) if n != 8}
    fill_in(begun / "review.csv", answers)
    filled = (begun / "review.csv").read_bytes()
    record = (begun / "labels.jsonl").read_bytes()
    done = goldloop("label", f"resume={begun}", f"review={begun}/review.csv")
    assert done.returncode == 0, done.stderr
    assert (begun / "review.csv").read_bytes() == filled and (begun / "labels.jsonl").read_bytes() == record
    assert [row["id"] for row in sheet(begun / "review-2.csv")] == ["r8"]
    out = sheet(tmp_path / "out.csv")
    assert {row["id"]: row["labels"] for row in out if row["reviewed"] == "true"} == answers
    assert [row["id"] for row in out if row["review"] == "true"] == ["r8"]
    assert json.loads((begun / "result.json").read_text())["reviewed"] == 9
    gold = [json.loads(line) for line in (begun / "gold.jsonl").read_text().splitlines()]
    assert len(gold) == GOLD + 9 and sum(row["part"] == "test" for row in gold) == 100
    assert {row["part"] for row in gold[GOLD:]} == {"reflect"}
    sealed = sorted(row["id"] for row in gold if row["part"] == "test")
    data = ["dataset=file", f"dataset.path={begun}/gold.jsonl", "dataset.split_field=part", "verifier=choice"]
    model = ["provider.base_url=http://127.0.0.1:9/v1", "provider=openai", "provider.model=fake-model"]
    parts = ["split.reflect=29", "split.select=60", "split.test=100"]
    check = goldloop("check", *data, *model, *parts, "tracker=none")
    assert check.returncode == 0, check.stderr
    assert "reflect 29, select 60, test 100 (sealed)" in check.stdout
    predictions = [
        json.loads(line) for line in (tmp_path / "outputs/done/1/predictions.jsonl").read_text().splitlines()
    ]
    assert sealed == sorted(row["id"] for row in predictions)


def test_the_next_answers_are_added_and_a_later_one_stands(goldloop: Goldloop, begun: Path, tmp_path: Path) -> None:
    fill_in(begun / "review.csv", {"r4": "red"})
    assert goldloop("label", f"resume={begun}", f"review={begun}/review.csv").returncode == 0
    fill_in(begun / "review-2.csv", {f"r{n}": colour(n) for n in range(8, ROWS + 1, 4)})
    assert goldloop("label", f"resume={begun}", f"review={begun}/review-2.csv").returncode == 0
    fill_in(begun / "review.csv", {"r4": "green"})
    done = goldloop("label", f"resume={begun}", f"review={begun}/review.csv")
    assert done.returncode == 0 and "10 rows are reviewed, none is left for people" in done.stdout
    labels = {row["id"]: row["labels"] for row in sheet(tmp_path / "out.csv")}
    assert labels == {f"r{n}": colour(n) for n in range(1, ROWS + 1)}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("r4,row 4,blue,0.2,purple", "'purple' is not in the label list"),
        ("r4,row 4,blue,0.2,red|blue", "row 2: gold label 'red|blue'"),
        ("r99,row 4,blue,0.2,red", "the id 'r99' is none of"),
        ("r4,row 4,blue,0.2,red\nr4,row 4,blue,0.2,green", "'r4' stands in row 3 and before"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_one_line_and_changes_nothing(
    goldloop: Goldloop, begun: Path, tmp_path: Path, line: str, told: str
) -> None:
    before = (tmp_path / "out.csv").read_bytes()
    (tmp_path / "mine.csv").write_text(f"id,text,proposed,certainty,labels\n{line}\n")
    done = goldloop("label", f"resume={begun}", "review=mine.csv")
    assert done.returncode == 2 and told in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert (tmp_path / "out.csv").read_bytes() == before and not (begun / "reviewed.jsonl").exists()


def test_answers_go_with_a_label_run_that_is_there(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str
) -> None:
    refused = goldloop("label", run, source, "target=0.95", "review=mine.csv")
    assert refused.returncode == 2 and "goldloop label resume=DIR review=FILE" in refused.stderr


def test_rows_that_are_not_like_the_sealed_items_are_told(
    goldloop: Goldloop, endpoint: Endpoint, run: str, tmp_path: Path
) -> None:
    """Only texts of which the model is sure, and nearly all of one colour."""
    numbers = [n for n in range(1, 180) if n % 4 and n % 3 == 1]
    rows = [{"id": f"r{n}", "text": f"row {n}"} for n in numbers]
    (tmp_path / "odd.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = goldloop("label", run, "dataset.path=odd.jsonl", "target=0.95")
    assert done.returncode == 0, done.stderr
    assert "WARNING: the rows are not like the sealed items ('green' 100% of the rows and" in done.stdout
    drift = labelled(tmp_path)[2]["drift"]
    assert drift["accepted"]["rows"] > 0.95 and drift["accepted"]["p"] < 0.0025 and drift["labels"]["green"]["p"] < 1e-4


def test_people_audit_the_accepted_rows_and_no_others(goldloop: Goldloop, begun: Path) -> None:
    begins = goldloop("certify", str(begun), "target=0.8", "batch=20")
    assert begins.returncode == 4, begins.stdout + begins.stderr
    audit = next(begun.parents[2].glob("outputs/certify/*"))
    drawn = sheet(audit / "batch-1.csv")
    assert len(drawn) == 20 and not any(doubtful(row["text"]) for row in drawn)
    with (audit / "batch-1.csv").open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(drawn[0]))
        writer.writeheader()
        writer.writerows({**row, "right": "yes"} for row in drawn)
    ends = goldloop("certify", f"resume={audit}")
    assert ends.returncode == 0, ends.stdout + ends.stderr
    certificate = json.loads((audit / "certificate.json").read_text())
    assert certificate["verdict"] == "reached" and certificate["rows"] == 30 and certificate["left_to_people"] == 10
