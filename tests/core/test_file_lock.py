"""Locks on files: who waits, who is refused, and when a lock is released."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.core.file_lock import Held, hold, is_held, lock, locked, try_lock, unlock

SLEEP = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def test_a_held_file_says_what_its_holder_wrote(tmp_path: Path) -> None:
    path = tmp_path / "running"
    assert not is_held(path)
    path.write_text("the last holder's")
    with hold(path) as file:
        assert path.read_text() == ""
        file.write("http://here")
        file.flush()
        with pytest.raises(Held) as refused:
            hold(path)
        assert refused.value.note == "http://here"
        assert is_held(path)
    assert not is_held(path)
    assert path.read_text() == "http://here"  # whoever looks changes nothing


def test_a_child_that_inherits_the_file_keeps_the_lock_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "running"
    with hold(path) as file:
        child = subprocess.Popen(SLEEP, stdin=subprocess.PIPE, pass_fds=[file.fileno()])
    with child:
        assert is_held(path)
        child.kill()
        child.wait()
        assert not is_held(path)


def test_a_lock_can_be_released_without_closing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("w") as one, path.open("w") as other:
        lock(one)
        assert not try_lock(other)
        unlock(one)
        assert try_lock(other.fileno())


def test_a_process_waits_for_another(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys, pathlib; from runner.core.file_lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): print('mine')"
    )
    with locked(path):
        child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        time.sleep(0.3)
        assert child.poll() is None
    assert child.communicate(timeout=30)[0] == "mine\n"
