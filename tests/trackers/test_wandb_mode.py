"""Whether W&B is online: only with a key, and the environment has the last word."""

from pathlib import Path

import pytest

from runner.trackers.wandb_run import chosen_mode, run_id
from runner.trackers.wandb_tables import flat


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_without_a_key_it_is_offline() -> None:
    assert chosen_mode("auto") == "offline"


def test_with_a_key_in_the_environment_it_is_online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    assert chosen_mode("auto") == "online"
    assert chosen_mode("offline") == "offline"


def test_after_wandb_login_it_is_online(home: Path) -> None:
    (home / ".netrc").write_text("machine api.wandb.ai login user password x\n")
    (home / ".netrc").chmod(0o600)
    assert chosen_mode("auto") == "online"


def test_a_broken_netrc_is_no_login(home: Path) -> None:
    (home / ".netrc").write_text("what is this\n")
    assert chosen_mode("auto") == "offline"


def test_the_environment_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert chosen_mode("online") is None


def test_a_run_has_the_same_id_wherever_its_directory_was_moved() -> None:
    assert run_id(Path("/a/outputs/s/t"), 2) == run_id(Path("/b/outputs/s/t"), 2)
    assert run_id(Path("/a/outputs/s/t/0"), 3) == run_id(Path("outputs/s/t/0"), 3)
    assert run_id(Path("/a/outputs/s/t/0"), 3) != run_id(Path("/a/outputs/s/t/1"), 3)
    assert run_id(Path(), 2) == run_id(Path.cwd(), 2)


def test_a_result_is_flat_in_the_summary() -> None:
    assert flat({"a": {"b": 1, "c": {"d": None}}, "e": [1], "f": "x"}) == {"a/b": 1, "a/c/d": None, "f": "x"}
    assert flat({"a": {"interval": [0.1, 0.2]}, "b": {"interval": None}}) == {
        "a/interval/low": 0.1,
        "a/interval/high": 0.2,
        "b/interval": None,
    }
