"""Keeps secrets out of configuration, logs and messages: only names of variables are ever written."""

import logging
import os
import re
from collections.abc import Sequence
from typing import Any

from runner.core.errors import ConfigError
from runner.core.leaves import leaves

_SECRET_KEY = re.compile(
    r"api[-_]?key|secret|passw(?:or)?d|authorization|access[-_]key|credential|(?:^|[-_])token$", re.IGNORECASE
)
_SECRET_VALUE = re.compile(r"(?:^|=['\"]?)(?:sk-|Bearer\s|ghp_|gsk_|hf_|AIza|xox[bap]-)\S{8,}", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"://(?:[^/\s@?#]*:[^/\s@?#]+|sk-[^/\s@]+)@|[?&][\w-]*(?:key|token|secret|sig)[\w-]*=", re.IGNORECASE
)
_ADDRESS = re.compile(r"(?:url|base|endpoint|host|address)$", re.IGNORECASE)
_IN_ADDRESS = re.compile(
    r"://[^/\s@?#]+@|[?&;][^=&#\s]*(?:code|auth|pass|pwd|credential)[^=&#\s]*=|/(?:sk|pk|rk|key|token|api-?key)[-_][\w-]{8,}",
    re.IGNORECASE,
)
_PART = re.compile(r"(?<=/)[\w~-]{24,}(?=/|$)")  # of a path
_IN_HEADERS = re.compile(r"(?:^|\.)(?:\w*_)?headers?\.", re.IGNORECASE)
_HARMLESS_HEADER = re.compile(
    r"accept(?:-[a-z-]+)?|content-type|user-agent|(?:http-)?referer|x-title|anthropic-(?:beta|version)"
    r"|openai-(?:organization|project|beta)|x-[a-z-]*(?:region|version|cache|title|source)",
    re.IGNORECASE,
)
_FROM_ENVIRONMENT = re.compile(r"\$\{oc\.env:([A-Za-z_][A-Za-z0-9_]*)\}")
# The name of a variable, or where in the configuration that name stands.
_VARIABLE = re.compile(r"^(?:[A-Z_][A-Z0-9_]{0,63}|\$\{[\w.]+_env\})$")
_NAME_OF_SECRET = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)(?:_|$)")
_SHORTEST = 8  # a shorter value would blot out ordinary words
_protected: set[str] = set()


def protect(variable: str | None) -> None:
    """Have ``redact`` blot out this environment variable's value too, whatever its name."""
    if variable:
        _protected.add(variable)


def refuse_secrets(config: Any) -> None:
    """Raise ConfigError if the configuration holds a secret instead of the name of its variable."""
    for path, value in leaves(config):
        key = re.split(r"[.\[]", path)[-1]
        if _IN_HEADERS.search(path) and value not in {None, ""}:
            _refuse_header(path, key, str(value))
        if not isinstance(value, str) or not value or _IN_HEADERS.search(path):
            continue
        if key.endswith("_env"):
            if not all(_VARIABLE.match(name.strip()) for name in value.split(",")):  # a sweep has several
                raise ConfigError(
                    f"{path} must be the NAME of an environment variable, in capitals, never the key itself: "
                    f"{path}=OPENAI_API_KEY",
                    code="not-a-variable",
                    key=path,
                )
        elif _SECRET_KEY.search(key):
            raise ConfigError(
                f"{path} holds a secret, which would be written to disk: put it in the environment or in .env, "
                f"and give only the variable's name (provider.api_key_env=NAME)",
                code="secret-in-config",
                key=path,
            )
        elif _SECRET_VALUE.search(value) or _CREDENTIALS.search(value) or (_ADDRESS.search(key) and _tells(value)):
            raise ConfigError(
                f"the value of {path} looks like a secret: put it in the environment and give its name",
                code="secret-in-config",
                key=path,
            )


def _refuse_header(path: str, name: str, value: str) -> None:
    """Raise ConfigError for a header that may hold a secret, unless the environment has it."""
    if found := _FROM_ENVIRONMENT.fullmatch(value):
        protect(found[1])
    elif not _HARMLESS_HEADER.fullmatch(name):
        raise ConfigError(
            f"{path} may hold a secret, which would be written to disk: put it in the environment or in .env, and give "
            f"only the variable's name ('{path}=${{oc.env:NAME}}')",
            code="secret-in-config",
            key=path,
        )


def _tells(address: str) -> bool:
    """Whether an address has a key in it: as its user, in its query, or as a part of its path."""
    if _IN_ADDRESS.search(address):
        return True
    return "://" in address and any(_like_a_key(part) for part in _PART.findall(address))


def _like_a_key(part: str) -> bool:
    """Whether it is long and of small letters, capitals and digits, as keys are and names are not."""
    return all(any(of(mark) for mark in part) for of in (str.islower, str.isupper, str.isdigit))


def refuse_secret_words(overrides: Sequence[str]) -> None:
    """The same for ``key=value`` words of a command line, before they are parsed or saved."""
    for word in overrides:
        key, _, value = word.lstrip("+~").partition("=")
        refuse_secrets({key: value.strip("'\"")})


def redact(text: str) -> str:
    """``text`` with the value of every secret in the environment blotted out."""
    for name, held in os.environ.items():
        value = held.strip()  # as it is sent
        if (name in _protected or _NAME_OF_SECRET.search(name)) and len(value) >= _SHORTEST and value in text:
            text = text.replace(value, f"[{name}]")
    return text


class RedactingFilter(logging.Filter):
    """Blots secrets out of log records, tracebacks included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True
