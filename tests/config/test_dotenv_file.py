"""The file .env: read, or one line that says what is wrong with it and never what is in it."""

import os
from pathlib import Path

import pytest
from goldloop_process import Goldloop
from refusals import refused

from runner.config.dotenv_file import load_env_file
from runner.core.error_codes import Code
from runner.core.errors import ConfigError

SECRET = "sk-abcdefgh12345678"
TEXT = f'# keys\nFROM_ENV_FILE={SECRET}\nQUOTED="a b"\nEMPTY=\n'


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FROM_ENV_FILE", "QUOTED", "EMPTY", "SET"):
        monkeypatch.setenv(name, "before")
        monkeypatch.delenv(name)
    monkeypatch.setenv("SET", "before")


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_its_variables_are_set_where_the_environment_has_none(code: str, end: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(f"{TEXT}SET=after\nNOVALUE\n".replace("\n", end).encode(code))
    load_env_file(tmp_path / ".env")
    found = [os.environ.get(name) for name in ("FROM_ENV_FILE", "QUOTED", "EMPTY", "SET", "NOVALUE")]
    assert found == [SECRET, "a b", "", "before", None]


def test_there_need_be_none(tmp_path: Path) -> None:
    load_env_file(tmp_path / ".env")


@pytest.mark.parametrize(
    ("content", "code", "shown"),
    [
        (TEXT.encode("utf-16"), "not-utf8", "UTF-16"),
        (TEXT.encode("utf-16-le"), "not-utf8", "NUL"),
        (f"{TEXT}NAME=caf\xe9 {SECRET}\n".encode("latin-1"), "not-utf8", "line 5"),
        (f"{TEXT}NAME=a\0b\n".encode(), "not-utf8", "line 5"),
        (b"\x00\xff" * 9, "not-utf8", ""),
        (b"x" * (1 << 21), "too-large", "1 MB"),
    ],
    ids=["UTF-16", "UTF-16 without a mark", "Latin-1", "NUL", "binary", "large"],
)
def test_what_is_no_text_is_told_and_not_shown(content: bytes, code: Code, shown: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(content)
    with refused(ConfigError, code, tmp_path / ".env", shown, "UTF-8") as told:
        load_env_file(tmp_path / ".env")
    assert SECRET not in str(told.value)


def test_a_folder_and_a_file_that_may_not_be_read_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").mkdir()
    with refused(ConfigError, "unreadable", tmp_path / ".env"):
        load_env_file(tmp_path / ".env")
    (tmp_path / "fifo").unlink(missing_ok=True)
    os.mkfifo(tmp_path / "fifo")
    with refused(ConfigError, "unreadable", tmp_path / "fifo"):  # which would be waited for
        load_env_file(tmp_path / "fifo")

    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    (tmp_path / "closed").touch()
    monkeypatch.setattr(Path, "read_bytes", denied)
    with refused(ConfigError, "unreadable", tmp_path / "closed", "Permission denied"):
        load_env_file(tmp_path / "closed")


def test_a_command_ends_with_the_line(goldloop: Goldloop) -> None:
    (goldloop.directory / ".env").write_bytes(TEXT.encode("utf-16"))
    done = goldloop("check", "provider=openai")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("goldloop: error: .env cannot be read (it is UTF-16)")
    assert goldloop("--help").returncode == 0  # which needs no key
