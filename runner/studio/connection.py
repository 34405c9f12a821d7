"""The way to a Label Studio server, and what its refusals mean."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from runner.errors import ConfigError, StudioError
from runner.secrets import protect, redact

_DEFAULT_URL = "http://localhost:8080"
_TIMEOUT = 120  # seconds; a page of a thousand tasks takes three
_LONGEST = 400  # characters of the server's own words in a message


@dataclass(frozen=True)
class Studio:
    """A server that answers; a context that lets go of its connections.

    Attributes:
        client: the SDK's. wire: the HTTP client below it.
        url: where. token_env: the name of the variable with the token.
    """

    client: Any
    url: str
    token_env: str
    wire: Any = None

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, *error: object) -> None:
        if self.wire is not None:
            self.wire.close()

    def project(self, named: int | str | None) -> Any:
        """The project with this number or title, as the SDK gives it.

        Raises:
            StudioError: there is none, or several have the title. ConfigError: ``named`` is None.
        """
        if named is None:
            raise ConfigError("studio.project is missing: give a project's number or title, studio.project=...")
        with told(self):
            if str(named).isdigit():
                return self.client.projects.get(id=int(named))
            found = self.projects_called(str(named))
            if len(found) != 1:
                which = f"several projects are called {named!r}: give the number" if found else self._others(named)
                raise StudioError(f"studio.project={named}: {which}")
            return self.client.projects.get(id=found[0].id)

    def projects_called(self, title: str) -> list[Any]:
        """The projects with exactly this title."""
        with told(self, "listing projects"):
            return [project for project in self.client.projects.list() if project.title == title]

    def _others(self, named: int | str) -> str:
        titles = [f"{project.title!r}" for project in self.client.projects.list()][:5]
        return f"no project is called {named!r} at {self.url} (there is {', '.join(titles) or 'none'})"


def url_of(url: str | None) -> str:
    """The server's address: as configured, else from the environment, else Label Studio's own default."""
    return (url or os.environ.get("LABEL_STUDIO_URL") or _DEFAULT_URL).rstrip("/")


def connect(url: str | None, token_env: str) -> Studio:
    """A server that was asked who we are, and answered.

    Raises:
        StudioError: it cannot be reached, is something else, or does not take the token; says what to do.
        ConfigError: there is no token.
    """
    protect(token_env)
    token = os.environ.get(token_env, "").strip()
    if not token:
        raise ConfigError(
            f"no token for Label Studio: put one into {token_env}, in the environment or in .env (in Label Studio: "
            "your initials > Account & Settings > Personal Access Token; make label-studio prints one for its server)"
        )
    import httpx
    from label_studio_sdk.client import LabelStudio

    where = url_of(url)
    wire = httpx.Client(timeout=_TIMEOUT, follow_redirects=True)
    try:
        with told(Studio(None, where, token_env)):
            client = LabelStudio(base_url=where, api_key=token, httpx_client=wire)  # type: ignore[no-untyped-call]
            client.users.whoami()
    except BaseException:
        wire.close()
        raise
    return Studio(client, where, token_env, wire)


@contextmanager
def told(studio: Studio, doing: str = "") -> Iterator[None]:
    """What the server refuses, or does not answer, becomes a StudioError that says what to do.

    Args:
        doing: what was being done, for the message.
    """
    import httpx
    from label_studio_sdk.core.api_error import ApiError

    try:
        yield
    except ApiError as error:
        raise StudioError(_refusal(studio, error.status_code or 0, _words(error.body), doing)) from error
    except httpx.TimeoutException as error:
        what = f" while {doing}" if doing else ""
        raise StudioError(f"Label Studio at {studio.url} did not answer in time{what}: try again later") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StudioError(
            f"Label Studio at {studio.url} cannot be reached ({_short(str(error))}): is it running, and is the address "
            "right? studio.url=http://HOST:PORT or LABEL_STUDIO_URL"
        ) from error
    except ValueError as error:  # the SDK reads every answer as JSON, or as one of its types
        raise StudioError(
            f"{studio.url} does not answer like Label Studio ({_short(str(error))}): check studio.url"
        ) from error


def _refusal(studio: Studio, status: int, words: str, doing: str) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        legacy = "legacy token" in words.lower() or "legacy api token" in words.lower()
        how = (
            "legacy tokens are switched off there: take a Personal Access Token from Account & Settings"
            if legacy
            else "take a new one from Account & Settings"
        )
        return f"Label Studio at {studio.url} does not take the token in {studio.token_env} ({words}): {how}"
    if status == HTTPStatus.FORBIDDEN and "reserved network" in words.lower():
        return (
            f"Label Studio refuses addresses of its own machine or network ({words}): start its server with "
            "LABEL_STUDIO_ML_BLOCK_LOCAL_IP=false and LABEL_STUDIO_SSRF_PROTECTION_ENABLED=false, both "
            "(make label-studio does)"
        )
    if status == HTTPStatus.NOT_FOUND:
        return (
            f"Label Studio at {studio.url} has no such thing{f' ({doing})' if doing else ''}: check studio.project "
            f"and studio.url"
        )
    what = f" while {doing}" if doing else ""
    return f"Label Studio at {studio.url} refused{what} (status {status}: {words})"


def _words(body: Any) -> str:
    """What the server said, in one line: the detail and the validation errors of a JSON body, else its text."""
    if isinstance(body, dict):
        said = [body.get("detail"), body.get("validation_errors"), body.get("error")]
        return _short("; ".join(str(part) for part in said if part) or str(body))
    text = str(body)
    return "an HTML page" if "<html" in text.lower() else _short(text)


def _short(words: str) -> str:
    words = " ".join(redact(words).split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 3] + "..."
