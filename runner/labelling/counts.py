"""What came of the rows so far, counted; the figures of ``result.json`` are these."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self, get_args

from runner.core.errors import CallFailure

CALL_FAILURES = frozenset(get_args(CallFailure))  # the others are bad replies and bad rows
_SOMETIMES = ("reasoning_tokens", "cached_tokens")


def classes_of(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The classes of a row's answer; None where it has none."""
    return None if row["failure"] else tuple(row["labels"] if "labels" in row else row["classes"])


@dataclass
class CallTally:
    """What calls took.

    Attributes:
        paid, hits, failed: calls that were answered by the provider, by the journal, and that failed for good.
        input_tokens, output_tokens, cost_usd: of the paid ones; dollars are None once a price was unknown.
        reasoning_tokens, cached_tokens: parts of the output and of the input; None until an answer says.
    """

    paid: int = 0
    hits: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None

    def add_calls(self, row: Mapping[str, Any]) -> None:
        """Count what a row took."""
        further = row.get("further_calls") or {}
        self.paid += further.get("paid", 0)
        self.hits += further.get("journal", 0)
        self.failed += further.get("failed", 0)
        if row.get("paid"):
            self.paid += 1
        elif row["failure"] in CALL_FAILURES:
            self.failed += 1
        elif row["failure"] != "bad_row":
            self.hits += 1
        if "input_tokens" in row:
            self._pay(row)

    def _pay(self, row: Mapping[str, Any]) -> None:
        self.input_tokens += row["input_tokens"]
        self.output_tokens += row["output_tokens"]
        for name in _SOMETIMES:
            if (count := row.get(name)) is not None:
                setattr(self, name, (getattr(self, name) or 0) + count)
        known = self.cost_usd is not None and row["cost_usd"] is not None
        self.cost_usd = self.cost_usd + row["cost_usd"] if known else None

    def with_calls_of(self, other: "CallTally") -> Self:
        """The same with what the calls of ``other`` took as well."""
        both = replace(self)
        for name in ("paid", "hits", "failed", "input_tokens", "output_tokens"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        for name in _SOMETIMES:
            known = [count for each in (self, other) if (count := getattr(each, name)) is not None]
            setattr(both, name, sum(known) if known else None)
        costs = [self.cost_usd, other.cost_usd]
        both.cost_usd = None if None in costs else sum(cost for cost in costs if cost is not None)
        return both


@dataclass
class RowCounts(CallTally):
    """Counts of the rows of a record.

    Attributes:
        last, version: the id and the model version of the last row.
        failures, labels: name -> rows. out_of_list: rows whose reply named something that is not on the list.
        uncertain: labelled rows whose certainty is not known, of those that are to have one.
        review: rows for people, where a target is set.
    """

    rows: int = 0
    last: str | None = None
    version: str | None = None
    labelled: int = 0
    out_of_list: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    uncertain: int = 0
    review: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a row of the record."""
        self.rows += 1
        self.last, self.version = str(row["id"]), row.get("model_version")
        self.out_of_list += bool(row.get("out_of_list"))
        if row["failure"]:
            self.failures[row["failure"]] += 1
        else:
            self.labelled += 1
            self.labels.update(set(classes_of(row) or ()))
            self.uncertain += "certainty" in row and row["certainty"] is None
        self.review += bool(row.get("review"))
        self.add_calls(row)
