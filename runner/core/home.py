"""The home folder: one for a user who has none, as in a container, and users in paths who are not there."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.core.errors import ConfigError

_PATH = re.compile(r"(?:^|_)(?:path|file|folder|dir|tasks|follows|run|output|state)$")
_USER = re.compile(r"~[^/\\]*")


def give_home() -> None:
    """Where neither HOME nor the system's list of users has a home folder, make one below the temporary folder.

    Packages look for their settings there, and some of them raise where there is none.
    """
    if os.path.expanduser("~") != "~":  # noqa: PTH111 - Path.home() raises
        return
    home = Path(tempfile.gettempdir()) / f"goldloop-home-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.getuid():  # another user's
        home = Path(tempfile.mkdtemp(prefix="goldloop-home-"))
    os.environ["HOME"] = str(home)


def refuse_unknown_users(config: Any, path: str = "") -> None:
    """Raise ConfigError for the first path in a configuration that begins with a ``~user`` who is not there."""
    if isinstance(config, Mapping):
        for key, value in config.items():
            refuse_unknown_users(value, f"{path}.{key}" if path else str(key))
    elif isinstance(config, list | tuple):
        for value in config:
            refuse_unknown_users(value, path)
    elif isinstance(config, str) and _PATH.search(path.rpartition(".")[2]) and (user := _unknown(config)):
        raise ConfigError(
            f"{path}={config}: there is no user {user!r} with a home folder here: write the whole path, or "
            f"./{config} for a file of that name",
            code="folder-missing",
            key=path,
        )


def _unknown(path: str) -> str:
    """The user whose home folder ``path`` begins with, if there is none; else empty."""
    user = _USER.match(path)
    return user[0][1:] if user and os.path.expanduser(user[0]) == user[0] else ""  # noqa: PTH111 - the other raises
