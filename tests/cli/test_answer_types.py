"""Answers that are no labels, from a file to a run, its page, labels and a comparison: a type of a user's own."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import lines
from endpoint import Body, Endpoint, Running
from goldloop_process import Goldloop
from markdown import blocks
from paths import ROOT

from runner.runs.html.report import write_report

ROWS = [
    {"id": f"r{n}", "text": f"We meet at {8 + n // 6}:{n % 6}0 in room {n}.", "time": f"{8 + n // 6:02}:{n % 6}0"}
    for n in range(60)
]


class Clock(Endpoint):
    """Says the time that stands in the text; without worked examples it is often an hour late."""

    def reply(self, body: Body) -> str:
        user = body["messages"][-1]["content"]
        found = re.match(r"We meet at (\d+):(\d+) in room (\d+)", user)
        if not found:
            return self.rewrite(user)
        told = "Text:" in body["messages"][0]["content"] or len(body["messages"]) > 2
        late = 0 if told or int(found[3]) % 3 else 1
        return f"The time is {int(found[1]) + late}:{found[2]}."


@pytest.fixture(scope="module")
def clock() -> Iterator[Endpoint]:
    with Running(Clock()) as endpoint:
        yield endpoint


def prepared(folder: Path) -> list[str]:
    """The words of a run with the answer type of docs/extend.md, whose files are written."""
    _, python = blocks(ROOT / "docs/extend.md", "python")
    _, yaml = blocks(ROOT / "docs/extend.md", "yaml")
    (folder / "clock.py").write_text(python)
    (folder / "conf/verifier").mkdir(parents=True)
    (folder / "conf/verifier/time_of_day.yaml").write_text(yaml)
    (folder / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    own = ["--config-dir", "conf", "--trust", "clock", "verifier=time_of_day", "tracker=none"]
    return [*own, "dataset=file", "dataset.path=gold.jsonl", "dataset.gold_field=time", "hydra.run.dir=run"]


@pytest.mark.parametrize("strategy", ["demos", "mipro", "rewrite"])
def test_a_type_of_ones_own_goes_all_the_way(strategy: str, goldloop: Goldloop, clock: Endpoint) -> None:
    words = prepared(goldloop.directory)
    model = ["provider=openai", f"provider.base_url={clock.url}", "provider.model=fake-model"]
    done = goldloop(*words, *model, f"optimizer={strategy}", "epochs=1", OPENAI_API_KEY="k" * 12)
    assert done.returncode == 0, done.stderr
    run = goldloop.directory / "run"
    result = json.loads((run / "result.json").read_text())
    rows = lines(run / "predictions.jsonl")
    assert 0.3 < result["initial"]["test"] < 0.8 and result["controls"]["constant"]["reward"] < 0.3
    assert "classifier" not in result["controls"]  # an answer is more than its classes
    assert all(re.fullmatch(r"\d\d:\d\d", row["prediction"]) for row in rows)
    assert "How to answer:\nAnswer with the time only, as 14:30." in (run / "best_prompt.txt").read_text()
    if strategy == "demos":
        assert result["best"]["test"] == 1.0 and result["decision"]["verdict"] == "better"
        assert {row["verdict"] for row in rows} == {f"Right: {row['gold']}." for row in rows}
    assert rows[0]["gold"] in write_report(run).read_text()


def test_gold_that_is_none_is_named_and_so_is_a_reply_that_leaves_it_open(goldloop: Goldloop, clock: Endpoint) -> None:
    words = prepared(goldloop.directory)
    bad = [*ROWS, {"id": "odd", "text": "We meet at noon.", "time": "noon"}]
    (goldloop.directory / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in bad))
    model = ["provider=openai", f"provider.base_url={clock.url}", "provider.model=fake-model"]
    done = goldloop(*words, *model, "optimizer=none", "epochs=0", OPENAI_API_KEY="k" * 12)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "row 61 (id 'odd'): gold must be a time, as 14:30, found 'noon'" in line


def test_rows_are_labelled_and_a_run_is_repeated(goldloop: Goldloop, clock: Endpoint) -> None:
    words = prepared(goldloop.directory)
    model = ["provider=openai", f"provider.base_url={clock.url}", "provider.model=fake-model"]
    assert goldloop(*words, *model, "optimizer=demos", "epochs=1", OPENAI_API_KEY="k" * 12).returncode == 0
    own = ["--config-dir", "conf", "--trust", "clock"]
    (goldloop.directory / "rest.csv").write_text('id,text\na,We meet at 9:30 in room 4.\nb,"Hello, there"\n')
    done = goldloop("label", *own, "run", "dataset.path=rest.csv", "sink.path=done.csv", OPENAI_API_KEY="k" * 12)
    assert done.returncode == 0, done.stderr
    head, first, second = (goldloop.directory / "done.csv").read_text().splitlines()
    assert head.split(",")[:4] == ["id", "answer", "score", "failure"]
    assert first.split(",")[:2] == ["a", "09:30"] and second.split(",")[1:4] == ["", "", "unreadable"]
    again = goldloop("reproduce", *own, "run")
    assert again.returncode == 0 and "identical" in again.stdout, again.stdout + again.stderr
