"""Whether W&B is online: only with a key, and what W&B's own settings switch off stays off."""

from pathlib import Path

import pytest
from refusals import refused

from runner.core.errors import ConfigError
from runner.trackers.wandb_run import run_id
from runner.trackers.wandb_settings import Mode, OwnSettings
from runner.trackers.wandb_tables import flat

KEY = "x" * 40


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and an empty working directory below it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def chosen(mode: Mode) -> str:
    return OwnSettings.now().chosen(mode)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


def test_without_a_key_it_is_offline() -> None:
    assert chosen("auto") == "offline"


@pytest.mark.parametrize("name", ["WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"])
def test_with_a_key_in_the_environment_it_is_online(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, KEY)
    assert chosen("auto") == "online"
    assert chosen("offline") == "offline"


@pytest.mark.parametrize("host", ["api.wandb.ai", "api.forge.coreweave.com"])
@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_after_wandb_login_it_is_online(name: str, host: str, home: Path) -> None:
    write(home / name, f"machine {host} login user password {KEY}\n")
    assert chosen("auto") == "online"


def test_a_login_counts_for_its_own_server_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / ".netrc", f"machine wandb.example:8443 login user password {KEY}\n")
    assert chosen("auto") == "offline"
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.example:8443")
    assert chosen("auto") == "online"
    monkeypatch.setenv("WANDB_BASE_URL", "https://other.example")
    assert chosen("auto") == "offline"
    monkeypatch.delenv("WANDB_BASE_URL")
    write(home / ".config/wandb/settings", "[default]\nbase_url = https://wandb.example:8443\n")
    assert chosen("auto") == "online"


def test_a_netrc_of_another_place_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "keys", f"machine api.wandb.ai login user password {KEY}\n")
    monkeypatch.setenv("NETRC", str(home / "keys"))
    assert chosen("auto") == "online"


@pytest.mark.parametrize("content", ["what is this\n", "machine api.wandb.ai login user\n", "caf\xe9"])
def test_a_broken_netrc_is_no_login(content: str, home: Path) -> None:
    (home / ".netrc").write_bytes(content.encode("latin-1"))
    assert chosen("auto") == "offline"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"WANDB_MODE": "disabled"}, "disabled"),
        ({"WANDB_MODE": "offline"}, "offline"),
        ({"WANDB_MODE": "dryrun"}, "offline"),
        ({"WANDB_DISABLED": "true"}, "disabled"),
        ({"WANDB_DISABLED": "1", "WANDB_MODE": "online"}, "disabled"),
        ({"WANDB_DISABLED": "false"}, "online"),
        ({"WANDB_MODE": ""}, "online"),
        ({"WANDB_MODE": "online"}, "online"),
        ({"WANDB_SILENT": "true"}, "online"),
    ],
    ids=str,
)
def test_what_its_variables_switch_off_stays_off(
    named: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert chosen("auto") == chosen("online") == expected
    assert chosen("offline") == ("disabled" if expected == "disabled" else "offline")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[default]\nmode = disabled\n", "disabled"),
        ("[default]\nmode = offline\n", "offline"),
        ("[default]\ndisabled = true\n", "disabled"),
        ("[default]\nproject = 50%\n", "online"),
        ("[other]\nmode = offline\n", "online"),
        ("mode = offline\n", "online"),  # which W&B does not read either
    ],
)
@pytest.mark.parametrize("place", ["work/wandb", ".config/wandb"])
def test_what_its_files_switch_off_stays_off(
    place: str, content: str, expected: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    write(home / place / "settings", content)
    assert chosen("auto") == chosen("online") == expected


def test_a_variable_goes_before_the_folders_file_and_that_before_the_persons(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / ".config/wandb/settings", "[default]\nmode = disabled\nproject = hers\nentity = us\n")
    write(home / "work/wandb/settings", "[default]\nmode = offline\nproject = here\n")
    assert (chosen("auto"), OwnSettings.now().project) == ("offline", "here")
    (home / "work/.wandb").mkdir()  # which W&B takes where it is there
    assert (chosen("auto"), OwnSettings.now().project) == ("disabled", "hers")
    monkeypatch.setenv("WANDB_DIR", str(home / "elsewhere"))
    write(home / "elsewhere/wandb/settings", "[default]\nmode = offline\n")
    assert chosen("auto") == "offline"
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(home / "none"))
    monkeypatch.setenv("WANDB_PROJECT", "named")
    assert OwnSettings.now().project == "named"
    monkeypatch.delenv("WANDB_PROJECT")
    assert OwnSettings.now().project == "goldloop"


def test_a_mode_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "Disabled")
    with refused(ConfigError, "bad-value", "WANDB_MODE", "Disabled", "disabled"):
        chosen("auto")


def test_it_needs_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    monkeypatch.setenv("WANDB_CONFIG_DIR", "~nosuch/x")
    monkeypatch.setenv("NETRC", "~nosuch/netrc")
    assert chosen("auto") == "offline"


def test_runs_of_two_checkouts_are_two_runs_and_what_is_resumed_is_one(tmp_path: Path) -> None:
    here, there = tmp_path / "a/outputs/nightly", tmp_path / "b/outputs/nightly"
    assert run_id(here) != run_id(there)
    assert run_id(here) == run_id(here)
    kept = run_id(here)
    here.rename(tmp_path / "moved")
    assert run_id(tmp_path / "moved") == kept
    for damaged in (b"", b"\xff", b"../x\n", b"a b c d"):
        (there / "wandb/run_id.txt").write_bytes(damaged)
        assert run_id(there) == run_id(there) != kept


def test_a_run_that_an_older_goldloop_began_keeps_its_id(tmp_path: Path) -> None:
    for name in ("latest-run", "offline-run-20261128_101112-0123456789abcdef"):
        (tmp_path / "wandb" / name).mkdir(parents=True)
    assert run_id(tmp_path) == "0123456789abcdef"


def test_a_result_is_flat_in_the_summary() -> None:
    assert flat({"a": {"b": 1, "c": {"d": None}}, "e": [1], "f": "x"}) == {"a/b": 1, "a/c/d": None, "f": "x"}
    assert flat({"a": {"interval": [0.1, 0.2]}, "b": {"interval": None}}) == {
        "a/interval/low": 0.1,
        "a/interval/high": 0.2,
        "b/interval": None,
    }
