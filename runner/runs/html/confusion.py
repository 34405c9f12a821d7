"""Which gold label was missed where which other label was wrongly added. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from runner.core.run_rows import PredictionRow
from verifiers.confusions import confused


@dataclass(frozen=True)
class Confusion:
    """Counts of items by what was missed (rows) and what was wrongly added (columns).

    Attributes:
        missed, added: the labels of the rows and columns, most frequent first; None stands for "nothing".
        counts: a row for each of ``missed``. An item that misses or adds several labels counts in several cells.
        right: items with nothing missed and nothing added, which no cell counts.
    """

    missed: Sequence[str | None]
    added: Sequence[str | None]
    counts: Sequence[Sequence[int]]
    right: int

    @property
    def most(self) -> int:
        return max((count for row in self.counts for count in row), default=0)


def confusion(predictions: Sequence[PredictionRow]) -> Confusion:
    """The table of the predictions whose call did not fail."""
    pairs: Counter[tuple[str | None, str | None]] = Counter()
    right = 0
    for row in predictions:
        if not row.judged:
            continue
        cells = confused_keys(row)
        pairs.update(cells)
        if not cells:
            right += 1
    rows, columns = _by_weight(pairs, 0), _by_weight(pairs, 1)
    return Confusion(rows, columns, [[pairs[gold, other] for other in columns] for gold in rows], right)


def confused_keys(row: PredictionRow) -> list[tuple[str | None, str | None]]:
    """(what was right, what was given instead) in an item; None stands for "nothing"."""
    if row.pairs is None:
        return confused(row.missing_keys, row.wrong_keys)
    return [(pair[0], pair[1]) for pair in row.pairs if len(pair) == 2]


def _by_weight(pairs: Counter[tuple[str | None, str | None]], place: int) -> list[str | None]:
    weight: Counter[str | None] = Counter()
    for pair, count in pairs.items():
        weight[pair[place]] += count
    return sorted(weight, key=lambda label: (label is None, -weight[label], label or ""))
