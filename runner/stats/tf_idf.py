"""How alike texts are by TF-IDF: the cosine of their weighted terms. Pure.

Weights as scikit-learn's ``TfidfVectorizer(sublinear_tf=True)`` has them: (1 + ln tf) · (ln((1 + n)/(1 + df)) + 1), of
length 1 a text; terms that no learnt text has count for nothing (Manning, Raghavan & Schütze 2008, ch. 6).
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from runner.core.nearness import terms

_PRODUCTS = 1 << 22  # numbers multiplied at a time: some hundred megabytes
Values = NDArray[np.float64]
Places = NDArray[np.int64]


class TfIdf:
    """The terms of some texts, to hold other texts against.

    Args:
        texts: what is learnt from, n of them.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = len(texts)
        self._columns: dict[str, int] = {}
        counted = [Counter(terms(text)) for text in texts]
        for each in counted:
            for term in each:
                self._columns.setdefault(term, len(self._columns))
        rows, columns, counts = self._table(counted)
        having = np.bincount(columns, minlength=len(self._columns))
        self._rarity = np.log((1 + self._texts) / (1 + having)) + 1
        weights = self._weights(rows, columns, counts, self._texts)
        order = np.argsort(columns, kind="stable")
        self._places, self._of_term = rows[order], weights[order]
        self._starts, self._having = np.concatenate([[0], np.cumsum(having)]), having

    def likeness(self, texts: Sequence[str]) -> Values:
        """The cosine of each text and each learnt one, shape (texts, n); 0 where they share no term, 1 for the same."""
        counted = [Counter(terms(text)) for text in texts]
        rows, columns, counts = self._table(counted)
        weights = self._weights(rows, columns, counts, len(texts))
        found = np.zeros(len(texts) * self._texts)
        for some in self._portions(columns):
            each = self._having[columns[some]]
            first = np.repeat(self._starts[columns[some]] - np.cumsum(each) + each, each)
            entry = first + np.arange(len(first))  # place among the learnt entries, of each product
            cell = np.repeat(rows[some] * self._texts, each) + self._places[entry]
            low = int(rows[some][0]) * self._texts
            sums = np.bincount(cell - low, np.repeat(weights[some], each) * self._of_term[entry])
            found[low : low + len(sums)] += sums
        return found.reshape(len(texts), self._texts)

    def _table(self, counted: Sequence[Counter[str]]) -> tuple[Places, Places, Values]:
        """(row, column, count) of each known term of each text, by rows."""
        known = [
            (row, self._columns[term], count)
            for row, each in enumerate(counted)
            for term, count in each.items()
            if term in self._columns
        ]
        table = np.array(known, dtype=np.int64).reshape(-1, 3)
        return table[:, 0], table[:, 1], table[:, 2].astype(float)

    def _weights(self, rows: Places, columns: Places, counts: Values, texts: int) -> Values:
        weights = (1 + np.log(counts)) * self._rarity[columns]
        lengths = np.sqrt(np.bincount(rows, weights**2, minlength=texts))
        return np.asarray(weights / lengths[rows], dtype=float)

    def _portions(self, columns: Places) -> Iterator[slice]:
        """The entries in order, so many at a time that their products fit into memory."""
        done = np.cumsum(self._having[columns])
        start = 0
        while start < len(columns):
            before = done[start - 1] if start else 0
            end = max(start + 1, int(np.searchsorted(done, before + _PRODUCTS, side="right")))
            yield slice(start, end)
            start = end
