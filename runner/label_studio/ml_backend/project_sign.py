"""What of an adopted prompt is seen inside Label Studio: the project's model version, and its description."""

from collections.abc import Collection
from typing import Any

from runner.label_studio.backend_connection import backends
from runner.label_studio.client import Studio, api_errors, expect
from runner.label_studio.description import SAID, show_prompt


def show_version(studio: Studio, number: int, version: str, ours: Collection[str]) -> str:
    """Have Label Studio show the predictions of a version; empty, or why it does not.

    Of several predictions of a task it shows the one whose version is the project's, else the oldest. What a person
    chose there is kept.

    Args:
        ours: versions that this server gave before, which may be replaced.
    """
    live = _titles(studio, number)
    there = _version(studio.project(number))
    if there not in {"", version, *live, *ours}:
        return f"Label Studio goes on showing {there!r}, which was chosen there (Settings > Predictions)"
    with api_errors(studio, "choosing the model version"):
        studio.client.projects.update(id=number, model_version=version, show_collab_predictions=True)
    return ""


def show_live(studio: Studio, number: int, version: str) -> None:
    """Have Label Studio ask the backend again, if it shows the predictions of ``version``."""
    live = _titles(studio, number)
    if live and _version(studio.project(number)) == version:
        with api_errors(studio, "choosing the model version"):
            studio.client.projects.update(id=number, model_version=live[0])


def describe(studio: Studio, number: int, prompt: str, words: str) -> str:
    """Tell of the prompt in the project's description, unless a person wrote it; what became of it, in words."""
    return SAID[show_prompt(studio, studio.project(number), prompt, words)]


def _version(project: Any) -> str:
    return str(getattr(project, "model_version", None) or "")


def _titles(studio: Studio, number: int) -> list[str]:
    """The titles of the project's backends, as which Label Studio names their live predictions."""
    every = backends(studio, number)
    with api_errors(studio, "listing backends"):
        for one in every:
            expect(one, title=str | None)
        return [one.title for one in every if one.title]
