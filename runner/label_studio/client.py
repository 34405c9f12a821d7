"""The way to a Label Studio server, and what its failures mean."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from runner.core.environment import certificates, secret
from runner.core.errors import ConfigError, StudioError
from runner.core.secrets import redact
from runner.label_studio.client_errors import refusal, short

_DEFAULT_URL = "http://localhost:8080"
_TIMEOUT = 120  # seconds; a page of a thousand tasks takes three
ONCE: Any = {"max_retries": 0}
"""Options of what makes something: the SDK would ask again where a proxy lost the answer, and make it twice."""


@dataclass(frozen=True)
class Studio:
    """A server that answers; a context that lets go of its connections.

    Attributes:
        client: the SDK's. http: the HTTP client below it.
        url: where. token_env: the name of the variable with the token.
    """

    client: Any
    url: str
    token_env: str
    http: Any = None

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, *error: object) -> None:
        if self.http is not None:
            self.http.close()

    def project(self, named: int | str | None) -> Any:
        """The project with this number or title, as the SDK gives it.

        Raises:
            StudioError: there is none, or several have the title. ConfigError: ``named`` is no number and no title.
        """
        if named is None:
            raise ConfigError(
                "studio.project is missing: give a project's number or title, studio.project=...",
                code="option-missing",
                key="studio.project",
            )
        refuse_truth_value(named, "studio.project")
        number = int(named) if str(named).isdecimal() else self._number_of(str(named))
        with api_errors(self):
            found = self.client.projects.get(id=number)
            expect(found, id=int, title=str, label_config=str | None, description=str | None)
            expect(found, task_number=int | None, ground_truth_number=int | None)
        return found

    def projects_called(self, title: str) -> list[Any]:
        """The projects with exactly this title."""
        with api_errors(self, "listing projects"):
            return [project for project in listed(self.client.projects.list()) if project.title == title]

    def _number_of(self, title: str) -> int:
        found = self.projects_called(title)
        with api_errors(self, "listing projects"):
            if len(found) == 1:
                expect(found[0], id=int)
                return int(found[0].id)
            titles = [f"{project.title!r}" for project in listed(self.client.projects.list())][:5]
        which = (
            f"several projects are called {title!r}: give the number"
            if found
            else f"no project is called {title!r} at {self.url} (there is {', '.join(titles) or 'none'})"
        )
        raise StudioError(
            f"studio.project={title}: {which}", code="project-ambiguous" if found else "project-unknown", key=title
        )


def listed(answer: Any) -> Iterator[Any]:
    """The entries of an answer that is a list, or comes in pages. Raises TypeError, for ``api_errors``, if not."""
    if not isinstance(answer if isinstance(answer, list) else getattr(answer, "items", None), list):
        raise TypeError("no list where one must be")
    return _to_the_end(answer)


def _to_the_end(pages: Any) -> Iterator[Any]:
    from label_studio_sdk.core.api_error import ApiError

    try:
        yield from pages
    except ApiError as error:
        if error.status_code != HTTPStatus.NOT_FOUND or "invalid page" not in str(error.body).lower():
            raise  # that is what the page after the last one answers, and nothing else


def expect(answer: Any, **kinds: Any) -> None:
    """Raise TypeError, for ``api_errors``, if a value is not of its kind: the SDK lets anything through."""
    for name, kind in kinds.items():
        value = getattr(answer, name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} is {redact(repr(value)):.40}")


def refuse_truth_value(project: int | str | None, key: str) -> None:
    """Raise ConfigError for true and false, which Python takes for the numbers 1 and 0."""
    if isinstance(project, bool):
        raise ConfigError(
            f"{key}={str(project).lower()} is neither a number nor a title: give one of them", code="bad-value", key=key
        )


def url_of(url: str | None) -> str:
    """The server's address: as configured, else from the environment, else Label Studio's own default.

    Raises:
        ConfigError: it is more than an address, and might hold a password.
    """
    return bare(url or os.environ.get("LABEL_STUDIO_URL") or _DEFAULT_URL, "studio.url", "LABEL_STUDIO_URL")


def bare(url: str, key: str, variable: str | None = None) -> str:
    """An address without a slash at its end. Raises ConfigError, without showing it, if there is more in it.

    Args:
        key: the option that gives it. variable: that of the environment, which may give it too.
    """
    if set("@?#") & set(url):
        where = f"{key} or {variable}" if variable else key
        raise ConfigError(
            f"the address in {where} holds a user, a password or a question: give "
            "http://HOST:PORT alone; tokens and passwords go into the environment or .env",
            code="secret-in-address",
            key=key,
        )
    return url.strip().rstrip("/")


def connect(url: str | None, token_env: str) -> Studio:
    """A server that was asked who we are, and answered.

    Raises:
        StudioError: it cannot be reached, is something else, or does not take the token; says what to do.
        ConfigError: there is no token, or it, the certificates or the proxy in the environment cannot be used.
    """
    token = secret(token_env, ConfigError)
    if not token:
        raise ConfigError(
            f"no token for Label Studio: put one into {token_env}, in the environment or in .env (in Label Studio: "
            "your initials > Account & Settings > Personal Access Token; make label-studio prints one for its server)",
            code="key-missing",
            key=token_env,
        )
    # Not label_studio_sdk.client, which adds pandas and a second of imports for what is not needed here.
    from label_studio_sdk.base_client import LabelStudioBase

    where = url_of(url)
    http = _http_client()
    try:
        with api_errors(Studio(None, where, token_env)):
            # The slash, for the SDK renews a personal token's access beside the last part of the path, not below it.
            client = LabelStudioBase(base_url=f"{where}/", api_key=token, httpx_client=http)
            expect(client.users.whoami(), id=int)
    except BaseException:
        http.close()
        raise
    return Studio(client, where, token_env, http)


def _http_client() -> Any:
    """An HTTP client with what the environment says of certificates and proxies."""
    import httpx

    trusted = certificates(ConfigError) if os.environ.get("SSL_CERT_FILE") else True  # SSL_CERT_DIR is httpx's affair
    try:
        return httpx.Client(timeout=_TIMEOUT, follow_redirects=True, verify=trusted)
    except (ValueError, ImportError, httpx.InvalidURL):  # whose words may show a proxy's login
        raise ConfigError(
            "http_proxy, https_proxy or all_proxy in the environment names a proxy that cannot be used: give it as "
            "http://HOST:PORT, or unset it",
            code="address-unusable",
            key="proxy",
        ) from None


@contextmanager
def api_errors(studio: Studio, doing: str = "") -> Iterator[None]:
    """What the server refuses, or does not answer, becomes a StudioError that says what to do.

    So does an answer of another shape: keep nothing inside but calls of the SDK and the reading of their answers.

    Args:
        doing: what was being done, for the message.
    """
    import httpx
    from label_studio_sdk.core.api_error import ApiError

    try:
        yield
    except ApiError as error:
        raise refusal(studio.url, studio.token_env, error.status_code or 0, error.body, doing) from error
    except httpx.TimeoutException as error:
        what = f" while {doing}" if doing else ""
        raise StudioError(
            f"Label Studio at {studio.url} did not answer in time{what}: try again later",
            code="no-answer",
            key=studio.url,
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StudioError(
            f"Label Studio at {studio.url} cannot be reached ({short(str(error))}): is it running, and is the address "
            "right? studio.url=http://HOST:PORT or LABEL_STUDIO_URL",
            code="unreachable",
            key=studio.url,
        ) from error
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
        # The SDK reads every answer as JSON and as one of its types, and checks neither; nor a token's date.
        raise StudioError(
            f"{studio.url} does not answer like Label Studio ({short(str(error))}): check studio.url and the token, or "
            "try again later",
            code="wrong-shape",
            key=studio.url,
        ) from error
