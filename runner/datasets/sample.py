"""Data sets that ship with goldloop, so that a first run needs nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.core.errors import ConfigError
from runner.core.items import BadRow, Data, Item
from runner.datasets.file import File
from verifiers.verifier import Cells

_HERE = Path(__file__).parent


class Sample:
    """A data set in this package.

    Args:
        name: ``customer_intents``: 60 gold support dialogues with ten intents, and 200 unlabelled ones in
            ``unlabelled.jsonl`` beside them. ``repair_requests``: 72 messages to a repair shop, each with what the
            writer wants, how urgent it is, and the words that say the details; 24 unlabelled ones. ``GUIDE.md`` is the
            labelling guide.
        gold_field: field of the answer -> column of its gold, where an answer has fields.
    """

    def __init__(self, name: str = "customer_intents", gold_field: Mapping[str, str] | None = None) -> None:
        folder = _HERE / name
        if not (folder / "gold.jsonl").is_file():
            raise ConfigError(
                f"dataset.name: no sample {name!r} in goldloop (there are customer_intents and repair_requests)",
                code="bad-value",
                key="dataset.name",
            )
        labels = folder / "labels.yaml"
        listed = str(labels) if labels.is_file() else None
        self._file = File(str(folder / "gold.jsonl"), labels_file=listed, gold_field=gold_field)
        self._rest = File(str(folder / "unlabelled.jsonl"))

    def read_cells(self, cells: Cells) -> None:
        """What a cell of gold holds."""
        self._file.read_cells(cells)

    def load(self) -> Data:
        return self._file.load()

    def stream(self) -> Iterator[Item | BadRow]:
        """The unlabelled items: what there is to label once the prompt is good."""
        return self._rest.stream()

    def digest(self) -> str:
        return self._rest.digest()

    def inputs(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        return self._rest.inputs()
