"""Who may enter a Label Studio of one's own: invented at its first start, kept where only the owner can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class DevCredentials:
    """Of the one user. The token is a legacy one, 40 hexadecimal digits, which Label Studio's SDK takes as it is."""

    email: str
    password: str
    token: str


def access(file: Path) -> DevCredentials:
    """What ``file`` says; if it is not there, new ones are made and kept in it."""
    if file.exists():
        return DevCredentials(**json.loads(file.read_text("utf-8")))
    made = DevCredentials("me@example.com", secrets.token_urlsafe(12), secrets.token_hex(20))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(asdict(made), out)
    return made
