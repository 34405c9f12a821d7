"""goldloop label certainty=...: a certainty in each row, paid once, chosen once, the same after a kill."""

import csv
import json
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint import Body, Endpoint, Running, tokens_of
from goldloop_process import Goldloop

from runner.core.items import Data

ROWS = 24


def unsure_of(text: str) -> bool:
    return sum(text.encode()) % 3 == 0


def logprobs(body: Body, reply: str) -> Any:
    """Sure of two texts in three; of every seventh nothing that could be used."""
    user = body["messages"][-1]["content"]
    if len(user) % 7 == 0:
        return {"content": [{"token": "?", "logprob": float("nan")}, {"token": None, "bytes": None, "logprob": None}]}
    return tokens_of(reply, -0.9 if unsure_of(user) else -0.01)


@pytest.fixture(scope="module")
def up(sample: Data) -> Iterator[Endpoint]:
    with Running(Endpoint({item.text: list(item.gold or ()) for item in sample.items}, logprobs=logprobs)) as running:
        yield running


@pytest.fixture(scope="module")
def finished(up: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which an optimisation ran, at an endpoint that gives log-probabilities."""
    place = Goldloop(tmp_path_factory.mktemp("finished"))
    model = ["provider=openai", f"provider.base_url={up.url}", "provider.model=fake-model"]
    done = place(*model, "epochs=1", "tracker=none", "study=done", "optimizer=rewrite")
    assert done.returncode == 0, done.stderr
    return place.directory / done.stdout.splitlines()[-1]


@pytest.fixture
def endpoint(up: Endpoint) -> Endpoint:
    """The endpoint as new."""
    up.requests.clear()
    up.fault, up.delay, up.logprobs = None, 0.0, logprobs
    return up


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> str:
    """A finished optimisation."""
    shutil.copytree(finished, tmp_path / "outputs/done/1")
    return "outputs/done/1"


@pytest.fixture
def source(endpoint: Endpoint, tmp_path: Path) -> str:
    """A file of texts that the endpoint has answers for."""
    known = [list(labels) for labels in list(endpoint.answers.values())[:60]]
    rows = [{"id": f"r{number}", "text": "text " * (number % 4) + str(number)} for number in range(ROWS)]
    endpoint.answers.update({row["text"]: known[n] for n, row in enumerate(rows)})  # type: ignore[attr-defined]
    (tmp_path / "rest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return "dataset.path=rest.jsonl"


def labelled(folder: Path, study: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows and the result of a label run."""
    directory = next(folder.glob(f"outputs/{study}/*/labels.jsonl")).parent
    rows = [json.loads(line) for line in (directory / "labels.jsonl").read_text().splitlines()]
    return rows, json.loads((directory / "result.json").read_text())


def asked(endpoint: Endpoint) -> Counter[str]:
    return Counter(body["messages"][-1]["content"] for body in endpoint.requests)


def test_a_search_has_log_probabilities_and_its_replay_is_identical(
    finished: Path, endpoint: Endpoint, run: str, goldloop: Goldloop
) -> None:
    lines = [json.loads(line) for line in (finished / "journal.jsonl").read_text().splitlines()]
    assert sum("logprobs" in line["reply"] for line in lines if "reply" in line) > 60
    done = goldloop("reproduce", run)
    assert done.returncode == 0 and "identical" in done.stdout, done.stdout + done.stderr
    assert endpoint.requests == []


def test_the_kind_is_chosen_on_the_select_items_and_rows_have_it(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    done = goldloop("label", run, source, "certainty=auto", "study=auto", "sink.path=out.csv")
    assert done.returncode == 0, done.stderr
    assert asked(endpoint).total() == ROWS * (1 + ("certainty prompts:" in done.stdout) * 2)  # nothing to choose by
    rows, result = labelled(tmp_path, "auto")
    choice = result["certainty"]["choice"]
    assert choice["kind"] == min(choice["areas"], key=choice["areas"].get) == result["certainty"]["kind"]
    assert {"logprobs", "prompts"} == set(choice["areas"]) and "samples" in choice["left_out"]
    assert {row["certainty_kind"] for row in rows} == {choice["kind"]}
    sheet = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert list(sheet[0]) == ["id", "labels", "score", "certainty", "certainty_kind", "failure", "model_version"]
    assert [row["certainty"] for row in sheet] == [
        "" if (one := row["certainty"]) is None else str(one) for row in rows
    ]


def test_log_probabilities_are_those_of_the_answer_and_missing_ones_are_said(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    endpoint.fault = lambda body, number: (
        (400, {"error": {"message": "content policy", "code": "content_filter"}}, {})
        if body["messages"][-1]["content"] == "9"
        else None
    )
    texts = [json.loads(line)["text"] for line in (tmp_path / "rest.jsonl").read_text().splitlines()]
    done = goldloop("label", run, source, "certainty=logprobs", "max_failed=1")
    assert done.returncode == 0, done.stderr
    rows, result = labelled(tmp_path, "label")
    missing = 0
    for text, row in zip(texts, rows, strict=True):
        assert row["certainty_kind"] == "logprobs" and "score" in row
        if row["failure"] or len(text) % 7 == 0:
            assert row["certainty"] is None
            missing += row["failure"] is None
        else:
            assert (row["certainty"] < 0.5) == unsure_of(text) and 0 < row["certainty"] < 1
    assert result["certainty"] == {"kind": "logprobs", "unknown": missing, "choice": None} and missing
    assert f"{missing} have no certainty" in done.stdout


def test_an_endpoint_that_refuses_them_labels_all_the_same(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    words = {"error": {"message": "unknown parameter", "type": "invalid_request_error"}}
    endpoint.fault = lambda body, number: (400, words, {}) if "logprobs" in body else None
    done = goldloop("label", run, source, "certainty=logprobs", "provider.concurrency=1")
    assert done.returncode == 0, done.stderr
    rows, _ = labelled(tmp_path, "label")
    assert {(row["certainty"], row["failure"]) for row in rows} == {(None, None)}
    assert asked(endpoint).total() == ROWS + 1
    assert f"{ROWS} have no certainty" in done.stdout


def test_killed_with_samples_it_goes_on_and_pays_nothing_twice(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    words = ["label", run, source, "certainty=samples", "certainty.count=3"]
    whole = goldloop(*words, "study=whole", "journal.path=other.sqlite")
    assert whole.returncode == 0, whole.stderr
    assert "certainty samples: 3 calls more for each row" in whole.stdout
    expected, result = labelled(tmp_path, "whole")
    assert result["calls"]["provider"] == 4 * ROWS == sum(asked(endpoint).values())
    seeds = Counter((body["temperature"], body["messages"][-1]["content"]) for body in endpoint.requests)
    assert set(seeds.values()) == {1, 3} and {temperature for temperature, _ in seeds} == {0.0, 0.7}
    endpoint.requests.clear()
    endpoint.delay = 0.05
    started = goldloop.start(*words, "provider.concurrency=2")
    record = tmp_path / "outputs/label"
    while not any(path.stat().st_size for path in record.glob("*/labels.jsonl")):
        time.sleep(0.05)
    started.send_signal(signal.SIGKILL)
    started.communicate()
    begun = next(record.glob("*")).relative_to(tmp_path)
    done = goldloop("label", f"resume={begun}")
    assert done.returncode == 0, done.stderr
    rows, _ = labelled(tmp_path, "label")
    assert [(row["id"], row["certainty"]) for row in rows] == [(row["id"], row["certainty"]) for row in expected]
    assert 4 * ROWS <= sum(asked(endpoint).values()) <= 4 * ROWS + 4


def test_without_a_certainty_rows_are_as_before(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    done = goldloop("label", run, source)
    assert done.returncode == 0, done.stderr
    rows, result = labelled(tmp_path, "label")
    assert all("certainty" not in row and "further_calls" not in row for row in rows)
    assert result["certainty"] is None
    assert not any("logprobs" in body for body in endpoint.requests)


def test_a_run_of_before_never_asked_for_them_and_its_labels_may(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    saved = tmp_path / run / ".hydra/config.yaml"
    saved.write_text(saved.read_text().replace("logprobs: auto", "logprobs: false"))
    for words, expected in ((["study=asked"], {True}), (["study=never", "provider.logprobs=false"], {None})):
        endpoint.requests.clear()
        done = goldloop("label", run, source, "certainty=logprobs", "journal.mode=off", "limit=5", *words)
        assert done.returncode == 0, done.stderr
        assert {body.get("logprobs") for body in endpoint.requests} == expected
        assert "without scores" not in done.stdout  # they change no answer


def test_nothing_to_choose_by_is_said_before_anything_is_paid(
    goldloop: Goldloop, endpoint: Endpoint, run: str, source: str, tmp_path: Path
) -> None:
    done = goldloop("label", run, source, "certainty=auto", "provider.temperature=0.3")
    assert done.returncode == 2 and "certainty=auto has nothing to choose by" in done.stderr
    assert endpoint.requests == [] and not list(tmp_path.glob("outputs/label/*"))
