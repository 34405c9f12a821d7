"""A project in Label Studio, as the renewal of its predictions needs it: its tasks, and what is seen of the prompt."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from runner.label_studio.client import Studio, connect
from runner.label_studio.ml_backend import project_sign as sign
from runner.label_studio.ml_backend.renewal_tasks import Chunk, Wanting, chunks, wanting
from runner.label_studio.predictions import count_of, send_all


class OpenProject(Protocol):
    """A project that can be read and written; every method may raise a GoldloopError."""

    def wanting(self, version: str, xml: str) -> Wanting:
        """Look what there is to renew."""
        ...

    def chunks(self, wanted: Wanting, size: int) -> Iterator[Chunk]:
        """The tasks to renew, ``size`` at a time."""
        ...

    def send(self, wanted: Wanting, requests: Sequence[Mapping[str, Any]]) -> int:
        """Send predictions; how many were left out, for their tasks are gone."""
        ...

    def stored(self, version: str) -> int:
        """How many tasks have a prediction of a version."""
        ...

    def show_version(self, version: str, ours: Collection[str]) -> str:
        """Have Label Studio show a version; empty, or why it does not."""
        ...

    def show_live(self, version: str) -> None:
        """Have Label Studio ask the backend again, if it shows ``version``."""
        ...

    def describe(self, prompt: str, words: str) -> str:
        """Tell of the prompt in the description; what became of it."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


Opener = Callable[[int], OpenProject]
"""Opens the project of this number. Raises GoldloopError: there is no token, or the server does not answer."""


class StudioProject:
    """The project ``number`` of a server."""

    def __init__(self, studio: Studio, number: int) -> None:
        self._studio, self._number = studio, number

    def wanting(self, version: str, xml: str) -> Wanting:
        return wanting(self._studio, self._number, version, xml)

    def chunks(self, wanted: Wanting, size: int) -> Iterator[Chunk]:
        return chunks(self._studio, wanted, size)

    def send(self, wanted: Wanting, requests: Sequence[Mapping[str, Any]]) -> int:
        return send_all(self._studio, wanted.project, requests)[1]

    def stored(self, version: str) -> int:
        return count_of(self._studio, self._number, version)

    def show_version(self, version: str, ours: Collection[str]) -> str:
        return sign.show_version(self._studio, self._number, version, ours)

    def show_live(self, version: str) -> None:
        sign.show_live(self._studio, self._number, version)

    def describe(self, prompt: str, words: str) -> str:
        return sign.describe(self._studio, self._number, prompt, words)

    def close(self) -> None:
        self._studio.__exit__()


def opener(url: str | None, token_env: str) -> Opener:
    """Opens projects of the server at ``url`` with the token in ``token_env``."""
    return lambda number: StudioProject(connect(url, token_env), number)
