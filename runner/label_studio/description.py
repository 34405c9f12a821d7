"""The prompt in a project's description: people read it there, and what one of them wrote is never replaced."""

import re
from typing import Any, Final, Literal

from runner.core.surrogates import sha256
from runner.label_studio.client import Studio, api_errors

_MARK = "Labelling prompt found by goldloop"
Shown = Literal["shown", "changed", "own"]
"""What became of a prompt: it is shown; or a description is kept that was ours and was changed, or never was ours."""

SAID: Final[dict[Shown, str]] = {
    "shown": "the prompt stands in the project's description",
    "changed": "the project's description is kept, for it is not as goldloop wrote it (empty it to have the prompt)",
    "own": "the project's own description is kept",
}
_HEADER = re.compile(rf"{_MARK} \((?P<words>.*), (?P<hash>[0-9a-f]{{10}})\):")


def show_prompt(studio: Studio, project: Any, prompt: str, words: str) -> Shown:
    """Put the prompt into the project's description, unless a person wrote or changed it; returns what became of it.

    Args:
        words: for the line above it, with a hash that tells whether the text is still ours.
    """
    there = _plain(studio.project(project.id).description or "")  # as it is now: sending took its time
    if there and not _ours(there):
        return "changed" if there.startswith(_MARK) else "own"
    with api_errors(studio, "writing the description"):
        text = f"{_MARK} ({words}, {_hash(words, prompt)}):\n\n{prompt}"
        studio.client.projects.update(id=project.id, description=text)
    return "shown"


def prompt_shown(description: str) -> str:
    """The prompt in a project's description: what stands below our line, else all of it."""
    description = _plain(description)
    mark, _, rest = description.partition("\n\n")
    return rest.strip() if mark.startswith(_MARK) and rest.strip() else description


def _ours(description: str) -> bool:
    header, _, prompt = description.partition("\n\n")
    found = _HEADER.fullmatch(header)
    return found is not None and found["hash"] == _hash(found["words"], prompt)


def _hash(words: str, prompt: str) -> str:
    return sha256(f"{words}\n{_plain(prompt)}")[:10]


def _plain(text: str) -> str:
    """Without what a form changes by itself when it is saved."""
    return text.replace("\r\n", "\n").strip()
