"""What requests take from the environment, checked: a key or a token, and the certificates that are trusted."""

import os
import ssl
from pathlib import Path

from runner.core.errors import GoldloopError
from runner.core.secrets import protect


def secret(variable: str, wrong: type[GoldloopError]) -> str:
    """The key or token in an environment variable, without the white space around it; empty if there is none.

    Raises:
        wrong: a header cannot hold it. The message names the variable, and never shows what is in it.
    """
    protect(variable)
    value = os.environ.get(variable, "").strip()
    if not (value.isascii() and value.isprintable()):
        raise wrong(
            f"the environment variable {variable} holds a character that is in no key or token (a line's end, a curly "
            "quote, or another that was pasted along): set it anew",
            code="key-unusable",
            key=variable,
        )
    return value


_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Environment variables that name a file of authorities; the first that is set counts."""


def authorities() -> tuple[str, str]:
    """(variable, file) of the authorities that are trusted; the variable is empty where certifi's are."""
    import certifi

    found = next(((name, os.environ[name]) for name in _AUTHORITIES if os.environ.get(name)), None)
    return found or ("", certifi.where())


def certificates(wrong: type[GoldloopError]) -> ssl.SSLContext:
    """The authorities in the file that the environment names, else certifi's.

    Raises:
        wrong: the file cannot be read, or holds no certificate.
    """
    variable, file = authorities()
    try:
        folder = Path(file).is_dir()
        return ssl.create_default_context(cafile=None if folder else file, capath=file if folder else None)
    except OSError as error:  # an SSLError is one
        raise wrong(
            f"the environment variable {variable} names {file}, which cannot be used ({error.strerror}): give a "
            "file of certificates (PEM), or unset it",
            code="certificates-unusable",
            key=variable,
        ) from error
