"""Where what is said goes: a pipe that closes, a full disk, a terminal that has only ASCII. None of them ends a run."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from endpoint import Endpoint
from goldloop_process import Goldloop
from process_runs import model, result, runs

from runner.core.home import give_home

GOLD = "text,labels\n" + "".join(f"text ü {n},{['Ärger', 'Größe – klein'][n % 2]}\n" for n in range(20))
RUN = ["optimizer=none", "epochs=0", "tracker=none"]


def in_shell(goldloop: Goldloop, after: str, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """goldloop with its output elsewhere; in a pipe the exit code is goldloop's."""
    command = f"set -o pipefail; {shlex.join([sys.executable, '-m', 'runner', *words])} {after}"
    started = goldloop.environment | {"PYTHONPATH": str(Path(__file__).parents[2])} | environment
    return subprocess.run(
        ["bash", "-c", command], cwd=goldloop.directory, env=started, capture_output=True, check=False,
        encoding="utf-8", errors="replace",
    )  # fmt: skip


@pytest.mark.parametrize("after", ["| head -1", ">&-", ">/dev/null 2>&1 <&-"])
def test_a_run_whose_reader_has_enough_is_finished(after: str, goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = in_shell(goldloop, after, *model(endpoint), *RUN)
    assert (done.returncode, done.stderr) == (0, "")
    [run] = runs(goldloop.directory)
    assert result(run)["status"] == "finished"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_what_cannot_be_written_is_told_and_the_run_is_finished(goldloop: Goldloop, endpoint: Endpoint) -> None:
    done = in_shell(goldloop, ">/dev/full", *model(endpoint), *RUN)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("goldloop: error: ") and "No space left on device" in line
    [run] = runs(goldloop.directory)
    assert result(run)["status"] == "finished"
    assert in_shell(goldloop, "2>/dev/full", *model(endpoint), *RUN).returncode == 0


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
def test_a_terminal_that_is_not_utf_8_shows_the_verdict(
    environment: dict[str, str], goldloop: Goldloop, endpoint: Endpoint
) -> None:
    (goldloop.directory / "gold.csv").write_text(GOLD)
    done = in_shell(goldloop, "", *model(endpoint), *RUN, "dataset=file", "dataset.path=gold.csv", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "the initial prompt is kept" in done.stdout and "sealed test, best: reward" in done.stdout
    assert "rger" in done.stdout


def test_a_user_without_a_home_gets_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    give_home()
    assert os.environ["HOME"] == str(tmp_path)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where the system does not know the user
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    give_home()
    home = Path(os.environ["HOME"])
    assert home.parent == tmp_path and home.stat().st_mode & 0o077 == 0
    home.rmdir()
    home.symlink_to(tmp_path)  # laid there by somebody else
    monkeypatch.delenv("HOME")
    give_home()
    assert Path(os.environ["HOME"]) != home and Path(os.environ["HOME"]).is_dir()


def test_a_name_that_is_too_long_is_told_in_a_line(goldloop: Goldloop, endpoint: Endpoint) -> None:
    for words in (
        [f"study={'s' * 300}"],
        [f"hydra.run.dir=outputs/{'s' * 300}"],
        ["-m", f"hydra.sweep.dir={'s' * 300}"],
    ):
        done = goldloop(*model(endpoint), *RUN, *words)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_pattern_of_options_is_expanded_or_refused(goldloop: Goldloop, endpoint: Endpoint) -> None:
    (goldloop.directory / "mine/optimizer").mkdir(parents=True)
    (goldloop.directory / "mine/optimizer/nothing.yaml").write_text("_target_: runner.optimizers.none.NoOp\n")
    for words, refused in ((["-m", "optimizer=glob(zz*)"], "capo"), (["-m", "seed=glob(1*)"], "seed is no group")):
        done = goldloop(*model(endpoint), *RUN[1:], *words)
        assert done.returncode == 2 and refused in done.stderr and len(done.stderr.splitlines()) == 1
    assert endpoint.requests == []
    for number, words in enumerate((["optimizer=glob(no*)"], ["--config-dir", "mine", "optimizer=glob(noth*)"])):
        done = goldloop(*model(endpoint), *RUN[1:], "-m", *words)
        assert done.returncode == 0, done.stderr
        assert len(runs(goldloop.directory)) == number + 1
