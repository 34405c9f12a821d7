"""Basic authentication: one user, whose name and password stand in the environment."""

import base64
import binascii
import hmac
from dataclasses import dataclass

from runner.label_studio.backend_connection import Credentials


@dataclass(frozen=True)
class BasicAuth:
    """Basic authentication; everybody may enter where no password is set."""

    user: str
    password: str

    def allows(self, header: str) -> bool:
        """Whether an Authorization header has the user and the password; takes as long for a wrong one."""
        if not self.password:
            return True
        scheme, _, coded = header.partition(" ")
        try:
            given = base64.b64decode(coded.strip(), validate=True)
        except (binascii.Error, ValueError):
            given = b""
        right = f"{self.user}:{self.password}"
        # Label Studio sends Latin-1 where it can, others UTF-8.
        same = [hmac.compare_digest(given, right.encode(code, "replace")) for code in ("utf-8", "latin-1")]
        return any(same) and scheme.lower() == "basic"


def login_of(user_env: str, password_env: str) -> BasicAuth:
    """From the environment. Raises ConfigError if only one of both is set."""
    both = Credentials.from_environment(user_env, password_env)
    return BasicAuth(both.user, both.password)
