"""The errors that goldloop raises on purpose.

    GoldloopError               for a person: one line that says what, where, the value, what to do; exit code 2
     +- ConfigError             an option, key, value or target that cannot be used
     +- DataError               items, labels or a prompt file that cannot be used
     +- ProviderError           the model cannot be had: wrong key, unknown model, bad request, no connection
     +- TooManyFailed           more calls of one evaluation failed for good than ``max_failed`` allows
     +- RunDirectoryError       the run directory cannot be written: a full disk, no permission
     +- StudioError             Label Studio cannot be reached, or refuses: wrong address, wrong token, no such project
     +- JournalError            the journal cannot be read or written, or lacks a call that a replay needs
    CallFailed                  one call failed; data, counted by its kind, and scored only where the prompt did it
    BudgetSpent                 a limit is reached: the run stops in good order with the best prompt so far

Anything else that is raised is a bug in a component and ends the run with its traceback.
"""

from typing import Literal, Self

from runner.core.error_codes import Code

CallFailure = Literal[
    "timeout",
    "rate_limited",
    "overloaded",
    "unreachable",
    "broken_reply",
    "content_filter",
    "context_too_long",
    "bad_request",
]

LimitName = Literal["usd", "calls", "tokens", "seconds"]
"""The limits that a budget can have."""

_TRANSIENT = frozenset({"timeout", "rate_limited", "overloaded", "unreachable", "broken_reply"})


class GoldloopError(Exception):
    """Something the person running goldloop can put right.

    Args:
        message: one line: what, where, the value, what to do.
        code: what is wrong, whatever the words.
        key: what it is about: the option, column, file or name; empty where there is none.
    """

    def __init__(self, message: str, *, code: Code | Literal[""] = "", key: str = "") -> None:
        super().__init__(message)
        self.code: Code | Literal[""] = code
        self.key = key

    def with_words(self, more: str) -> Self:
        """The same error with words behind its own."""
        return type(self)(f"{self}{more}", code=self.code, key=self.key)


class ConfigError(GoldloopError):
    """An option, key, value or target that cannot be used."""


class DataError(GoldloopError):
    """Items, labels or a prompt file that cannot be used."""


class ProviderError(GoldloopError):
    """The model cannot be had, and asking again would not help."""


class TooManyFailed(GoldloopError):
    """More calls of one evaluation failed for good than ``max_failed`` allows."""


class RunDirectoryError(GoldloopError):
    """The run directory cannot be written."""


class StudioError(GoldloopError):
    """Label Studio cannot be reached, or refuses what was asked."""


class JournalError(GoldloopError):
    """The journal cannot be read or written, or lacks a call that a replay needs."""


class BudgetSpent(Exception):
    """A limit of the budget is reached. Not an error: the run stops in good order.

    Args:
        limit: which. value: how much it allows.
        kind: ``spent``, or ``unmeasurable`` where no answer says what it took, so that the limit cannot be kept.
        share: how much of it this job of a sweep could have; None where the whole of it is spent.
    """

    def __init__(
        self,
        limit: LimitName,
        value: float,
        kind: Literal["spent", "unmeasurable"] = "spent",
        share: float | None = None,
    ) -> None:
        super().__init__(limit, value, kind, share)
        self.limit: LimitName = limit
        self.value = value
        self.kind: Literal["spent", "unmeasurable"] = kind
        self.share = share

    def __str__(self) -> str:
        if self.kind == "spent" and self.share is not None:
            return (
                f"budget.{self.limit}={self.value:g} is for all jobs of the sweep, and this job's share of it, "
                f"{self.share:g}, is spent"
            )
        if self.kind == "spent":
            return f"budget.{self.limit}={self.value:g} is spent"
        return (
            f"budget.{self.limit}={self.value:g} cannot be kept: the endpoint does not say how many tokens its answers "
            "take, so limit its calls instead"
        )


class CallFailed(Exception):
    """One call failed.

    Args:
        kind: why, by name.
        detail: the provider's own words.
        retry_after: seconds the provider asked to wait before the next try, if it said so.
    """

    def __init__(self, kind: CallFailure, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind: CallFailure = kind
        self.detail = detail
        self.retry_after = retry_after

    @property
    def transient(self) -> bool:
        """Whether the same call may go through later."""
        return self.kind in _TRANSIENT
