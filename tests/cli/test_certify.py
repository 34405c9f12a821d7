"""goldloop certify: labels from anywhere, to people and back, until it is settled."""

import json
import os
import re
import resource
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from audits import cells_of, fill_in, judge, labels_file
from goldloop_process import Goldloop
from refusals import refused

from runner.cli.certify import certify
from runner.cli.main import COMMANDS
from runner.config.command_line import parse_command_line
from runner.core.errors import ConfigError, DataError, GoldloopError, RunDirectoryError
from runner.datasets.file import File

Certify = Callable[..., int]
FOLDER = Path("outputs/certify")


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certify:
    """``goldloop certify`` in a directory of its own; returns the exit code."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: certify(parse_command_line(["certify", *words], COMMANDS))


def audits() -> list[Path]:
    return sorted(path.parent for path in FOLDER.glob("*/plan.json"))


def only() -> Path:
    [directory] = audits()
    return directory


def result(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "certificate.json").read_text())
    return found


def to_the_end(ask: Certify, *words: str) -> tuple[int, int]:
    """(exit code, batches) of an audit whose people answer every batch."""
    for batch in count(1):
        code = ask(*words)
        if code != 4:
            return code, batch - 1
        fill_in(audits()[-1] / f"batch-{batch}.csv")
    raise AssertionError


@pytest.mark.parametrize(
    ("wrong", "code", "verdict", "claim"),
    [
        (0, 0, "reached", r"Of these 2,000 rows at most \d+ \([0-5](\.\d)?%\) are wrong, with 95% confidence\."),
        (20, 0, "reached", r"Of these 2,000 rows at most (\d|\d\d|100) \("),
        (600, 3, "missed", r"Of these 2,000 rows more than 100 \(5%\) are wrong, with 95% confidence: \d+ of the \d+ "),
    ],
)
def test_an_audit_ends_with_a_verdict_and_a_claim(
    ask: Certify, wrong: int, code: int, verdict: str, claim: str, capsys: pytest.CaptureFixture[str]
) -> None:
    labels_file(Path("labels.csv"), 2000, wrong)
    ended, batches = to_the_end(ask, "labels.csv", "batch=25", "by=Ada")
    made = result(only())
    said = capsys.readouterr().out
    assert (ended, made["verdict"], made["rows"], made["tolerated"]) == (code, verdict, 2000, 100)
    assert re.match(claim, made["claim"]) and f"{verdict}: {made['claim']}" in said
    assert made["audited"] == 25 * batches == made["batches"][-1]["audited"]
    assert wrong <= made["most_wrong"] and (verdict == "missed" or made["most_wrong"] <= 100)
    assert said.splitlines()[-1] == f"{only()}/"
    page = (only() / "certificate.html").read_text()
    assert made["claim"] in page and "Ada" in page and made["digest"] in page
    before = (only() / "certificate.json").read_bytes()
    assert ask("labels.csv", "batch=25") == ask(f"resume={only()}") == code  # said again, and nothing is read anew
    assert (only() / "certificate.json").read_bytes() == before


def test_until_it_is_settled_the_verdict_is_undecided_and_the_next_batch_is_written(
    ask: Certify, capsys: pytest.CaptureFixture[str]
) -> None:
    labels_file(Path("labels.csv"), 100_000, 0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert ask("labels.csv") == 4
    assert "76 rows settle it if none is wrong, about 12" in capsys.readouterr().out
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes
    assert len(cells_of(only() / "batch-1.csv")) == 50
    fill_in(only() / "batch-1.csv")
    assert ask(f"resume={only()}") == 4
    said = capsys.readouterr().out
    assert "undecided: 0 of 50 checked rows are wrong. Of these 100,000 rows at most" in said
    assert "about 26 rows more are expected" in said and "batch-2.csv" in said
    numbers = [row["number"] for name in ("batch-1.csv", "batch-2.csv") for row in cells_of(only() / name)]
    ids = {row["id"] for name in ("batch-1.csv", "batch-2.csv") for row in cells_of(only() / name)}
    assert numbers == [str(number) for number in range(1, 101)] and len(ids) == 100
    assert not (only() / "certificate.json").exists()


def test_when_all_rows_are_checked_nothing_is_left_to_chance(ask: Certify) -> None:
    labels_file(Path("labels.csv"), 30, 1)
    code, batches = to_the_end(ask, "labels.csv", "batch=30", "target=0.97")
    made = result(only())
    assert (code, batches, made["verdict"], made["wrong"]) == (3, 1, "missed", 1)
    labels_file(Path("few.csv"), 3, 0)
    assert to_the_end(ask, "few.csv", "target=0.5")[0] == 0
    assert result(audits()[-1])["most_wrong"] <= 1


def test_an_answer_counts_once_all_rows_before_it_are_answered(
    ask: Certify, capsys: pytest.CaptureFixture[str]
) -> None:
    labels_file(Path("labels.csv"), 500, 0)
    ask("labels.csv")
    batch = only() / "batch-1.csv"
    fill_in(batch, lambda row: {} if row["number"] == "11" else judge(row))
    capsys.readouterr()
    assert ask("labels.csv") == 4
    said = capsys.readouterr().out
    assert "0 of 10 checked rows are wrong" in said
    assert "number 11 (id " in said and "39 answers behind it do not count yet" in said
    assert not (only() / "batch-2.csv").exists()
    fill_in(batch)
    assert ask("labels.csv") == 4 and (only() / "batch-2.csv").exists()


def test_answers_that_are_changed_later_are_counted(ask: Certify) -> None:
    labels_file(Path("labels.csv"), 500, 0)
    ask("labels.csv")
    fill_in(only() / "batch-1.csv", lambda row: {"right": "no" if row["number"] in {"1", "2"} else "yes"})
    ask("labels.csv")
    fill_in(only() / "batch-1.csv", lambda row: {"right": "yes"})
    assert to_the_end_from(ask, 2) == 0
    assert result(only())["changed_answers"] == 2
    assert "2 answers were changed after they had been read once" in (only() / "certificate.html").read_text()


def to_the_end_from(ask: Certify, batch: int) -> int:
    while (only() / f"batch-{batch}.csv").exists():
        fill_in(only() / f"batch-{batch}.csv")
        if (code := ask(f"resume={only()}")) != 4:
            return code
        batch += 1
    raise AssertionError


def test_a_second_audit_of_the_same_rows_must_be_more_certain(ask: Certify, capsys: pytest.CaptureFixture[str]) -> None:
    labels_file(Path("labels.csv"), 500, 0)
    code, batches = to_the_end(ask, "labels.csv", "batch=15")
    assert code == 0
    with refused(ConfigError, "begun-otherwise", "target", only(), "seed=1"):
        ask("labels.csv", "target=0.9", "batch=15")
    capsys.readouterr()
    assert to_the_end(ask, "labels.csv", "batch=15", "seed=1")[1] > batches
    assert "audit 2 of these rows (before it: " in capsys.readouterr().out
    first, second = audits()
    assert result(first)["delta"] == pytest.approx(0.04) and result(second)["delta"] == pytest.approx(0.008)
    assert result(second)["earlier"] == [str(first)]
    assert cells_of(first / "batch-1.csv") != cells_of(second / "batch-1.csv")
    Path("labels.csv").write_text(Path("labels.csv").read_text().replace("text 7,", "text seven,"))
    ask("labels.csv")  # other rows: the first audit of theirs
    assert json.loads((audits()[-1] / "plan.json").read_text())["number"] == 1


def test_rows_that_were_changed_meanwhile_are_refused(ask: Certify) -> None:
    path = labels_file(Path("labels.csv"), 500, 0)
    ask("labels.csv")
    fill_in(only() / "batch-1.csv")
    path.write_text(path.read_text().replace("text 7,good", "text 7,bad"))
    with refused(DataError, "rows-changed", "labels.csv", "500 rows"):
        ask(f"resume={only()}")


def test_corrected_labels_are_kept_as_gold(ask: Certify) -> None:
    labels_file(Path("labels.csv"), 100, 40)
    assert to_the_end(ask, "labels.csv", "by=Ada")[0] == 3
    data = File(str(only() / "gold.jsonl")).load()
    assert {item.gold for item in data.items} == {("good",)} and len(data.items) == 50


def test_rows_without_labels_are_no_part_of_the_claim(ask: Certify, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": n % 3, "text": f"text {n}", "labels": [[], ["a", "b"], None, ""][n % 4]} for n in range(40)]
    Path("labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert ask("labels.jsonl") == 4  # ids that come again tell no rows apart, and need not
    assert "20 rows with labels in labels.jsonl (20 without labels: no part of it)" in capsys.readouterr().out
    assert {row["labels"] for row in cells_of(only() / "batch-1.csv")} == {"[]", "a | b"}
    fill_in(only() / "batch-1.csv", lambda row: {"right": "yes"})
    assert ask("labels.jsonl") == 0


def test_columns_have_the_names_that_they_have(ask: Certify) -> None:
    Path("vendor.tsv").write_text("No\tBody\tTopic\n" + "".join(f"{n}\ttext {n}\tA\n" for n in range(60)))
    with refused(DataError, "labels-missing", "vendor.tsv", "'Topic'"):
        ask("vendor.tsv")
    with refused(DataError, "text-missing", "row 2", "'Body'"):
        ask("vendor.tsv", "dataset.gold_field=Topic")
    assert ask("vendor.tsv", "dataset.gold_field=Topic", "dataset.text_field=Body", "dataset.id_field=No") == 4
    assert cells_of(only() / "batch-1.csv")[0]["labels"] == "A"
    fill_in(only() / "batch-1.csv", lambda row: {"right": "1"})
    assert ask(f"resume={only()}") == 0


def label_run(rows: int) -> Path:
    """What ``goldloop label`` leaves: every tenth row failed, and every fifth is left to people."""
    directory = Path("outputs/label/1")
    (directory / ".hydra").mkdir(parents=True)
    texts = [{"id": f"r{n}", "text": f"text {n}"} for n in range(rows)]
    Path("rest.jsonl").write_text("\n".join(map(json.dumps, texts)))
    config = "dataset:\n  _target_: runner.datasets.file.File\n  path: rest.jsonl\nsink: {}\n"
    (directory / ".hydra/config.yaml").write_text(config)
    lines = [
        {"id": f"r{n}", "labels": ["A"] if n % 10 else None, "failure": None if n % 10 else "timeout"}
        | {"review": n % 5 == 1}
        for n in range(rows)
    ]
    (directory / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return directory


def test_of_a_label_run_the_accepted_rows_are_audited(ask: Certify, capsys: pytest.CaptureFixture[str]) -> None:
    directory = label_run(200)
    assert ask(str(directory)) == 4
    assert "140 rows with labels in outputs/label/1 (20 without labels, 40 left to people" in capsys.readouterr().out
    batch = cells_of(only() / "batch-1.csv")
    assert all(row["text"] == f"text {row['id'][1:]}" and int(row["id"][1:]) % 5 != 1 for row in batch)
    assert ask(str(directory / "labels.jsonl")) == 4 and len(audits()) == 1
    fill_in(only() / "batch-1.csv", lambda row: {"right": "yes"})
    Path("rest.jsonl").write_text(Path("rest.jsonl").read_text().replace('"r7"', '"x7"'))
    with refused(DataError, "rows-changed", directory, "line 8"):
        ask(f"resume={only()}")
    (directory / "labels.jsonl").unlink()
    with refused(DataError, "not-a-label-run", directory):
        ask(str(directory))


@pytest.mark.parametrize(
    ("words", "code", "key"),
    [
        ((), "one-file", "run"),
        (("a.csv", "b.csv"), "one-file", "run"),
        (("none.csv",), "file-missing", "none.csv"),
        (("labels.csv", "target=1"), "bad-value", "target"),
        (("labels.csv", "target=95"), "bad-value", "target"),
        (("labels.csv", "confidence=0.3"), "bad-value", "confidence"),
        (("labels.csv", "batch=0"), "bad-value", "batch"),
        (("labels.csv", "seed=-1"), "bad-value", "seed"),
        (("labels.csv", "dataset=customer_intents"), "needs-file", "dataset"),
        (("empty.csv",), "labels-missing", "empty.csv"),
        (("resume=outputs",), "not-an-audit", "outputs"),
        (("resume=outputs", "target=0.9"), "not-an-audit", "outputs"),
    ],
)
def test_bad_input_is_named(ask: Certify, words: tuple[str, ...], code: Any, key: str) -> None:
    labels_file(Path("labels.csv"), 20, 0)
    Path("empty.csv").write_text("id,text,labels\n1,a,\n")
    with refused(GoldloopError, code, key):
        ask(*words)
    assert audits() == []


def test_a_resumed_audit_takes_the_name_of_the_checker_and_nothing_else(ask: Certify) -> None:
    labels_file(Path("labels.csv"), 60, 0)
    ask("labels.csv")
    with refused(ConfigError, "resume-with-options", "target"):
        ask(f"resume={only()}", "target=0.9")
    fill_in(only() / "batch-1.csv")
    assert ask(f"resume={only()}", 'by="Ada & Co"') == 0
    assert result(only())["by"] == "Ada & Co" and "Ada &amp; Co" in (only() / "certificate.html").read_text()
    (only() / "plan.json").write_text("{")
    with refused(DataError, "damaged-file", None, "plan.json"):
        ask(f"resume={only()}")


def test_anybody_can_draw_the_sample_again(ask: Certify) -> None:
    labels_file(Path("labels.csv"), 120, 0)
    to_the_end(ask, "labels.csv", "target=0.9")
    page = (only() / "certificate.html").read_text()
    code = re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert code
    drawn: list[list[int]] = []
    exec(code[1].replace("&#34;", '"'), {"print": drawn.append})  # noqa: S102 - what the page says to run
    batches = sorted(only().glob("batch-*.jsonl"))
    assert drawn == [[json.loads(line)["place"] for path in batches for line in path.read_text().splitlines()]]


def test_a_place_that_cannot_be_written_is_one_line(ask: Certify, monkeypatch: pytest.MonkeyPatch) -> None:
    labels_file(Path("labels.csv"), 60, 0)
    Path("outputs").write_text("")
    with refused(RunDirectoryError, "unwritable", None):
        ask("labels.csv")
    Path("outputs").unlink()
    ask("labels.csv")
    fill_in(only() / "batch-1.csv")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with refused(RunDirectoryError, "unwritable", only(), "No space left on device"):
        ask("labels.csv")
    monkeypatch.undo()


def test_exit_codes_of_the_process(goldloop: Goldloop) -> None:
    labels_file(goldloop.directory / "labels.csv", 60, 0)
    done = goldloop("certify", "labels.csv")
    assert (done.returncode, done.stderr) == (4, "")
    directory = goldloop.directory / done.stdout.splitlines()[-1]
    fill_in(directory / "batch-1.csv", lambda row: {"right": "maybe" if row["number"] == "3" else "yes"})
    done = goldloop(f"resume={directory}")  # without the command: it is known by what lies there
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "batch-1.csv, row 4: right is 'maybe'" in done.stderr
    fill_in(directory / "batch-1.csv", judge)
    done = goldloop("certify", f"resume={directory}")
    assert (done.returncode, done.stderr) == (0, "")
