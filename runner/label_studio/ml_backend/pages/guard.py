"""Which requests of a browser are answered: a person who opens a page, and a form of our own pages."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

_FORM = "application/x-www-form-urlencoded"


def is_page(path: str) -> bool:
    """Whether there are pages for people at this path."""
    return path == "/" or path.startswith("/projects/")


def wants_page(headers: Mapping[str, str]) -> bool:
    """Whether a browser asks, for something to look at: Label Studio and scripts take JSON."""
    return "text/html" in headers.get("Accept", "")


def admitted(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether what a browser sends may be answered: the opening of a page, from wherever, and forms of our own.

    Other pages can read nothing of what they have somebody open, and opening changes nothing.
    """
    if not is_page(path):
        return False
    if method == "POST":
        return same_origin(headers)
    opened = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
    return method in {"GET", "HEAD"} and opened and "Origin" not in headers


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that one of our own pages sends this; one that says nothing of it is not believed.

    Over plain HTTP from another machine a browser sends ``Origin`` alone.
    """
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site is not None:
        return site == "same-origin"
    host = headers.get("Host", "").lower()
    try:
        return bool(host) and origin is not None and urlsplit(origin).netloc.lower() == host
    except ValueError:  # no address at all
        return False


class FormTokens:
    """Tokens of forms: each is for one thing to be done, about one training, until the server ends."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def of(self, *what: str) -> str:
        """The token for a form: of the project, the action, and what the page showed."""
        return hmac.new(self._secret, "\n".join(what).encode(), hashlib.sha256).hexdigest()

    def fits(self, given: str, *what: str) -> bool:
        """Whether a token is the one for this; takes as long for a wrong one."""
        return hmac.compare_digest(given.encode(), self.of(*what).encode())


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether a body is that of a form."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower() == _FORM
