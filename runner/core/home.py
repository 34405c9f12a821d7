"""The home folder: one for a user who has none, as in a container, and users in paths who are not there."""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from runner.core.errors import ConfigError
from runner.core.leaves import leaves

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


def refuse_unknown_users(config: Any) -> None:
    """Raise ConfigError for the first path in a configuration that begins with a ``~user`` who is not there."""
    for path, value in leaves(config):
        key = path.rpartition(".")[2].partition("[")[0]
        if isinstance(value, str) and _PATH.search(key) and (user := _unknown(value)):
            raise ConfigError(
                f"{path}={value}: there is no user {user!r} with a home folder here: write the whole path, or "
                f"./{value} for a file of that name",
                code="folder-missing",
                key=path,
            )


def _unknown(path: str) -> str:
    """The user whose home folder ``path`` begins with, if there is none; else empty."""
    user = _USER.match(path)
    return user[0][1:] if user and os.path.expanduser(user[0]) == user[0] else ""  # noqa: PTH111 - the other raises
