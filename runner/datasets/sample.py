"""Data sets that ship with goldloop, so that a first run needs nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.core.errors import ConfigError
from runner.core.items import BadRow, Data, Item
from runner.datasets.file import File

_HERE = Path(__file__).parent


class Sample:
    """A data set in this package.

    Args:
        name: ``customer_intents``: 60 gold support dialogues with ten intents, and 200 unlabelled ones
            in ``unlabelled.jsonl`` beside them; ``GUIDE.md`` is the labelling guide.
    """

    def __init__(self, name: str = "customer_intents") -> None:
        folder = _HERE / name
        if not (folder / "gold.jsonl").is_file():
            raise ConfigError(
                f"dataset.name: no sample {name!r} in goldloop (there is customer_intents)",
                code="bad-value",
                key="dataset.name",
            )
        self._file = File(str(folder / "gold.jsonl"), labels_file=str(folder / "labels.yaml"))
        self._rest = File(str(folder / "unlabelled.jsonl"))

    def load(self) -> Data:
        return self._file.load()

    def stream(self) -> Iterator[Item | BadRow]:
        """The unlabelled items: what there is to label once the prompt is good."""
        return self._rest.stream()

    def digest(self) -> str:
        return self._rest.digest()

    def inputs(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        return self._rest.inputs()
