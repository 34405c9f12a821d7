"""What has been asked so far, in its order, beside what the run answered: the pairs that a verdict is about."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.analysis.guard.before import Answered
from runner.core.errors import TooManyFailed
from runner.core.evaluation import Evaluation, Outcome
from runner.core.prompt import Prompt
from runner.experiment.silence import silence
from runner.stats.non_inferiority import NonInferiority, non_inferiority

_NO_PROMPT = Prompt("")  # it plays no part
_SPEAKS = 8  # items; a model that says nothing to so many says nothing to the others


@dataclass
class Pairs:
    """The items in the order in which they are asked, and what came of the first of them.

    Attributes:
        margin, alpha: of ``non_inferiority``.
        max_failed: the share of the calls that may fail for good; above 0, one always may.
        evaluations: outcome and credit of each item that was asked; a credit is None where the call failed.
        failures: name -> calls that failed.
        found: the verdict when it was looked at last.
    """

    order: Sequence[Answered]
    margin: float
    alpha: float
    max_failed: float
    evaluations: list[tuple[Outcome, float | None]] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    found: NonInferiority = field(default_factory=lambda: NonInferiority("undecided", 0, 0.0, 1.0, 1.0))

    @property
    def left(self) -> Sequence[Answered]:
        """The items that were not asked yet."""
        return self.order[len(self.evaluations) :]

    @property
    def credits(self) -> tuple[list[float], list[float]]:
        """Credits before and after, of the items whose call did not fail."""
        both = [
            (one.credit, credit)
            for one, (_, credit) in zip(self.order, self.evaluations, strict=False)
            if credit is not None
        ]
        return [credit for credit, _ in both], [credit for _, credit in both]

    def add(self, evaluation: Evaluation) -> None:
        """Take what came of the next item. Raises TooManyFailed: more calls failed than may of all items."""
        [outcome] = evaluation.outcomes
        self.evaluations.append((outcome, evaluation.credits.get(outcome.item.id)))
        if outcome.failure:
            self.failures[outcome.failure] += 1
            self._refuse_too_many(len(self.order))

    def look(self) -> None:
        """Judge what there is.

        Raises:
            ProviderError: the model says nothing at all.
            TooManyFailed: it is settled, or all were asked, and more calls failed than may of those.
        """
        outcomes = [outcome for outcome, _ in self.evaluations]
        if len(outcomes) >= _SPEAKS or not self.left:
            silence(Evaluation(_NO_PROMPT, outcomes, 0.0, {}))
        self.found = non_inferiority(*self.credits, self.margin, self.alpha)
        if self.found.verdict != "undecided" or not self.left:
            self._refuse_too_many(len(self.evaluations))

    def _refuse_too_many(self, of: int) -> None:
        failed = [outcome for outcome, _ in self.evaluations if outcome.failure]
        if len(failed) <= max(self.max_failed * of, 1 if self.max_failed else 0):
            return
        last = failed[-1]
        names = ", ".join(f"{name} {count}" for name, count in self.failures.items())
        raise TooManyFailed(
            f"{len(failed)} calls failed for good ({names}; the last: {last.detail or last.failure}), more than "
            f"max_failed={self.max_failed:g} of {of} allows. A failed call is no answer, so there is no "
            "verdict: put right what they say, or raise max_failed; the same command asks only what was not answered",
            code="too-many-failed",
            key=names,
        )
