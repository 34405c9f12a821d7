"""The file ``.env``: variables for this run, such as keys. What cannot be read is told, and never shown."""

import os
from io import StringIO
from pathlib import Path

from runner.core.errors import ConfigError

_MARKS = (b"\xff\xfe", b"\xfe\xff")  # how a text in UTF-16 or UTF-32 begins
_LARGEST = 1 << 20  # bytes


def load_env_file(path: Path) -> None:
    """Set the variables that the file names and the environment does not have. None, where there is no file.

    Raises:
        ConfigError: it cannot be read, is no text in UTF-8, or holds what no variable can.
    """
    from dotenv import dotenv_values

    text = _text(path)
    if text is None:
        return
    for name, value in dotenv_values(stream=StringIO(text)).items():
        if value is not None and name not in os.environ:
            try:
                os.environ[name] = value
            except (ValueError, OSError) as error:
                raise ConfigError(
                    _words(path, f"{name!r} is no name of a variable"), code="bad-value", key=str(path)
                ) from error


def _text(path: Path) -> str | None:
    try:
        if not path.exists():
            return None
        if not path.is_file():
            raise ConfigError(_words(path, "it is no file"), code="unreadable", key=str(path))
        if path.stat().st_size > _LARGEST:
            raise ConfigError(_words(path, "it is larger than 1 MB"), code="too-large", key=str(path))
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            _words(path, error.strerror or type(error).__name__), code="unreadable", key=str(path)
        ) from error
    if content.startswith(_MARKS):
        raise ConfigError(_words(path, "it is UTF-16"), code="not-utf8", key=str(path))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(_words(path, f"line {line} is not UTF-8"), code="not-utf8", key=str(path)) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ConfigError(_words(path, f"line {line} has a NUL character"), code="not-utf8", key=str(path))
    return text


def _words(path: Path, why: str) -> str:
    return f"{path} cannot be read ({why}): save it as plain text in UTF-8, one NAME=VALUE a line"
