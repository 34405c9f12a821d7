"""Data from items however they were found: bad rows named together, repeats left out, one hash over what counts."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from runner.core.errors import DataError
from runner.core.items import BadRow, Data, Item
from runner.core.terminal import shortened
from runner.core.twins import twin_form
from verifiers.label_set import LabelSet
from verifiers.saved import as_data
from verifiers.verifier import Verifier

_SHOWN = 5  # bad rows named in the message; the rest are counted


def data_of(rows: Iterable[Item | BadRow], *, where: str, labels: LabelSet, **said: Any) -> Data:
    """The items with gold of ``rows``, in their order.

    Args:
        where: the source, for the message.
        said: what else ``Data`` holds.

    Raises:
        DataError: rows that cannot be used or have an id twice, the first few named and the rest counted.
    """
    gold, bad = GoldCollector(), list[BadRow]()
    for row in with_ids_once(rows):
        if isinstance(row, BadRow):
            bad.append(row)
        else:
            gold.add(row)
    if bad:
        raise unusable(where, bad)
    return gold.data(labels, **said)


class GoldCollector:
    """Gathers the items to learn from; ``items`` are those so far."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._first: dict[str, Item] = {}
        self._twins: dict[str, Item] = {}
        self._unlabelled = self._repeated = 0
        self._contradicted: list[str] = []

    def add(self, item: Item) -> None:
        """Take an item that has gold, and whose text was not there before, blanks around it aside."""
        if item.gold is None:
            self._unlabelled += 1
            return
        first = self._first.setdefault(item.text.strip(), item)
        twin = self._twins.setdefault(twin_form(item.text), first)  # which the split leaves out, and tells
        if not _same(item.gold, twin.gold):
            self._contradicted.append(item.id)
        if first is item:
            self.items.append(item)
        else:
            self._repeated += 1  # the same text in two parts of the split would give the answer away

    @property
    def left_out(self) -> str:
        """How many rows were not taken, in words; empty if all were."""
        kinds = {"without gold labels": self._unlabelled, "with a text that repeats": self._repeated}
        return ", ".join(f"{count} rows {kind}" for kind, count in kinds.items() if count)

    def data(self, labels: LabelSet, **said: Any) -> Data:
        """What was gathered."""
        whole = digest(self.items, labels, said.get("verifier"))
        return Data(
            self.items, labels, whole, self._unlabelled, self._repeated, contradicted=self._contradicted, **said
        )


def _same(gold: Any, other: Any) -> bool:
    """Whether two say the same; of names the order does not count."""
    return set(gold) == set(other or ()) if isinstance(gold, tuple) else gold == other


def with_ids_once(rows: Iterable[Item | BadRow]) -> Iterator[Item | BadRow]:
    """The rows; one with the id of an item before it becomes a bad row, since two could not be told apart."""
    seen: set[str] = set()
    for row in rows:
        if isinstance(row, Item):
            if row.id in seen:
                yield BadRow(row.id, "the same id stands in an earlier row", "id-repeated")
                continue
            seen.add(row.id)
        yield row


def digest(items: Sequence[Item], labels: LabelSet, verifier: Verifier | None = None) -> str:
    """SHA-256 of ids, texts, gold, parts and verifier where the source says them, and label list."""
    content = hashlib.sha256(json.dumps(dict(labels.definitions), ensure_ascii=False).encode())
    if verifier is not None:
        content.update(json.dumps(as_data(verifier), ensure_ascii=False).encode())
    for item in items:
        part = [item.part] if item.part else []
        content.update(json.dumps([item.id, item.text, item.gold, *part], ensure_ascii=False).encode())
    return content.hexdigest()


def unusable(where: str, rows: Sequence[BadRow]) -> DataError:
    """The error about rows that cannot be used: all in words, the first by code and id."""
    words = bad_rows(where, [f"{row.id}: {row.problem}" for row in rows])
    return DataError(words, code=rows[0].code, key=rows[0].id)


def bad_rows(where: str, problems: Sequence[str]) -> str:
    """What is wrong with some rows, in one line."""
    rows = "row" if len(problems) == 1 else "rows"
    return f"{where} has {len(problems)} bad {rows}: {shortened(problems, _SHOWN, sentences=True)}"
