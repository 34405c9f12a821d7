"""Which texts of a pool are nearest to another text, by the words and parts of words they share. No model. Pure.

BM25 (Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework", with k1 = 1.2 and b = 0.75) over words and
over the runs of four characters in them, which find other forms of a word. In scripts without spaces
between words each character counts as a word, and the runs are its neighbours.

Ours, and not a library's: the answer is part of what a prompt means (``runner.core.prompt``), so it must be the same
years from now, whatever version of a library is there then.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from runner.core.twins import twin_form
from verifiers.spelling import LETTER, UNSPACED

_K1, _B = 1.2, 0.75
_RUN = 4  # characters; of 3, 4 and words alone, 4 found most gold labels among the 8 nearest of 30 (NLU++, Banking77)
_LONGEST = 4000  # characters; of a longer text the beginning is compared, so that time and memory stay bounded
_WORD = re.compile(rf"[{UNSPACED}]|{LETTER}++")
_DIGITS = 9  # sums that differ less than that are equal, so that no processor's last bit decides


def terms(text: str) -> list[str]:
    """What of a text is compared: its words without case, and every run of four characters, spaces among them.

    Of a text of more than 4,000 characters only the beginning.
    """
    words = _WORD.findall(twin_form(text)[:_LONGEST])
    line = f" {' '.join(words)} "
    return words + [f"#{line[place : place + _RUN]}" for place in range(len(line) - _RUN + 1)]


class Nearness:
    """The texts of a pool, indexed by their terms.

    Memory and time to build grow with the texts; a lookup takes time only for the texts that share a term with it.

    Args:
        texts: the pool.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [Counter(terms(text)) for text in texts]
        lengths = np.array([each.total() for each in counted], dtype=float)
        mean = (lengths.mean() if len(texts) else 0.0) or 1.0
        self._norms = _K1 * (1 - _B + _B * lengths / mean)
        places: dict[str, list[int]] = defaultdict(list)
        counts: dict[str, list[int]] = defaultdict(list)
        for place, each in enumerate(counted):
            for term, count in each.items():
                places[term].append(place)
                counts[term].append(count)
        self._index = {term: self._weighed(places[term], counts.pop(term)) for term in places}
        self._twins: dict[str, list[int]] = defaultdict(list)
        for place, text in enumerate(texts):
            self._twins[twin_form(text)].append(place)

    def nearest(self, text: str, count: int) -> list[int]:
        """The places in the pool of the ``count`` nearest texts, the nearest first; of equals the earlier.

        Never of the text itself or a near-twin of it. Where too few share a term with it, the first others follow.
        """
        scores = self.scores(text)
        scores[self._twins.get(twin_form(text), [])] = -1.0
        count = min(count, int(np.count_nonzero(scores >= 0)))
        if count < len(scores):  # all that are at least as near as the last of them
            few = np.flatnonzero(scores >= np.partition(scores, -count)[-count]) if count else np.array([], dtype=int)
        else:
            few = np.arange(len(scores))
        return [int(place) for place in few[np.argsort(-scores[few], kind="stable")][:count]]

    def scores(self, text: str) -> NDArray[np.float64]:
        """The BM25 score of each text of the pool, shape (texts,); 0 without a shared term."""
        scores = np.zeros(len(self._norms))
        for term in sorted(set(terms(text)) & self._index.keys()):  # in one order: sums of floats depend on it
            places, weights = self._index[term]
            scores[places] += weights
        return np.round(scores, _DIGITS)

    def _weighed(self, places: Iterable[int], counts: Iterable[int]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """(the places of a term, what it adds to the score of each)."""
        where, often = np.array(places, dtype=np.int32), np.array(counts, dtype=float)
        rarity = np.log1p((len(self._norms) - len(where) + 0.5) / (len(where) + 0.5))
        return where, rarity * often * (_K1 + 1) / (often + self._norms[where])
