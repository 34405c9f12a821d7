"""What Label Studio's refusals mean, and what to do."""

from http import HTTPStatus
from typing import Any

from runner.core.errors import StudioError
from runner.core.secrets import redact

_LONGEST = 400  # characters of the server's own words in a message


def refusal(url: str, token_env: str, status: int, body: Any, doing: str) -> StudioError:
    """The error that says what a status of 400 or more means.

    Args:
        url: the server's. token_env: the name of the variable with the token.
        body: of the answer. doing: what was being done, or nothing.
    """
    words = _words(body)
    if status == HTTPStatus.UNAUTHORIZED:
        legacy = "legacy token" in words.lower() or "legacy api token" in words.lower()
        how = (
            "legacy tokens are switched off there: take a Personal Access Token from Account & Settings"
            if legacy
            else "take a new one from Account & Settings"
        )
        return StudioError(
            f"Label Studio at {url} does not take the token in {token_env} ({words}): {how}",
            code="key-refused",
            key=token_env,
        )
    if status == HTTPStatus.FORBIDDEN and "reserved network" in words.lower():
        return StudioError(
            f"Label Studio refuses addresses of its own machine or network ({words}): start its server with "
            "LABEL_STUDIO_ML_BLOCK_LOCAL_IP=false and LABEL_STUDIO_SSRF_PROTECTION_ENABLED=false, both "
            "(make label-studio does)",
            code="address-refused",
            key=url,
        )
    if status == HTTPStatus.NOT_FOUND:
        return StudioError(
            f"Label Studio at {url} has no such thing{f' ({doing})' if doing else ''}: check studio.project "
            f"and studio.url",
            code="not-found",
            key=url,
        )
    what = f" while {doing}" if doing else ""
    return StudioError(
        f"Label Studio at {url} refused{what} (status {status}: {words})", code="status-unexpected", key=url
    )


def _words(body: Any) -> str:
    """What the server said, in one line: the detail and the validation errors of a JSON body, else its text."""
    if isinstance(body, dict):
        said = [body.get("detail"), body.get("validation_errors"), body.get("error")]
        return short("; ".join(str(part) for part in said if part) or str(body))
    text = str(body)
    return "an HTML page" if "<html" in text.lower() else short(text)


def short(words: str) -> str:
    """Somebody else's words on one line, without secrets, and not too long."""
    words = " ".join(redact(words).split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 3] + "..."
