"""A directory is one process's at a time, until it dies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT
from refusals import refused

from runner.core.errors import RunDirectoryError
from runner.runs.ownership import owned, refuse_owned

OWN = """
import sys, time
from pathlib import Path
from runner.runs.ownership import owned
with owned(Path(sys.argv[1])):
    print("owned", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def owner(tmp_path: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", OWN, str(tmp_path)]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "owned\n"
    return process


def test_the_second_process_is_refused_until_the_first_dies(tmp_path: Path, owner: "subprocess.Popen[str]") -> None:
    with refused(RunDirectoryError, "in-use", tmp_path, f"process {owner.pid}:"), owned(tmp_path):
        pass
    with refused(RunDirectoryError, "in-use", tmp_path, owner.pid):
        refuse_owned([tmp_path / "none", tmp_path])
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    refuse_owned([tmp_path])
    (tmp_path / "result.json").touch()
    with owned(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]  # nothing of the lock stays


def test_in_one_process_too_there_is_one_owner(tmp_path: Path) -> None:
    with owned(tmp_path), refused(RunDirectoryError, "in-use", tmp_path, os.getpid()), owned(tmp_path):
        pass


def test_a_directory_that_stays_empty_goes_again(tmp_path: Path) -> None:
    with owned(tmp_path / "a/b"):
        assert (tmp_path / "a/b").is_dir()
    assert not (tmp_path / "a/b").exists()


def test_an_owner_on_another_machine_is_named_with_it(tmp_path: Path) -> None:
    with owned(tmp_path):
        (tmp_path / ".running").write_text("17 elsewhere.example")
        with refused(RunDirectoryError, "in-use", tmp_path, "process 17 on elsewhere.example"):
            refuse_owned([tmp_path])
        (tmp_path / ".running").write_text("")  # it has not written yet who it is
        with refused(RunDirectoryError, "in-use", tmp_path, "another process"):
            refuse_owned([tmp_path])
