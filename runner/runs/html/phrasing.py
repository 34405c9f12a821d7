"""Figures in the words of the pages. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.core import terminal
from runner.core.items import Agreement
from runner.core.run_result import BestScores, Interval, RunResult
from runner.runs.conclusion import Conclusion, ConclusionKind, conclusion
from runner.runs.html.answer_parts import told
from runner.runs.without_model import NAMES, controls_without_model, not_beaten

NOTHING = "–"
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Headline:
    """What came out, for a person who labels data: a title, and a sentence or two. ``mood`` gives the colour."""

    mood: str
    title: str
    text: str


def number(value: float | None, digits: int = 3) -> str:
    """With a true minus; a dash for what is not known."""
    return NOTHING if value is None else f"{value:.{digits}f}".replace("-", _MINUS)


def signed(value: float | None) -> str:
    """With its sign and a true minus; a dash for what is not known."""
    return NOTHING if value is None else terminal.signed(value, _MINUS)


def interval(ends: Sequence[float] | None, *, sign: bool = False) -> str:
    """An interval as people write it."""
    if not ends:
        return NOTHING
    return " to ".join(signed(end) if sign else number(end) for end in ends)


def count(value: int | None, one: str = "", many: str = "") -> str:
    """A number with thousands apart, and what it counts."""
    if value is None:
        return NOTHING
    name = one if value == 1 else many or f"{one}s"
    return f"{value:,} {name}" if one else f"{value:,}"


def p_value(value: float | None) -> str:
    """A dash for what is not known."""
    return NOTHING if value is None else terminal.p_value(value)


def dollars(value: float | None) -> str:
    """A sum; an unknown one is said to be unknown."""
    return terminal.dollars(value, "unknown")


def duration(seconds: float | None) -> str:
    """A dash for what is not known."""
    return NOTHING if seconds is None else terminal.duration(seconds)


def plain(name: str) -> str:
    """A name of the program as a word: out_of_list becomes out of list."""
    return name.replace("_", " ")


def headline(result: RunResult) -> Headline:
    """What may be said of the best prompt, and no more."""
    found = conclusion(result, minus=_MINUS)
    decided = found.kind in {"better", "worse", "undecided"}
    words = [f"{found.sentence}{_more(result, found)}", not_beaten(result)]
    return Headline(found.kind if decided else "open", _TITLES[found.kind], " ".join(filter(None, words)))


def controls(result: RunResult) -> list[tuple[str, float | None, Interval | None]]:
    """What no prompt may be content with, in words, each with its reward and, where it is known, its interval."""
    found = result.controls
    if not found:
        return []
    alone = found.no_prompt.reward
    without = [
        (f"{NAMES[name]} (learnt from {count(one.learnt, 'item')})", one.reward, one.interval)
        for name, one in controls_without_model(result).items()
    ]
    return [
        (f"always the answer {_names(found.constant.labels, result)}", found.constant.reward, None),
        (f"no prompt, the text alone{'' if alone is not None else ' (not asked to the end)'}", alone, None),
        *without,
    ]


def outdone(result: RunResult) -> str:
    """What brings as much as the best prompt without reading a text, if anything does; else empty."""
    found, best = result.controls, result.best.test
    if not found or best is None or found.constant.reward < best:
        return ""
    return (
        f"always the answer {_names(found.constant.labels, result)}, whatever the text, brings "
        f"{number(found.constant.reward)} on the sealed items, and the best prompt no more ({number(best)}): see its "
        "errors in report.html; where one answer is most of the gold, reward=macro_f1 weighs each label alike"
    )


def luck(result: RunResult) -> str:
    """The drop from the select to the sealed items, beside what being chosen explains of it."""
    found = result.winners_curse
    if not found or found.candidates < 2:
        return ""
    left = 0 if found.whole is None else found.candidates - found.whole
    whom = f"all {found.candidates} prompts tried there" + (f" ({left} given up on the way)" if left else "")
    moved = "lower" if found.observed >= 0 else "higher"
    return (
        f"On the sealed items the best prompt's reward is {number(abs(found.observed))} {moved} than on the select "
        f"items that chose it. If {whom} were equally good, the best would "
        f"look {number(found.expected)} too good on average.{_shrunk(result.best)}"
    )


def _shrunk(best: BestScores) -> str:
    if best.expected is None:
        return ""
    return f" By what they earned, {number(best.expected)} was expected of it on new items."


_TITLES: dict[ConclusionKind, str] = {
    "no-verdict": "There is no verdict.",
    "not-sealed": "Nothing was proved.",
    "kept": "The initial prompt is kept.",
    "not-comparable": "There is no verdict.",
    "better": "The new prompt is better.",
    "worse": "The new prompt is worse.",
    "undecided": "It cannot be told yet whether the new prompt is better.",
}


def _more(result: RunResult, found: Conclusion) -> str:
    """What a page adds, since no table of rewards stands above it."""
    if found.kind == "kept":
        return f" {_alone(result.best)}"
    if result.decision is None or found.kind not in {"better", "worse", "undecided"}:
        return ""
    equal = found.kind == "undecided" and not result.decision.items_needed
    advice = " Keep the initial prompt." if found.kind == "worse" else ""
    return (
        f"{' The two prompts did equally well.' if equal else advice} The best prompt's reward is "
        f"{number(result.best.test)} and the initial one's {number(result.initial.test)}, on items that neither had "
        f"been tuned on.{_ceiling(result.agreement)}"
    )


def _alone(side: BestScores) -> str:
    return f"Its reward on the sealed items is {number(side.test)} (95% interval {interval(side.interval)})."


def _ceiling(agreement: Agreement | None) -> str:
    if not agreement:
        return ""
    return (
        f" Annotators agree with one another on {agreement.exact:.0%} of the {count(agreement.items, 'item')} "
        f"that several labelled (F1 {number(agreement.f1)}): about the most that a prompt can reach."
    )


def _names(answer: Any, result: RunResult) -> str:
    paths = {tuple(path) for path in (result.paths or {}).values()}
    return ", ".join(told(answer, paths)) or "no label"
