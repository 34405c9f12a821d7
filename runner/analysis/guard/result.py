"""``result.json`` and ``guard.jsonl`` of a guard, typed, and what a person is told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from runner.core.run_result import CallCounts, TokenCounts
from runner.core.stop import Stop
from runner.core.terminal import dollars, duration, one_line, signed

Verdict = Literal["no_worse", "worse", "undecided"]
EXIT_CODES: Mapping[Verdict, int] = {"no_worse": 0, "worse": 3, "undecided": 4}
"""1 is a bug's, 2 bad input's, 130 and 143 those of a stop by a signal."""
_NAMES: Mapping[Verdict, str] = {"no_worse": "NO WORSE", "worse": "WORSE", "undecided": "UNDECIDED"}


@dataclass(frozen=True)
class Side:
    """A model with a prompt.

    Attributes:
        fingerprint: of the prompt. reward: its mean credit on the pairs; None without any.
    """

    model: str
    fingerprint: str
    reward: float | None


@dataclass(frozen=True)
class ItemCounts:
    """How many items.

    Attributes:
        usable: that the run has an answer to. asked: of the new model or prompt, those that failed too.
        compared: pairs until it was settled, all where it was not. higher, lower: those with a higher and with a
            lower credit now. failed: calls that failed for good.
        saved: usable ones that were not asked.
    """

    usable: int
    asked: int
    compared: int
    higher: int
    lower: int
    failed: int
    saved: int


@dataclass(frozen=True, kw_only=True)
class GuardResult:
    """What a guard came to. ``docs/guard.md`` says what each figure means.

    Attributes:
        status: ``stopped`` where a budget ended it. stop: that end.
        run, which: the run, and which of its prompts is ``before``'s. prompt: the text of ``after``'s.
        parts: ``sealed``, or ``all``: the select items too.
        difference: the mean of the paired differences, after - before, on the pairs.
        most_worse: by how much ``after`` is worse at the most, with this confidence.
        e_no_worse, e_worse: the evidence of either; 1 / (1 - confidence) settles it.
        items_needed: how many items would settle it, about, if the others are as these; None where it is settled, or
            where it takes more than 20,000.
        failures: name -> calls that failed for good.
    """

    version: int
    status: Literal["finished", "stopped"]
    stop: Stop | None
    verdict: Verdict
    run: str
    which: str
    before: Side
    after: Side
    prompt: str
    parts: Literal["sealed", "all"]
    reward: str
    margin: float
    confidence: float
    difference: float
    most_worse: float
    e_no_worse: float
    e_worse: float
    items: ItemCounts
    items_needed: int | None
    failures: Mapping[str, int]
    calls: CallCounts
    tokens: TokenCounts
    cost_usd: float | None
    seconds: float
    seed: int
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]

    @property
    def same_model(self) -> bool:
        return self.before.model == self.after.model

    @property
    def same_prompt(self) -> bool:
        return self.before.fingerprint == self.after.fingerprint


@dataclass(frozen=True, kw_only=True)
class GuardRow:
    """An item that was asked about, in the order of asking.

    Attributes:
        sealed: whether it is a sealed item. compared: whether the verdict is about it.
        before, after: its credits; ``after`` is None where the call failed.
        before_prediction, prediction: the answers as data; None where there is none.
        failure: why there is no usable reply now, by name. reply: what the model wrote now.
    """

    v: int
    id: str
    text: str
    gold: Any
    sealed: bool
    compared: bool
    before: float
    after: float | None
    before_prediction: Any
    prediction: Any
    failure: str | None
    reply: str | None


def summary(result: GuardResult, options: Sequence[str]) -> list[str]:
    """What came of it, a line each, and what to do next.

    Args:
        options: the words that were typed for the new model or prompt.
    """
    lines = [_verdict(result), *_left_out(result), f"next: {_next(result, options)}", _took(result)]
    return [one_line(line) for line in lines]


def _verdict(result: GuardResult) -> str:
    counts, before, after = result.items, result.before.reward, result.after.reward
    kind = "sealed items" if result.parts == "sealed" else "sealed and select items"
    if before is None or after is None:
        return f"{_NAMES[result.verdict]}: no pair of answers was had on {counts.usable} {kind}"
    sure = f"with {100 * result.confidence:g}% confidence"
    means = {
        "no_worse": f"not worse by {result.margin:g} or more, {sure}",
        "worse": f"worse by more than {result.margin:g}, {sure}",
        "undecided": f"worse by {result.most_worse:.3f} at most, {sure}, and margin={result.margin:g} asks for less",
    }
    saved = f"; {counts.saved} calls saved" if counts.saved and not result.stop else ""
    old, new = _sides(result)
    return (
        f"{_NAMES[result.verdict]}: {new} {after:.3f}, {old} {before:.3f} ({signed(result.difference)}: "
        f"{counts.higher} items higher, {counts.lower} lower) on {counts.compared} of {counts.usable} {kind}: "
        f"{means[result.verdict]}{saved}"
    )


def _sides(result: GuardResult) -> tuple[str, str]:
    """What the old and the new one are called."""
    if result.same_prompt:
        return (
            ("before", f"{result.after.model} now") if result.same_model else (result.before.model, result.after.model)
        )
    model = "" if result.same_model else f"{result.after.model} with "
    return "the old prompt" if result.same_model else result.before.model, f"{model}the new prompt"


def _left_out(result: GuardResult) -> list[str]:
    lines = []
    if result.stop:
        lines.append(f"stopped: {result.stop.reason}")
    if result.items.failed:
        names = ", ".join(f"{name} {count}" for name, count in result.failures.items())
        lines.append(f"{result.items.failed} calls failed for good ({names}): their items are not compared")
    if result.parts == "all":
        lines.append("the select items chose the old prompt, which favours it: WORSE may be their doing")
    return lines


def _next(result: GuardResult, options: Sequence[str]) -> str:
    words = " ".join(options)
    if result.stop:
        larger = result.stop.resume_options.strip()
        return f"the same command with another budget ({larger}) asks only for what was not answered"
    if result.verdict == "no_worse":
        if not result.same_prompt:
            return "take the new prompt" + ("" if result.same_model else f" and {result.after.model}")
        return "go on with it" if result.same_model else f"goldloop label {result.run} {words} ... labels with it"
    if result.verdict == "worse":
        if result.same_model and not result.same_prompt:
            return "keep the old prompt"
        search = f"search for a prompt that suits it: goldloop reproduce {result.run} {words}".rstrip()
        return search if result.same_model else f"keep {result.before.model}, or {search}"
    more = "" if result.items_needed is None else f" (about {result.items_needed:,} items would settle it)"
    wider = ", or items=all" if result.parts == "sealed" else ""
    return f"verify more gold{more}{wider}; or decide that a larger margin is good enough, and say why"


def _took(result: GuardResult) -> str:
    calls, tokens = result.calls, result.tokens
    hits = f" ({calls.journal:,} more from the journal)" if calls.journal else ""
    took = f"{tokens.input:,} tokens in, {tokens.output:,} out, {dollars(result.cost_usd)}, {duration(result.seconds)}"
    return f"{calls.provider:,} calls paid{hits}, {took}"
