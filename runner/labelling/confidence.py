"""The score of a prediction: how often this prompt's predictions of the same labels agreed with gold.

Calibrated agreement, measured on the run's sealed items, which neither the search nor the choice of the prompt saw.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from runner.core.run_rows import PredictionRow
from runner.runs.reader import Run
from verifiers.verifier import is_empty

_PRIOR = 2.0  # predictions that the average counts for: a label that was predicted once says little


@dataclass(frozen=True)
class LabelConfidence:
    """Scores from counts.

    Attributes:
        predicted, agreed: label -> in how many predictions it stood, and in how many of those it was gold.
        empty, empty_agreed: predictions of no label, and those whose gold was no label too.
    """

    predicted: Mapping[str, int]
    agreed: Mapping[str, int]
    empty: int
    empty_agreed: int

    @classmethod
    def of_run(cls, run: Run, which: Literal["best", "initial"] = "best") -> "LabelConfidence":
        """From the run's final evaluation; nothing measured if it did not get so far.

        Of a run without sealed items it flatters the prompt a little. What the initial prompt's bad replies were is
        not kept: they count as predictions of no label.

        Raises:
            DataError: ``predictions.jsonl`` is not what a run writes.
        """
        rows = run.predictions if run.bytes_of("predictions.jsonl") else []
        if which == "initial":
            rows = [
                replace(
                    row,
                    prediction=row.initial_prediction,
                    given=row.initial_given,
                    wrong=row.initial_wrong,
                    failure=None,  # not kept of this one
                    out_of_list=None,
                )
                for row in rows
            ]
        return cls.of_rows(rows)

    @classmethod
    def of_rows(cls, rows: Sequence[PredictionRow]) -> "LabelConfidence":
        predicted: Counter[str] = Counter()
        agreed: Counter[str] = Counter()
        empty = empty_agreed = 0
        for row in rows:
            if row.prediction is None or row.failure:
                continue
            if row.out_of_list and is_empty(row.prediction):
                continue  # such a reply gives no labels
            said = row.given_keys
            predicted.update(said)
            agreed.update(row.right_keys)
            empty += not said
            empty_agreed += not said and not row.due_keys
        return cls(predicted, agreed, empty, empty_agreed)

    def of(self, labels: Sequence[str]) -> float | None:
        """The expected share of ``labels`` that are right, from 0 to 1; of none, the chance that none is right.

        For a label the smoothed precision (agreed + 2 average) / (predicted + 2); the average is that over all labels,
        (agreed + 1) / (predicted + 2), so that a few predictions that were all right are not certainty. None where
        nothing was measured.
        """
        average = self._average
        if average is None:
            return None
        if not labels:
            return round(_smoothed(self.empty_agreed, self.empty, average), 4)
        each = [_smoothed(self.agreed.get(name, 0), self.predicted.get(name, 0), average) for name in labels]
        return round(sum(each) / len(each), 4)

    @cached_property
    def _average(self) -> float | None:
        total = sum(self.predicted.values()) + self.empty
        return (sum(self.agreed.values()) + self.empty_agreed + 1) / (total + 2) if total else None


def _smoothed(agreed: int, predicted: int, average: float) -> float:
    return (agreed + _PRIOR * average) / (predicted + _PRIOR)
