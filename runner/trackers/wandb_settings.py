"""What W&B's own settings say, as W&B reads them: its variables, the folder's file, and the person's.

Read here, and not by importing W&B, so that a run for which it is switched off does not wait for that.
"""

import os
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as Unreadable
from dataclasses import dataclass
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from runner.core.errors import ConfigError

Mode = Literal["auto", "online", "offline"]
Chosen = Literal["disabled", "offline", "online"]

_STRICTEST: tuple[Chosen, ...] = ("disabled", "offline", "online")
_MEANS: Mapping[str, Chosen] = {
    "disabled": "disabled", "offline": "offline", "dryrun": "offline", "online": "online", "run": "online",
    "shared": "online",
}  # fmt: skip
_NO = {"", "0", "false", "no", "off", "n", "f"}
_HOSTED = ("api.wandb.ai", "api.forge.coreweave.com")  # one service; `wandb login` has written either
_PROJECT = "goldloop"


@dataclass(frozen=True)
class OwnSettings:
    """W&B's settings.

    Attributes:
        values: name, as in W&B's files -> value.
    """

    values: Mapping[str, str]

    @classmethod
    def now(cls) -> "OwnSettings":
        """Those of this folder and environment. A file that cannot be read says nothing, as for W&B."""
        folder = Path(os.environ.get("WANDB_DIR") or ".")
        local = folder / (".wandb" if (folder / ".wandb").exists() else "wandb")
        person = Path(os.path.expanduser(os.environ.get("WANDB_CONFIG_DIR") or "~/.config/wandb"))  # noqa: PTH111 - no home is no error
        named = {name.removeprefix("WANDB_").lower(): value for name, value in os.environ.items() if _is_set(name)}
        return cls({**_read(person / "settings"), **_read(local / "settings"), **named})

    @property
    def mode(self) -> Chosen | None:
        """What they switch W&B to; None where they say nothing.

        Raises:
            ConfigError: the mode is none of W&B's.
        """
        if self.values.get("disabled", "").strip().lower() not in _NO:
            return "disabled"
        told = self.values.get("mode", "")
        if told and told not in _MEANS:
            raise ConfigError(
                f"WANDB_MODE={told} is no mode of W&B: write online, offline or disabled",
                code="bad-value",
                key="WANDB_MODE",
            )
        return _MEANS[told] if told else None

    @property
    def address(self) -> str | None:
        """Where a server of one's own is; None for the one that W&B runs."""
        return self.values.get("base_url") or None

    @property
    def project(self) -> str:
        """Where runs go that name no project."""
        return self.values.get("project") or _PROJECT

    @property
    def logged_in(self) -> bool:
        """Whether there is a key for that server: in a variable, or left by ``wandb login``."""
        if self.values.get("api_key") or self.values.get("identity_token_file"):
            return True
        host = urlsplit(self.address).netloc if self.address else _HOSTED[0]
        return any(_key_for(one) for one in (_HOSTED if host in _HOSTED else (host,)))

    def chosen(self, wanted: Mode) -> Chosen:
        """The stricter of what they say and what ``wanted`` says; with ``auto`` and nothing said, online with a key.

        Raises:
            ConfigError: the mode in them is none of W&B's.
        """
        automatic: Chosen = "online" if self.logged_in else "offline"
        asked = None if wanted == "auto" else wanted
        said = [mode for mode in (self.mode, asked) if mode is not None]
        return min(said, key=_STRICTEST.index) if said else automatic


def _is_set(name: str) -> bool:
    return name.startswith("WANDB_") and os.environ[name] != ""


def _read(path: Path) -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(path, "utf-8")
        return dict(parser["default"])
    except (OSError, UnicodeDecodeError, Unreadable, KeyError):
        return {}


def _key_for(host: str) -> bool:
    """Whether the person's netrc file has a key for a host."""
    named = os.environ.get("NETRC")
    for file in [named] if named else ["~/.netrc", "~/_netrc"]:
        try:
            found = netrc(os.path.expanduser(file)).authenticators(host)  # noqa: PTH111 - no home is no error
        except (OSError, NetrcParseError, UnicodeDecodeError):
            continue
        if found and found[2]:
            return True
    return False
