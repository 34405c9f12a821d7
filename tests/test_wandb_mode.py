"""Whether W&B is online: only with a key, and the environment has the last word."""

from pathlib import Path

import pytest

from runner.trackers.wandb import WandB, _flat, _run_id
from runner.types import RunInfo


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_without_a_key_it_is_offline() -> None:
    assert WandB()._chosen_mode() == "offline"


def test_with_a_key_in_the_environment_it_is_online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    assert WandB()._chosen_mode() == "online"
    assert WandB(mode="offline")._chosen_mode() == "offline"


def test_after_wandb_login_it_is_online(home: Path) -> None:
    (home / ".netrc").write_text("machine api.wandb.ai login user password x\n")
    (home / ".netrc").chmod(0o600)
    assert WandB()._chosen_mode() == "online"


def test_a_broken_netrc_is_no_login(home: Path) -> None:
    (home / ".netrc").write_text("what is this\n")
    assert WandB()._chosen_mode() == "offline"


def test_the_environment_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert WandB(mode="online")._chosen_mode() is None


def test_a_run_has_the_same_id_wherever_its_directory_was_moved() -> None:
    def run(directory: str, sweep: str | None) -> RunInfo:
        return RunInfo(Path(directory), Path(sweep) if sweep else None, {}, {})

    assert _run_id(run("/a/outputs/s/t", None)) == _run_id(run("/b/outputs/s/t", None))
    assert _run_id(run("/a/outputs/s/t/0", "/a/outputs/s/t")) == _run_id(run("outputs/s/t/0", "outputs/s/t"))
    assert _run_id(run("/a/outputs/s/t/0", "x")) != _run_id(run("/a/outputs/s/t/1", "x"))


def test_a_result_is_flat_in_the_summary() -> None:
    assert _flat({"a": {"b": 1, "c": {"d": None}}, "e": [1], "f": "x"}) == {"a/b": 1, "a/c/d": None, "f": "x"}
