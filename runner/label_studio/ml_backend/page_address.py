"""Where people open the pages of this server."""

from dataclasses import dataclass

from runner.core.errors import ConfigError
from runner.label_studio.client import bare
from runner.label_studio.ml_backend.http_server import loopback
from runner.label_studio.ml_backend.projects import Chosen

_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - addresses that no browser can open
_VERDICTS = {
    "better": "proved better on the sealed items",
    "worse": "worse on the sealed items",
    "undecided": "undecided on the sealed items",
}


@dataclass
class PageAddress:
    """The address of the pages; the port is known when the server listens.

    Attributes:
        given: what the configuration says, null for none.
    """

    given: str | None
    host: str
    port: int

    def __post_init__(self) -> None:
        """Raise ConfigError if what is configured is no address, or more than one."""
        if self.given is None:
            return
        self.given = bare(self.given, "serve.page_url")
        if not self.given.startswith(("http://", "https://")):
            raise ConfigError(
                f"serve.page_url={self.given}: give the whole address, http://HOST:PORT or https://HOST",
                code="bad-value",
                key="serve.page_url",
            )

    @property
    def url(self) -> str:
        """The address of the page of all projects, without a slash at its end."""
        if self.given:
            return self.given
        host = "localhost" if self.host in _EVERYWHERE or loopback(self.host) else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def of(self, project: str) -> str:
        """The address of a project's page."""
        return f"{self.url}/projects/{project}"

    def words(self, project: str, chosen: Chosen) -> str:
        """What a project's description says of an adopted prompt."""
        return f"{_VERDICTS.get(chosen.verdict, 'not proved on sealed items')}, {self.of(project)}"
