"""sink=label_studio: the rows of a label run as predictions of a project's tasks."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.datasets.rows import RowProblem
from runner.errors import DataError
from runner.studio.connection import Studio, connect
from runner.studio.push import Pushed, annotate, predictions_of, push, show_prompt


class LabelStudio:
    """Sends predictions, and annotations of them where that is asked for.

    Args:
        url, token_env, project: as ``studio`` has them.
        annotations: also make annotations, for tasks that have none.
    """

    def __init__(
        self,
        url: str | None = None,
        token_env: str = "LABEL_STUDIO_API_KEY",  # noqa: S107 - the name of a variable
        project: int | str | None = None,
        annotations: bool = False,
    ) -> None:
        self._url, self._token_env, self._project = url, token_env, project
        self._annotations = annotations

    def check(self) -> None:
        """Raise StudioError or ConfigError if the project cannot take labels: before any of them is paid for."""
        with connect(self._url, self._token_env) as studio:
            studio.project(self._project)

    def deliver(self, record: Path, version: str, prompt: str) -> str:
        """Send the rows of ``record`` that the project does not have yet; returns what was done in words.

        Args:
            version: the model version of the rows. prompt: the text that made them.

        Raises:
            StudioError, DataError: the project does not take them; done again it goes on where it was.
        """
        with connect(self._url, self._token_env) as studio:
            project = studio.project(self._project)
            try:
                done = push(studio, project, predictions_of(rows_of(record)), version, prompt)
            except RowProblem as problem:
                raise DataError(f"{record}: {problem}") from problem
            shown = show_prompt(studio, project, prompt, version)
            made = annotate(studio, project.id, version) if self._annotations else None
            return _told(studio, project, version, done, shown, made)


def rows_of(record: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a label run's record; a last line that a crash cut off is none."""
    with record.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)


def _told(studio: Studio, project: Any, version: str, done: Pushed, shown: bool, made: int | None) -> str:
    there = f", {done.before} were there" if done.before else ""
    words = [f"{done.sent} predictions of {version} sent{there}; Label Studio counts {done.stored}"]
    words += [f"{made} annotations made"] if made is not None else []
    words += ["the prompt stands in the project's description" if shown else "the project's own description is kept"]
    return f"{'; '.join(words)}: {studio.url}/projects/{project.id}/data"
