"""What is promised of the labels of a run: which rows are accepted, and what the sealed items say of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from runner.stats.certificate import Certificate
from runner.stats.losses import Loss


@dataclass(frozen=True)
class Guarantee:
    """A certified threshold of certainty, or that there is none.

    Attributes:
        target: the share of accepted rows that is to be right, in (0, 1); with graded losses their mean reward.
        confidence: of the claim, in (0, 1).
        certified: whether the sealed items certify it.
        threshold: rows that are at least so certain are accepted; None where nothing is certified.
        accepted, review: rows that are accepted, and rows for people; the two are all rows.
        items: sealed items, those whose call failed too.
        kind: the kind of certainty.
        loss: ``wrong`` is 0 or 1 for each item; ``graded`` is 1 - reward.
        choices: how many prompts could have been chosen on these items; they share 1 - confidence.
        sealed_accepted, sealed_loss: of the sealed items so many are accepted, and their summed loss.
        reached: what is certified of the most certain items, with the same confidence; 0 where nothing is.
        best_possible: what so many sealed items certify if all are accepted and right.
        more_items: about how many more verified items the target takes; 0 if certified; None where none would do.
    """

    target: float
    confidence: float
    certified: bool
    threshold: float | None
    accepted: int
    review: int
    items: int
    kind: str
    loss: Loss
    choices: int
    sealed_accepted: int
    sealed_loss: float
    reached: float
    best_possible: float
    more_items: int | None

    @classmethod
    def of(cls, found: Certificate, kind: str, loss: Loss, choices: int) -> Self:
        """From a certificate; no rows are counted yet."""
        return cls(
            target=found.target,
            confidence=found.confidence,
            certified=found.certified,
            threshold=found.threshold,
            accepted=0,
            review=0,
            items=found.items,
            kind=kind,
            loss=loss,
            choices=choices,
            sealed_accepted=found.accepted,
            sealed_loss=round(found.errors, 6),
            reached=round(found.reached, 6),
            best_possible=round(found.best_possible, 6),
            more_items=found.more_items,
        )

    def accepts(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of the record is trusted: never one that failed, or whose certainty is not known."""
        certainty = row.get("certainty")
        return (
            self.threshold is not None and not row["failure"] and certainty is not None and certainty >= self.threshold
        )

    def counted(self, rows: int, review: int) -> Self:
        """With the rows of the record, and how many of them are for people."""
        return replace(self, accepted=rows - review, review=review)

    @property
    def words(self) -> str:
        """What the sealed items say, for people."""
        return self._certified if self.certified else self._not_certified

    @property
    def _certified(self) -> str:
        if self.loss == "wrong":
            claim = f"are wrong at most {percent(1 - self.target)} of the time"
            found = "is wrong" if self.sealed_loss == 1 else "are wrong"
        else:
            claim, found = f"have a mean reward of at least {self.target:g}", "are lost in all"
        return (
            f"certified on {self.items} sealed items: rows like the gold rows, with a certainty ({self.kind}) of at "
            f"least {self.threshold:g}, {claim} ({percent(self.confidence)} confidence; of the {self.sealed_accepted} "
            f"sealed items that are so certain, {self.sealed_loss:g} {found}). This assumes that the gold was drawn "
            "like these rows."
        )

    @property
    def _not_certified(self) -> str:
        wish = f"target={self.target:g} is not certified on {self.items} sealed items, so every row is for people"
        reached = f"these items certify target={floor(self.reached):g} at most" if floor(self.reached) > 0 else ""
        most = f"so few can certify {floor(self.best_possible):g} at best" if self.best_possible < self.target else ""
        if self.more_items is not None:
            more = f"about {self.more_items:,} more verified items, drawn like the rows, would do"
        else:
            more = (
                "more items would not help: the most certain answers are too often wrong; try another prompt or model"
            )
        return "; ".join(filter(None, [wish, most, reached, more]))


def percent(share: float) -> str:
    """A share in per cent, without digits that say nothing: 5%, 2.5%."""
    return f"{round(100 * share, 6):g}%"


def floor(share: float) -> float:
    """A share, rounded down to two digits, as a claim has to be."""
    return int(share * 100 + 1e-9) / 100
