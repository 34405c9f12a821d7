"""Figures in the words of the pages. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    """With its sign, as differences are read."""
    return NOTHING if value is None else f"{value:+.3f}".replace("-", _MINUS)


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
    """As papers write it: no more digits than it has."""
    if value is None:
        return NOTHING
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def dollars(value: float | None) -> str:
    """A sum; an unknown one is said to be unknown, and a small one keeps its digits."""
    if value is None:
        return "unknown"
    return f"${value:,.2f}" if value >= 1 else f"${value:.4f}"


def clock(seconds: float | None) -> str:
    """A duration as short as it may be said."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def plain(name: str) -> str:
    """A name of the program as a word: out_of_list becomes out of list."""
    return name.replace("_", " ")


def headline(result: Mapping[str, Any]) -> Headline:
    """What may be said of the best prompt, and no more."""
    decision, best, initial = result["decision"], result["best"], result["initial"]
    if best["select"] is None or (result["sealed"] and best["test"] is None):
        ended = {"failed": "The run failed", "stopped": "The run was stopped"}.get(result["status"], "The run ended")
        words = f"{ended} before its prompts could be compared: {_sentence(result['stop_reason'])}"
        return Headline("open", "There is no verdict.", f"{words} Resume it to get one.")
    if not result["sealed"]:
        words = (
            "No items were sealed (split=none), so these figures come from the items the prompt was chosen on, and "
            "flatter it. Set items aside to know more."
        )
        return Headline("open", "Nothing was proved.", words)
    if best["epoch"] == 0:
        words = "No other prompt did better than the initial one on the select items."
        why = "No other prompt was tried (epochs=0)." if result["epochs"] == 0 else words
        return Headline("open", "The initial prompt is kept.", f"{why} {_alone(best)}")
    if decision is None:
        words = "The sealed items could not be compared: too many of their calls failed."
        return Headline("open", "There is no verdict.", words)
    items = count(decision["items"], "sealed item")
    against = (
        f"On {items} that neither prompt had been tuned on, the best prompt's reward is {number(best['test'])} and the "
        f"initial one's {number(initial['test'])}: a difference of {signed(decision['difference'])} "
        f"(95% interval {interval(decision['interval'], sign=True)}, {p_value(decision['p'])})."
    )
    words = f"{against}{_more(decision)}{_ceiling(result.get('agreement'))}"
    return Headline(decision["verdict"], _TITLES[decision["verdict"]], words)


def controls(result: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """What no prompt may be content with, in words, each with its reward."""
    found = result.get("controls")
    if not found:
        return []
    answer = ", ".join(found["constant"]["labels"]) or "no label"
    rows = [(f"always the answer {answer}", found["constant"]["reward"])]
    alone = found["no_prompt"]["reward"]
    return [*rows, (f"no prompt, the text alone{'' if alone is not None else ' (not asked to the end)'}", alone)]


def outdone(result: Mapping[str, Any]) -> str:
    """What brings as much as the best prompt without reading a text, if anything does; else empty."""
    found, best = result.get("controls"), (result.get("best") or {}).get("test")
    if not found or best is None or found["constant"]["reward"] < best:
        return ""
    answer = ", ".join(found["constant"]["labels"]) or "no label"
    return (
        f"always the answer {answer}, whatever the text, brings {number(found['constant']['reward'])} on the sealed "
        f"items, and the best prompt no more ({number(best)}): see its errors in report.html; where one answer is most "
        "of the gold, reward=macro_f1 weighs each label alike"
    )


def luck(result: Mapping[str, Any]) -> str:
    """The drop from the select to the sealed items, beside what being chosen explains of it."""
    found = result.get("winners_curse")
    if not found or found["candidates"] < 2:
        return ""
    left = found["candidates"] - found.get("whole", found["candidates"])
    whom = f"all {found['candidates']} prompts tried there" + (f" ({left} given up on the way)" if left else "")
    moved = "lower" if found["observed"] >= 0 else "higher"
    return (
        f"On the sealed items the best prompt's reward is {number(abs(found['observed']))} {moved} than on the select "
        f"items that chose it. If {whom} were equally good, the best would "
        f"look {number(found['expected'])} too good on average."
    )


_TITLES = {
    "better": "The new prompt is better.",
    "worse": "The new prompt is worse.",
    "undecided": "It cannot be told yet whether the new prompt is better.",
}


def _alone(side: Mapping[str, Any]) -> str:
    return f"Its reward on the sealed items is {number(side['test'])} (95% interval {interval(side['interval'])})."


def _more(decision: Mapping[str, Any]) -> str:
    if decision["verdict"] == "worse":
        return " Keep the initial prompt."
    if decision["verdict"] != "undecided":
        return ""
    if not decision["items_needed"]:
        return " The two prompts did equally well."
    return f" A difference of this size would be settled by about {decision['items_needed']:,} more sealed items."


def _ceiling(agreement: Mapping[str, Any] | None) -> str:
    if not agreement:
        return ""
    return (
        f" Annotators agree with one another on {agreement['exact']:.0%} of the {count(agreement['items'], 'item')} "
        f"that several labelled (F1 {number(agreement['f1'])}): about the most that a prompt can reach."
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
