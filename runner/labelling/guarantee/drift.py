"""Are the rows like the sealed items, as far as is seen without gold? If not, no guarantee is about them. Pure."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runner.labelling.counts import RowCounts

_LEVEL = 0.01  # of all comparisons together


@dataclass(frozen=True)
class Share:
    """A share of the rows and of the sealed items, and how likely such a difference is if both are alike.

    Attributes:
        p: two-sided, of two shares with a continuity correction (Yates); 1 where both are the same.
    """

    rows: float
    sealed: float
    p: float

    @classmethod
    def of(cls, rows: int, of_rows: int, sealed: int, of_sealed: int) -> "Share":
        """Of counts, each of so many."""
        if not (of_rows and of_sealed):
            return cls(0.0, 0.0, 1.0)
        one, other, both = rows / of_rows, sealed / of_sealed, (rows + sealed) / (of_rows + of_sealed)
        spread = math.sqrt(both * (1 - both) * (1 / of_rows + 1 / of_sealed))
        apart = max(0.0, abs(one - other) - (1 / of_rows + 1 / of_sealed) / 2)
        p = math.erfc(apart / spread / math.sqrt(2)) if spread and apart else 1.0
        return cls(round(one, 4), round(other, 4), p)


@dataclass(frozen=True)
class Drift:
    """How the rows differ from the sealed items.

    Attributes:
        accepted: the share that is accepted. labels: class -> the share of answers that hold it.
    """

    accepted: Share
    labels: Mapping[str, Share]

    @classmethod
    def of(cls, rows: RowCounts, taken: int, sealed: Sequence[Sequence[str] | None]) -> "Drift":
        """Compare the rows with the sealed items.

        Args:
            taken: how many sealed items are accepted. sealed: the classes of each answer; None where it has none.
        """
        known = [set(answer) for answer in sealed if answer is not None]
        found = Counter(name for answer in known for name in answer)
        labels = {
            name: Share.of(rows.labels[name], rows.labelled, found[name], len(known))
            for name in sorted({*rows.labels, *found})
        }
        return cls(Share.of(rows.rows - rows.review, rows.rows, taken, len(sealed)), labels)

    @property
    def warning(self) -> str | None:
        """What differs by more than chance, for people; None where nothing does."""
        level = _LEVEL / (1 + len(self.labels))
        found = [("accepted", self.accepted), *((repr(name), share) for name, share in self.labels.items())]
        odd = sorted((share.p, name, share) for name, share in found if share.p < level)
        if not odd:
            return None
        each = ", ".join(f"{name} {share.rows:.0%} of the rows and {share.sealed:.0%}" for _, name, share in odd[:3])
        more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        return (
            f"the rows are not like the sealed items ({each} of these{more}), so what is certified may not hold: "
            "let people check a sample of the accepted rows (goldloop certify)"
        )
