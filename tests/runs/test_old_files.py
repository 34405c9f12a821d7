"""A run directory that goldloop made at b484d99, before its files had a version, is read like one of today."""

import json
import shutil
from pathlib import Path

import pytest
from paths import ROOT
from run_records import RESULT

from runner.analysis.compare.runs import entries
from runner.analysis.reproduce import replay
from runner.core.errors import BudgetSpent
from runner.core.run_result import NoPromptControl
from runner.core.stop import Stop
from runner.labelling.confidence import LabelConfidence
from runner.runs.html.report import write_report
from runner.runs.reader import read_run
from runner.runs.run_files import last_epoch, result_from
from verifiers.labels import Labels
from verifiers.verdict import Unusable

MADE = ROOT / "tests/runs/data/run_at_b484d99"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MADE, tmp_path / "old"))


def test_its_files_are_read(old: Path) -> None:
    run = read_run(old)
    assert (run.result.version, run.result.status) == (0, "stopped")
    assert run.result.stop == Stop("budget", "calls", 17)
    assert run.result.controls is not None and run.result.controls.no_prompt == NoPromptControl(None)
    assert run.result.decision is not None and run.result.decision.items == len(run.predictions) == 4
    assert [epoch.epoch for epoch in run.epochs] == list(range(run.result.epochs + 1))
    assert last_epoch(old) == run.epochs[-1]
    assert {row.v for row in (*run.epochs, *run.predictions)} == {0}
    assert len(run.data().items) == 12
    assert LabelConfidence.of_run(run).of(["red"])


def test_its_page_is_drawn(old: Path) -> None:
    (old / "report.html").unlink(missing_ok=True)
    page = write_report(old).read_text()
    assert "budget.calls=17 is spent" in page


def test_it_is_compared(old: Path) -> None:
    other = Path(shutil.copytree(MADE, old.with_name("other")))
    found, refused = entries([old, other])
    assert ([entry.path for entry in found], refused) == ([old, other], [])


def test_it_is_reproduced(old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k" * 12)
    assert replay(old, ())
    assert capsys.readouterr().out.splitlines()[-1] == "identical"
    rows = [json.loads(line) for line in (old / "epochs.jsonl").read_text().splitlines()]
    rows[-1]["best"]["select"] = 0.123
    (old / "epochs.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    assert not replay(old, ())
    assert "NOT identical: epochs.jsonl, line" in capsys.readouterr().out


def test_a_reader_of_another_version_is_told_with_the_verdicts_that_differ(
    old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k" * 12)
    read = Labels.read
    monkeypatch.setattr(Labels, "version", 7)
    assert replay(old, ()) and "reader" not in capsys.readouterr().out
    blind = lambda self, reply, item: Unusable("ambiguous") if "blue" in reply else read(self, reply, item)  # noqa: E731
    monkeypatch.setattr(Labels, "read", blind)
    assert not replay(old, ())
    said = capsys.readouterr().out
    rows = [json.loads(line) for line in (old / "predictions.jsonl").read_text().splitlines()]
    count = sum("blue" in row["reply"] for row in rows)
    assert count and f"{count} of {len(rows)} verdicts differ (reader 1 -> 7)" in said


@pytest.mark.parametrize(
    "stop",
    [
        Stop("no-epochs"),
        Stop("epochs"),
        Stop("exhausted"),
        Stop("interrupted"),
        Stop("patience", value=3),
        Stop("budget", "usd", 0.25),
        Stop.of_budget(BudgetSpent("calls", 5), "before the initial prompt was measured"),
        Stop.of_budget(BudgetSpent("tokens", 1_000_000, "unmeasurable"), "before the sealed test was done"),
        Stop("unknown", detail="budget.moons=2 is spent"),
        Stop("unknown", detail="budget.calls=many is spent"),
        Stop("unknown", detail="the stars were wrong"),
    ],
)
def test_a_stop_is_known_from_its_sentence(stop: Stop) -> None:
    found = result_from({**RESULT, "status": "stopped", "stop_reason": stop.reason}, Path("x"))
    assert (found.stop, found.stop_reason) == (stop, stop.reason)


def test_an_error_is_none_of_the_other_ends_whatever_it_says() -> None:
    found = result_from({**RESULT, "status": "failed", "stop_reason": "Ctrl-C"}, Path("x"))
    assert found.stop == Stop("failed", detail="Ctrl-C")
