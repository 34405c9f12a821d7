"""The file ``.env``: variables for this run, such as keys. What cannot be read is told, and never shown."""

import os
from io import StringIO
from pathlib import Path

from runner.core.error_codes import Code
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
                raise _refused(path, f"{name!r} is no name of a variable", "bad-value") from error


def _text(path: Path) -> str | None:
    try:
        if not path.exists():
            return None
        if not path.is_file():
            raise _refused(path, "it is no file", "unreadable")
        if path.stat().st_size > _LARGEST:
            raise _refused(path, "it is larger than 1 MB", "too-large")
        content = path.read_bytes()
    except OSError as error:
        raise _refused(path, error.strerror or type(error).__name__, "unreadable") from error
    if content.startswith(_MARKS):
        raise _refused(path, "it is UTF-16", "not-utf8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(path, f"line {line} is not UTF-8", "not-utf8") from None
    if "\0" in text:
        raise _refused(path, f"line {text.count(chr(10), 0, text.index(chr(0))) + 1} has a NUL character", "not-utf8")
    return text


def _refused(path: Path, why: str, code: Code) -> ConfigError:
    words = f"{path} cannot be read ({why}): save it as plain text in UTF-8, one NAME=VALUE a line"
    return ConfigError(words, code=code, key=str(path))
