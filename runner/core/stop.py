"""How a run ended: typed, for decisions, and the sentence that people read."""

from dataclasses import dataclass, field
from typing import Literal

from runner.core.errors import BudgetSpent, LimitName
from runner.core.signals import terminated

StopKind = Literal[
    "no-epochs", "epochs", "patience", "exhausted", "budget", "unmeasurable", "interrupted", "failed", "unknown"
]


@dataclass(frozen=True)
class Stop:
    """Why a run ended.

    Attributes:
        kind: ``no-epochs``: epochs=0, only the initial prompt was measured. ``epochs``: all epochs are done.
            ``patience``: too many epochs without a better prompt. ``exhausted``: the strategy has nothing more to
            propose. ``budget``: a limit is spent. ``unmeasurable``: a limit cannot be kept, because no answer says
            what it took. ``interrupted``: Ctrl-C, or SIGTERM. ``failed``: an error. ``unknown``: the words are of
            another version.
        limit: of the budget, where one ended it.
        value: how much that limit allows; with ``patience``, the epochs without a better prompt.
        detail: the words of an error; with a budget, what was not done yet; what interrupted it, if not Ctrl-C.
        share: how much of that limit this job of a sweep could have; None where the whole of it is spent.
    """

    kind: StopKind
    limit: LimitName | None = None
    value: float | None = None
    detail: str = ""
    share: float | None = field(default=None, metadata={"omit-none": True})

    @classmethod
    def of_budget(cls, spent: BudgetSpent, detail: str = "") -> "Stop":
        """The end that a budget made."""
        kind: StopKind = "budget" if spent.kind == "spent" else "unmeasurable"
        return cls(kind, spent.limit, spent.value, detail, spent.share)

    @classmethod
    def by_signal(cls) -> "Stop":
        """The end that Ctrl-C made, or SIGTERM."""
        return cls("interrupted", detail="SIGTERM" if terminated() else "")

    @property
    def spent(self) -> BudgetSpent | None:
        """What the budget said; None where no budget ended the run."""
        if self.limit is None or self.value is None or self.kind not in {"budget", "unmeasurable"}:
            return None
        return BudgetSpent(self.limit, self.value, "spent" if self.kind == "budget" else "unmeasurable", self.share)

    @property
    def reason(self) -> str:
        """The sentence, ``stop_reason``."""
        if self.kind in {"failed", "unknown"} or (self.kind == "interrupted" and self.detail):
            return self.detail
        return f"{self._cause} {self.detail}".rstrip()

    @property
    def resume_options(self) -> str:
        """The options with which a run that a budget stopped can be resumed, each after a blank; else empty."""
        if self.kind == "budget":
            return f" budget.{self.limit}=MORE"
        return f" budget.{self.limit}=null budget.calls=N" if self.kind == "unmeasurable" else ""

    @property
    def _cause(self) -> str:
        if self.kind == "patience":
            return f"no better prompt in {self.value or 0:.0f} epochs (patience)"
        return _WORDS.get(self.kind) or str(self.spent or self.kind)


_WORDS: dict[StopKind, str] = {
    "no-epochs": "epochs=0",
    "epochs": "all epochs done",
    "exhausted": "the strategy has nothing more to propose",
    "interrupted": "Ctrl-C",
}
