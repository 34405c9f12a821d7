"""Under which names the server may be asked for: a page elsewhere could have its own name mean this machine."""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

_HERE = ("localhost", "host.docker.internal", "host.containers.internal")
"""Names that nobody can own: how this machine is called by itself, and by what runs in its containers."""
ANY = "*"


class AllowedHosts:
    """The names that a request's ``Host`` may have. Addresses may always: no page can make one mean another machine.

    Args:
        names: further ones; ``*`` allows any.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        own = (*_HERE, socket.gethostname(), *names)
        self._names = {_plain(name) for name in own} - {""}

    def allow(self, host: str) -> bool:
        """Whether ``host``, a name or an address with or without a port, may be asked for."""
        name = _plain(host)
        return ANY in self._names or name in self._names or name.endswith(".localhost") or _is_address(name)


def _plain(host: str) -> str:
    """A host without its port, as it is compared; empty for what is none."""
    try:
        name = urlsplit(f"//{host.strip()}").hostname or ""
    except ValueError:
        return ""
    return name.rstrip(".").lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
