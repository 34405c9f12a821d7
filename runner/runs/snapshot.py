"""The data of a past run, as its directory keeps them."""

from collections.abc import Iterator
from pathlib import Path

from runner.core.items import BadRow, Data, Item
from runner.runs.reader import read_run


class Snapshot:
    """What ``goldloop reproduce`` labels again.

    Args:
        run: the run directory.
    """

    def __init__(self, run: str) -> None:
        self._run = Path(run)

    def load(self) -> Data:
        return read_run(self._run).data()

    def stream(self) -> Iterator[Item | BadRow]:
        return iter(self.load().items)
