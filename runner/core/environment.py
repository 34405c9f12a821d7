"""What requests take from the environment, checked: a key or a token, and the certificates that are trusted."""

import os
import ssl

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


def certificates(wrong: type[GoldloopError]) -> ssl.SSLContext:
    """The authorities in the file that SSL_CERT_FILE names, else certifi's.

    Raises:
        wrong: the file cannot be read, or holds no certificate.
    """
    import certifi

    file = os.environ.get("SSL_CERT_FILE")
    try:
        return ssl.create_default_context(cafile=file or certifi.where())
    except OSError as error:  # an SSLError is one
        raise wrong(
            f"the environment variable SSL_CERT_FILE names {file}, which cannot be used ({error.strerror}): give a "
            "file of certificates (PEM), or unset it",
            code="certificates-unusable",
            key="SSL_CERT_FILE",
        ) from error
