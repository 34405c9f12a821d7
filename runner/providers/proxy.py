"""The proxy that the environment names for an endpoint, and what a request that goes by it is given."""

import netrc
import os
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from runner.core.errors import ProviderError
from runner.providers.endpoint_address import split_address

_LOGIN = "Proxy-Authorization"


@dataclass(frozen=True)
class Proxy:
    """A proxy of http.

    Attributes:
        url: its address, without the login. login: its login as a header's value, if it needs one.
    """

    url: str
    login: str | None


def proxy_for(base_url: str) -> Proxy | None:
    """The proxy by ``http_proxy``, ``https_proxy`` and ``no_proxy``; its login from there or ``.netrc``.

    Raises:
        ProviderError: the endpoint has no address, or what the variable names is no http proxy.
    """
    endpoint = split_address(base_url)
    named = getproxies().get(endpoint.scheme)
    host = endpoint.hostname or ""
    if not named or proxy_bypass(host) or proxy_bypass(endpoint.netloc.rpartition("@")[2]):
        return None
    what_to_do = f"give it as http://HOST:PORT, or have {host} in no_proxy"
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
    except ValueError:  # its words may show a login, and so may what is named
        raise ProviderError(
            f"what the environment variable {endpoint.scheme}_proxy names is no address: {what_to_do}",
            code="address-unusable",
            key=f"{endpoint.scheme}_proxy",
        ) from None
    address = parts.netloc.rpartition("@")[2]
    if parts.scheme != "http" or not parts.hostname or not _has_port_or_none(parts):
        raise ProviderError(
            f"the environment variable {endpoint.scheme}_proxy names {parts.scheme}://{address}, which is no proxy of "
            f"http: {what_to_do}",
            code="address-unusable",
            key=f"{endpoint.scheme}_proxy",
        )
    return Proxy(f"http://{address}", _login(parts))


def request_by(proxy: Proxy | None, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """What aiohttp's ``post`` to ``url`` is given: the headers, and the proxy with its login.

    All of it belongs to the request. Default headers of a session, a key among them, aiohttp also sends in the clear
    to the proxy that it asks for a tunnel.
    """
    if proxy is None:
        return {"headers": dict(headers)}
    login = {_LOGIN: proxy.login} if proxy.login else {}
    if urlsplit(url).scheme == "https":  # what opens the tunnel has the login; what goes through it has not
        return {"headers": dict(headers), "proxy": proxy.url, "proxy_headers": login}
    return {"headers": {**headers, **login}, "proxy": proxy.url}


def _has_port_or_none(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _login(parts: SplitResult) -> str | None:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not user and not password:
        found = None
        with suppress(OSError, netrc.NetrcParseError):  # no such file, or none that can be read: no login
            found = netrc.netrc(os.environ.get("NETRC") or Path.home() / ".netrc").authenticators(parts.hostname or "")
        if found is None:
            return None
        user, password = found[0] or found[1] or "", found[2] or ""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
