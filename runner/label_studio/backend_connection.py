"""Connecting goldloop serve to a project: the backend, its credentials, and the webhook that tells of annotations."""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from runner.core.errors import ConfigError, StudioError
from runner.core.secrets import protect
from runner.label_studio.client import ONCE, Studio, api_errors, bare, listed

TITLE = "goldloop"


@dataclass(frozen=True)
class Credentials:
    """Basic authentication of the backend; both empty if it has none, or none is known here."""

    user: str
    password: str
    variables: tuple[str, str] = ("GOLDLOOP_SERVE_USER", "GOLDLOOP_SERVE_PASSWORD")

    @classmethod
    def from_environment(cls, user_env: str, password_env: str) -> "Credentials":
        """Raises ConfigError if only one of both is set."""
        protect(password_env)
        user, password = os.environ.get(user_env, ""), os.environ.get(password_env, "")
        if bool(user) != bool(password):
            lost = password_env if user else user_env
            raise ConfigError(
                f"{lost} is not set: set both {user_env} and {password_env}, or neither", code="key-missing", key=lost
            )
        return cls(user, password, (user_env, password_env))

    @property
    def header(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def __bool__(self) -> bool:
        return bool(self.user and self.password)


def connect_backend(studio: Studio, project: int, url: str, credentials: Credentials) -> str:
    """Connect the backend at ``url``, once; returns what was done in words. A title that it has is kept.

    Raises:
        StudioError: Label Studio cannot reach it, or refuses its address; or it has a password that is not known here.
        ConfigError: there is a password in the address.
    """
    url = bare(url, "studio.backend")
    every = backends(studio, project)
    # Ours at this address, or at the one it had before; an attempt that was refused half-way leaves one behind, too.
    own = sorted((one for one in every if _is_at(one, url) or one.title == TITLE), key=lambda one: not _is_at(one, url))
    there = bool(own) and _is_at(own[0], url)
    with _asked_for_password(url, credentials), api_errors(studio, f"connecting {url}"):
        if own:
            login, title = _login(credentials, own[0]), own[0].title or TITLE
            studio.client.ml.update(id=own[0].id, url=url, project=project, title=title, is_interactive=True, **login)
        else:
            _create(studio, project, url, _login(credentials))
        for double in own[1:]:  # when the address has been accepted
            studio.client.ml.delete(id=double.id)
        for address in {str(one.url) for one in own if not _is_at(one, url)}:
            for hook in _webhooks(studio, project, address):
                studio.client.webhooks.delete(id=hook.id)
        _authorise_webhook(studio, project, url, credentials)
    state = backend_state(studio, project, url) or webhook_state(studio, project, url, credentials)
    if state is not None:
        raise state
    return f"backend {url} {'was connected already' if there else 'connected'}"


@contextmanager
def _asked_for_password(url: str, credentials: Credentials) -> Iterator[None]:
    """Say what to set here where the backend has a password that is not known here."""
    try:
        yield
    except StudioError as error:
        if credentials or "401 Client Error" not in str(error):  # Label Studio hands the backend's refusal on in words
            raise
        names = " and ".join(credentials.variables)
        raise StudioError(
            f"the backend at {url} has a password: set {names} here as goldloop serve has them, and repeat this",
            code="key-missing",
            key=credentials.variables[1],
        ) from error


def _login(credentials: Credentials, backend: Any = None) -> dict[str, str]:
    """How Label Studio is to log in: as is known here, else as it does already."""
    if credentials:
        return {
            "auth_method": "BASIC_AUTH", "basic_auth_user": credentials.user, "basic_auth_pass": credentials.password,
        }  # fmt: skip
    if backend is not None and _has_login(backend):  # no password leaves the one that it has
        return {"auth_method": "BASIC_AUTH", "basic_auth_user": backend.basic_auth_user or "", "basic_auth_pass": ""}
    return {"auth_method": "NONE"}


def _has_login(backend: Any) -> bool:
    return str(backend.auth_method or "") == "BASIC_AUTH"


def _create(studio: Studio, project: int, url: str, login: dict[str, str]) -> None:
    try:
        studio.client.ml.create(
            project=project, url=url, title=TITLE, is_interactive=True, request_options=ONCE, **login
        )
    except Exception:
        # Label Studio keeps the row of a backend whose webhook it refused.
        for left in backends(studio, project):
            if _is_at(left, url):
                studio.client.ml.delete(id=left.id)
        raise


def backends(studio: Studio, project: int) -> list[Any]:
    """The project's backends; Label Studio asks the first."""
    with api_errors(studio, "listing backends"):
        every = listed(studio.client.ml.list(project=project))
        return sorted(every, key=lambda one: int(one.id))


def _is_at(backend: Any, url: str) -> bool:
    return bool((backend.url or "").rstrip("/") == url.rstrip("/"))


def backend_state(studio: Studio, project: int, url: str) -> StudioError | None:
    """What is wrong with the backend at ``url`` as Label Studio sees it; None if nothing is."""
    every = backends(studio, project)
    own = [one for one in every if _is_at(one, url)]
    if not own:
        return StudioError(
            f"no backend at {url} is connected: {_command(project, url)}",
            code="backend-missing",
            key=url,
        )
    if every[0] not in own:
        return StudioError(
            f"Label Studio asks the first backend of a project, here {every[0].url}, and not {url}: remove that one "
            "(Settings > Model)",
            code="backend-not-first",
            key=url,
        )
    if str(own[0].readable_state) == "Connected":
        return None
    why = " ".join(str(own[0].error_message or "").split())[:400]
    return StudioError(
        f"Label Studio cannot use the backend at {url} ({own[0].readable_state}{f': {why}' if why else ''}): is "
        "goldloop serve running, and is that the address as Label Studio's machine sees it (in Docker not localhost)?",
        code="backend-unusable",
        key=url,
    )


def webhook_state(studio: Studio, project: int, url: str, credentials: Credentials) -> StudioError | None:
    """What is wrong with the webhook that tells the backend of annotations; None if nothing is.

    Where no password is known here, one that the backend has in Label Studio must be the webhook's too, by its user.
    """
    own = [one for one in backends(studio, project) if _is_at(one, url)]
    with api_errors(studio, "listing webhooks"):
        hooks = [hook for hook in _webhooks(studio, project, url) if hook.is_active is not False]
        logins = [str((hook.headers or {}).get("Authorization") or "") for hook in hooks]
        user = str(own[0].basic_auth_user or "") if own and _has_login(own[0]) else None
    again = _command(project, url)
    lost = "prompts that are submitted with a task do not reach it (typed prompts and Start Training do)"
    if not hooks:
        return StudioError(f"no active webhook to {url}: {lost}: {again}", code="webhook-missing", key=url)
    if credentials.header in logins if credentials else user is None or user in map(_user_in, logins):
        return None
    names = " and ".join(credentials.variables)
    first = "" if credentials else f"set {names} here as goldloop serve has them, then "
    return StudioError(
        f"the webhook to {url} has not the password of the backend, so {lost}; Label Studio gives it none where a "
        f"backend is connected in the browser: {first}{again}",
        code="webhook-password",
        key=url,
    )


def _user_in(login: str) -> str | None:
    """The user of an Authorization header."""
    try:
        return base64.b64decode(login.partition(" ")[2].encode(), validate=True).decode().partition(":")[0]
    except ValueError:
        return None


def _command(project: int, url: str) -> str:
    """What connects the backend, and its webhook."""
    return f"goldloop studio studio.project={project} studio.backend={url} step=backend"


def _webhooks(studio: Studio, project: int, url: str) -> list[Any]:
    every = listed(studio.client.webhooks.list(project=project))
    return [hook for hook in every if (hook.url or "").rstrip("/") == _hook(url)]


def _hook(url: str) -> str:
    """Where goldloop serve at ``url`` listens for webhooks; Label Studio makes the same of a backend's address."""
    return f"{url.rstrip('/')}/webhook"


def _authorise_webhook(studio: Studio, project: int, url: str, credentials: Credentials) -> None:
    """Give the webhook the backend's password, which Label Studio does not do; make it where there is none.

    Where no password is known here, the webhook keeps what it has.
    """
    headers = {"Authorization": credentials.header} if credentials else {}
    hooks = _webhooks(studio, project, url)
    for hook in hooks:
        kept = headers or hook.headers or {}
        studio.client.webhooks.update(id=hook.id, url=hook.url, headers=kept, is_active=True)
    if not hooks:
        studio.client.webhooks.create(
            project=project, url=_hook(url), headers=headers, send_payload=True, send_for_all_actions=True,
            request_options=ONCE,
        )  # fmt: skip
